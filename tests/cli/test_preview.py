"""`variegate preview` with labels: of every kind of data set, through the files that a user has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from variegate.cli.app import app
from variegate.cli.labelled import LabelOptions
from variegate.cli.options import console
from variegate.cli.preview import originals_and_variations
from variegate.draw import draw
from variegate.errors import FieldError, InputError, SourceError
from variegate.loader import ImageMaskFolder, Loader, YoloFolder
from variegate.ops import CenterCrop, HorizontalFlip, MixUp, Rotate
from variegate.pipeline import Compose
from variegate.targets import Boxes, Mask, Targets

PIPELINE = "variegate: 1\nops:\n  - Rotate: [-30, 30]\n  - RandomResizedCrop: 48\n  - Normalize\n"
STEMS = ("a", "b", "c")


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(PIPELINE)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three pictures, 60 x 80, and their labels in all forms."""
    for folder in ("VOC/JPEGImages", "VOC/Annotations", "yolo", "segments", "masks"):
        (tmp_path / folder).mkdir(parents=True)
    for n, stem in enumerate(STEMS):
        Image.fromarray(np.full((60, 80, 3), 40 * n, np.uint8)).save(tmp_path / f"VOC/JPEGImages/{stem}.png")
        (tmp_path / f"yolo/{stem}.txt").write_text("1 0.5 0.5 0.5 0.5\n")
        (tmp_path / f"segments/{stem}.txt").write_text("1 0.25 0.25 0.75 0.25 0.75 0.75\n")
        mask = np.zeros((60, 80), np.uint8)
        mask[15:45, 20:60], mask[:5] = 1, 255
        Image.fromarray(mask).save(tmp_path / f"masks/{stem}.png")
        (tmp_path / f"VOC/Annotations/{stem}.xml").write_text(
            "<annotation><object><name>dog</name><bndbox><xmin>21</xmin><ymin>16</ymin><xmax>60</xmax><ymax>45</ymax>"
            "</bndbox></object></annotation>"
        )
    (tmp_path / "coco.json").write_text(json.dumps(coco()))
    (tmp_path / "names.txt").write_text("cat\ndog\n\n")
    (tmp_path / "data.yaml").write_text("names: [cat, dog]\n")
    return tmp_path


def coco() -> dict[str, Any]:
    ring = [20, 15, 60, 15, 60, 45, 20, 45]
    notes = [
        {
            **{"id": n, "image_id": n, "category_id": 7, "bbox": [20, 15, 40, 30], "area": 1200, "iscrowd": 0},
            **{"segmentation": [ring], "keypoints": [30, 20, 2, 50, 20, 1], "num_keypoints": 2},
        }
        for n in range(3)
    ]
    return {
        "images": [{"id": n, "file_name": f"{stem}.png", "height": 60, "width": 80} for n, stem in enumerate(STEMS)],
        "categories": [
            {"id": 3, "name": "cat", "keypoints": ["left_eye", "right_eye"]},
            {"id": 7, "name": "dog", "keypoints": ["left_eye", "right_eye"]},
        ],
        "annotations": notes,
    }


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["preview", *(str(word) for word in words)])


FORMS = {
    "coco": ("VOC/JPEGImages", "--coco", "coco.json"),
    "coco of some classes": ("VOC/JPEGImages", "--coco", "coco.json", "--classes", "cat, dog"),
    "coco with more": ("VOC/JPEGImages", "--coco", "coco.json", "--fields", "boxes, labels,masks,keypoints"),
    "yolo": ("VOC/JPEGImages", "--yolo", "yolo"),
    "yolo with names": ("VOC/JPEGImages", "--yolo", "yolo", "--classes", "names.txt"),
    "yolo with its yaml": ("VOC/JPEGImages", "--yolo", "yolo", "--classes", "data.yaml"),
    "yolo of polygons": ("VOC/JPEGImages", "--yolo", "segments", "--segments"),
    "voc": ("VOC", "--voc"),
    "masks": ("VOC/JPEGImages", "--masks", "masks", "--ignore", 255),
    "masks with names": ("VOC/JPEGImages", "--masks", "masks", "--classes", "background,dog"),
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_of_every_form_are_drawn(form: str, pipeline: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    told = run(*FORMS[form], "-c", pipeline, "-o", "sheet.png", "--rows", 2, "--cols", 3, "--cell", 200)
    assert told.exit_code == 0, (told.output, told.exception)
    assert "wrote sheet.png: 2 x 3 pictures, seed 0" in told.output
    page = np.asarray(Image.open("sheet.png"))
    assert page.shape == (2 * 206 + 6, 3 * 206 + 6, 3)
    for left in (6, 212, 418):  # on the original and on each variation
        assert np.ptp(page[6:206, left : left + 200].astype(int), axis=2).max() > 60


def test_without_labels_all_is_as_it_was(pipeline: Path, data: Path) -> None:
    told = run(data / "VOC/JPEGImages", "-c", pipeline, "-o", data / "sheet.png", "--rows", 2, "--cols", 3)
    assert told.exit_code == 0, told.output
    page = np.asarray(Image.open(data / "sheet.png"))
    assert page.shape == (2 * 166 + 6, 3 * 166 + 6, 3)
    assert not np.ptp(page[:, 180:].astype(int), axis=2).any()  # grey pictures on white


def test_the_original_has_its_labels_where_they_are(data: Path) -> None:
    source = YoloFolder(data / "VOC/JPEGImages", data / "yolo")
    rows = originals_and_variations(console(), Compose([]), data / "VOC/JPEGImages", 3, 2, 0, source, 320)
    other = Compose([], targets={"boxes": Boxes("yolo", out="coco", dtype="float64")})
    rows += originals_and_variations(console(), other, data / "VOC/JPEGImages", 3, 2, 0, source, 320)
    for original, same in rows:
        page = np.asarray(original)
        assert page.shape == (240, 320, 3) and np.array_equal(page, np.asarray(same))
        found = np.argwhere(np.ptp(page.astype(int), axis=2) > 60)
        assert found.min(axis=0)[1] == pytest.approx(80, abs=2)
        assert found.max(axis=0) == pytest.approx([180, 240], abs=2)


def test_variations_are_those_that_the_loader_draws(data: Path) -> None:
    folder = data / "VOC/JPEGImages"
    augment = Compose([Rotate((-30, 30)), CenterCrop(40)])
    for source in (YoloFolder(folder, data / "yolo"), ImageMaskFolder(folder, data / "masks", ignore_index=255)):
        rows = originals_and_variations(console(), augment, folder, 3, 3, 5, source, 120)
        (batch,) = Loader(source, augment, seed=5, shuffle=False, workers=0).epoch(0)
        names = ["image", *source.fields(0)]
        for i, row in enumerate(rows):
            drawn = draw({name: batch[name][i] for name in names}, source.targets, width=120)
            assert np.array_equal(np.asarray(row[1]), np.asarray(drawn))
            assert not np.array_equal(np.asarray(row[1]), np.asarray(row[2]))


def test_the_file_of_the_pipeline_may_filter(data: Path) -> None:
    folder = data / "VOC/JPEGImages"
    source = YoloFolder(folder, data / "yolo")
    strict = Compose([HorizontalFlip()], targets={"boxes": Boxes("yolo", min_area=5000)})
    ((original, varied),) = originals_and_variations(console(), strict, folder, 1, 2, 0, source, 160)
    assert np.asarray(original).any() and not np.asarray(varied).any()


def test_a_file_that_declares_another_format_is_refused(pipeline: Path, data: Path) -> None:
    pipeline.write_text("targets: {boxes: Boxes}\n" + PIPELINE)
    told = run(data / "VOC/JPEGImages", "-c", pipeline, "-o", data / "sheet.png", "--yolo", data / "yolo")
    assert isinstance(told.exception, FieldError)
    assert str(told.exception).startswith(
        "the field 'boxes' is Boxes('yolo') in the source and Boxes() in the pipeline: "
    )
    assert str(told.exception).endswith("Declare it there as the source does, boxes=Boxes('yolo'), or not at all")
    assert not (data / "sheet.png").exists()


@pytest.mark.parametrize("form", ["coco", "yolo", "voc", "masks"])
def test_one_picture_of_a_data_set(form: str, pipeline: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    path = "VOC/JPEGImages/b.png"

    def sheet(where: str, rows: int) -> np.ndarray:
        options = ("-o", "sheet.png", "--rows", rows, "--cols", 3, "--cell", 64)
        told = run(where, *FORMS[form][1:], "-c", pipeline, *options)
        assert told.exit_code == 0, (told.output, told.exception)
        return np.asarray(Image.open("sheet.png"))

    alone, all_of_them = sheet(path, 2), sheet(FORMS[form][0], 3)
    assert np.array_equal(alone[6:70], all_of_them[76:140])  # row 1 of the folder is b
    assert np.array_equal(alone[6:70, :70], alone[76:140, :70])
    assert not np.array_equal(alone[6:70, 70:], alone[76:140, 70:])  # the second row goes on where the first ended


def test_a_tall_picture_fits_its_cell_too(data: Path) -> None:
    path = data / "VOC/JPEGImages/a.png"
    Image.new("RGB", (30, 60)).save(path)
    asked = LabelOptions(yolo=data / "yolo").source(path)
    ((original, varied),) = originals_and_variations(console(), Compose([]), path, 1, 2, 0, asked, 200)
    assert np.asarray(original).shape == np.asarray(varied).shape == (200, 100, 3)


def test_a_number_may_mean_not_labelled(data: Path) -> None:
    source = LabelOptions(masks=data / "masks", ignore=255).source(data / "VOC/JPEGImages")
    assert source is not None and source.targets == Targets(mask=Mask(ignore_index=255))


def test_a_picture_that_no_label_names_is_refused(data: Path) -> None:
    (data / "coco.json").write_text(json.dumps({**coco(), "images": coco()["images"][:2], "annotations": []}))
    path = data / "VOC/JPEGImages/c.png"
    with pytest.raises(SourceError, match=r"c\.png: it is not among the pictures of CocoJson\("):
        originals_and_variations(
            console(), Compose([]), path, 1, 2, 0, LabelOptions(coco=data / "coco.json").source(path)
        )


def test_an_error_of_a_label_names_the_picture(data: Path) -> None:
    (data / "yolo/b.txt").write_text("0 0.5 0.5 0.5 1.5\n")
    folder = data / "VOC/JPEGImages"
    with pytest.raises(InputError, match=r"JPEGImages/b\.png: boxes\[0\] = \(0\.5, 0\.5, 0\.5, 1\.5\)"):
        source = YoloFolder(folder, data / "yolo", clip=False)
        originals_and_variations(console(), Compose([]), folder, 3, 2, 0, source)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--coco", "coco.json", "--masks", "masks"), "labels are of one kind: --coco or --masks, not both"),
        (("--segments",), "--segments goes with --yolo"),
        (("--coco", "coco.json", "--ignore", 3), "--ignore goes with --masks"),
        (("--coco", "coco.json", "--stride", 4), "--stride goes with --masks"),
        (("--voc", "--fields", "boxes"), "--fields goes with --coco"),
        (("--classes", "cat,dog"), "--classes goes with --coco or --yolo or --voc or --masks"),
    ],
)
def test_options_that_do_not_go_together(words: tuple[Any, ...], message: str, pipeline: Path, data: Path) -> None:
    told = run(data / "VOC/JPEGImages", "-c", pipeline, *words)
    assert told.exit_code == 2
    assert message in " ".join(told.output.replace("│", " ").split())


@pytest.mark.parametrize("words", [("--yolo", "yolo"), ("--voc",), ()])
def test_a_path_that_is_not_there(words: tuple[str, ...], pipeline: Path, tmp_path: Path) -> None:
    told = run(tmp_path / "nowhere", "-c", pipeline, *words)
    assert isinstance(told.exception, SourceError)
    assert str(told.exception) == f"{tmp_path}/nowhere: no such file or folder"


def test_help_teaches_labels() -> None:
    told = run("--help").output
    for word in ("--coco", "--yolo", "--voc", "--masks", "--classes", "--segments", "--fields", "--ignore", "--cell"):
        assert word in told
    assert "instances_val2017.json" in told


def test_a_pipeline_that_mixes_takes_partners_from_the_folder(data: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "mix.yaml", tmp_path / "sheet.png"
    path.write_text("variegate: 1\nops: [{MixUp: 1}, Normalize]\n")
    done = run(data / "VOC/JPEGImages", "-c", path, "--cols", 3, "--cell", 40, "-o", out)
    assert done.exit_code == 0, done.output
    page = np.asarray(Image.open(out))[..., 0]
    assert len(set(np.unique(page)) - {0, 40, 80, 255}) > 3  # numbers that none of the pictures has
    one = run(data / "VOC/JPEGImages" / f"{STEMS[0]}.png", "-c", path, "-o", out)
    assert one.exit_code == 1 or isinstance(one.exception, InputError)
    table = originals_and_variations(
        console(), Compose([CenterCrop(20), MixUp(1.0)]), data / "VOC/JPEGImages", 2, 3, 0, None, 40
    )
    assert [len(row) for row in table] == [3, 3]
    with pytest.raises(InputError, match=r"the pipeline mixes pictures, so give a folder of them, and --rows of 2"):
        originals_and_variations(console(), Compose([MixUp(1.0)]), data / "VOC/JPEGImages", 1, 3, 0, None, 40)
