#!/usr/bin/python3
"""Prints random tensors as PyTorch does, for a fresh comparison: dense and sparse, views, results, any options.

    python_parity/make_printing_random.py --seed 7 > printing_random.json

`--count N` tensors (1000). Cases are those of make_printing_vectors.py, with `views`: calls made one after the other, each a
name and its arguments; and with `unit` the tensor is first multiplied by 1, so that it is a result on the tape.
"""
import argparse
import json
import math
import random

import torch

from json_tensors import bits

INF, NAN = float("inf"), float("nan")
VIEWS = {
    "transpose": lambda t, a, b: t.transpose(a, b), "unsqueeze": lambda t, d: t.unsqueeze(d), "select": lambda t, d, i: t.select(d, i),
    "narrow": lambda t, d, start, length: t.narrow(d, start, length), "expand": lambda t, *shape: t.expand(shape),
    "permute": lambda t, *dims: t.permute(dims), "view": lambda t, *shape: t.view(shape), "clone": lambda t: t.clone(),
    "step": lambda t, d, by: t[(slice(None),) * d + (slice(None, None, by),)], "coalesce": lambda t: t.coalesce(),
}


def random_value(rng, dtype, digits):
    if dtype == "bool":
        return rng.random() < 0.5
    if dtype in ("int32", "int64"):
        return int(rng.uniform(-1, 1) * 10 ** rng.choice((1, 3, 9)))
    if rng.random() < 0.05:
        return rng.choice((NAN, INF, -INF, 0.0, -0.0))
    value = rng.gauss(0, 1) * rng.choice((1, 10 ** rng.uniform(-digits, digits)))
    return round(value, rng.choice((0, 1, 4, 5)))


def random_view(rng, tensor):
    """A call that suits the tensor, or None."""
    dims = tensor.dim()
    name = rng.choice(list(VIEWS)[:-1])
    d = rng.randrange(dims) if dims else 0
    if name == "unsqueeze" and dims < 5:
        return [name, rng.randrange(dims + 1)]
    if name == "clone":
        return [name]
    if dims == 0:
        return None
    size = tensor.shape[d]
    if name == "transpose":
        return [name, d, rng.randrange(dims)]
    if name == "permute":
        return [name, *rng.sample(range(dims), dims)]
    if name == "select" and size > 0:
        return [name, d, rng.randrange(size)]
    if name == "narrow":
        start = rng.randint(0, size)
        return [name, d, start, rng.randint(0, size - start) if rng.random() < 0.2 else size - start]
    if name == "step":
        return [name, d, rng.randint(1, 3)]
    if name == "expand" and dims < 5:
        return [name, rng.randint(1, 8), *tensor.shape]
    if name == "view" and tensor.is_contiguous():
        return [name, tensor.numel()]
    return None


def random_options(rng):
    every = {"precision": rng.randint(0, 12), "threshold": rng.choice((0, 1, 5, 20, 1000)), "edgeitems": rng.randint(1, 4),
             "linewidth": rng.choice((1, 12, 30, 60, 79, 81, 120)), "profile": rng.choice(("default", "short", "full")),
             "sci_mode": rng.random() < 0.5}
    return {key: value for key, value in every.items() if rng.random() < 0.5}


def random_tensor(rng):
    """The case without its text, and the tensor."""
    dtype = rng.choice(("float32", "float32", "float32", "float64", "int64", "int32", "bool"))
    digits = rng.choice((0, 1, 3, 9, 38))
    values = [random_value(rng, dtype, digits) for _ in range(rng.randint(1, 24))]
    values = torch.tensor(values, dtype=getattr(torch, dtype)).tolist()
    fractions = dtype.startswith("float")
    case = {"dtype": dtype, "bits": bits(values, dtype)}
    sparse = rng.random() < 0.2
    sizes = [rng.choice((0, 1, 2, 3, 4, 7, 12, 40, 600) if rng.random() < 0.3 else (1, 2, 3, 5, 8)) for _ in range(rng.randint(0, 5))]
    most = 4000 if rng.random() < 0.2 else 120
    while math.prod(sizes) > most:
        sizes.pop()
    if sparse:
        rows = [rng.randint(1, 2000) for _ in range(rng.randint(1, 3))]
        nnz = rng.choice((0, 1, 2, 3, 9))
        tail = sizes[:2]
        case.update(shape=rows + tail, tail=tail, indices=[[rng.randrange(n) for _ in range(nnz)] for n in rows])
        table = [values[i % len(values)] for i in range(nnz * math.prod(tail))]
        table = torch.tensor(table, dtype=getattr(torch, dtype)).reshape([nnz] + tail)
        indices = torch.tensor(case["indices"], dtype=torch.int64).reshape(len(rows), nnz)
        tensor = torch.sparse_coo_tensor(indices, table, rows + tail)
    else:
        case["shape"] = sizes
        cycle = [values[i % len(values)] for i in range(math.prod(sizes))]
        tensor = torch.tensor(cycle, dtype=getattr(torch, dtype)).reshape(sizes)
    if fractions and rng.random() < 0.4:
        case["requires_grad"] = True
        tensor.requires_grad_()
        if rng.random() < 0.3 and not sparse:
            case["parameter"] = True
            tensor = torch.nn.Parameter(tensor.detach())
        elif rng.random() < 0.3 and not sparse:
            case["unit"] = True
            tensor = tensor * 1
    return case, tensor


def with_views(rng, case, tensor):
    views = []
    if tensor.is_sparse:
        if rng.random() < 0.5 and tensor.is_floating_point() and tensor.sparse_dim() == 1 and not case.get("requires_grad"):
            views.append(["coalesce"])
            tensor = tensor.coalesce()
    else:
        for _ in range(rng.choice((0, 0, 1, 2, 3))):
            view = random_view(rng, tensor)
            if view is not None and (view[0] != "expand" or math.prod(view[1:]) < 5000):
                views.append(view)
                tensor = VIEWS[view[0]](tensor, *view[1:])
    if views:
        case["views"] = views
    return tensor


def main():
    parser = argparse.ArgumentParser(description="random tensors, printed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    lines = []
    for _ in range(arguments.count):
        case, tensor = random_tensor(rng)
        tensor = with_views(rng, case, tensor)
        options = random_options(rng) if rng.random() < 0.5 else {}
        torch.set_printoptions(profile="default", sci_mode=None)
        if options:
            case["options"] = options
            torch.set_printoptions(**options)
        lines.append(json.dumps({**case, "text": str(tensor)}))
    made_by = '"made_by": "python_parity/make_printing_random.py"'
    print(f'{{"torch": "{torch.__version__}", {made_by}, "cases": [\n' + ",\n".join(lines) + "\n]}")


main()
