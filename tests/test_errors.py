"""An error is one text that may be printed, whatever it came of and however it travels."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from variegate import errors
from variegate.errors import DecodeError, ResourceError, SourceError, VariegateError, escaped, printable

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VariegateError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_can_be_made_of_one_text(kind: type[VariegateError]) -> None:
    error = kind("Caught it in a worker.\n  Traceback: ...")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and str(again) == str(error) == "Caught it in a worker.\n  Traceback: ..."


def test_a_decode_error_keeps_what_it_carries() -> None:
    error = DecodeError("a.jpg", "it is short", sound=True)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "a.jpg: cannot be decoded: it is short."
    assert (again.path, again.reason, again.sound) == ("a.jpg", "it is short", True)
    bare = DecodeError("a text")
    assert (bare.path, bare.reason, bare.sound) == ("", "a text", False)


class Raising:
    """A data set for PyTorch whose samples are errors."""

    def __len__(self) -> int:
        return len(KINDS)

    def __getitem__(self, i: int) -> Any:
        if KINDS[i] is DecodeError:
            raise DecodeError("a.jpg", "it is short")
        raise KINDS[i]("it is short")


@pytest.mark.parametrize("i", range(len(KINDS)))
def test_an_error_survives_a_worker_of_pytorch(i: int) -> None:
    """Which brings it back as its class, made of one text."""
    data = pytest.importorskip("torch.utils.data")
    with pytest.raises(KINDS[i], match=r"(?s)DataLoader worker process 0.*it is short") as caught:
        next(iter(data.DataLoader(Raising(), sampler=[i], num_workers=1)))
    assert type(caught.value) is KINDS[i]


def test_a_files_error_survives_a_worker_of_pytorch(tmp_path: Path) -> None:
    data = pytest.importorskip("torch.utils.data")
    import variegate as vg
    from variegate.adapters.torch.samples import Samples

    (tmp_path / "a.jpg").write_bytes(b"words, no picture")
    with pytest.raises(DecodeError, match=r"(?s)worker process 0.*a\.jpg: cannot be decoded: no picture format"):
        next(iter(data.DataLoader(Samples(vg.ImageFolder(tmp_path)), num_workers=1, collate_fn=list)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\rb\x07\x7f\x9b", r"a\rb\x07\x7f\x9b"),
        ("gpj.\u202eexe\u2066", r"gpj.\u202eexe\u2066"),
        ("\udcff.jpg", r"\udcff.jpg"),
        ("two\nlines\tand a tab, \u00e4 and \u4e2d", "two\nlines\tand a tab, \u00e4 and \u4e2d"),
    ],
)
def test_control_codes_are_escaped(text: str, said: str) -> None:
    assert escaped(text) == printable(text) == said
    assert str(SourceError(text)) == said and str(DecodeError("p", text)).startswith(f"p: cannot be decoded: {said}")
    assert DecodeError(f"{text}.jpg", "no").path == f"{text}.jpg"  # a path is one to open
    str(ResourceError(text)).encode()


def test_a_files_name_begins_no_line(tmp_path: Path) -> None:
    import variegate as vg
    from variegate.cli import main

    name = "a.jpg\nvariegate: all is well\n.jpg"
    (tmp_path / name).write_bytes(b"no picture")
    with pytest.raises(DecodeError) as caught:
        vg.Loader(vg.ImageFolder(tmp_path)).batch(0, 0)
    assert "\n" not in str(caught.value) and caught.value.path == str(tmp_path / name)
    rule = vg.OnError("skip", max_errors=0, quarantine=tmp_path / "bad.jsonl")
    with pytest.raises(vg.VariegateError) as stopped:
        vg.Loader(vg.ImageFolder(tmp_path), on_error=rule).batch(0, 0)
    assert not [line for line in str(stopped.value).splitlines() if line.startswith("variegate")]
    assert json.loads((tmp_path / "bad.jsonl").read_text())["path"] == str(tmp_path / name)
    config = tmp_path / "a.yaml"
    config.write_text("- HorizontalFlip")
    none = f"{tmp_path}/none\nvariegate: all is well"
    for arguments in (["preview", none, "--config", str(config)], ["check", "x\nvariegate: all is well"]):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
            patch.setattr("sys.argv", ["variegate", *arguments])
            main()
        assert [line[:10] for line in str(left.value.code).splitlines()].count("variegate:") == 1


@pytest.mark.parametrize("letter", ["a", "\x1b", "\u202e"])
def test_a_long_text_is_cut_in_its_middle(letter: str) -> None:
    for length in (3999, 4001, 5_000_000):
        text = f"begin {letter * length} end"
        error = SourceError(text)
        assert len(str(error)) <= 4000 and str(error).startswith("begin ") and str(error).endswith(" end")
        assert "letters left out" in str(error) or length < 4000
        assert str(pickle.loads(pickle.dumps(error))) == str(error) == printable(str(error))
    assert "[... 4,996,260 letters left out ...]" in printable("a" * 5_000_010)
    assert len(DecodeError("a.jpg", "b" * 10_000).reason) <= 4000
