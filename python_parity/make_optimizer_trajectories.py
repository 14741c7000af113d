"""Where PyTorch's optimizers take parameters, to the bit.

Usage: python3 python_parity/make_optimizer_trajectories.py [--seed N] > tests/data/trajectories.txt   (PyTorch 1.13)
A line is: optimizer dtype offset options... = FNV-1a hash of all parameters' bytes after each of 8 steps. All numbers come
from values() and hashes() of seeds above the offset, which N gives. Dense lines have three parameters: 13 x 7 and 5 in the
first group, 3 x 4 in the second, whose learning rate is a quarter; the second parameter has no gradient at step 3, and the
first group's rate is halved before step 5. Sparse lines have one table, no gradient at step 3, for SGD an empty one at step
4 (PyTorch's SparseAdam fails on it), and otherwise rows in any order with duplicates.
"""
import argparse
import itertools

import torch

from kernel_values import NAMES, hashes, values

STEPS = 8
SHAPES = ((13, 7), (5,), (3, 4))


def fnv1a(tensors):
    result = 0xCBF29CE484222325
    for tensor in tensors:
        for byte in tensor.detach().contiguous().numpy().tobytes():
            result = (result ^ byte) * 0x100000001B3 % 2**64
    return format(result, "x")


def line(what, dtype, numbers, words):
    print(what, NAMES[dtype], OFFSET, *(float(x) for x in numbers), "=", *words)


def dense(what, make, dtype, options, numbers):
    params = [torch.nn.Parameter(values(OFFSET + 10 + i, shape, dtype)) for i, shape in enumerate(SHAPES)]
    optimizer = make([{"params": params[:2]}, {"params": params[2:], "lr": options["lr"] / 4}], **options)
    words = []
    for t in range(1, STEPS + 1):
        for i, p in enumerate(params):
            p.grad = None if (t, i) == (3, 1) else values(OFFSET + 100 * t + i, p.shape, dtype)
        if t == 5:
            optimizer.param_groups[0]["lr"] *= 0.5
        optimizer.step()
        words.append(fnv1a(params))
    line(what, dtype, numbers, words)


def sparse(what, make, dtype, options, numbers, rows, dim, entries):
    table = torch.nn.Parameter(values(OFFSET + 10, (rows, dim), dtype))
    optimizer = make([table], **options)
    words = []
    for t in range(1, STEPS + 1):
        count = 0 if t == 4 and what == "sparse_sgd" else entries
        named = torch.from_numpy((hashes(OFFSET + 200 + t, count) % rows).astype("int64"))
        gradient = torch.sparse_coo_tensor(named[None], values(OFFSET + 100 * t, (count, dim), dtype), (rows, dim))
        table.grad = None if t == 3 else gradient
        optimizer.step()
        words.append(fnv1a([table]))
    line(what, dtype, [*numbers, rows, dim, entries], words)


def main():
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_optimizer_trajectories.py --seed {SEED}")
    for dtype in NAMES:
        flags = (False, True)
        for momentum, dampening, decay, nesterov, maximize in itertools.product((0, 0.9), (0, 0.3), (0, 0.013), flags, flags):
            if nesterov and (momentum == 0 or dampening != 0):
                continue
            options = dict(lr=0.03, momentum=momentum, dampening=dampening, weight_decay=decay, nesterov=nesterov,
                           maximize=maximize)
            dense("sgd", torch.optim.SGD, dtype, options, options.values())
        for betas, eps, decay, amsgrad, maximize in itertools.product(((0.9, 0.999), (0.5, 0)), (1e-8, 0.01), (0, 0.013), flags,
                                                                      flags):
            options = dict(lr=0.02, eps=eps, weight_decay=decay, amsgrad=amsgrad, maximize=maximize)
            dense("adam", torch.optim.Adam, dtype, dict(betas=betas, **options), [*betas, *options.values()])
        for rows, dim, entries in ((9, 5, 4), (6, 3, 60), (50, 1, 40), (40, 17, 25)):
            for momentum, dampening, nesterov, maximize in itertools.product((0, 0.9), (0, 0.3), flags, flags):
                if (nesterov or dampening) and momentum == 0 or nesterov and dampening:
                    continue
                options = dict(lr=0.03, momentum=momentum, dampening=dampening, nesterov=nesterov, maximize=maximize)
                sparse("sparse_sgd", torch.optim.SGD, dtype, options, options.values(), rows, dim, entries)
            for betas, eps, maximize in itertools.product(((0.9, 0.999), (0.5, 0)), (1e-8, 0.01), flags):
                options = dict(lr=0.02, eps=eps, maximize=maximize)
                sparse("sparse_adam", torch.optim.SparseAdam, dtype, dict(betas=betas, **options),
                       [*betas, *options.values()], rows, dim, entries)


parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=42)
SEED = parser.parse_args().seed
OFFSET = SEED % 1009 * 1000
main()
