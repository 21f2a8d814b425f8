"""A voice note is drawn as it sounds, and what is none costs nothing."""

import pytest

from khalifa.infrastructure import waveforms
from khalifa.infrastructure.waveforms import PyavWaveforms
from tests.recordings import a_recording

WHOLE = a_recording("ogg", seconds=2, fades=True)


@pytest.mark.parametrize("container", ["ogg", "webm"])
async def test_a_voice_note_is_drawn_as_loud_as_it_is(container: str) -> None:
    drawn = await PyavWaveforms().draw(a_recording(container, seconds=2, fades=True))

    assert drawn
    assert len(drawn) == 48
    assert max(drawn) == 100
    # It fades: each eight bars are quieter than those before.
    means = [sum(drawn[start : start + 8]) / 8 for start in range(0, 48, 8)]
    assert means == sorted(means, reverse=True)
    assert means[0] > 85
    assert means[-1] < 20


async def test_a_whisper_and_half_a_second_are_seen_and_silence_is_none() -> None:
    draw = PyavWaveforms().draw
    whisper = await draw(a_recording("ogg", seconds=0.5, loudest=400))
    silence = await draw(a_recording("ogg", seconds=0.5, loudest=0))

    assert whisper
    assert (len(whisper), max(whisper)) == (48, 100)
    assert silence == (0,) * 48


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no sound",
        b"OggS" + b"\0" * 500,
        b"\x1aE\xdf\xa3" + b"\xff" * 500,
        WHOLE[:60],
        a_recording("mp4", "aac"),
    ],
    ids=["empty", "text", "broken", "broken webm", "cut", "another codec"],
)
async def test_what_is_no_voice_note_is_not_drawn(data: bytes) -> None:
    assert await PyavWaveforms().draw(data) is None


async def test_one_that_would_take_long_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waveforms, "MOST_BLOCKS", 50)
    assert await PyavWaveforms().draw(WHOLE) is None
    monkeypatch.undo()
    monkeypatch.setattr(waveforms, "LONGEST", 0.0)
    assert await PyavWaveforms().draw(WHOLE) is None
