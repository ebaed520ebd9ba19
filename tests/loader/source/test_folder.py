"""A folder lists the same samples, ids and labels wherever it stands; what is no data set is an error."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from variegate.errors import DecodeError, SourceError
from variegate.loader import ImageFolder, ImageMaskFolder, VocFolder, YoloFolder
from variegate.loader.source.folder import path_id


def fill(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return root


def test_subfolders_are_classes(tmp_path: Path) -> None:
    source = ImageFolder(fill(tmp_path, "owl/b.JPG", "cat/2.png", "cat/10.jpg", "cat/deep/er/3.webp", "owl/notes.txt"))
    assert source.paths == ["cat/10.jpg", "cat/2.png", "cat/deep/er/3.webp", "owl/b.JPG"]
    assert source.classes == ["cat", "owl"]
    assert source.labels.tolist() == [0, 0, 0, 1] and source.labels.dtype == np.int64
    assert len(source) == 4 and source.label(3) == 1 and source.id(0) == path_id("cat/10.jpg")
    assert source.read(1) == b"cat/2.png" and source.where(1) == f"{tmp_path}/cat/2.png"


def test_a_class_sorts_by_its_name_and_not_by_its_paths(tmp_path: Path) -> None:
    source = ImageFolder(fill(tmp_path, "a-b/x.jpg", "a/x.jpg"))
    assert source.classes == ["a", "a-b"] and source.labels.tolist() == [0, 1]


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    (fill(tmp_path, "b.jpg", "a.jpg") / "empty").mkdir()
    source = ImageFolder(str(tmp_path))
    assert source.paths == ["a.jpg", "b.jpg"]
    assert source.labels is None and source.label(0) is None and list(source.classes) == []


def test_labels_can_be_declined(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "cat/b.jpg")
    assert ImageFolder(tmp_path, labelled=False).paths == ["a.jpg", "cat/b.jpg"]
    with pytest.raises(
        SourceError, match=r"1 pictures lie in the folder itself and 1 in its subfolders.*labelled=False"
    ):
        ImageFolder(tmp_path)
    with pytest.raises(SourceError, match="in the folder itself"):
        ImageFolder(fill(tmp_path / "flat", "a.jpg"), labelled=True)


def test_a_class_without_pictures_keeps_its_number(tmp_path: Path) -> None:
    (fill(tmp_path, "a/1.jpg", "c/1.jpg") / "b").mkdir()
    source = ImageFolder(tmp_path)
    assert source.classes == ["a", "b", "c"] and source.labels.tolist() == [0, 2]


def test_ids_hang_on_the_path_within_the_folder_alone(tmp_path: Path) -> None:
    before = ImageFolder(fill(tmp_path / "one", "a/1.jpg", "b/2.jpg"))
    shutil.move(tmp_path / "one", tmp_path / "two")
    after = ImageFolder(fill(tmp_path / "two", "a/0.jpg", "aa/9.jpg"))
    ids = dict(zip(after.paths, after.ids.tolist(), strict=True))
    assert before.ids.dtype == np.uint64
    assert [ids["a/1.jpg"], ids["b/2.jpg"]] == before.ids.tolist()
    assert len(set(ids.values())) == 4


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    assert ImageFolder(fill(tmp_path, "a/1.jpg", "a/._1.jpg", ".cache/2.jpg", "a/.x/3.jpg")).paths == ["a/1.jpg"]


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    fill(tmp_path, "real/1.jpg", "elsewhere/x/2.jpg")
    root = fill(tmp_path / "root", "a/0.jpg")
    (root / "a" / "loop").symlink_to(root)
    (root / "a" / "again").symlink_to(root / "a")
    (root / "b").symlink_to(tmp_path / "elsewhere")
    (root / "a" / "file.jpg").symlink_to(tmp_path / "real" / "1.jpg")
    assert ImageFolder(root).paths == ["a/0.jpg", "a/file.jpg", "b/x/2.jpg"]


def test_a_broken_link_is_an_error_when_it_is_read(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "gone.jpg")
    source = ImageFolder(tmp_path)
    with pytest.raises(DecodeError, match=r"b\.jpg: cannot be decoded: it cannot be read \(No such file"):
        source.read(1)


def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    source = ImageFolder(tmp_path)
    assert source.read(0) == b"x" and source.id(0) > 0


def test_extensions_can_be_chosen(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.raw", "c.RAW")
    for given in (".raw", ["raw"], ("*.Raw",)):
        assert ImageFolder(tmp_path, extensions=given).paths == ["b.raw", "c.RAW"]


def test_what_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent: there is no such folder; looked in /"):
        ImageFolder(tmp_path / "absent")
    with pytest.raises(SourceError, match=r"x\.jpg is a file; ImageFolder takes the folder"):
        ImageFolder(fill(tmp_path, "x.jpg") / "x.jpg")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"empty: the folder is empty; looked for \*\.jpg \*\.jpeg"):
        ImageFolder(tmp_path / "empty")
    fill(tmp_path / "other", "a.txt", "b.txt", "c/d")
    with pytest.raises(
        SourceError, match=r"no pictures; looked .* found 2 files \(\.txt\), 1 files .* and 1 subfolders"
    ):
        ImageFolder(tmp_path / "other")
    with pytest.raises(SourceError, match='mode of ImageFolder is "RGB", "L", "RGBA" or "bands", got \'HSV\''):
        ImageFolder(tmp_path, mode="HSV")


def test_a_pickled_folder_is_the_same(tmp_path: Path) -> None:
    source = ImageFolder(fill(tmp_path, "a/1.jpg", "b/2.jpg"), mode="L")
    copy = pickle.loads(pickle.dumps(source))
    assert copy.paths == source.paths and np.array_equal(copy.ids, source.ids) and copy.mode == "L"
    assert copy.read(1) == source.read(1) and copy.classes == ["a", "b"]


def test_a_large_file_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.default_rng(0).bytes(3_000_001)
    (tmp_path / "a.jpg").write_bytes(data)
    assert ImageFolder(tmp_path).read(0) == data
    whole = os.read  # a system may give less than asked for
    monkeypatch.setattr(os, "read", lambda handle, size: whole(handle, min(size, 1_000_000)))
    assert ImageFolder(tmp_path).read(0) == data


@pytest.fixture
def stranger() -> Iterator[Path]:
    """A folder that everybody may enter, and a process that has the rights of its user alone."""
    with tempfile.TemporaryDirectory() as made:
        os.chmod(made, 0o755)
        if os.geteuid() == 0:
            os.chown(made, 65534, -1)
            os.seteuid(65534)
            try:
                yield Path(made)
            finally:
                os.seteuid(0)
        else:
            yield Path(made)


def test_a_subfolder_without_rights_is_named(stranger: Path) -> None:
    root = fill(stranger, "cat/1.jpg", "dog/old/2.jpg", "owl/3.jpg")
    for closed in (root / "dog", root / "dog" / "old"):
        closed.chmod(0)
        with pytest.raises(
            SourceError, match=rf"^{closed}: it cannot be listed \(Permission denied\), so what it holds"
        ):
            ImageFolder(root)
        closed.chmod(0o700)
    assert ImageFolder(root).classes == ["cat", "dog", "owl"]


@pytest.mark.parametrize("name", ["lost+found", "System Volume Information", "$RECYCLE.BIN"])
def test_what_a_file_system_keeps_for_itself_is_no_class(stranger: Path, name: str) -> None:
    root = fill(stranger, "cat/1.jpg", "zebra/2.jpg")
    (root / name).mkdir(mode=0)
    source = ImageFolder(root)
    assert source.classes == ["cat", "zebra"] and source.labels.tolist() == [0, 1]
    (root / name).chmod(0o700)  # as the superuser sees it
    assert ImageFolder(root).classes == ["cat", "zebra"]
    fill(root, f"{name}/3.jpg")
    assert sorted(ImageFolder(root).classes) == sorted(["cat", "zebra", name])
    (root / "cat" / name).mkdir(mode=0)  # which is none, as it is not at the root
    with pytest.raises(SourceError, match="it cannot be listed"):
        ImageFolder(root)
    (root / "cat" / name).chmod(0o700)


def test_links_that_lead_nowhere_are_no_folders(tmp_path: Path) -> None:
    root = fill(tmp_path, "a.jpg")
    (root / "self").symlink_to("self")
    (root / "self.jpg").symlink_to("self.jpg")
    source = ImageFolder(root)
    assert source.paths == ["a.jpg", "self.jpg"]
    with pytest.raises(DecodeError, match=r"self\.jpg: .*it cannot be read \(Too many levels"):
        source.read(1)


def test_a_link_into_a_folder_without_rights_is_named(stranger: Path) -> None:
    fill(stranger, "closed/dog/2.jpg")
    root = fill(stranger / "root", "cat/1.jpg")
    (root / "dog").symlink_to(stranger / "closed" / "dog")
    (stranger / "closed").chmod(0)
    with pytest.raises(SourceError, match=rf"^{root}/dog: it cannot be listed \(Permission denied\)"):
        ImageFolder(root)
    (stranger / "closed").chmod(0o700)
    assert ImageFolder(root).classes == ["cat", "dog"]


def test_folders_may_be_nested_deeply(tmp_path: Path) -> None:
    depth, here = 1200, os.getcwd()  # more than Python's calls may be, which is also more than shutil.rmtree takes
    os.chdir(tmp_path)
    try:
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        Path("x.jpg").write_bytes(b"x")
        source = ImageFolder(tmp_path)
        assert source.paths == ["d/" * depth + "x.jpg"] and source.read(0) == b"x"
    finally:
        Path("x.jpg").unlink(missing_ok=True)
        while not os.path.samefile(".", tmp_path):
            os.chdir("..")
            os.rmdir("d")
        os.chdir(here)


def test_a_path_has_no_nul() -> None:
    for owner in (
        ImageFolder,
        lambda path: ImageMaskFolder(path, path),
        VocFolder,
        lambda path: YoloFolder(path, path),
    ):
        with pytest.raises(SourceError, match="there is no such folder"):
            owner("a\0b")
