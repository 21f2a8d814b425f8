"""Templates as the API shows them."""

from typing import Annotated

from msgspec import Meta, Struct

from khalifa.domain import templates
from khalifa.domain.filled_template import HeaderType
from khalifa.domain.templates import ButtonKind

Places = Annotated[
    list[str],
    Meta(
        description="What is to be filled in, in this order: names, or numbers from 1.",
        examples=[["1", "2"]],
    ),
]


class TemplateHeader(Struct, frozen=True, kw_only=True):
    """What stands above the text. One that is no text needs a file or a place."""

    type: HeaderType
    text: str | None
    places: Places


class TemplateButton(Struct, frozen=True, kw_only=True):
    """A button below the text."""

    kind: ButtonKind
    title: str
    url: str | None
    needs_value: Annotated[bool, Meta(description="Whether one must be given to send it.")]


class Template(Struct, frozen=True, kw_only=True):
    """An approved template in one language."""

    name: Annotated[str, Meta(examples=["order_ready"])]
    language: Annotated[str, Meta(examples=["ar"])]
    category: Annotated[str, Meta(examples=["UTILITY"])]
    named: Annotated[bool, Meta(description="Whether places are filled in by name.")]
    header: TemplateHeader | None
    text: Annotated[str, Meta(examples=["أهلاً {{1}}، طلبك {{2}} جاهز."])]
    places: Places
    footer: str | None
    buttons: list[TemplateButton]


def template_of(template: templates.Template) -> Template:
    """Return *template* as the API shows it."""
    header = None
    if template.header is not None:
        header = TemplateHeader(
            type=template.header.type,
            text=template.header.text,
            places=list(template.header.places),
        )
    return Template(
        name=template.name,
        language=template.language,
        category=template.category,
        named=template.named,
        header=header,
        text=template.text,
        places=list(template.places),
        footer=template.footer,
        buttons=[
            TemplateButton(
                kind=button.kind,
                title=button.title,
                url=button.url,
                needs_value=button.needs_value,
            )
            for button in template.buttons
        ],
    )
