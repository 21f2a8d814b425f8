"""Folding: what a text is to whoever looks for it, however either of them typed it."""

import re
from unicodedata import category, decimal, normalize

from khalifa.domain.errors import InvalidSearch
from khalifa.domain.words import Words

# So much of a message can be found; the longest replies are shorter.
MOST_FOLDED = 10_000
FEWEST_LETTERS = 2
MOST_WORDS = 8
_TOO_SHORT = Words(
    f"Look for at least {FEWEST_LETTERS} letters or digits.",
    "اكتب حرفين على الأقل للبحث.",
)
_TOO_MANY = Words(
    f"Look for at most {MOST_WORDS} words at a time.",
    f"ابحث بـ {MOST_WORDS} كلمات على الأكثر.",
)

_TATWEEL, _HAMZA = "\u0640", "\u0621"
_ONE_LETTER = str.maketrans(
    {
        "\u0649": "\u064a",  # alef maqsura: yeh
        "\u06cc": "\u064a",  # the Persian yeh
        "\u06a9": "\u0643",  # the Persian kaf
        "\u0629": "\u0647",  # teh marbuta: heh
        "\u0671": "\u0627",  # alef wasla
    }
)
_WORD = re.compile(r"[^\W_]+")
# The article, with what may be written before it as one word; three letters are left at least.
_ARTICLE = re.compile(
    "(?:[\u0648\u0641\u0628\u0643]?\u0627\u0644|[\u0648\u0641]?\u0644\u0644)(?=.{3})"
)
_PHRASE = re.compile('["\u201c\u00ab]([^"\u201d\u00bb]*)["\u201d\u00bb]?')


def folded_letters(text: str) -> str:
    """
    Return *text* with one letter for all that people write for it; everything else stays.

    The forms of alef and hamza, teh marbuta and heh, alef maqsura and yeh are
    one each; marks, accents and tatweel go, case too; digits are 0 to 9.
    """
    letters = (
        str(decimal(letter)) if letter.isdecimal() else letter
        for letter in normalize("NFKD", text)
        if letter not in {_TATWEEL, _HAMZA} and category(letter) not in {"Mn", "Cf"}
    )
    return "".join(letters).casefold().translate(_ONE_LETTER)


def folded(text: str) -> str:
    """
    Return what of *text* can be found: its words, each with a space before it.

    A word with the article is there once more without it, after two spaces,
    so that it is no part of a phrase. `Search` says how it is looked into.
    """
    words = _WORD.findall(folded_letters(text[:MOST_FOLDED]))
    bare = [stripped for word in words if (stripped := _without_article(word)) != word]
    return "".join(f" {word}" for word in words) + "".join(f"  {word}" for word in bare)


class Search:
    """
    What somebody looks for: words, and phrases in quotation marks.

    A message is meant when each of the ``parts`` is somewhere in its folded
    text: all words, in any order, each at the beginning of a word. An article
    is no part of a word here.
    """

    def __init__(self, text: str) -> None:
        """
        Raises:
            InvalidSearch: there is too little to look for, or too much.
        """
        phrases = [_WORD.findall(folded_letters(phrase)) for phrase in _PHRASE.findall(text)]
        words = _WORD.findall(folded_letters(_PHRASE.sub(" ", text)))
        loose = [_without_article(word) for word in words]
        self.parts = tuple(
            dict.fromkeys(
                f" {part}" for part in (*(" ".join(phrase) for phrase in phrases), *loose) if part
            )
        )
        if not any(len(part) > FEWEST_LETTERS for part in self.parts):
            raise InvalidSearch(_TOO_SHORT)
        if sum(part.count(" ") for part in self.parts) > MOST_WORDS:
            raise InvalidSearch(_TOO_MANY)

    def finds(self, folded_text: str) -> bool:
        return all(part in folded_text for part in self.parts)

    def excerpt(self, text: str, most: int) -> str:
        """Return the piece of *text*, of *most* characters, in which something is found."""
        if len(text) <= most:
            return text
        firsts = tuple(part.split()[0] for part in self.parts)
        for word in re.finditer(r"\S+", text):
            found = folded_letters(word[0]).lstrip("\"'([{«“.,،؛؟")
            if found.startswith(firsts) or _without_article(found).startswith(firsts):
                start = max(0, min(word.start() - most // 4, len(text) - most))
                return ("…" if start else "") + text[start : start + most].strip() + "…"
        return text[:most].strip() + "…"


def _without_article(word: str) -> str:
    article = _ARTICLE.match(word)
    return word[article.end() :] if article else word
