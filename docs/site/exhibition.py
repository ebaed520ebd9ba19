"""Exhibition: the gallery's pages, a family each, made by what `variegate gallery` is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from reference import anchor, put, slug

from variegate import Compose, Key, ops
from variegate.cli import album, exhibit, gallery
from variegate.cli.album import Scene, Shown
from variegate.draw.grid import fitted
from variegate.ops import policies
from variegate.ops.base import Op

STRENGTHS = 5
# The reach of torchvision's policies, of which each has ops and levels of its own: how many levels, and those shown.
POLICIES = {
    "RandAugment and AutoAugment": (policies.USUAL, 30, (0, 5, 9, 15, 22, 30)),
    "TrivialAugmentWide": (policies.WIDE, 30, (0, 5, 9, 15, 22, 30)),
}


def write(pages: Path, extra: Path) -> None:
    """The pages, and their pictures in extra/gallery/pictures, which the site has beside them."""
    pages.mkdir(exist_ok=True)
    found = exhibit.scenes(None, 2, exhibit.SIDE)
    families = []
    for family, some in groupby(album.entries(), key=lambda entry: entry.family):
        lines = [f"# {family}", ""]
        names = []
        for entry in some:
            names.append(entry.name)
            strips = [entry.strip(scene, STRENGTHS, other=exhibit.other_of(found, n)) for n, scene in enumerate(found)]
            shown = exhibit.write(extra / "gallery", entry.name, found, strips, "webp")
            said = (getattr(ops, entry.name).__doc__ or "").split("\n\n")[0].strip().replace("\n", " ")
            lines += [f"(gallery-{entry.name.lower()})=", f"## {entry.name}", "", said, ""]
            lines += ["```{raw} html", "".join(shown).rstrip(), "```", "", "```py", entry.code, "```", ""]
            lines += ["```yaml", entry.file.rstrip(), "```", ""] if entry.file else []
            place = reference_of(entry.name)
            lines += [f"[Fields and defaults of {entry.name}]({place})", ""]
        put(pages / f"{slug(family)}.md", lines)
        families.append((family, names))
    put(pages / "magnitudes.md", magnitudes(found[0], extra))
    put(pages / "index.md", index(families))


def magnitudes(scene: Scene, extra: Path) -> Iterator[str]:
    """The ops of policies at some of their magnitudes, with the sign that is positive."""
    yield from ("# Policies at their magnitudes", "")
    yield "What each op of a policy does at the magnitudes of that policy, torchvision's. Signs are drawn; here they"
    yield "are positive. Ops without a magnitude are not shown. As numbers: [policies](../policies.md)."
    yield ""
    for title, (reach, most, levels) in POLICIES.items():
        yield from (f"## {title}", "")
        for name in policies.CHOSEN:
            strip = [_at(policies.OPS[name], reach, level / most, level, scene) for level in levels]
            if len({each.picture.tobytes() for each in strip}) == 1:
                continue
            shown = exhibit.write(extra / "gallery", f"{slug(title)}-{name}", [scene], [strip], "webp")
            yield from (f"### {name}", "", "```{raw} html", "".join(shown).rstrip(), "```", "")


def _at(make: Callable[[policies.Making], Op], reach: policies.Reach, u: float, level: int, scene: Scene) -> Shown:
    """What an op of a policy makes of a scene at a level, which is u of the highest."""
    op = gallery.strengths(make(policies.Making(reach, policies.fixed(u), {})), 2)[-1]
    image = Compose([op])(scene.image, key=Key())
    return Shown(fitted(image, max(image.shape[:2]), "dtype"), f"magnitude {level}")


def reference_of(name: str) -> str:
    """Where the reference tells of an op."""
    from reference import places

    page, _ = places()[name].split("#")
    return f"/{page}.md#{anchor(name)}"


def index(families: list[tuple[str, list[str]]]) -> list[str]:
    """The first page."""
    lines = ["# Gallery", "", "Every op of the library from its weakest numbers to its strongest, on the same two"]
    lines += [
        "photographs; the first of a row is the original. Where an op moves pixels, a box, a mask and points show"
    ]
    lines += ["where labels go. Beneath stand the code and the pipeline file. On pictures of your own:", ""]
    lines += ["```sh", "variegate gallery photos/ -o gallery/", "```", ""]
    for family, names in families:
        links = ", ".join(f"[{name}]({slug(family)}.md#gallery-{name.lower()})" for name in names)
        lines += [f"## [{family}]({slug(family)}.md)", "", links, ""]
    lines += [
        "## [Policies at their magnitudes](magnitudes.md)",
        "",
        "RandAugment, AutoAugment, TrivialAugmentWide",
        "",
    ]
    lines += ["Four passes against one, as pictures: [one resampling, seen](../guide/resampling.md).", ""]
    pages = [*(slug(family) for family, _ in families), "magnitudes"]
    return [*lines, "```{toctree}", ":hidden:", *pages, "```"]
