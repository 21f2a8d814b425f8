"""A person at a prompt, for the tests of short commands."""

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from khalifa.entrypoints.cli.main import run
from tests.servers import KHALIFA, ForkedProcess, Process


@dataclass(frozen=True)
class Answer:
    code: int
    output: str
    errors: str


@dataclass
class Shell:
    """A person at a prompt, with what is in their environment."""

    folder: Path
    env: dict[str, str]
    patch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, typed: str = "") -> Answer:
        """Run a command in this very process: importing all of khalifa anew takes seconds."""
        with self.patch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(os, "environ", {"COLUMNS": "200", **self.env})
            patch.setattr(sys, "stdin", io.StringIO(typed))
            try:
                code = run(arguments)
            except SystemExit as left:
                code = int(left.code or 0)
        said = self.capsys.readouterr()
        return Answer(code, said.out, said.err)

    def fine(self, *arguments: str, typed: str = "") -> str:
        """Run a command that must succeed; return what it answered."""
        answer = self.run(*arguments, typed=typed)
        assert answer.code == 0, answer
        return answer.output

    def process(self, *arguments: str) -> Process:
        """Return a command as a process of its own."""
        log = self.folder / "command.log"
        return ForkedProcess(KHALIFA, *arguments, env=self.env, cwd=self.folder, log=log)
