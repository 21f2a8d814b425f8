"""Sound as browsers record it."""

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
) -> bytes:
    """Return so much of a tone."""
    made = io.BytesIO()
    channels = 1 if layout == "mono" else 2
    with av.open(made, "w", format=container) as target:
        sound = target.add_stream(codec, rate=48_000, layout=layout)
        for start in range(0, int(48_000 * seconds), 960):
            tone = [int(9000 * math.sin(n / 20)) for n in range(start, start + 960)]
            samples = array("h", [one for one in tone for _ in range(channels)])
            frame = av.AudioFrame(format="s16", layout=layout, samples=960)
            frame.planes[0].update(samples.tobytes())
            frame.sample_rate, frame.pts = 48_000, start
            target.mux(sound.encode(frame))
        target.mux(sound.encode(None))
    return made.getvalue()
