"""Whatever a browser records becomes what WhatsApp calls a voice note, or is refused."""

import io
import math
from array import array

import av
import pytest

from khalifa.application.ports.media import NoVoiceNote
from khalifa.infrastructure.file_types import MagicFileTypes
from khalifa.infrastructure.voice_notes import PyavVoiceNotes


def recorded(container: str, codec: str, layout: str, *, seconds: float = 0.5) -> bytes:
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


@pytest.mark.parametrize(
    ("container", "codec", "layout"),
    [
        ("webm", "libopus", "mono"),
        ("webm", "libopus", "stereo"),
        ("mp4", "aac", "mono"),
        ("mp4", "aac", "stereo"),
        ("ogg", "libopus", "mono"),
        ("ogg", "libopus", "stereo"),
    ],
)
async def test_what_browsers_record_becomes_ogg_with_mono_opus(
    container: str, codec: str, layout: str
) -> None:
    made = await PyavVoiceNotes().make(recorded(container, codec, layout))

    assert made.startswith(b"OggS")
    assert MagicFileTypes().of(made)[0] == "audio/ogg"
    with av.open(io.BytesIO(made)) as opened:
        [sound] = opened.streams.audio
        assert sound.codec_context.name == "opus"
        assert sound.codec_context.channels == 1
        heard = sum(frame.samples for frame in opened.decode(sound))
    assert 0.4 < heard / 48_000 < 0.7


@pytest.mark.parametrize(
    "data",
    [b"", b"no sound", b"OggS" + b"\0" * 500, recorded("webm", "libopus", "mono")[:60]],
    ids=["empty", "text", "broken", "cut"],
)
async def test_what_is_no_recording_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(NoVoiceNote) as refusal:
        await PyavVoiceNotes().make(data)
    assert refusal.value.words.arabic
