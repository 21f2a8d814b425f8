"""How far a run is: one line drawn anew, or a line now and then where no screen is."""

import sys
from dataclasses import dataclass, field
from typing import TextIO

_WIDTH = 24
# Where no screen is, so much of a part must be new for another line.
_STEP = 0.05


@dataclass
class Progress:
    """Shows a bar and figures on *out*, which is usually the error stream."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    _shown: tuple[str, float] = ("", 0.0)
    _longest: int = 0

    def show(self, part: str, share: float, figures: str) -> None:
        """Say that *share*, from 0 to 1, of the *part* of the run is over."""
        share = min(max(share, 0.0), 1.0)
        full = round(share * _WIDTH)
        bar = "#" * full + "-" * (_WIDTH - full)
        line = f"[{bar}] {share:4.0%} {part}: {figures}"
        if self.out.isatty():
            self.out.write(f"\r{line:<{self._longest}}")
            self._longest = max(self._longest, len(line))
        elif self._is_news(part, share):
            self.out.write(f"{line}\n")
            self._shown = (part, share)
        self.out.flush()

    def over(self) -> None:
        """Leave the line as it is; what is written next stands below it."""
        if self._longest:
            self.out.write("\n")
        self._longest = 0
        self._shown = ("", 0.0)

    def _is_news(self, part: str, share: float) -> bool:
        before, shown = self._shown
        return part != before or share - shown >= _STEP or (share == 1.0 and shown < 1.0)
