#!/usr/bin/python3
"""Writes tests/data/assert_close.json: pairs of things and what torch.testing.assert_close says of them.

    python_parity/make_assert_close.py [--seed N] > tests/data/assert_close.json

A thing is [kind, content]: tensors as in json_tensors.py, floats as bits, dicts as lists of [key, thing]. Two dense tensors of one dtype
also have what torch.isclose and torch.equal give.
"""
import argparse
import json
import math
import random
import struct

import torch
from torch.testing import _comparison as comparison

from json_tensors import bits

INF, NAN = float("inf"), float("nan")
TOLERANCES = {"float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
cases = []


class BooleanPair(comparison.BooleanPair):
    """PyTorch 1.13 forgets to say where in a list or dict two bools differ."""

    def __init__(self, actual, expected, *, id, **others):
        super().__init__(actual, expected, id=id, **others)
        self.id = id


comparison.BooleanPair = BooleanPair


def encode(thing):
    if isinstance(thing, torch.Tensor):
        dtype = str(thing.dtype)[6:]
        values = thing._values() if thing.is_sparse else thing
        case = {"dtype": dtype, "shape": list(thing.shape), "bits": bits(values.flatten().tolist() or [0], dtype)}
        if thing.is_sparse:
            case.update(indices=thing._indices().tolist(), tail=list(values.shape[1:]))
        elif thing.dim() == 2 and thing.stride() != (thing.shape[1], 1):
            case.update(shape=list(thing.t().shape), bits=bits(thing.t().flatten().tolist(), dtype), transposed=True)
        if isinstance(thing, torch.nn.Parameter):
            case["parameter"] = True
        return ["tensor", case]
    if isinstance(thing, dict):
        return ["dict", [[key, encode(value)] for key, value in thing.items()]]
    if isinstance(thing, (list, tuple)):
        return [type(thing).__name__, [encode(item) for item in thing]]
    if isinstance(thing, float):
        return ["float", f"{struct.unpack('<Q', struct.pack('<d', thing))[0]:x}"]
    return [type(thing).__name__, thing]


def add(actual, expected, **options):
    case = {"actual": encode(actual), "expected": encode(expected)}
    if options:
        case["options"] = dict(options)
    if options.get("msg") == "callable":
        options["msg"] = lambda text: f"<{text}>"
    try:
        torch.testing.assert_close(actual, expected, **options)
    except (AssertionError, ValueError, TypeError) as error:
        case.update(error=type(error).__name__, text=str(error))
    dense = [isinstance(x, torch.Tensor) and x.layout == torch.strided for x in (actual, expected)]
    if all(dense) and actual.dtype == expected.dtype and actual.shape == expected.shape and ("rtol" in options) == ("atol" in options):
        tolerances = {key: options[key] for key in ("rtol", "atol", "equal_nan") if key in options}
        case["isclose"] = "".join("01"[b] for b in torch.isclose(actual, expected, **tolerances).flatten().tolist())
        case["equal"] = torch.equal(actual, expected)
    cases.append(case)


def number(rng, dtype):
    if dtype == "bool":
        return rng.random() < 0.5
    if dtype.startswith("int"):
        return rng.choice((0, 1, -1, rng.randint(-9, 9), rng.randint(-2**31, 2**31 - 1)))
    if rng.random() < 0.06:
        return rng.choice((NAN, INF, -INF, 0.0, -0.0))
    return rng.gauss(0, 1) * 10.0 ** rng.choice((0, 0, 0, -6, 3, 12))


def neighbour(rng, value, dtype):
    """A number that is the same, just inside or outside the tolerance, or another."""
    kind = rng.random()
    if kind < 0.5:
        return value
    if kind < 0.6 or dtype == "bool":
        return number(rng, dtype)
    if dtype.startswith("int"):
        return max(-2**31, min(2**31 - 1, value + rng.choice((-1, 1, 100, -7))))
    rtol, atol = TOLERANCES[dtype]
    step = rng.choice((1, 0.99, 1.01, 1e-9, 3, 1e6)) * rng.choice((-1, 1))
    return value + (atol + rtol * abs(value)) * step


def random_options(rng):
    options = {}
    if rng.random() < 0.3:
        options.update(rtol=rng.choice((0.0, 1e-3, 0.25, 1.5e-8)), atol=rng.choice((0.0, 1e-2, 3.0, 2.5e-7, 1e30)))
    if rng.random() < 0.3:
        options["equal_nan"] = True
    if rng.random() < 0.3:
        options["check_dtype"] = False
    return options


def tensor_pair(rng, dtype, shape):
    actual = [number(rng, dtype) for _ in range(math.prod(shape))]
    expected = [neighbour(rng, value, dtype) for value in actual]
    pair = [torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape) for values in (actual, expected)]
    rng.shuffle(pair)
    return pair


def random_tensors(rng, count):
    for _ in range(count):
        dtype = rng.choice(("float32", "float32", "float64", "float64", "int64", "int32", "bool"))
        shape = rng.choice(([], [], [1], [3], [7], [2, 3], [2, 1, 2], [0], [0, 2]))
        actual, expected = tensor_pair(rng, dtype, shape)
        if rng.random() < 0.12:
            expected = expected.to(getattr(torch, rng.choice(("float32", "float64", "int64", "bool"))))
        add(actual, expected, **random_options(rng))


def random_numbers(rng, count):
    for _ in range(count):
        dtype = rng.choice(("float64", "float64", "int64"))
        actual = number(rng, dtype)
        expected = neighbour(rng, actual, dtype)
        if rng.random() < 0.15 and math.isfinite(expected):
            expected = (float if dtype == "int64" else int)(expected)
        add(actual, expected, **random_options(rng))


def random_sparse(rng, count):
    for _ in range(count):
        dtype, entries = rng.choice(("float32", "float64", "int64")), rng.randint(0, 4)
        values = tensor_pair(rng, dtype, [entries, 2])
        indices = [rng.randrange(5) for _ in range(entries)]
        other = indices if rng.random() < 0.7 else [rng.randrange(5) for _ in indices]
        actual, expected = (torch.sparse_coo_tensor(torch.tensor([rows], dtype=torch.int64).reshape(1, entries), table, (5, 2))
                            for rows, table in zip((indices, other), values))
        add(actual, expected, **random_options(rng))


def tree(rng, depth):
    """Two trees of one form that differ in numbers, if at all."""
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        kind = rng.random()
        if kind < 0.5:
            return tensor_pair(rng, rng.choice(("float32", "int64")), [2])
        if kind < 0.8:
            value = number(rng, "float64")
            return value, neighbour(rng, value, "float64")
        if kind < 0.9:
            return True, rng.random() < 0.8
        return None, None
    parts = [tree(rng, depth - 1) for _ in range(rng.randint(1, 3))]
    if kind < 0.6:
        keys = rng.sample(["weight", "bias", "b.0", "it's", "ä", 'say "so"', "line\n"], len(parts))
        return [{key: part[side] for key, part in zip(keys, parts)} for side in (0, 1)]
    make = list if kind < 0.85 else tuple
    return [make(part[side] for part in parts) for side in (0, 1)]


def fixed_cases():
    one, two = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.1, 3.0])
    add(one, two, rtol=1e-3)
    add([one], [two], atol=1.0)
    add(1.0, 2.0, rtol=1e-3, msg="not used")
    add(one, two, msg="all of it")
    add(one, two, msg="")
    add({"a": one}, {"a": two}, msg="callable")
    add({"a": one}, {"b": one}, msg="not used")
    add({"a": [one, {3: one}]}, {"a": [one, {3: two}]})
    add({"a": {"y": 1, "x": 2}}, {"a": {"z": 1, "x": 2}})
    add({3: one, 1: two}, {3: two, 1: one})
    add([one, two], [one])
    add([one, [two]], [one, [two, one]])
    add([one], (one,))
    add([], [])
    add({}, {"a": 1})
    add(one, one.reshape(1, 3))
    add(one, torch.tensor([1, 2, 3]))
    add(one, one.double())
    add(one, two.double(), check_dtype=False)
    add(torch.tensor(1), torch.tensor(True), check_dtype=False)
    add(one.reshape(3, 1), two.reshape(1, 3).t(), check_stride=True)
    square = torch.arange(6.0).reshape(2, 3)
    add(square, square.t().contiguous().t())
    add(square, square.t().contiguous().t(), check_stride=True)
    add(square, (square + 1).t().contiguous().t())
    table = torch.sparse_coo_tensor(torch.tensor([[1, 0]]), torch.ones(2, 2), (3, 2))
    add(table, table.to_dense())
    add(table.to_dense(), table + table, check_layout=False)
    add(table, torch.sparse_coo_tensor(torch.tensor([[1]]), torch.ones(1, 2), (3, 2)))
    add(table, torch.sparse_coo_tensor(torch.tensor([[1, 0], [0, 1]]), torch.ones(2), (3, 2)))
    add(torch.nn.Parameter(one, requires_grad=False), two)
    for actual, expected in ((1, None), (None, None), (None, one), (None, "x"), (one, 1.0), (1, one), ("a", "a"), ([one], one), ({}, []),
                             (True, False), (1, 1.0), (torch.nn.Parameter(one, requires_grad=False), 2), (None, [1, "x"]), (2, "2")):
        add(actual, expected)
        add([actual], [expected], check_dtype=False)
    largest = 2**63 - 1
    for actual, expected in ((largest, -largest - 1), (0, -largest - 1), (largest, 1), (largest, largest - 1), (7, 3), (0, 3), (3, 0), (10**18 + 1, 3)):
        add(actual, expected)
        add(torch.tensor(actual), torch.tensor(expected))
        add(torch.tensor([actual, 1]), torch.tensor([expected, 0]))
        add(torch.tensor([actual, 1]), torch.tensor([expected, 0]), rtol=0.5, atol=0.5)
    add(torch.tensor([True, False, True]), torch.tensor([True, True, False]))
    add(torch.full((1000,), 0.5), torch.arange(1000.0), rtol=0.0, atol=498.5)
    for values in ((NAN, 1.0), (1.0, NAN), (NAN, NAN), (INF, INF), (INF, -INF), (INF, 1.0), (1.0, INF), (1.0, 0.0), (0.0, 1.0), (5e-324, 0.0)):
        for equal_nan in (False, True):
            add(*values, equal_nan=equal_nan)
            add(*(torch.tensor(v) for v in values), equal_nan=equal_nan)
            add(*(torch.tensor([1.0, v, 2.0], dtype=torch.float64) for v in values), equal_nan=equal_nan)


def main():
    parser = argparse.ArgumentParser(description="pairs for assert_close")
    parser.add_argument("--seed", type=int, default=42)
    seed = parser.parse_args().seed
    rng = random.Random(seed)
    fixed_cases()
    random_tensors(rng, 140)
    random_numbers(rng, 30)
    random_sparse(rng, 25)
    for _ in range(15):
        add(*tree(rng, 3), **random_options(rng))
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    made_by = f"python_parity/make_assert_close.py --seed {seed}"
    print(f'{{"torch": "{torch.__version__}", "made_by": "{made_by}", "cases": [\n{lines}\n]}}')


main()
