"""Compiled kernels are kept where only this user can write, and nothing that is wrong there stops a process."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import variegate.jpeg
import variegate.kernels
from variegate import exact_tables, formulas, kernel_cache, rng, sampling
from variegate.compiled import Unit

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="tells no owners and no rights this way")
ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes files of others")
CODE = """
from variegate import rng
from variegate.kernels.walk import walk_home
{before}
assert f"{{rng.block((0, 0, 0, 0), (0, 0))[0]:08x}}" == "6627e8d5" and walk_home.address
print(sum(rng._blocks.stats.cache_hits.values()) + walk_home.compiled.cache_hits)
"""
NOT_KEPT = "variegate: compiled kernels are not kept, so each process compiles its own, which takes 10 to 20 s: "
REMEDY = "Mend that, or name another folder in VARIEGATE_CACHE_DIR"


def run(place: Path, before: str = "", /, **environment: str) -> tuple[int, str]:
    """How many of two kernels a new process loads, and what it says but that it compiles."""
    env = {**os.environ, "VARIEGATE_CACHE_DIR": str(place), **environment}
    code = CODE.format(before=before)
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("variegate: compiling")]
    return int(done.stdout), "\n".join(lines)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("kernels") / "cache"
    assert run(place) == (0, "") and run(place) == (2, "")
    return place


@pytest.fixture
def place(filled: Path, tmp_path: Path) -> Path:
    """A cache that has both kernels."""
    shutil.copytree(filled, tmp_path / "cache")
    return tmp_path / "cache"


def files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def test_kernels_are_kept_for_the_next_process(place: Path) -> None:
    assert run(place) == (2, "") and len(files(place)) == 2


def flipped(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]


@pytest.mark.parametrize(
    "damage",
    [lambda data: b"", lambda data: data[:20], lambda data: data[: len(data) // 2], flipped, lambda data: b"x" * 999],
    ids=["empty", "cut in the digest", "cut", "a bit", "others' bytes"],
)
def test_a_damaged_file_is_written_anew(place: Path, damage: Callable[[bytes], bytes]) -> None:
    for path in files(place):
        path.write_bytes(damage(path.read_bytes()))
    folder = files(place)[0].parent
    assert run(place) == (0, f"variegate: {folder}: kernels are damaged; they are compiled and written anew")
    assert run(place) == (2, "")


def test_a_file_under_the_name_of_another_is_not_taken_for_it(place: Path) -> None:
    one, other = files(place)
    shutil.copy(one, other)
    assert run(place)[0] == 1


@POSIX
def test_a_full_disk(tmp_path: Path) -> None:
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))"
    hits, told = run(tmp_path / "cache", before)
    assert hits == 0 and told.startswith(NOT_KEPT) and told.endswith(f"File too large. {REMEDY}"), told
    assert len(told.splitlines()) == 1 and files(tmp_path) == []


@POSIX
@pytest.mark.parametrize("named", ["VARIEGATE_CACHE_DIR", "HOME"])
def test_a_folder_that_cannot_be_made(tmp_path: Path, named: str) -> None:
    """It was sought in the temporary folder then, whoever had made it there."""
    bad, temporary = tmp_path / "file", tmp_path / "temporary"
    bad.write_text("no folder")
    temporary.mkdir()
    environment = {"VARIEGATE_CACHE_DIR": "", "XDG_CACHE_HOME": "", "TMPDIR": str(temporary), named: str(bad / "home")}
    hits, told = run(bad, **environment)
    assert hits == 0 and told.startswith(f"{NOT_KEPT}{bad}") and REMEDY in told, told
    assert list(temporary.iterdir()) == []


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def given(path: Path) -> None:
    os.chown(path, 12345, -1)


def opened(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o020)


@POSIX
@pytest.mark.parametrize("whose", ["home", "folder", "file"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(given, "{} belongs to another user (uid 12345), whose machine code is not run", marks=ROOT),
        (opened, "others may write to {} (mode 775); if it is yours alone, chmod go-w it"),
        (link, "{} is a link: name the folder itself in VARIEGATE_CACHE_DIR"),
    ],
    ids=["of another user", "open to others", "a link"],
)
def test_what_others_may_have_made_is_not_run(
    place: Path, whose: str, change: Callable[[Path], None], told: str
) -> None:
    first, folder = files(place)[0], files(place)[0].parent
    path = {"home": place, "folder": folder, "file": first}[whose]
    change(path)
    hits, said = run(place)
    if (whose, change) == ("file", link):  # what it leads to is looked at, and a link itself only we can have made
        assert (hits, said) == (2, "")
        return
    if whose == "file":
        assert hits == 1 and run(place) == (2, "")  # it has been written anew
    else:
        assert hits == 0
    assert said.startswith(NOT_KEPT) and str(path) in said and REMEDY in said, said
    assert told.split("{}")[1].split("(")[0] in said


@POSIX
def test_the_users_own_folder_is_closed_to_others(place: Path) -> None:
    """An earlier release made it with the user's umask, which lets a group write on many systems."""
    place.rename(place.parent / "variegate")
    (place.parent / "variegate").chmod(0o775)
    env = {"VARIEGATE_CACHE_DIR": "", "XDG_CACHE_HOME": str(place.parent), "LOCALAPPDATA": str(place.parent)}
    if sys.platform == "darwin":
        pytest.skip("the folder there is that of the user's library, which is not this test's to change")
    assert run(place, **env) == (2, "")
    assert (place.parent / "variegate").stat().st_mode & 0o022 == 0


def test_every_file_with_a_kernel_counts() -> None:
    """An edit of one that does not would leave old machine code in use."""
    source = Path(kernel_cache.__file__).parent
    made = re.compile(r"^@(entry|kernel|inlined|unit)\b", re.MULTILINE)
    files = (file.relative_to(source) for file in source.rglob("*.py") if made.search(file.read_text(encoding="utf-8")))
    beside = {file.as_posix() for file in files if file.parts[0] not in kernel_cache.BESIDE_OF}
    assert beside == {"formulas.py", "rng.py"} and beside <= set(kernel_cache.BESIDE)


def test_the_decoder_imports_nothing_else_that_is_compiled() -> None:
    """So an edit elsewhere may leave its machine code as it is."""
    source = Path(kernel_cache.__file__).parent / "jpeg"
    lines = {
        line for file in source.glob("*.py") for line in re.findall(r"^from variegate\.\S+", file.read_text(), re.M)
    }
    assert {line.removeprefix("from variegate.").partition(".")[0] for line in lines} == {"compiled", "jpeg", "scratch"}


def test_an_edit_in_one_folder_keeps_the_kernels_of_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(kernel_cache.__file__).parent
    shutil.copytree(source, tmp_path / "variegate", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(kernel_cache, "__file__", str(tmp_path / "variegate" / "kernel_cache.py"))
    before = {which: kernel_cache.version(which) for which in kernel_cache.BESIDE_OF}
    for which, other in (("kernels", "jpeg"), ("jpeg", "kernels")):
        with (tmp_path / "variegate" / which / "memory.py").open("a") as file:
            file.write("# edited")
        after = {each: kernel_cache.version(each) for each in kernel_cache.BESIDE_OF}
        assert after[which] != before[which] and after[other] == before[other]
        before = after


def test_kernels_whose_files_changed_under_the_process_are_not_kept(tmp_path: Path) -> None:
    """What it imported may be older than what lies there, and would be found by the new digest, or the old one."""
    before = "from variegate import kernel_cache; kernel_cache.BEGUN = dict.fromkeys(kernel_cache.BEGUN, '0')"
    place = tmp_path / "cache"
    assert run(place, before) == (0, "") and files(place) == []
    assert run(place) == (0, "") and len(files(place)) == 2


UPRIGHT = """
import ctypes, sys
import numpy as np
from numba.core.bytecode import FunctionIdentity
from variegate.kernels import resize

for _ in range(int(sys.argv[1])):
    next(FunctionIdentity._unique_ids)
{before}
work = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 14)(resize.upright_floats.address)
for most in range(2, 6):
    source, first = np.arange(24, dtype=np.float32).reshape(8, 3), np.array([0, 3])
    lines, taps = np.ones(1, np.float32), np.arange(1, 2 * most + 1, dtype=np.float32).reshape(2, most)
    row, out = np.zeros(25, np.float32), np.zeros((2, 3), np.float32)
    arrays = [each.ctypes.data for each in (source, lines, first, taps, row, out)]
    work(arrays[0], 8, 3, 0, 1, arrays[1], arrays[2], arrays[3], most, 2, arrays[4], arrays[5], 3, 1)
    assert np.array_equal(out, [taps[n] @ source[first[n] : first[n] + most] for n in range(2)]), most
print(resize.upright_floats.compiled.cache_hits)
"""


def test_kept_kernels_call_their_own_parts(tmp_path: Path) -> None:
    """Each process counts anew what a function makes: kept code called what went by the same number here."""

    def hits(skipped: int, before: str) -> int:
        code, env = UPRIGHT.format(before=before), {**os.environ, "VARIEGATE_CACHE_DIR": str(tmp_path / "cache")}
        done = subprocess.run([sys.executable, "-c", code, str(skipped)], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    assert hits(0, "") == 0
    for skipped in range(1, 4):
        assert hits(skipped, "resize.upright_bytes.cache = False; resize.upright_bytes.compiled") == 1


def test_no_two_kernels_have_one_name() -> None:
    """The linker takes functions of one name for one, be they loaded or compiled."""
    found: dict[tuple[str, str], set[int]] = {}
    both = (variegate.kernels, variegate.jpeg)
    names = (f"{package.__name__}.{m.name}" for package in both for m in pkgutil.iter_modules(package.__path__))
    inside = (importlib.import_module(name) for name in names)
    for module in (formulas, rng, sampling, exact_tables, *inside):
        for each in vars(module).values():
            function = getattr(each, "py_func", None) or (each.function if isinstance(each, Unit) else None)
            if function is not None:
                found.setdefault((function.__module__, function.__qualname__), set()).add(id(function))
    assert len(found) > 200
    assert {name: len(ids) for name, ids in found.items() if len(ids) > 1} == {}
