"""Ready replies: answers that are given again and again, with places to be filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from khalifa.domain.agents import AgentId
from khalifa.domain.errors import InvalidReadyReply
from khalifa.domain.messages import MAX_TEXT
from khalifa.domain.words import Words

ReadyReplyId = NewType("ReadyReplyId", int)

UNSAVED = ReadyReplyId(0)
MAX_SHORTCUT = 30
MAX_TITLE = 100
_PLACE = re.compile(r"\{(\w+)\}")
_SHORTCUT = Words(
    f"A shortcut has 1 to {MAX_SHORTCUT} letters, digits, - or _: /hello.",
    f"الاختصار من حرف واحد إلى {MAX_SHORTCUT} من الحروف والأرقام و- و_: ‎/hello‎.",
)
_TITLE = Words(
    f"A title has 1 to {MAX_TITLE} characters.",
    f"العنوان من حرف واحد إلى {MAX_TITLE} حرف.",
)
_TEXT = Words(
    f"A ready reply has 1 to {MAX_TEXT:,} characters.",
    f"الرد الجاهز من حرف واحد إلى {MAX_TEXT:,} حرف.",
)


@dataclass(kw_only=True, eq=False, slots=True)
class ReadyReply:
    """
    A text under a shortcut, shared by all or one agent's own (``agent_id``).

    The shortcut is kept in small letters and without its slash. An owner has
    it once; an agent's own stands before a shared one of the same shortcut.
    """

    id: ReadyReplyId = UNSAVED
    agent_id: AgentId | None
    shortcut: str
    title: str
    text: str
    changed_at: datetime

    def __post_init__(self) -> None:
        self.shortcut = self.shortcut.strip().removeprefix("/").lower()
        if not re.fullmatch(rf"[\w-]{{1,{MAX_SHORTCUT}}}", self.shortcut):
            raise InvalidReadyReply(_SHORTCUT)
        self.title = self.title.strip()
        if not 1 <= len(self.title) <= MAX_TITLE:
            raise InvalidReadyReply(_TITLE)
        if not self.text.strip() or len(self.text) > MAX_TEXT:
            raise InvalidReadyReply(_TEXT)

    @property
    def is_shared(self) -> bool:
        return self.agent_id is None


def filled(text: str, values: Mapping[str, str | None]) -> str:
    """
    Return *text* with its ``{places}`` filled in.

    A place without a value stays as it is, so that somebody sees it before it is sent. What is
    filled in is not looked into: a customer called ``{agent}`` stays called so.
    """
    return _PLACE.sub(lambda place: values.get(place[1]) or place[0], text)
