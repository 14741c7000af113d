#!/usr/bin/python3
"""What PyTorch's lookups give: rows, dense and sparse gradients, tables that max_norm has changed.

    /usr/bin/python3 python_parity/make_lookup_vectors.py [--seed N] > tests/data/lookups.npz

N is 42 unless named. An array is called case/argument/dtype, and `made_by` holds the command and PyTorch's version as bytes. What a
case computes stands here and, under the same name, in the test that reads it.
"""
import argparse
import io
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
arrays = {}


def put(case, dtype, **tensors):
    for name, tensor in tensors.items():
        if tensor is not None:
            arrays[f"{case}/{name}/{str(dtype)[6:]}"] = tensor.detach().contiguous().numpy().copy()


def wide(shape, dtype):
    """Numbers of many sizes, so that the order of a sum shows in its bits."""
    return torch.randn(shape, dtype=dtype) * 2.0 ** torch.randint(-4, 4, shape).to(dtype)


EMBEDDINGS = {
    "plain": {},
    "padding": dict(padding_idx=-2),
    "scaled": dict(scale_grad_by_freq=True),
    "scaled_padding": dict(scale_grad_by_freq=True, padding_idx=3),
    "max_norm": dict(max_norm=1.5),
    "max_norm_1": dict(max_norm=2.5, norm_type=1.0, padding_idx=1),
    "max_norm_3": dict(max_norm=1.25, norm_type=3.0),
    "max_norm_inf": dict(max_norm=0.75, norm_type=float("inf"), scale_grad_by_freq=True),
}
SPARSE = {"sparse": {}, "sparse_padding": dict(padding_idx=3), "sparse_max_norm": dict(max_norm=1.0)}


def lookups():
    for dtype in (torch.float32, torch.float64):
        for case, options in {**EMBEDDINGS, **SPARSE}.items():
            start = wide((5, 13), dtype)
            indices = torch.randint(0, 5, (3, 4))
            g, again = wide((3, 4, 13), dtype), wide((3, 4, 13), dtype)
            weight = start.clone().requires_grad_()
            out = F.embedding(indices, weight, sparse=case in SPARSE, **options)
            out.backward(g)
            put(case, dtype, weight=start, indices=indices, g=g, out=out, after=weight)
            if case in SPARSE:
                first = weight.grad
                put(case, dtype, grad_indices=first._indices(), grad_values=first._values(), coalesced=first.coalesce().to_dense())
                F.embedding(indices.flip(0), weight, sparse=True, **options).backward(again)
                put(case, dtype, again=again, sum_indices=weight.grad._indices(), sum_values=weight.grad._values())
            else:
                put(case, dtype, grad=weight.grad)


def main():
    parser = argparse.ArgumentParser(description="dumps of lookups")
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    lookups()
    command = f"python_parity/make_lookup_vectors.py --seed {options.seed}; PyTorch {torch.__version__}"
    arrays["made_by"] = np.frombuffer(command.encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    sys.stdout.buffer.write(buffer.getvalue())


main()
