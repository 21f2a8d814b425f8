"""How loud a voice note is over its time, by PyAV."""

import asyncio
import io
import math
import time
from array import array
from itertools import pairwise
from operator import mul
from typing import TYPE_CHECKING

from khalifa.application.ports.media import Waveforms
from khalifa.domain.media import WAVEFORM_BARS

if TYPE_CHECKING:
    from av.container import InputContainer

AT_ONCE = 2
# Speech is all below 4 kHz; a block of it is 20 ms.
RATE = 8_000
BLOCK = 160
MOST_BLOCKS = 60 * 60 * RATE // BLOCK
# In seconds: a broken file must not keep a thread.
LONGEST = 5.0
# Of 32,768: below this it is the microphone's own noise.
SILENCE = 60.0
# Strangers' files: of all that FFmpeg reads, they get two containers and one codec.
_CONTAINERS = {b"OggS": "ogg", b"\x1aE\xdf\xa3": "matroska"}
_CODECS = {"codec_whitelist": "opus,libopus"}


class PyavWaveforms(Waveforms):
    """Draws Opus, in Ogg as WhatsApp has it or WebM as browsers do; two at a time, in threads."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def draw(self, sound: bytes) -> tuple[int, ...] | None:
        async with self._turn:
            return await asyncio.to_thread(_drawn, sound)


def _drawn(sound: bytes) -> tuple[int, ...] | None:
    container = next((name for mark, name in _CONTAINERS.items() if sound.startswith(mark)), None)
    if container is None:
        return None
    try:
        import av  # noqa: PLC0415 - it is large, and most processes never need it
    except ImportError:
        return None

    try:
        with av.open(io.BytesIO(sound), "r", format=container, container_options=_CODECS) as opened:
            return _bars(_loudness(opened))
    except (av.FFmpegError, ValueError, LookupError, TypeError, OSError):
        return None


def _loudness(opened: "InputContainer") -> "array[float]":
    """Return the mean square of each block; none at all of what is too long."""
    from av import AudioResampler  # noqa: PLC0415 - as above

    ends_at = time.monotonic() + LONGEST
    found = array("d")
    in_blocks = AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=BLOCK)
    for frame in opened.decode(audio=0):
        for block in in_blocks.resample(frame):
            # What is behind the samples only fills the plane up.
            samples = array("h", bytes(block.planes[0])[: block.samples * 2])
            found.append(sum(map(mul, samples, samples)) / len(samples))
        if len(found) > MOST_BLOCKS or time.monotonic() > ends_at:
            return array("d")
    return found


def _bars(loudness: "array[float]") -> tuple[int, ...] | None:
    """Return each bar beside the loudest: somebody who whispers is seen to speak, too."""
    if not loudness:
        return None
    ends = [len(loudness) * bar // WAVEFORM_BARS for bar in range(WAVEFORM_BARS + 1)]
    # What is shorter than the bars are many is in several of them.
    parts = [loudness[start : max(end, start + 1)] for start, end in pairwise(ends)]
    heights = [math.sqrt(sum(part) / len(part)) for part in parts]
    loudest = max(heights)
    if loudest < SILENCE:
        return (0,) * WAVEFORM_BARS
    return tuple(round(100 * height / loudest) for height in heights)
