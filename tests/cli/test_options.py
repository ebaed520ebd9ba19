"""What a command prints is what it says: names of files are no markup and steer no terminal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.table import Table

from variegate.cli.options import console
from variegate.cli.preview import preview

ODD = "[red]a[/red] :smile: [link=http://x]b[/] \x1b[2J\x1b]0;x\x07 \u202eexe"
SAID = r"[red]a[/red] :smile: [link=http://x]b[/] \x1b[2J\x1b]0;x\x07 \u202eexe"


def test_a_text_is_printed_as_it_is() -> None:
    on = console()
    table = Table("name", title=ODD)
    table.add_row(ODD)
    with on.capture() as got:
        on.print(ODD, style="bold")
        on.print(table, width=200)
    lines = got.get()
    assert lines.count(SAID) == 3 and "\x1b]0" not in lines and "\u202e" not in lines


def test_the_name_of_a_file_is_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "[red]\x1b[2J"
    folder.mkdir()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / "a.png")
    (tmp_path / "p.yaml").write_text("variegate: 1\nops: [HorizontalFlip]\n")
    preview(folder, tmp_path / "p.yaml", folder / "sheet.png", rows=1, cols=2)
    assert r"[red]\x1b[2J/sheet.png" in capsys.readouterr().out
