"""Examples: what a page shows is what runs, block after block, and what it prints or draws is put beneath.

A ```python block is run in one namespace a page, in a folder of the page's own; a ```yaml block that begins with
`variegate:` is loaded; of a ```console block each line that begins with `$ ` is run. Beneath a block a comment, which
GitHub does not show, says what is to be seen:

    <!-- prints -->                   what the block has printed
    <!-- displays: words -->          what a notebook shows of the value of the block's last line; words of a picture
    <!-- shows sheet.png: words -->   a picture that it has written; the words are for those who cannot see it
    <!-- writes pipeline.yaml -->     above a block: it is kept as that file for the blocks that follow

And `<!-- run`, lines of Python, `-->` is run like a block and shown by nobody: what a page needs but does not teach.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

STEP = re.compile(
    r"(?:<!-- writes (?P<file>[\w./-]+) -->\n)?"
    r"(?:```(?P<language>python|yaml|console)\n(?P<code>.*?)```\n|<!-- run\n(?P<hidden>.*?)-->\n)"
    r"(?P<after>(?:\n?<!-- (?:prints|displays(?:: [^\n]+?)?|shows [^\n]+?) -->\n)*)",
    re.DOTALL,
)
SHOWN = re.compile(r"<!-- (?P<how>prints|displays|shows (?P<file>[\w./-]+))(?:: (?P<words>[^\n]+?))? -->")


class ExampleError(Exception):
    """An example of a page that does not run, with its code and what it said."""


@dataclass
class Page:
    """The examples of one page, run in a folder.

    folder    where they run
    pictures  where what they draw is kept, and how a page calls that place; None: it is not shown
    """

    name: str
    folder: Path
    pictures: tuple[Path, str] | None = None
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    ran: int = 0
    value: Any = None  # of the last line of the block before

    def run(self, text: str) -> str:
        """The page with what its examples print and show.

        Raises  ExampleError for the first that fails.
        """
        with contextlib.chdir(self.folder):
            return STEP.sub(self._step, text)

    def _step(self, found: re.Match[str]) -> str:
        code = found["code"] or ""
        if found["file"]:
            Path(found["file"]).parent.mkdir(parents=True, exist_ok=True)
            Path(found["file"]).write_text(code, encoding="utf-8")
        said = self._said(found["language"], found["hidden"] or code)
        self.ran += 1
        shown = "" if found["hidden"] else f"```{found['language']}\n{code}```\n"
        return shown + "".join(self._shown(each, said) for each in SHOWN.finditer(found["after"]))

    def _said(self, language: str | None, code: str) -> str:
        """What a block prints."""
        try:
            if language == "console":
                return "".join(command(line[2:]) for line in code.splitlines() if line.startswith("$ "))
            if language == "yaml":
                return loaded(code)
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                self.value = evaluated(code, self.name, self.names)
            return told.getvalue()
        except (Exception, SystemExit) as problem:
            told_by = getattr(problem, "stdout", "")
            raise ExampleError(f"{self.name}: {type(problem).__name__}: {problem}\n{told_by}\n{code}") from problem

    def _shown(self, found: re.Match[str], said: str) -> str:
        if found["how"] == "prints":
            if not said.strip():
                raise ExampleError(f"{self.name}: the block above <!-- prints --> prints nothing")
            return f"\n```text\n{said.rstrip()}\n```\n"
        if found["how"] == "displays":
            return self._displayed(found["words"])
        return self._kept(Path(found["file"]), found["words"])

    def _displayed(self, words: str | None) -> str:
        """The value of the last line as a notebook shows it."""
        if hasattr(self.value, "_repr_html_"):
            html = re.sub(r'alt="[^"]*"', lambda _: f'alt="{escape(words or "")}"', self.value._repr_html_())
            return f'\n```{{raw}} html\n<div class="displayed">{html}</div>\n```\n'
        if not hasattr(self.value, "_repr_png_") or not words:
            raise ExampleError(
                f"{self.name}: a notebook shows nothing for the block above <!-- displays -->, or no words"
            )
        path = Path(f"display-{self.ran}.png")
        self.value.save(path)
        return self._kept(path, words)

    def _kept(self, path: Path, words: str) -> str:
        """A picture that was written, where the page shows it."""
        if not path.exists():
            raise ExampleError(f"{self.name}: no {path} to show")
        if self.pictures is None:
            return ""
        folder, called = self.pictures
        folder.mkdir(parents=True, exist_ok=True)
        kept = f"{self.name.replace('/', '-')}-{path.name}"
        shutil.copy(path, folder / kept)
        return f"\n![{words}]({called}/{kept})\n"


def evaluated(code: str, name: str, names: dict[str, Any]) -> Any:
    """Run a block; the value of its last line, where that is an expression, and None where it is not."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), name, "eval"), names)


def loaded(code: str) -> str:
    """Nothing: a pipeline file is loaded, to see that it can be."""
    if code.startswith("variegate:"):
        import variegate

        variegate.load(code)
    return ""


def command(line: str) -> str:
    """What a command prints; `variegate` is that of this Python."""
    words = shlex.split(line, comments=True)
    if words[0] == "variegate":
        words[:1] = [sys.executable, "-c", "from variegate.cli import main; main()"]
    plain = {**os.environ, "COLUMNS": "110", "TERM": "dumb"}
    done = subprocess.run(
        words, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=plain, timeout=300
    )
    return done.stdout


def languages(text: str) -> Iterator[str]:
    """The languages of the blocks of a page that run."""
    return (found["language"] for found in STEP.finditer(text) if found["language"])
