#!/usr/bin/env bash
# With derandomize=True, Hypothesis 6.170.17 tries the same examples only as long as the same modules of the project are
# imported: it takes numbers out of the source of those that are, and tries them. So a test alone, and the same test
# behind others that import more, try other examples; the state of no random generator and no database is in it. A test
# of ours whose bound on slivers was a hair too tight failed in the whole suite and passed alone, whatever the seed.
# Seen: "alone again: same; with a module of six numbers: other, numbers met: True"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check hypothesis==6.170.17
mkdir "$work/project"
cd "$work/project"
cat > numbers_apart.py <<'PY'
NUMBERS = [991177, 881199, 771133, 662211, 553322, 443311]
PY
cat > tried.py <<'PY'
import sys

if len(sys.argv) > 1:
    import numbers_apart
from hypothesis import given, settings, strategies as st

seen = []


@settings(derandomize=True, max_examples=200, database=None)
@given(st.integers())
def collect(n):
    seen.append(n)


collect()
print(*seen)
PY
one=$("$work/env/bin/python" tried.py)
two=$("$work/env/bin/python" tried.py)
other=$("$work/env/bin/python" tried.py import)
again=$([[ "$one" == "$two" ]] && echo same || echo other)
changed=$([[ "$one" == "$other" ]] && echo same || echo other)
met=$(grep -qwE "991177|881199|771133|662211|553322|443311" <<< "$other" && echo True || echo False)
told="alone again: $again; with a module of six numbers: $changed, numbers met: $met"
echo "$told"
[[ "$told" == "alone again: same; with a module of six numbers: other, numbers met: True" ]]
