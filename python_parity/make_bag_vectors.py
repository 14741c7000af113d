#!/usr/bin/python3
"""What PyTorch's embedding_bag gives, with its gradients.

    /usr/bin/python3 python_parity/make_bag_vectors.py [--seed N] > tests/data/bags.npz

N is 42 unless named. An array is called case/argument/dtype, and `made_by` holds the command and PyTorch's version as bytes. A case's
name holds its mode; its options stand here and, under the same name, in tests/ops/test_embedding_bag.cpp.
"""
import argparse
import io
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
arrays = {}
ROWS, DIM, COUNT = 6, 11, 40

OPTIONS = {
    "plain": {},
    "padding": dict(padding_idx=2),
    "max_norm": dict(max_norm=1.5),
    "max_norm_1": dict(max_norm=2.5, norm_type=1.0, padding_idx=-1),
    "last": dict(include_last_offset=True),
    "matrix": {},
    "matrix_padding": dict(padding_idx=2),
    "columns": {},
    "sparse": dict(sparse=True),
    "sparse_padding": dict(sparse=True, padding_idx=3),
    "weighted": {},
    "weighted_padding": dict(padding_idx=2),
    "weighted_sparse": dict(sparse=True),
    "weighted_matrix": {},
    "weighted_columns": {},
}
NOT_MAX = ("sparse", "weighted")
DOUBLE = ("plain", "padding", "max_norm", "sparse", "weighted", "weighted_sparse")


def wide(shape, dtype):
    """Numbers of many sizes, so that the order of a sum shows in its bits."""
    return torch.randn(shape, dtype=dtype) * 2.0 ** torch.randint(-4, 4, shape).to(dtype)


def put(case, dtype, **tensors):
    for name, tensor in tensors.items():
        if tensor is not None:
            arrays[f"{case}/{name}/{str(dtype)[6:]}"] = tensor.detach().contiguous().numpy().copy()


def table(case, start):
    """The table as a leaf; that of `columns` lies by columns in memory."""
    leaf = start.t().contiguous().t() if "columns" in case else start.clone()
    return leaf.detach().requires_grad_()


def run(case, mode, options, dtype):
    start = wide((ROWS, DIM), dtype)
    matrix = "matrix" in case
    indices = torch.randint(0, ROWS, (5, 8) if matrix else (COUNT,))
    cuts = torch.sort(torch.randint(0, COUNT, (4,)))[0]
    offsets = torch.cat([torch.zeros(2, dtype=torch.long), cuts, torch.tensor([COUNT] * (1 + options.get("include_last_offset", False)))])
    offsets = None if matrix else offsets
    factors = wide(indices.shape, dtype).requires_grad_() if "weighted" in case else None
    weight = table(case, start)
    out = F.embedding_bag(indices, weight, offsets, mode=mode, per_sample_weights=factors, **options)
    g = wide(out.shape, dtype)
    out.backward(g)
    grad = weight.grad
    sparse = options.get("sparse", False)
    put(f"{case}-{mode}", dtype, weight=start, indices=indices, offsets=offsets, factors=factors, g=g, out=out, after=weight if "max_norm" in case else None,
        grad=None if sparse else grad, grad_indices=grad._indices() if sparse else None, grad_values=grad._values() if sparse else None,
        grad_factors=None if factors is None else factors.grad)


def main():
    parser = argparse.ArgumentParser(description="dumps of embedding_bag")
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    for dtype in (torch.float32, torch.float64):
        for case, keywords in OPTIONS.items():
            for mode in ("sum",) if "weighted" in case else ("sum", "mean", "max"):
                if (mode != "max" or not case.startswith(NOT_MAX)) and (dtype == torch.float32 or case in DOUBLE):
                    run(case, mode, keywords, dtype)
    command = f"python_parity/make_bag_vectors.py --seed {options.seed}; PyTorch {torch.__version__}"
    arrays["made_by"] = np.frombuffer(command.encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    sys.stdout.buffer.write(buffer.getvalue())


main()
