"""What the supervisor looks at: the live board, and the figures of some days."""

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.desk.conftest import SitsDown
from tests.desk.gestures import ENGLISH, row_of
from tests.desk.shop import Shop


def test_who_waits_is_on_the_board_and_moved_from_there(
    shop: Shop, admin: str, agent: str, sits_down: SitsDown
) -> None:
    # Who was never here has nothing for long.
    shop.ask("POST", "/api/agents/me/presence", {"presence": "break"}, by=agent)
    page = sits_down(admin, settings=ENGLISH)
    page.goto(f"{shop.url}/#/board")
    expect(page.locator(".kpi")).to_have_count(5)
    mona = shop.customer("Mona of the board")
    mona.write("Is anybody there?")

    line = page.locator(".need li", has_text=mona.name)
    expect(line).to_contain_text(admin)
    line.get_by_role("button", name="Move").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("li", has_text=agent).click()
    dialog.get_by_role("button", name=f"Transfer to {agent}").click()

    expect(line).to_contain_text(agent)
    traffic = page.locator(".card", has_text="Messages per 5 minutes")
    traffic.get_by_role("button", name="Table").click()
    expect(traffic.locator("tbody tr")).to_have_count(20)


def test_a_delay_turns_red_on_the_desk_and_the_board_and_an_answer_clears_it(
    shop: Shop, admin: str, sits_down: SitsDown
) -> None:
    page = sits_down(admin, settings=ENGLISH)
    board = page.context.new_page()
    board.goto(f"{shop.url}/#/board")
    ali = shop.customer("Ali of the delay")
    ali.write("Is it ready?")
    row, line = row_of(page, ali.name), board.locator(".need li", has_text=ali.name)
    expect(row.locator(".ring.green")).to_be_visible()
    expect(line).to_be_visible()

    # Three minutes are what the business gives: seconds are left of them.
    shop.let_wait(ali.name, minutes=2.97)

    expect(row.locator(".ring.red")).to_be_visible()
    expect(row).to_contain_text("Late")
    expect(page.get_by_role("button", name="Late")).to_contain_text("1")
    expect(line.locator(".ring.red")).to_be_visible()
    expect(board.locator(".kpi.red")).to_contain_text("1")
    row.click()
    page.locator(".composer textarea").fill("It is.")
    page.keyboard.press("Enter")
    expect(row.locator(".ring")).to_have_count(0)
    expect(board.locator(".kpi.red")).to_have_count(0)
    expect(line).to_have_count(0)


def test_figures_are_drawn_read_as_a_table_sorted_and_exported(
    shop: Shop, admin: str, sits_down: SitsDown, tmp_path: Path
) -> None:
    page = sits_down(admin, settings=ENGLISH)
    shop.customer("Hany of the figures").write("السلام عليكم")
    page.locator(".row", has_text="Hany of the figures").click()
    page.locator(".composer textarea").fill("Welcome!")
    page.keyboard.press("Enter")
    # Shown before the server has it: figures count what it has.
    page.locator(".m.out .tick.delivered").wait_for()
    page.goto(f"{shop.url}/#/figures")

    chart = page.locator(".card", has_text="Conversations per day")
    expect(chart.get_by_role("img")).to_be_visible()
    expect(chart.locator(".sum")).to_contain_text("Most on")
    chart.get_by_role("button", name="Table").click()
    expect(chart.locator("tbody tr")).to_have_count(14)
    mine = page.locator("tbody tr", has_text=admin)
    expect(mine).to_contain_text(re.compile(r"\d:\d\d"))
    page.get_by_role("button", name="Messages").click()
    head = page.get_by_role("columnheader", name="Messages")
    expect(head).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Messages").click()
    expect(head).to_have_attribute("aria-sort", "ascending")

    page.get_by_role("button", name="Today").click()
    expect(chart).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    table = tmp_path / "figures.csv"
    download.value.save_as(table)
    lines = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert [line["messages"] for line in lines if line["agent"] == admin] == ["1"]


def test_an_agent_sees_own_figures_and_nobody_else_s(
    shop: Shop, agent: str, sits_down: SitsDown
) -> None:
    page = sits_down(agent, settings=ENGLISH)
    page.goto(f"{shop.url}/#/figures")

    expect(page.get_by_role("heading", name="My figures")).to_be_visible()
    expect(page.locator(".kpi").first).to_contain_text("Conversations")
    expect(page.get_by_role("table", name="Figures per agent")).to_have_count(0)
