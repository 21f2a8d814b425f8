"""Small pictures, by Pillow."""

import asyncio
import io

from PIL import Image, ImageOps

from khalifa.application.ports.media import NoPicture, Thumbnails

SIDE = 320
# A phone's camera makes 12 to 108 million; a bomb, billions of a few bytes.
MOST_PIXELS = 120_000_000
# Of what must be unpacked whole, four bytes each: a few kilobytes may say that they are many.
MOST_UNPACKED = 24_000_000
AT_ONCE = 2
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# Pillow would warn on standard error; how large a picture is, is looked at here.
Image.MAX_IMAGE_PIXELS = None


class PillowThumbnails(Thumbnails):
    """
    Two at a time, in threads. A picture's size is looked at before it is unpacked.

    What the camera noted beside it (where, when, whose) stays behind.
    """

    mime_type = "image/webp"

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def make(self, image: bytes) -> bytes:
        async with self._turn:
            return await asyncio.to_thread(_small, image)


def _small(image: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(image), formats=_FORMATS) as opened:
            # JPEG can be unpacked small from the start, but for one that comes in passes.
            small = opened.format == "JPEG" and not opened.info.get("progressive")
            if opened.width * opened.height > (MOST_PIXELS if small else MOST_UNPACKED):
                raise NoPicture
            opened.draft("RGB", (SIDE * 2, SIDE * 2))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((SIDE, SIDE))
            mode = "RGBA" if upright.has_transparency_data else "RGB"
            made = io.BytesIO()
            upright.convert(mode).save(made, "WEBP", quality=80)
            return made.getvalue()
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        # Broken files make Pillow raise nearly anything.
        failure = NoPicture(f"no picture: {type(error).__name__}")
    raise failure
