#!/usr/bin/python3
"""Runs the table of operations in PyTorch: for each sample its inputs, results, gradients and second derivatives.

    /usr/bin/python3 python_parity/make_operations.py FAMILY [--seed N] [--op NAME] [--brief] > FAMILY.npz

FAMILY is a file of python_parity/operations/. --op makes the samples of one operation (all its forms), --brief few and small ones.
The arrays of the dump: `about` (the command, as bytes), `samples` (JSON) and `data` (the numbers, to which the JSON has offsets), each as int64 whose bytes count.
"""
import argparse
import io
import json
import math
import sys

import numpy as np
import torch

from operations import FAMILIES
from operations.derivatives import differentiate, tensors_of
from operations.op import lay_out, name_of

REFUSALS = (RuntimeError, TypeError, IndexError, ValueError, AssertionError)


class Dump:
    def __init__(self):
        self.data = bytearray()
        self.samples = []

    def put(self, x):
        """All of a tensor's storage, and how the tensor lies in it; None for none."""
        if x is None:
            return None
        x = x.detach()
        start, count = x.storage_offset(), 1 + sum((n - 1) * s for n, s in zip(x.shape, x.stride())) if x.numel() else 0
        flat = x.as_strided((count,), (1,), start).contiguous().numpy()
        self.data += b"\0" * (-len(self.data) % 8)
        entry = {"dtype": name_of(x.dtype), "shape": list(x.shape), "at": len(self.data), "count": count}
        if not x.is_contiguous():
            entry["strides"] = list(x.stride())
        self.data += flat.tobytes()
        return entry


def plain_number(x):
    if isinstance(x, float) and math.isinf(x):
        return "inf" if x > 0 else "-inf"
    return list(x) if isinstance(x, tuple) else x


def differentiate_into(entry, dump, found):
    if found.fails:
        entry["gradient_fails"] = found.fails
    if found.gradients:
        entry["cotangents"] = [dump.put(g) for g in found.cotangents]
        entry["gradients"] = [dump.put(g) for g in found.gradients]
    if found.second:
        entry["again"] = [dump.put(h) for h in found.again]
        entry["which"] = found.which
        entry["second"] = [dump.put(g) for g in found.second]


def run(dump, op, second, title, inputs, numbers, dtype, values, layout):
    made = [lay_out(x.draw(dtype, values), layout).detach() for x in inputs]
    for x, spec in zip(made, inputs):
        if spec.grad and x.is_floating_point():
            x.requires_grad_()
    entry = {"op": op.name, "title": f"{title} {name_of(dtype)}", "numbers": [plain_number(n) for n in numbers], "inputs": [dump.put(x) | ({"grad": True} if x.requires_grad else {}) for x in made]}
    dump.samples.append(entry)
    try:
        outputs = tensors_of(op.call(*made, *numbers))
    except REFUSALS as error:
        entry["refused"] = str(error).split("\n")[0]
        return
    entry["results"] = [dump.put(x) for x in outputs]
    found = differentiate(outputs, [x for x in made if x.requires_grad], op.second and second)
    differentiate_into(entry, dump, found)
    if op.terms and dtype.is_floating_point:
        entry["terms"] = op.terms(op, made, numbers, found.cotangents, found.again)


def is_brief(op, sample):
    """Of the first form each dtype, one layout and what is not finite, of the other forms a plain sample; none of them large."""
    title, inputs, numbers, dtype, _, _ = sample
    single = dtype == (torch.float32 if torch.float32 in op.dtypes else op.dtypes[0])
    sizes = [torch.Size(getattr(x, "shape", ())).numel() for x in inputs]
    if sum(sizes) > 160:
        return False
    if numbers != op.forms[0]:
        return single and title == "plain" and len(op.forms) < 4
    return title == "plain" or single and title in ("odd", "stepped")


def main():
    parser = argparse.ArgumentParser(description="samples of operations")
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--op", help="only this operation")
    parser.add_argument("--brief", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    dump = Dump()
    table = {}
    for op in FAMILIES[options.family]:
        if options.op and op.name.split(".")[0] != options.op and op.name != options.op:
            continue
        torch.manual_seed(op.seed(options.seed))
        table[op.name] = {"ulp": op.ulp, "why": op.why, "of_largest": op.of_largest, "differs": op.differs}
        for sample in op.samples():
            if not options.brief or is_brief(op, sample):
                second = not options.brief or sample[0] == "plain" and sample[3] == torch.float32
                run(dump, op, second, *sample)
    brief = " --brief" if options.brief else ""
    about = f"python_parity/make_operations.py {options.family} --seed {options.seed}{brief} (PyTorch {torch.__version__})"
    text = json.dumps({"operations": table, "samples": dump.samples}, separators=(",", ":"))
    arrays = {"about": about.encode(), "samples": text.encode(), "data": bytes(dump.data)}
    out = io.BytesIO()
    np.savez_compressed(out, **{name: np.frombuffer(x + b" " * (-len(x) % 8), dtype=np.int64) for name, x in arrays.items()})
    sys.stdout.buffer.write(out.getvalue())


main()
