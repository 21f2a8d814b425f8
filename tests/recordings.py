"""Sound as browsers record it, and a film."""

import io
import math
from array import array
from typing import Literal

import av


def a_recording(
    container: str = "webm",
    codec: Literal["libopus", "aac"] = "libopus",
    layout: str = "mono",
    *,
    seconds: float = 0.5,
    loudest: int = 9000,
    fades: bool = False,
) -> bytes:
    """Return so much of a tone, that may fade to nothing."""
    made = io.BytesIO()
    channels = 1 if layout == "mono" else 2
    with av.open(made, "w", format=container) as target:
        sound = target.add_stream(codec, rate=48_000, layout=layout)
        whole = int(48_000 * seconds)
        for start in range(0, whole, 960):
            high = loudest * (1 - start / whole) if fades else loudest
            tone = [int(high * math.sin(n / 20)) for n in range(start, start + 960)]
            samples = array("h", [one for one in tone for _ in range(channels)])
            frame = av.AudioFrame(format="s16", layout=layout, samples=960)
            frame.planes[0].update(samples.tobytes())
            frame.sample_rate, frame.pts = 48_000, start
            target.mux(sound.encode(frame))
        target.mux(sound.encode(None))
    return made.getvalue()


def a_film(*, frames: int = 12) -> bytes:
    """Return a film of half a second, 64 by 48 dots."""
    made = io.BytesIO()
    with av.open(made, "w", format="webm") as target:
        picture = target.add_stream("libvpx", rate=24)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        for _ in range(frames):
            target.mux(picture.encode(av.VideoFrame(64, 48, "yuv420p")))
        target.mux(picture.encode(None))
    return made.getvalue()
