"""`variegate demo`: the main job on pictures that packages ship, in a few minutes."""

from __future__ import annotations

import statistics
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from variegate import config
from variegate.cli import digits, photos
from variegate.cli.bench import CORES, crops, recipe, report, timed
from variegate.cli.options import console, progress
from variegate.cli.preview import originals_and_variations, visible
from variegate.draw.grid import grid
from variegate.errors import VariegateError
from variegate.loader import ImageFolder

NEEDED = ("skimage", "sklearn", "mlxtend", "keras")
FIRST = "first.py"  # what is left to be changed, beside the pipeline
SCRIPT = '''"""Batches of one's own pictures: change pipeline.yaml, and give a folder of pictures.

python {name} FOLDER
"""

import sys
from pathlib import Path

import variegate as vg

here = Path(__file__).parent
augment = vg.load(here / "{pipeline}")
loader = vg.Loader(vg.ImageFolder(sys.argv[1], labelled=False), augment, batch_size=16, seed=0)

for batch in loader:  # an epoch; the next one has other variations of the same pictures
    print(batch["image"].shape, batch["image"].dtype)
    vg.sheet(augment, batch).save(here / "batch.png")  # what a model would see
    break
print("wrote", here / "batch.png")
'''


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for what is made.")] = Path("demo"),
    seeds: Annotated[int, typer.Option(min=1, help="How many trainings, each without and with.")] = 3,
    images: Annotated[int, typer.Option(min=1, help="How many pictures to time, at least.")] = 800,
    train: Annotated[bool, typer.Option(help="Train the model, or stop before.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="The plan and the contact sheet alone: no framework.")] = False,
) -> None:
    """Run the main job on packaged pictures: plan, contact sheet, rate, and a small Keras model.

    The model learns from ten handwritten digits a class, without and with augmentation, and is tested on the other
    4,900. All in two to three minutes on two cores.

    **Examples:**  `variegate demo`

    `variegate demo --quick`

    `variegate demo --seeds 5 --output out/`
    """
    on = console()
    if quick:
        pictures(on, output)
        leave(on, output)
        return
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise VariegateError(f'the demo needs {", ".join(missing)}: pip install "variegate[demo]"')
    pictures(on, output)
    speed(on, images)
    if train:
        training(on, seeds)
    leave(on, output)


def pictures(on: Console, output: Path) -> None:
    """The compiled plan, and a contact sheet of packaged photographs."""
    augment = recipe()
    heading(on, "The plan: how these ops are run")
    on.print(augment.explain(size=(375, 500)))
    heading(on, "The pictures: each photograph, and five variations")
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="variegate-") as folder:
        count = len(photos.write(Path(folder)))
        table = originals_and_variations(on, visible(augment), Path(folder), count, 6, seed=0)
    grid(table).save(output / "sheet.png")
    on.print(f"wrote {output / 'sheet.png'}")


def leave(on: Console, output: Path) -> None:
    """The pipeline and a short script, to be changed; what was there before stays."""
    heading(on, "Yours to change")
    pipeline, script = output / "pipeline.yaml", output / FIRST
    for path in (pipeline, script):
        if path.exists():
            on.print(f"{path} is there already, and stays")
        elif path == pipeline:
            config.save(recipe(), path)
            on.print(f"wrote {path}")
        else:
            path.write_text(SCRIPT.format(name=FIRST, pipeline=pipeline.name), encoding="utf-8")
            on.print(f"wrote {path}")
    on.print(f"Next: python {script} FOLDER, with a folder of your pictures")


def speed(on: Console, images: int) -> None:
    """The rate from files; measured before any framework is loaded, so that the memory is Variegate's."""
    heading(on, f"The rate: JPEG files to 3x224x224 float32, {CORES} threads")
    with tempfile.TemporaryDirectory(prefix="variegate-") as folder:
        source = ImageFolder(crops(on, Path(folder), 200))
        report(on, timed(on, source, recipe(), CORES, images), CORES)


def training(on: Console, seeds: int) -> None:
    """Test accuracy of a small Keras model, without and with augmentation."""
    heading(on, "The model: a Keras CNN on 100 handwritten digits, tested on 4,900")
    with on.status("loading Keras"):
        backend = digits.quiet_keras().backend.backend()
        pixels, labels = digits.read()
    found: dict[str, list[float]] = {name: [] for name in digits.pipelines()}
    with progress(on) as bar:
        task = bar.add_task("training", total=len(found) * seeds * digits.EPOCHS)
        for seed in range(seeds):
            shared = digits.share(pixels, labels, seed)
            for name, augment in digits.pipelines().items():
                bar.update(task, description=f"training {name} augmentation, seed {seed}")
                found[name].append(digits.accuracy(shared, augment, seed, lambda: bar.advance(task)))
                on.print(f"seed {seed}, {name} augmentation: {found[name][-1]:.1%}")
    on.print(accuracies(found, backend))


def accuracies(found: dict[str, list[float]], backend: str) -> Table:
    """Accuracies by pipeline: their mean, and each seed's."""
    steps = digits.EPOCHS * 10 * digits.A_CLASS // digits.BATCH
    seeds = len(next(iter(found.values())))
    title = f"test accuracy after {steps} steps of {digits.BATCH}, Keras on {backend}"
    table = Table("augmentation", "mean", *(f"seed {i}" for i in range(seeds)), title=title, title_justify="left")
    for name, each in found.items():
        table.add_row(name, f"{statistics.mean(each):.1%}", *(f"{value:.1%}" for value in each))
    return table


def heading(on: Console, text: str) -> None:
    """A line that begins a part."""
    on.print(f"\n{text}", style="bold")
