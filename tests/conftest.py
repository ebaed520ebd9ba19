"""How Hypothesis looks for examples: the same ones in every run, or ever others.

`make test`, and so continuous integration, tries the same examples each time: it fails for a change, and not by chance.
`make search` sets VARIEGATE_EXAMPLES, and then every such test tries that many or more, others each time. What is found
is kept in .hypothesis, where a search tries it first; it belongs into the test as an `@example`.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, is_hypothesis_test, settings

EXAMPLES = int(os.environ.get("VARIEGATE_EXAMPLES", "0"))

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None, max_examples=max(EXAMPLES, 1), print_blob=True)
settings.load_profile("search" if EXAMPLES else "same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a search no test's own settings make it look less."""
    tests = {test for test in (getattr(item, "obj", None) for item in items) if is_hypothesis_test(test)}
    for test in tests if EXAMPLES else ():
        own: settings = test._hypothesis_internal_use_settings
        most = max(own.max_examples, EXAMPLES)
        more = settings(own, max_examples=most, derandomize=False, deadline=None, phases=tuple(Phase))
        test._hypothesis_internal_use_settings = more
