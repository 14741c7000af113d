"""What PyTorch's clip_grad_norm_ returns, and the gradients that it leaves, to the bit.

Usage: python3 python_parity/make_clip_vectors.py [--seed N] > tests/data/clip.txt   (PyTorch 1.13)
A line is: norm dtype offset norm_type max_norm = the bits of the total, then FNV-1a hashes of the three gradients, of the
sizes of SHAPES; their numbers come from values() of seeds above the offset, which N gives.
"""
import argparse
import itertools

import torch

from kernel_values import NAMES, bits, values
from make_optimizer_trajectories import fnv1a

SHAPES = ((37, 41), (5,), (3, 2, 50))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    seed = parser.parse_args().seed
    offset = seed % 1009 * 10000
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_clip_vectors.py --seed {seed}")
    for dtype, norm_type, max_norm in itertools.product(NAMES, (2.0, float("inf"), 1.0, 3.0), (0.7, 31.0, 1e7)):
        params = [torch.nn.Parameter(torch.zeros(shape, dtype=dtype)) for shape in SHAPES]
        for i, p in enumerate(params):
            p.grad = values(offset + i, p.shape, dtype)
        total = torch.nn.utils.clip_grad_norm_(params, max_norm, norm_type)
        print("norm", NAMES[dtype], offset, norm_type, max_norm, "=", *bits(total), *(fnv1a([p.grad]) for p in params))


main()
