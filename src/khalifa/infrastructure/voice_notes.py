"""Voice notes of what browsers record, by PyAV, which brings FFmpeg's libraries along."""

import asyncio
import io

from khalifa.application.ports.media import NoVoiceNote, VoiceNotes
from khalifa.domain.words import Words

AT_ONCE = 2
# Hz and bits a second: WhatsApp's own.
RATE = 48_000
BIT_RATE = 32_000

_UNREADABLE = Words(
    "This recording cannot be made a voice note. Record it again, or send it as audio.",
    "تعذّر تحويل هذا التسجيل إلى رسالة صوتية. سجّله مرة أخرى أو أرسله كملف صوتي.",
)
_NO_LIBRARY = Words(
    "Voice notes cannot be made on this server: PyAV is missing. Send it as audio.",
    "لا يمكن إنشاء رسائل صوتية على هذا الخادم. أرسل التسجيل كملف صوتي.",
)


class PyavVoiceNotes(VoiceNotes):
    """
    Mono Opus is taken over as it is, into another container; whatever else is encoded anew.

    The library, some 30 MB in memory, is loaded with the first recording.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def make(self, recording: bytes) -> bytes:
        async with self._turn:
            return await asyncio.to_thread(_made, recording)


def _made(recording: bytes) -> bytes:
    try:
        import av  # noqa: PLC0415 - it is large, and most processes never need it
    except ImportError:
        raise NoVoiceNote(_NO_LIBRARY) from None

    made = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(recording), "r") as source,
            av.open(made, "w", format="ogg") as target,
        ):
            sound = source.streams.audio[0]
            if sound.codec_context.name.endswith("opus") and sound.codec_context.channels == 1:
                copy = target.add_stream_from_template(sound)
                for packet in source.demux(sound):
                    if packet.dts is not None:
                        packet.stream = copy
                        target.mux(packet)
            else:
                voice = target.add_stream("libopus", rate=RATE, layout="mono")
                voice.bit_rate = BIT_RATE
                for frame in source.decode(sound):
                    target.mux(voice.encode(frame))
                target.mux(voice.encode(None))
    except (av.FFmpegError, ValueError, LookupError, TypeError, OSError):
        pass
    else:
        return made.getvalue()
    raise NoVoiceNote(_UNREADABLE)
