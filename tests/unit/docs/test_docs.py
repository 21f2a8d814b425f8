"""What the documentation points at is there: files, headings, tests."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SECURITY = ROOT / "docs" / "security.md"

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_TEST = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")


def links_of(page: Path) -> list[str]:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    found = (one or other for one, other in _LINK.findall(text))
    return [link for link in found if not re.match(r"https?:|mailto:", link)]


@cache
def headings_of(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@cache
def functions_of(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    for link in links_of(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in headings_of(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_is_named_exists(page: Path) -> None:
    for file, name in _TEST.findall(page.read_text(encoding="utf-8")):
        if not name:
            continue
        path = ROOT / "tests" / file
        assert path.exists(), file
        assert name in functions_of(path), f"{file}::{name}"


def test_every_defence_has_a_test() -> None:
    rows = re.findall(r"^\| (?!---)(.+) \|$", SECURITY.read_text(encoding="utf-8"), re.MULTILINE)
    defences = [row.split(" | ") for row in rows]
    heads = [row for row in defences if row[-1] == "tests"]

    assert len(heads) >= 6
    for row in defences:
        assert row in heads or _TEST.search(row[-1]), row[0]


def test_every_page_can_be_found_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in links_of(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.is_dir():
                waiting += target.glob("*.md")
            elif target.suffix == ".md":
                waiting.append(target)

    assert set(PAGES) - reached == set()
