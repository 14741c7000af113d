#!/usr/bin/python3
"""Writes tests/data/printing.json: tensors and the text that PyTorch prints for them.

    python_parity/make_printing_vectors.py > tests/data/printing.json

`--seed N` chooses other random tensors (1); make_printing_random.py has many more. A tensor is its dtype, its shape and its elements' bit patterns in hexadecimal, row-major; a list shorter than the tensor is
repeated. A sparse one has `indices` (flat) and its `values`; `options` are the keywords of set_printoptions.
"""
import argparse
import json
import math
import random

import torch

from json_tensors import FORMATS, bits

INF, NAN = float("inf"), float("nan")
cases = []


def dense(values, shape, dtype):
    cycle = [values[i % len(values)] for i in range(math.prod(shape))]
    return torch.tensor(cycle, dtype=getattr(torch, dtype)).reshape(shape)


def record(case, tensor):
    torch.set_printoptions(profile="default", sci_mode=None)
    if "options" in case:
        torch.set_printoptions(**case["options"])
    cases.append({**case, "text": str(tensor)})


def add(values, shape=None, dtype="float32", requires_grad=False, parameter=False, **options):
    values = torch.tensor(values, dtype=getattr(torch, dtype)).tolist() or [0]
    shape = [len(values)] if shape is None else shape
    tensor = dense(values, shape, dtype)
    case = {"dtype": dtype, "shape": shape, "bits": bits(values, dtype)}
    if options:
        case["options"] = options
    if requires_grad:
        case["requires_grad"] = True
    if parameter:
        case["parameter"] = True
        tensor = torch.nn.Parameter(tensor, requires_grad)
    else:
        tensor.requires_grad_(requires_grad)
    record(case, tensor)


def add_sparse(indices, values, tail, shape, dtype="float32", requires_grad=False):
    nnz = len(indices[0])
    table = dense(values or [0], [nnz] + tail, dtype)
    tensor = torch.sparse_coo_tensor(torch.tensor(indices, dtype=torch.int64), table, shape)
    tensor.requires_grad_(requires_grad)
    record({"dtype": dtype, "shape": shape, "bits": bits(values or [0], dtype), "tail": tail, "indices": indices,
            "requires_grad": requires_grad}, tensor)


def fixed_cases():
    edges = [[1.0, 1000.0], [1.0, 1000.5], [1e8], [1e8 + 16], [1e-4, 1.1e-4], [1.1e-4, 0.05], [-0.0, 0.0, 1.0], [-0.0, 0.5],
             [1.0, NAN, INF, -INF], [NAN, 0.0], [1.5, NAN, -INF], [NAN], [INF, -INF], [0.0, 0.0], [0.00005, 0.12345, 0.12355, 2.5],
             [1e-45, 1.0], [3.4e38, -3.4e38], [-1e-5, 2.0, 0.0, NAN, INF, -INF], [2.0**24, 3.0], [0.99995, 0.99994999], [123456.78]]
    for values in edges:
        for dtype in ("float32", "float64"):
            add(values, dtype=dtype)
        add(values, sci_mode=True)
        add(values, sci_mode=False)
    add([1e308, 1e-308, 5e-324], dtype="float64")
    add([1e308, 0.5], dtype="float64", sci_mode=False)
    add([2**53 + 1, -2**63, 2**63 - 1], dtype="int64")
    add([2**63 - 1], [], dtype="int64")
    add([2**31 - 1, -2**31], dtype="int32")
    add([True, False, True], dtype="bool")
    add([False], [], dtype="bool")
    for dtype in FORMATS:
        for shape in ([0], [0, 3], [2, 0], [1, 0, 2], [], [1], [1, 1, 1], [2, 1, 3], [1, 2, 1, 2], [1001], [1000], [7, 143], [2, 501],
                      [11, 10, 10], [3, 400], [8, 8, 2, 9]):
            if shape == [1000] and dtype != "int64":
                continue
            values = [1, 0] if dtype == "bool" else [1, -22, 3, 40, 5]
            add(values, shape, dtype)
            if dtype.startswith("float"):
                add([0.5 * v for v in values], shape, dtype, requires_grad=True)
    for n in range(1, 14):
        add([1.25], [n], requires_grad=True)
        add([1.25], [n], "float64", requires_grad=True)
        add([1.25], [n], "float64", parameter=True, requires_grad=n % 2 == 0)
    add([1.0, 2.5], [2, 3], parameter=True, requires_grad=True)
    add([1.0, 2.5], [2, 3], parameter=True)


def random_value(rng, dtype):
    if dtype == "bool":
        return rng.random() < 0.5
    if dtype.startswith("int"):
        return int(rng.uniform(-1, 1) * 10 ** rng.choice((1, 3, 9)))
    kind = rng.random()
    if kind < 0.03:
        return rng.choice((NAN, INF, -INF, 0.0, -0.0))
    return rng.gauss(0, 1)


def random_cases(rng):
    for _ in range(60):
        dtype = rng.choice(("float32", "float32", "float32", "float64", "int64", "int32", "bool"))
        shape = [rng.choice((1, 2, 3, 4, 7, 12)) for _ in range(rng.randint(0, 4))]
        while math.prod(shape) > 60:
            shape.pop()
        values = [random_value(rng, dtype) for _ in range(rng.randint(1, 24))]
        if dtype.startswith("float"):
            scale = rng.choice((1, 1, 1e-3, 1e4, 1e9))
            values = [v * scale for v in values]
            if rng.random() < 0.2:
                values = [float(round(v)) if abs(v) < INF else v for v in values]
        options = {}
        if rng.random() < 0.35:
            options = {k: v for k, v in {"precision": rng.randint(0, 9), "threshold": rng.choice((0, 1, 5, 20)),
                                         "edgeitems": rng.randint(1, 4), "linewidth": rng.choice((1, 12, 30, 60, 120)),
                                         "profile": rng.choice(("default", "short", "full")),
                                         "sci_mode": rng.random() < 0.5}.items() if rng.random() < 0.5}
        add(values, shape, dtype, requires_grad=dtype.startswith("float") and rng.random() < 0.2, **options)


def sparse_cases(rng):
    add_sparse([[]], [], [2], [5, 2])
    add_sparse([[]], [], [2], [5, 2], "float64")
    add_sparse([[3, 1, 3]], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2], [5, 2])
    add_sparse([[0, 1], [2, 0]], [3.0, 4.5], [], [2, 3])
    add_sparse([[0, 4]], [1, 2, 3], [3], [5, 3], "int64")
    for _ in range(40):
        nnz, rows, width = rng.randint(1, 6), rng.randint(1, 2000), rng.randint(1, 9)
        dtype = rng.choice(("float32", "float64", "int32", "bool"))
        values = [random_value(rng, dtype) for _ in range(rng.randint(1, 9))]
        values = torch.tensor(values, dtype=getattr(torch, dtype)).tolist()
        add_sparse([[rng.randrange(rows) for _ in range(nnz)]], values, [width], [rows, width], dtype,
                   dtype.startswith("float") and rng.random() < 0.5)
    add_sparse([[0] * 400], [0.25, 1.5, -3.0], [3], [7, 3])


def main():
    parser = argparse.ArgumentParser(description="printing dump")
    parser.add_argument("--seed", type=int, default=1)
    rng = random.Random(parser.parse_args().seed)
    fixed_cases()
    random_cases(rng)
    sparse_cases(rng)
    lines = ",\n".join(json.dumps(case) for case in cases)
    print(f'{{"torch": "{torch.__version__}", "made_by": "python_parity/make_printing_vectors.py", "cases": [\n{lines}\n]}}')


main()
