"""Odd files under every way of loading: what is read, whether it is Pillow's picture, what is lost, what is left.

Sound files that are rare, beside broken ones and others that are no pictures, made by a seed or of a folder given; and
label files in seven formats. Each way has a process of its own, so that threads, handles and memory are its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import damage
import jpegs
import odd
import others
import pngs
import report
import strange
import timing
from ways import EPOCHS, LIMIT, WAYS, WRONG, Found, tell, told_of

WAYS_FILE = Path(__file__).with_name("ways.py")
PLACES = re.compile(r"/[^\s\"]*/(?=PIL/|tifffile/|files/)")  # of this machine, before a package's file or one of ours
OURS = b"variegate:"  # so our lines on stderr begin
# In lines on stderr that no decoder writes.
OWN = "Traceback", "Exception", "leaked", "Fatal", "ResourceWarning", "RuntimeWarning"

SORTS = (
    *("errors that are not ours", "otherwise than expected", "other pixels", "sound, called broken"),
    *("read by Pillow alone", "read by us alone"),
)


def made(folder: Path, quick: bool) -> dict[str, odd.Odd]:
    """Write the files; path within the folder -> what should become of it."""
    found: dict[str, odd.Odd] = {}
    each = [*jpegs.kinds(), *pngs.kinds(), *others.kinds(), *strange.kinds(1 if quick else 4)]
    for number, (name, file) in enumerate(each[:: 9 if quick else 1]):
        words = "".join(letter if letter.isalnum() else "-" for letter in name)
        path = f"{number:03}-{words}.{file.ending}"
        (folder / path).write_bytes(file.data)
        found[path] = file
    for name, expect in strange.no_files(folder).items():
        found[name] = odd.Odd("jpg", b"", expect)
    return found


def run(what: str, folder: str, noted: Path, name: str = "") -> Found:
    """A process, begun again behind a file that ends it: its lines, and what it wrote on stderr, if not ours."""
    noted.mkdir(exist_ok=True)
    chatter: list[str] = []
    code, command = 1, [sys.executable, "-X", "faulthandler", str(WAYS_FILE), what, folder, str(noted), name]
    while code:
        with open(noted / "stderr", "w+b") as said:
            try:
                code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=said, timeout=LIMIT + 60).returncode
            except subprocess.TimeoutExpired:
                code = -1
        text = (noted / "stderr").read_bytes()
        if code:
            at = (noted / "next").read_text(errors="surrogateescape") if (noted / "next").exists() else ""
            words = text[text.find(b"Fatal Python") :][:800] if b"Fatal Python" in text else text[-800:]
            reason = f"{what} {name}: ended with {code}: {words.decode(errors='replace')}"
            tell(noted, {"path": at, "got": WRONG, "digest": "", "reason": reason})
            if at in ("", *(each["path"] for each in told_of(noted)[:-1])):
                break  # it comes no farther
        else:
            chatter += [
                line.decode(errors="replace") for line in text.splitlines() if line and not line.startswith(OURS)
            ]
    return {"lines": told_of(noted), "chatter": chatter}


def judged(
    kinds: dict[str, odd.Odd], found: list[Found], then: dict[str, str], pillow: dict[str, str]
) -> dict[str, list[str]]:
    """What is wrong, by what it is wrong in; and, of files that were not made here, where Pillow and we differ."""
    wrong: dict[str, list[str]] = {
        name: []
        for name in (
            "errors that are not ours",
            "otherwise than expected",
            "other pixels",
            "sound, called broken",
            "read by Pillow alone",
            "read by us alone",
        )
    }
    for each in found:
        path, got, kind = each["path"], each["got"], kinds.get(each["path"])
        later = each.get("then") or then.get(path, "")
        words = f"{path}: {got} {later} {each.get('reason', '')[:400]}"
        if WRONG in (got, later):
            wrong["errors that are not ours"].append(words)
            continue
        if kind is not None and kind.expect != odd.EITHER:
            first = kind.expect if kind.expect in (odd.READ, odd.REFUSED) else odd.REFUSED
            if got != first or (first != kind.expect and later != odd.READ):
                wrong["otherwise than expected"].append(f"{words} (expected: {kind.expect})")
            if first != kind.expect and got == odd.REFUSED and not each["sound"]:
                wrong["sound, called broken"].append(words)
        if got == odd.READ and pillow[path] and each["digest"] != pillow[path]:
            wrong["other pixels"].append(path)
        if got == odd.READ and not pillow[path]:
            wrong["read by us alone"].append(path)
        if got == odd.REFUSED and pillow[path]:
            wrong["read by Pillow alone"].append(words)
    return wrong


def zero(name: str, count: int, unit: str = "files", note: str = "") -> report.Row:
    """A row of what there should be none of."""
    return report.Row(name, count, unit, reach=0, better="less", note=note)


def way_rows(name: str, found: Found, alone: Found, bad: set[str], noted: Path, folder: str) -> Iterator[report.Row]:
    """What is asked of each way."""
    told = found["lines"][-1]
    if "seen" not in told:
        return
    there = set(alone["seen"]) & told["seen"].keys()
    lost = len(alone["seen"]) - len(there)
    changed = sum(told["seen"][key] != alone["seen"][key] for key in there)
    added = len(told["seen"].keys() - alone["seen"].keys()) + told["again"]
    policy = WAYS[name].get("policy", "skip")
    missed = damage.misses(told, noted / "quarantine.jsonl", policy, {f"{folder}/{path}" for path in bad}, EPOCHS)
    note = f"{lost} lost, {changed} changed, {added} more than there are; peak {told['peak']:.0f} MB"
    yield zero(
        f"{name}: good samples lost or changed, of {len(alone['seen'])}", lost + changed + added, "samples", note
    )
    yield zero(
        f"{name}: bad files listed twice, not at all, or wrongly, of {len(bad)}",
        len(missed),
        note="; ".join(missed)[:300],
    )
    if told["hits"] is not None:
        missing = len(alone["seen"]) // EPOCHS - told["hits"]
        yield zero(f"{name}: pictures of pass {EPOCHS} that are not from the cache", missing, "")
    note = "{} threads, {} handles, {} processes".format(*told["left"])
    yield zero(f"{name}: threads, handles and processes left", sum(told["left"]), "", note)


def pictures(folder: str, kinds: dict[str, odd.Odd], place: Path, quick: bool) -> tuple[list[report.Row], Found]:
    """All rows of the picture files, and what is behind them."""
    told: dict[str, Found] = {}
    for number, (path, kind) in enumerate(kinds.items()):
        plain = f"plain-{number}" if kind.plain is not None else ""
        told[path] = {"expect": kind.expect, "plugin": kind.plugin, "turn": kind.turn, "plain": plain}
    for what in ("truths", "direct", "after"):
        (place / what).mkdir()
        (place / what / "kinds.json").write_text(json.dumps(told))
        for path, kind in kinds.items():
            if kind.plain is not None:
                (place / what / str(told[path]["plain"])).write_bytes(kind.plain)
    found = {what: run(what, folder, place / what) for what in ("truths", "direct", "after")}
    pillow = {each["path"]: each["digest"] for each in found["truths"]["lines"]}
    ours = found["direct"]["lines"]
    wrong = judged(kinds, ours, {each["path"]: each["got"] for each in found["after"]["lines"]}, pillow)
    good = {each["path"] for each in ours if each["got"] == odd.READ}
    bad = {each["path"] for each in ours} - good
    (place / "good.json").write_text(json.dumps(sorted(good)))
    alone = run("way", folder, place / "alone", "alone")
    assert "seen" in alone["lines"][-1], (alone["lines"], ours[:2])
    chosen = ["raise", "skip", "isolate", "cache, a folder"] if quick else list(WAYS)
    each_way = {name: run("way", folder, place / f"way-{number}", name) for number, name in enumerate(chosen)}
    said = {each["path"]: each["said"] for each in ours if each.get("said", "").strip()}
    sound = {path for path in said if path in good and (not kinds or kinds[path].expect != odd.EITHER)}
    chatter = [line for each in (alone, *each_way.values()) for line in each["chatter"]]
    own = [line for line in chatter if any(word in line for word in OWN)]
    crashed = wrong.pop("errors that are not ours")
    crashed += [
        f"{name}: {line['reason']}" for name, each in each_way.items() for line in each["lines"] if "got" in line
    ]
    rows = [
        report.Row("files read", len(good), f"of {len(ours)}"),
        zero("crashes, hangs and errors that are not ours", len(crashed), ""),
        zero(
            "pictures that are not Pillow's to the bit",
            len(wrong["other pixels"]),
            note=f"of {sum(map(bool, pillow.values()))}",
        ),
        zero("sound files over which somebody writes on stderr", len(sound), note="; ".join(sorted(sound))[:300]),
        zero("lines on stderr of errors in threads, of what is left or lost", len(own), "lines"),
        report.Row("other files over which libtiff or Pillow writes on stderr", len(said) - len(sound), "files"),
    ]
    if kinds:
        rows += [zero("files taken otherwise than expected", len(wrong["otherwise than expected"])),
                 zero("sound files that are called broken", len(wrong["sound, called broken"]))]  # fmt: skip
    for number, name in enumerate(chosen):
        rows += way_rows(name, each_way[name], alone["lines"][0], bad, place / f"way-{number}", folder)
    slowest = sorted(((each["seconds"], each["path"]) for each in ours if "seconds" in each), reverse=True)[:3]
    return rows, {"wrong": wrong, "crashed": crashed, "chatter": own, "said": said, "slowest": slowest}


def label_rows(place: Path, quick: bool) -> tuple[list[report.Row], list[str]]:
    """Rows of the label files, and what was not as expected."""
    found = run("labels", "7" if quick else "1", place / "labels")
    lines = found["lines"]
    foreign = [each for each in lines if each["got"] == WRONG]
    other = [each for each in lines if each["got"] not in (WRONG, each["expect"]) and each["expect"] != odd.EITHER]
    read = sum(each["got"] == odd.READ for each in lines)
    rows = [report.Row("label files read", read, f"of {len(lines)}"),
            zero("label files: crashes, hangs and errors that are not ours", len(foreign), ""),
            zero("label files taken otherwise than expected", len(other)),
            zero("label files: lines on stderr that are not ours", len(found["chatter"]), "lines")]  # fmt: skip
    return rows, [*map(json.dumps, foreign + other), *found["chatter"][:50]]


def main() -> None:
    """The pictures that are given or made, in every way; then the label files."""
    args = timing.arguments(__doc__)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder, kinds = args.data, {}
        if folder is None:
            folder = place / "files"
            folder.mkdir()
            kinds = made(folder, args.quick)
        rows, details = pictures(str(folder.resolve()), kinds, place, args.quick)
        more, wrong = label_rows(place, args.quick)
        details = json.loads(PLACES.sub("", json.dumps({**details, "labels": wrong})))
        report.save("corpus", args.out, [*rows, *more], args.quick, **details)


if __name__ == "__main__":
    main()
