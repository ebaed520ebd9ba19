"""What a picture's numbers mean, through a Loader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.plan.plan import Plan

KERAS = np.random.default_rng(0).uniform(0, 255, (6, 8, 9, 3)).astype(np.float32)
DARKER = [vg.HorizontalFlip(), vg.Brightness(0.5)]


def batches(source: vg.Arrays, augment: vg.Compose, **options: object) -> list[np.ndarray]:
    loader = vg.Loader(source, augment, batch_size=4, shuffle=False, **options)
    return [batch["image"] for batch in loader]


@pytest.mark.parametrize("workers", [0, 2])
def test_pictures_of_0_to_255_by_their_white(workers):
    out = np.concatenate(batches(vg.Arrays(KERAS), vg.Compose(DARKER, white=255.0), workers=workers))
    np.testing.assert_allclose(out, KERAS[:, :, ::-1] / 2, rtol=1e-6)
    still = np.concatenate(batches(vg.Arrays(KERAS), vg.Compose([]), workers=workers))
    np.testing.assert_array_equal(still, KERAS)


def test_pictures_of_uint16():
    wide = (KERAS * 257).astype(np.uint16)
    out = np.concatenate(batches(vg.Arrays(wide), vg.Compose(DARKER[:1]), workers=0))
    assert out.dtype == np.uint16
    np.testing.assert_array_equal(out, wide[:, :, ::-1])


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_names_the_sample(workers):
    mixed = KERAS / 255
    mixed[3, 2, 2, 1] = 77
    with pytest.raises(vg.InputError, match=r"images\[3\]: the picture is float32 from .* to 77, but white is 1"):
        batches(vg.Arrays(mixed), vg.Compose(DARKER), workers=workers)


def test_a_bad_picture_is_a_bad_sample(tmp_path: Path):
    """By the policy, in every epoch, whether its picture is cached or not."""
    mixed = KERAS / 255
    mixed[3, 2, 2, 1] = np.nan
    for cache in (None, "memory", str(tmp_path)):
        loader = vg.Loader(
            vg.Arrays(mixed), vg.Compose(DARKER), batch_size=4, shuffle=False, on_error="skip", cache=cache
        )
        for _ in range(3):
            assert [i for batch in loader for i in batch["index"].tolist()] == [0, 1, 2, 4, 5]
    replaced = vg.Loader(vg.Arrays(mixed), vg.Compose(DARKER), batch_size=6, on_error="replace")
    assert all(np.isfinite(batch["image"]).all() for batch in replaced)


def test_pictures_in_memory_are_looked_at_once(monkeypatch):
    seen = []
    check = Plan.check
    monkeypatch.setattr(Plan, "check", lambda self, image, **rest: (seen.append(image.ctypes.data), check(self, image)))
    loader = vg.Loader(vg.Arrays(KERAS / 255), vg.Compose(DARKER), batch_size=4, repeats=2, workers=0)
    for _ in range(3):
        for _ in loader:
            pass
    assert len(seen) == len(set(seen)) == 6


def test_files_made_0_to_1_have_no_other_white(tmp_path: Path) -> None:
    """Of integers dtype="float32" makes 0 to 1; a pipeline that says otherwise is refused, under the policy."""
    for n in range(3):
        Image.fromarray((np.arange(600).reshape(20, 30) % 4096).astype(np.uint16)).save(tmp_path / f"{n}.png")
    ops = [vg.Normalize(0.5, 0.5)]
    source = vg.ImageFolder(str(tmp_path), mode="L", dtype="float32")
    assert next(iter(vg.Loader(source, vg.Compose(ops))))["image"].max() < 0
    said = r"0\.png: the picture was decoded to 0 to 1, as dtype=\"float32\" makes of integers, .* white is 4095"
    with pytest.raises(vg.InputError, match=said):
        next(iter(vg.Loader(source, vg.Compose(ops, white=4095), shuffle=False)))
    kept = vg.ImageFolder(str(tmp_path), mode="L", dtype="uint16")
    out = next(iter(vg.Loader(kept, vg.Compose(ops, white=4095))))["image"]
    np.testing.assert_allclose(out.max(), 599 / 4095 * 2 - 1, atol=1e-6)


@pytest.mark.parametrize("shape", [(20, 24, 3), (20, 24, 4)])
def test_one_picture_is_no_stack_of_grey_ones(shape: tuple[int, ...]) -> None:
    with pytest.raises(vg.SourceError, match="is rather one picture: give images"):
        vg.Arrays(np.zeros(shape, np.uint8))
