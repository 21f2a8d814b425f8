"""The sandbox's templates: a few as a pharmacy has them, approved by nobody."""

from typing import Final

from khalifa.application.ports.templates import TemplateCatalog
from khalifa.domain.filled_template import HeaderType
from khalifa.domain.templates import ButtonKind, Template, TemplateButton, TemplateHeader

TEMPLATES: Final = (
    Template(
        name="hello",
        language="en_US",
        category="UTILITY",
        named=True,
        text="Hello {{name}}, this is the pharmacy. May we write to you about your order?",
        buttons=(TemplateButton(kind=ButtonKind.QUICK_REPLY, title="Yes"),),
    ),
    Template(
        name="order_ready",
        language="ar",
        category="UTILITY",
        header=TemplateHeader(type=HeaderType.TEXT, text="طلب رقم {{1}}"),
        text="أهلاً {{1}}، طلبك جاهز في فرع {{2}}.",
        footer="الصيدلية",
        buttons=(TemplateButton(kind=ButtonKind.QUICK_REPLY, title="شكراً"),),
    ),
    Template(
        name="offers",
        language="ar",
        category="MARKETING",
        header=TemplateHeader(type=HeaderType.IMAGE),
        text="عروض هذا الأسبوع في فرع {{1}}.",
    ),
)


class SandboxTemplates(TemplateCatalog):
    """Always the same, so that writing outside a window can be tried."""

    async def list_templates(self) -> list[Template]:
        return list(TEMPLATES)
