"""
Every rule the business can refuse.

KhalifaError
├── DomainError
│   ├── InvalidPhoneNumber
│   ├── InvalidText
│   ├── InvalidContent
│   ├── FileTooLarge
│   ├── FileTypeRefused
│   ├── InvalidAgent
│   ├── InvalidBranch
│   ├── InvalidCustomer
│   ├── InvalidSettings
│   ├── InvalidTicket
│   ├── InvalidReadyReply
│   ├── InvalidSearch
│   ├── InvalidFigures
│   ├── NotFound
│   ├── NotAllowed
│   ├── CannotSend
│   └── Conflict
│       ├── TicketAlreadyClosed
│       ├── CannotReopen
│       ├── NameTaken
│       ├── ShortcutTaken
│       ├── IdempotencyKeyReused
│       ├── CannotQuote
│       ├── FateKnown
│       ├── WasSent
│       ├── FileSentElsewhere
│       └── NoRoute
└── (delivery and webhook errors: see application.ports.messaging)

SettingError stands apart: no rule of the business, but every layer may meet one.
"""

from khalifa.domain.words import Words


class KhalifaError(Exception):
    """Root of every error khalifa raises on purpose. ``words``: its text, for people."""

    def __init__(self, words: Words | str = "") -> None:
        super().__init__(str(words))
        self.words = words if isinstance(words, Words) else Words(words)


class DomainError(KhalifaError):
    """A business rule said no. Its text is for people and holds nobody's data."""


class InvalidPhoneNumber(DomainError):
    """What was given is not a telephone number of any country."""

    def __init__(self) -> None:
        # The number itself stays out: errors reach logs.
        super().__init__("This is not a phone number. Write it with its country code: +20…")


class InvalidText(DomainError):
    """A message's text is empty or too long."""


class InvalidContent(DomainError):
    """Something in a location, card, template, … is missing or above a limit, which it names."""


class FileTooLarge(DomainError):
    """A file is larger than the limit, which it names."""


class FileTypeRefused(DomainError):
    """A file is of a type that is not taken; those that are, are named."""


class InvalidAgent(DomainError):
    """An agent's name, capacity or password cannot be used."""


class InvalidBranch(DomainError):
    """A branch's name cannot be used."""


class InvalidCustomer(DomainError):
    """A customer's name, notes or tags cannot be kept."""


class InvalidTicket(DomainError):
    """A ticket's category, its tags, a reason or a note on it cannot be kept."""


class InvalidSettings(DomainError):
    """A setting of the business cannot be like that; the limit is named."""


class InvalidReadyReply(DomainError):
    """A ready reply's shortcut, title or text cannot be used."""


class InvalidFigures(DomainError):
    """There is no day to be counted, or there are too many."""


class InvalidSearch(DomainError):
    """There is too little to look for, or too much."""


class NotFound(DomainError):
    """There is no such thing, or not for whoever asked."""


class NotAllowed(DomainError):
    """Whoever asked may not do this."""


class CannotSend(DomainError):
    """The provider that would carry it has no such thing. Another provider may."""


class Conflict(DomainError):
    """It cannot be done in the state things are in."""


class TicketAlreadyClosed(Conflict):
    """The ticket is closed; nothing more can be said on it."""


class CannotReopen(Conflict):
    """The ticket is open, or its customer has another one by now, or it was closed long ago."""


class NameTaken(Conflict):
    """Another agent, or another branch, has this name."""


class ShortcutTaken(Conflict):
    """Another ready reply of the same owner has this shortcut."""


class IdempotencyKeyReused(Conflict):
    """The same key came before, with something else to say."""


class CannotQuote(Conflict):
    """The provider that would carry it does not know the message it answers or reacts to."""


class FateKnown(Conflict):
    """It is known what became of the message: there is nothing for a person to settle."""


class WasSent(Conflict):
    """Somebody outside has seen the message, or may: it is not ours alone to delete."""


class FileSentElsewhere(Conflict):
    """An upload was sent in another conversation already."""


class NoRoute(Conflict):
    """No provider can reach this customer now."""


class SettingError(ValueError):
    """A setting is missing or wrong. The text names it, never its value, and says what to do."""
