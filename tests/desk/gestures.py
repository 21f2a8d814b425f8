"""What one does at the desk, and where one looks."""

from base64 import b64decode

from playwright.sync_api import Locator, Page

# 64 by 48 dots of one colour.
PHOTO = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAwCAIAAAAuKetIAAAARElEQVR42u3PMQ0AAAgDsPk3x8GDHCzwkjSpgaam"
    "X4uAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAwNUCt9i5tH5TO9AAAAAASUVORK5CYII="
)
ENGLISH = '{"language": "en"}'


def row_of(page: Page, name: str) -> Locator:
    return page.locator(".row", has_text=name)


def bubbles(page: Page) -> list[str]:
    """Return what the open conversation says, in order."""
    return page.locator(".msgs .m .b > p").all_inner_texts()


def choose_template(page: Page, number: str, name: str) -> Locator:
    """Begin a conversation with `number` by the approved template `name`; gives the dialog."""
    page.get_by_role("button", name="New conversation").click()
    page.get_by_label("The customer’s number").fill(number)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Approved template").click()
    dialog.locator(".tpl", has_text=name).click()
    return dialog


def say(page: Page, text: str) -> None:
    page.locator(".composer textarea").fill(text)
    page.keyboard.press("Enter")
