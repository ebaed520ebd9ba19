"""Exhibition: the gallery's pages, a family each, made by what `variegate gallery` is made of."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from reference import anchor, put, slug

from variegate import ops
from variegate.cli import album, exhibit

STRENGTHS = 5


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
    put(pages / "index.md", index(families))


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
    return [*lines, "```{toctree}", ":hidden:", *(slug(family) for family, _ in families), "```"]
