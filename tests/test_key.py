"""Keys: checked, columnar, and fresh ones never repeat across threads, forks and spawned processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import variegate as vg
from variegate.errors import InputError
from variegate.key import Key, Keys, fresh_key


def test_a_key_holds_python_ints():
    key = Key(np.int64(-3), np.uint8(2), np.uint64(2**64 - 1), 2**32 - 1)
    assert key == Key(-3, 2, 2**64 - 1, 2**32 - 1)
    assert all(type(value) is int for value in (key.seed, key.epoch, key.id, key.variation))
    assert pickle.loads(pickle.dumps(key)) == key and hash(key) == hash(Key(-3, 2, 2**64 - 1, 2**32 - 1))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seed": 0.5}, "Key.seed is an integer, got 0.5"),
        ({"seed": True}, "Key.seed is an integer, got True"),
        ({"id": "a"}, "Key.id is an integer, got 'a'"),
        ({"id": -1}, "Key.id lies in 0 to 18446744073709551615, got -1"),
        ({"id": 2**64}, "Key.id lies in 0 to 18446744073709551615, got 18446744073709551616"),
        ({"epoch": 2**32}, "Key.epoch lies in 0 to 4294967295, got 4294967296"),
        ({"variation": -1}, "Key.variation lies in 0 to 4294967295, got -1"),
    ],
)
def test_bad_keys(fields, message):
    with pytest.raises(InputError) as problem:
        Key(**fields)
    assert str(problem.value) == message


def test_columns_and_keys_agree():
    listed = [Key(7, epoch, id, variation) for epoch, id, variation in [(0, 2**64 - 1, 1), (5, 0, 2**32 - 1)]]
    keys = Keys.of(listed)
    assert list(keys) == listed and len(keys) == 2
    assert (keys.epoch.dtype, keys.id.dtype, keys.variation.dtype) == (np.uint32, np.uint64, np.uint32)


def test_at_broadcasts_and_owns_its_columns():
    keys = Keys.at(1, 2, [3, 4], [5, 6])
    assert list(keys) == [Key(1, 2, 3, 5), Key(1, 2, 4, 6)]
    assert list(Keys.at(1, [7, 8], 9)) == [Key(1, 7, 9), Key(1, 8, 9)]
    assert len(Keys.at(0, 0, [])) == 0 and len(Keys.of([])) == 0 and len(Keys.at(0, 0, 5)) == 1
    ids = np.arange(3, dtype=np.uint64)
    keys = Keys.at(0, 0, ids)
    ids[:] = 9
    assert keys[2].id == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Keys.of([Key(0), Key(1)]),
            "the keys of a batch share one seed, got [0, 1]; use ids or epochs instead",
        ),
        (lambda: Keys.at(0, -1, [0]), "Keys.epoch holds integers from 0 to 4294967295, got -1"),
        (lambda: Keys.at(0, 0, [0, -1]), "Keys.id holds integers from 0 to 18446744073709551615, got -1"),
        (
            lambda: Keys.at(0, 0, [0.5, 1]),
            "Keys.id holds integers from 0 to 18446744073709551615, got float64 (np.float64(0.5), ...)",
        ),
        (
            lambda: Keys.at(0, [1, 2], [1, 2, 3]),
            "epoch, ids and variation must have one length, got shapes (2,), (3,), ()",
        ),
        (
            lambda: Keys.at(0, 0, [[1]]),
            "Keys has three columns of one length, got shapes ((1, 1), (1, 1), (1, 1)) of epoch, id, variation",
        ),
        (lambda: Keys(0.5, [0], [0], [0]), "Key.seed is an integer, got 0.5"),
    ],
)
def test_bad_columns(make, message):
    with pytest.raises(InputError) as problem:
        make()
    assert str(problem.value) == message


def test_fresh_keys_never_repeat_between_threads():
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: fresh_key(), range(4000)))
    assert len(set(keys)) == 4000


def _send(pipe) -> None:
    pipe.send([fresh_key() for _ in range(3)])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_fresh_keys_differ_between_processes(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    context = multiprocessing.get_context(method)
    keys = [fresh_key(), fresh_key()]
    for _ in range(2):
        ours, theirs = context.Pipe()
        child = context.Process(target=_send, args=(theirs,))
        child.start()
        assert ours.poll(60)
        keys += ours.recv()
        child.join()
    keys.append(fresh_key())
    assert len(set(keys)) == len(keys) and len({key.seed for key in keys}) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_renews_even_where_the_process_id_does_not_change(monkeypatch):
    # A grandchild may be given the number of a process that has ended; only the fork hook sees that.
    monkeypatch.setattr(os, "getpid", lambda: 1)
    before = fresh_key()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, str(fresh_key().seed).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(read, 100)) != before.seed == fresh_key().seed


def test_the_process_id_is_compared_for_forks_without_a_hook(monkeypatch):
    before = fresh_key()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert fresh_key().seed != before.seed


def test_import_asks_nothing_of_the_system_and_needs_no_numba():
    code = (
        "import os, sys; os.urandom = None; import variegate.key; "
        "assert 'numba' not in sys.modules and variegate.key._fresh is None"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_integer_is_the_key_of_that_seed():
    augment, image = vg.Compose([vg.Brightness((0.2, 0.9))]), np.full((4, 5, 3), 200, np.uint8)
    for seed in (0, 3, np.int64(3)):
        key = Key(seed=int(seed))
        assert Key.of(seed) == key and augment.params(seed) == augment.params(key)
        assert np.array_equal(augment(image, key=seed), augment(image, key=key))
    assert Key.of(Key(id=2)) == Key(id=2)
    for wrong in (1.5, "a", True, (0, 1)):
        with pytest.raises(InputError, match=r"^key is a Key\(seed, epoch, id, variation\), or an integer"):
            augment(image, key=wrong)
    with pytest.raises(InputError, match=r"^a batch takes a Key each, got 3\. Write Keys\.at\("):
        augment.batch([image], keys=[3])
