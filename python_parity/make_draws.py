#!/usr/bin/python3
"""Writes draws of every distribution, of views in many layouts and of weights, with the bits that PyTorch gave.

    python_parity/make_draws.py > tests/data/draws.txt

`--seed N` chooses other arguments and seeds (0). A line is a call, dtype, shape, strides and arguments, then a colon and the
elements' bit patterns, row-major; `seed N` seeds the generator, which then goes on from line to line. Element i (row-major)
of a tensor of probabilities, weights, means or deviations is (37 i + 11 s) mod 101 / 128, s being the first argument.
"""
import argparse
import math
import random
import struct

import torch

BITS = {"float32": ("<f", "<I"), "float64": ("<d", "<Q"), "int64": ("<q", "<Q"), "int32": ("<i", "<I"), "bool": ("<?", "<B")}
FRACTIONS, WHOLE = ["float32", "float64"], ["int64", "int32"]
GEOMETRIES = [((), ()), ((5,), (1,)), ((7,), (3,)), ((3, 4), (4, 1)), ((4, 3), (1, 4)), ((2, 3, 2), (1, 2, 12)), ((0, 3), (3, 1)), ((17,), (1,))]


def emit(call, dtype, shape, strides, arguments, tensor):
    name = str(tensor.dtype).split(".")[1]
    value, raw = BITS[name]
    bits = [f"{struct.unpack(raw, struct.pack(value, v))[0]:x}" for v in tensor.flatten().tolist()]
    sizes = [",".join(map(str, numbers)) or "-" for numbers in (shape, strides)]
    print(call, dtype, *sizes, *arguments, ":", name, *bits)


def view(dtype, shape, strides):
    span = 1 + sum((size - 1) * stride for size, stride in zip(shape, strides))
    return torch.zeros(max(span, 0), dtype=getattr(torch, dtype)).as_strided(shape, strides)


def pattern(dtype, shape, strides, s):
    numbers = [((37 * i + 11 * s) % 101) / 128 for i in range(math.prod(shape))]
    return view(dtype, shape, strides).copy_(torch.tensor(numbers, dtype=getattr(torch, dtype)).reshape(shape))


def fills(rng, shape, strides):
    positive = [rng.choice((0.25, 1.0, 3.5, 1e-3)) * (1 + rng.random()), rng.random() * 4 - 2]
    calls = [("exponential_", FRACTIONS, positive[:1]), ("log_normal_", FRACTIONS, [positive[1], positive[0]]),
             ("cauchy_", FRACTIONS, [positive[1], positive[0]]), ("geometric_", FRACTIONS + WHOLE, [rng.random()]),
             ("random_", list(BITS), []), ("random_", list(BITS), [rng.choice((1, 2))]),
             ("random_", FRACTIONS + WHOLE, [rng.randrange(1, 2**31)])]
    for bits in (24, 31, 33, 62):
        low = -rng.randrange(2**bits)
        calls.append(("random_", FRACTIONS + WHOLE * (bits < 32), [low, low + rng.randrange(1, 2**bits)]))
        calls.append(("random_", ["int64"] + ["float64"] * (bits < 53) + ["int32"] * (bits < 32) + ["float32"] * (bits == 24), [low, "None"]))
    for op, dtypes, arguments in calls:
        for dtype in dtypes:
            values = [None if a == "None" else a for a in arguments]
            try:
                emit(op, dtype, shape, strides, arguments, getattr(view(dtype, shape, strides), op)(*values))
            except RuntimeError:
                pass  # a dtype that holds nothing between the bounds


def weighted(rng, shape, strides):
    for dtype in FRACTIONS:
        s = rng.randrange(100)
        for result in ("float32", "int64", "bool"):
            p = pattern(dtype, shape, strides, s)
            emit("bernoulli_" + dtype, result, shape, strides, [s], view(result, shape, strides).bernoulli_(p))
        for other in FRACTIONS:
            mean, std = pattern(dtype, shape, strides, s), pattern(other, shape, strides, s + 1)
            emit("normal_tt_" + other, dtype, shape, strides, [s], torch.normal(mean, std))
        emit("normal_t", dtype, shape, strides, [s, 0.3], torch.normal(pattern(dtype, shape, strides, s), 0.3))
        emit("normal_s", dtype, shape, strides, [s, 0.3], torch.normal(0.3, pattern(dtype, shape, strides, s)))
        if len(shape) in (1, 2) and shape[0] > 0:
            for replacement in (0, 1):
                for k in {1, 2, shape[-1], 70} if replacement else {1, 2, shape[-1]}:
                    drawn = torch.multinomial(pattern(dtype, shape, strides, s), k, bool(replacement))
                    emit("multinomial", dtype, shape, strides, [s, k, replacement], drawn)


def main():
    parser = argparse.ArgumentParser(description="draws of every distribution")
    parser.add_argument("--seed", type=int, default=0)
    first = parser.parse_args().seed
    rng = random.Random(first)
    torch.set_warn_always(False)
    print(f"# PyTorch {torch.__version__}, by python_parity/make_draws.py")
    for i, (shape, strides) in enumerate(GEOMETRIES):
        torch.manual_seed(first + i)
        print("seed", first + i)
        fills(rng, shape, strides)
        weighted(rng, shape, strides)
    for n in (130, 1000):
        s = rng.randrange(100)
        for k in (1, 2, 3, 60, n - 1, n):
            emit("multinomial", "float32", (n,), (1,), [s, k, 0], torch.multinomial(pattern("float32", (n,), (1,), s), k))


main()
