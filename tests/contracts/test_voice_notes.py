"""Whatever a browser records becomes what WhatsApp calls a voice note, or is refused."""

import io
from typing import Literal

import av
import pytest

from khalifa.application.ports.media import NoVoiceNote
from khalifa.infrastructure.file_types import MagicFileTypes
from khalifa.infrastructure.voice_notes import PyavVoiceNotes
from tests.recordings import a_recording


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
    container: str, codec: Literal["libopus", "aac"], layout: str
) -> None:
    made = await PyavVoiceNotes().make(a_recording(container, codec, layout))

    assert made.startswith(b"OggS")
    assert MagicFileTypes().of(made)[0] == "audio/ogg"
    with av.open(io.BytesIO(made), "r") as opened:
        [sound] = opened.streams.audio
        assert sound.codec_context.name == "opus"
        assert sound.codec_context.channels == 1
        heard = sum(frame.samples for frame in opened.decode(sound))
    assert 0.4 < heard / 48_000 < 0.7


@pytest.mark.parametrize(
    "data",
    [b"", b"no sound", b"OggS" + b"\0" * 500, a_recording("webm", "libopus", "mono")[:60]],
    ids=["empty", "text", "broken", "cut"],
)
async def test_what_is_no_recording_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(NoVoiceNote) as refusal:
        await PyavVoiceNotes().make(data)
    assert refusal.value.words.arabic
