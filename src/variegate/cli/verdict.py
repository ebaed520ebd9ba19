"""Verdict: a diagnosis in one line, and what to do about it."""

from __future__ import annotations

from variegate.cli.diagnosis import ASKED, CACHED, MORE, SCALED, Diagnosis

NOTHING = 0.03  # a wait or a gain that is none: rates vary by as much
BOUND = 0.5  # from this share on, a stage is what threads do
SLOW = 0.25  # of the time that a thread has for a sample: reading that takes longer is worth a word
BUSY = 0.5  # cores that are not there for the trials
DELAY = 1e-3  # seconds: less than that is the system's first look into a folder
NUMBERS = ("", "", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def verdict(found: Diagnosis) -> str:
    """What a loader waits for, and what would make it faster, in one line."""
    wait = f"the consumer waits {found.wait:.0%} of the time"
    if found.wait < NOTHING:
        return f"the loader keeps up: {wait}; nothing to gain"
    stage, share = max(found.shares.items(), key=lambda each: each[1])
    another, cache, scaled = found.gain(MORE), found.gain(CACHED), found.gain(SCALED)
    parts = [wait, f"{stage} is {share:.0%} of the threads' time"]
    if another is None:
        parts += ["no core is left for another worker", f"a cache would give {percent(cache)}"]
    else:
        parts += [
            f"{nth(found.settings.workers + 1)} worker would give {percent(another)}",
            f"a cache {percent(cache)}",
        ]
    if scaled is not None:
        parts.append(f'decode="scaled" {percent(scaled)}')
    return "; ".join(parts)


def advice(found: Diagnosis) -> list[str]:
    """What to do, where that is clear."""
    told, rate, settings = [], found.rates[ASKED], found.settings
    first, again = found.first
    if first - again > max(DELAY, SLOW * settings.workers / rate):
        told.append(
            f"Reading a file took {first * 1e3:.1f} ms for the first time and {again * 1e3:.1f} ms again. Where the "
            "data set is larger than memory, each epoch is as the first: more workers than cores can hide that"
        )
    if found.others >= BUSY:
        told.append(
            f"Other programs were busy here before, with a load of {found.others:.1f}: on a quiet machine the "
            "rates are higher, and another worker gains more"
        )
    if found.wait < NOTHING:
        return told
    if not settings.step:
        told.append(
            f"A batch of {settings.batch_size} takes the loader {settings.batch_size / rate * 1e3:,.0f} ms. A model "
            "that takes longer for one does not wait: say how long with --step"
        )
    if _worth(found, CACHED):
        told.append(f'cache="memory" or a folder: all pictures decoded are {size(found.pixels)}')
    if _worth(found, SCALED) and found.shares["decode"] >= BOUND:
        told.append('decode="scaled": the pictures are much larger than what is made of them; pixels change a little')
    return told


def _worth(found: Diagnosis, trial: str) -> bool:
    return (found.gain(trial) or 0) >= NOTHING


def percent(gain: float | None) -> str:
    """A gain as it is said.

    >>> percent(0.384), percent(0.01), percent(-0.2)
    ('+38%', 'nothing', '-20%')
    """
    return "nothing" if gain is None or abs(gain) < NOTHING else f"{gain:+,.0%}"


def nth(number: int) -> str:
    """A number as one of a row, with its article.

    >>> nth(3), nth(8), nth(31)
    ('a third', 'an eighth', 'one more')
    """
    if number >= len(NUMBERS):
        return "one more"
    return f"{'an' if number == 8 else 'a'} {NUMBERS[number]}"


def size(count: float) -> str:
    """Bytes, for people.

    >>> size(5.2e7), size(5.94e10)
    ('52 MB', '59.4 GB')
    """
    return f"{count / 1e6:,.0f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"
