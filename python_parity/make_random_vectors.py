#!/usr/bin/python3
"""Writes calls of PyTorch's CPU generator and the bits they gave: of kernels on plain memory, or of views in any layout.

    python_parity/make_random_vectors.py > tests/data/random.txt
    python_parity/make_random_vectors.py --views > tests/data/random_views.txt

`--seed N` shifts every seed by N, for a fresh dump.

Each line is a call and, after a colon, its elements as hexadecimal bit patterns, row-major; a line of more than 40 elements
has only `#` and the FNV-1a hash of those bytes, little endian. Calls go on with the generator as the line before left it. A
view's line names the call, the dtype, shape, strides, then arguments.
"""
import argparse
import struct

import torch

DTYPES = {"float32": ("<f", "<I", 8), "float64": ("<d", "<Q", 16), "int64": ("<q", "<Q", 16),
          "int32": ("<i", "<I", 8), "bool": ("<?", "<B", 2)}


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def name_of(tensor):
    return str(tensor.dtype).split(".")[1]


def elements(tensor):
    fmt, bits, digits = DTYPES[name_of(tensor)]
    packed = [struct.pack(fmt, v) for v in tensor.flatten().tolist()]
    if len(packed) > 40:
        return f"#{fnv(b''.join(packed)):016x}"
    return " ".join(f"{struct.unpack(bits, p)[0]:0{digits}x}" for p in packed)


def emit(call, tensor):
    op, *arguments = call.split()
    print(" ".join([op, name_of(tensor), str(tensor.numel())] + arguments), ":", elements(tensor))


def seed(s):
    s += shift
    torch.manual_seed(s)
    print("seed", s)


def uniform(n, dtype, a, b):
    emit(f"uniform {a!r} {b!r}", torch.empty(n, dtype=dtype).uniform_(a, b))


def normal(n, dtype, mean, std):
    emit(f"normal {mean!r} {std!r}", torch.empty(n, dtype=dtype).normal_(mean, std))


def randint(n, dtype, low, high):
    emit(f"randint {low} {high}", torch.randint(low, high, (n,), dtype=dtype))


def bernoulli(n, dtype, p):
    emit(f"bernoulli {p!r}", torch.empty(n, dtype=dtype).bernoulli_(p))


def bernoulli_p(n, dtype):
    p = (torch.arange(n, dtype=dtype) + 0.5) / max(n, 1)
    emit("bernoulli_p", torch.bernoulli(p))


def view(dtype, shape, strides):
    span = 1 + sum((size - 1) * stride for size, stride in zip(shape, strides))
    return torch.zeros(max(span, 0), dtype=dtype).as_strided(shape, strides)


def views():
    print(f"# PyTorch {torch.__version__} on the AVX2 path, by python_parity/make_random_vectors.py --views")
    f32, f64, i64, i32, b8 = torch.float32, torch.float64, torch.int64, torch.int32, torch.bool
    calls = (("uniform_", "-0.1 0.1", (f32, f64), lambda t: t.uniform_(-0.1, 0.1)),
             ("normal_", "1.5 0.02", (f32, f64), lambda t: t.normal_(1.5, 0.02)),
             ("bernoulli_", "0.25", (f32, i32, b8), lambda t: t.bernoulli_(0.25)),
             ("rand_like", "", (f32,), torch.rand_like),
             ("randn_like", "", (f32, f64), torch.randn_like),
             ("randint_like", "-3 12", (i64,), lambda t: torch.randint_like(t, -3, 12)),
             ("bernoulli", "", (f32, f64), lambda t: torch.bernoulli(t.fill_(0.5))))
    geometries = (((4, 8), (8, 1)), ((8, 4), (1, 8)), ((4, 4), (8, 2)), ((3, 5), (1, 3)), ((5, 2, 3), (3, 15, 1)), ((16,), (2,)),
                  ((2, 3, 4), (1, 2, 6)), ((2, 1, 9), (9, 7, 1)), ((1, 20), (3, 1)), ((20, 1), (1, 5)), ((3, 1, 7), (2, 1, 6)), ((), ()),
                  ((0, 3), (3, 1)), ((3, 0), (1, 3)), ((17,), (1,)), ((40, 30), (1, 40)), ((2, 2, 2, 2), (1, 8, 2, 4)),
                  ((4, 3, 2, 2), (30, 2, 6, 1)), ((7, 1, 3), (3, 3, 1)), ((1, 5, 4), (5, 1, 5)))
    for i, (shape, strides) in enumerate(geometries):
        seed(i)
        for op, arguments, dtypes, call in calls:
            for dtype in dtypes:
                result = call(view(dtype, shape, strides))
                sizes = [",".join(map(str, numbers)) or "-" for numbers in (shape, strides)]
                print(op, name_of(result), *sizes, arguments, ":", elements(result))


def main():
    f32, f64, i64, i32, b8 = torch.float32, torch.float64, torch.int64, torch.int32, torch.bool
    print(f"# PyTorch {torch.__version__} on the AVX2 path, by python_parity/make_random_vectors.py")
    sizes = list(range(41)) + [1000, 1023, 1024, 1025, 1039, 1040, 2047, 4099]
    for dtype in (f32, f64):
        seed(1)
        for n in sizes:
            normal(n, dtype, 0.0, 1.0)
        seed(2)
        for n in (0, 1, 2, 15, 16, 33, 1000, 3001):
            normal(n, dtype, -0.3, 0.017)
            uniform(n, dtype, 0.0, 1.0)
            uniform(n, dtype, -0.1, 0.1)
            uniform(n, dtype, 3.0, 3.0)
            uniform(n, dtype, -1e-30, 7.7)
    # The second of a pair waits through every other draw, whatever its dtype, and a seed drops it.
    seed(-1 - 2 * shift)
    normal(3, f32, 0.0, 1.0)
    uniform(5, f64, 0.0, 1.0)
    normal(17, f32, 0.0, 1.0)
    randint(3, i64, 0, 7)
    normal(1, f64, 10.0, 2.5)
    normal(1, f32, 0.0, 1.0)
    seed(2**32 + 5)
    normal(2, f64, 0.0, 1.0)
    seed(2**64 - 1 - shift)
    normal(0, f32, 0.0, 1.0)
    uniform(3, f32, 0.0, 1.0)
    seed(3)
    for n in (0, 1, 7, 40, 700, 2500):
        for dtype, low, high in ((i64, 0, 10), (i64, -5, 1000003), (i64, 0, 2**32 - 1), (i64, 0, 2**32), (i64, -2**40, 2**40),
                                 (i64, -2**63, 2**63 - 1), (i32, -2**31, 2**31), (i32, 3, 4), (i32, -100, 100), (b8, 0, 2),
                                 (f32, 0, 10), (f32, -2**20, 2**20), (f64, -7, 2**40), (f64, 0, 3)):
            randint(n, dtype, low, high)
        emit("randperm", torch.randperm(n))
        for dtype in (f32, f64, i64, i32, b8):
            bernoulli(n, dtype, 0.5)
            bernoulli(n, dtype, 0.9)
        bernoulli(n, f32, 0.0)
        bernoulli(n, f32, 1.0)
        bernoulli_p(n, f32)
        bernoulli_p(n, f64)
        uniform(1, f32, 0.0, 1.0)
    emit("randperm", torch.randperm(5000))


parser = argparse.ArgumentParser(description="random dumps")
parser.add_argument("--views", action="store_true")
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()
shift = options.seed
if options.views:
    views()
else:
    main()
