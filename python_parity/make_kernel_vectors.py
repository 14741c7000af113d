"""Sums, norms and coalesced gradients of PyTorch, to the bit.

Usage: python3 python_parity/make_kernel_vectors.py > tests/data/kernels.txt   (python3 with PyTorch 1.13)
A line is: what dtype arguments... = result's bits in hexadecimal.
"""
import torch

from kernel_values import NAMES, bits, hashes, values

torch.set_num_threads(1)


def line(what, dtype, arguments, result):
    print(what, NAMES[dtype], *arguments, "=", *bits(result))


def main():
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_kernel_vectors.py")
    for dtype in NAMES:
        for n in (0, 1, 3, 4, 7, 8, 9, 15, 31, 32, 33, 100, 511, 512, 513, 4095, 16384, 40000, 100001):
            line("sum", dtype, (1, n, 1, n), values(n, (1, n, 1), dtype).sum(1))
        shapes = ((3, 5, 1), (5, 77, 1), (1, 9, 3), (1, 100, 4), (2, 1000, 6), (1, 40, 8), (2, 333, 13), (1, 70, 32), (2, 200, 45))
        for shape in shapes + ((1, 5000, 16), (3, 1, 7), (1, 2000, 70)):
            line("sum", dtype, (*shape, 5), values(5, shape, dtype).sum(1))
        for n in (1, 2, 5, 8, 12, 15, 16, 100, 301):
            for p in (2.0, 1.0, 0.0, float("inf"), float("-inf"), 3.0):
                line("norm", dtype, (n, 9, p), values(9, (n,), dtype).norm(p))
            table = torch.nn.Parameter(values(11, (2, n), dtype))
            torch.nn.functional.embedding(torch.tensor([0, 1, 0]), table, max_norm=1.25)
            line("renorm", dtype, (n, 11), table)
        for count, rows in ((1, 1), (5, 3), (16, 4), (17, 4), (100, 7), (500, 50)):
            indices = torch.from_numpy((hashes(3, count) % rows).astype("int64"))
            gradient = torch.sparse_coo_tensor(indices[None], values(4, (count, 2), dtype), (rows, 2))
            line("coalesce", dtype, (count, rows), gradient.coalesce().values())
            other = torch.sparse_coo_tensor(indices.flip(0)[None] // 2, values(6, (count, 2), dtype), (rows, 2))
            line("merge", dtype, (count, rows), (gradient + other)._values())
            table = values(8, (rows, 2), dtype).requires_grad_()
            out = torch.nn.functional.embedding(indices, table, scale_grad_by_freq=True)
            line("scaled", dtype, (count, rows), torch.autograd.grad(out, table, values(4, (count, 2), dtype))[0])


main()
