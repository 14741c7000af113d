"""Parameters after steps of PyTorch's optimizers, to the bit.

Usage: python3 python_parity/make_optim_vectors.py > tests/data/optim.txt   (python3 with PyTorch 1.13)
A line is: optimizer dtype options... = bits of the parameters after 6 steps of 37 values (sparse_adam: a table of 7 x 5).
The gradient of step t is values(100 + t), the start values(100).
"""
import itertools

import torch

from kernel_values import NAMES, bits, hashes, values

STEPS, SIZE, ROWS, DIM = 6, 37, 7, 5


def run(what, dtype, make, options, numbers):
    p = torch.nn.Parameter(values(100, (SIZE,), dtype))
    optimizer = make([p], **options)
    for t in range(1, STEPS + 1):
        p.grad = values(100 + t, (SIZE,), dtype)
        optimizer.step()
    print(what, NAMES[dtype], *(float(x) for x in numbers), "=", *bits(p))


def main():
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_optim_vectors.py")
    for dtype in NAMES:
        for momentum, dampening, nesterov in ((0, 0, False), (0.9, 0, False), (0.7, 0.3, False), (0.9, 0, True)):
            for decay, maximize in itertools.product((0, 0.013), (False, True)):
                options = dict(lr=0.03, momentum=momentum, dampening=dampening, weight_decay=decay, nesterov=nesterov,
                               maximize=maximize)
                run("sgd", dtype, torch.optim.SGD, options, options.values())
        for decay, maximize, amsgrad in itertools.product((0, 0.013), (False, True), (False, True)):
            options = dict(lr=0.02, eps=1e-7, weight_decay=decay, maximize=maximize, amsgrad=amsgrad)
            run("adam", dtype, torch.optim.Adam, dict(betas=(0.8, 0.99), **options), options.values())
        for maximize in (False, True):
            p = torch.nn.Parameter(values(100, (ROWS, DIM), dtype))
            optimizer = torch.optim.SparseAdam([p], lr=0.02, betas=(0.8, 0.99), eps=1e-7, maximize=maximize)
            for t in range(1, STEPS + 1):
                rows = torch.from_numpy((hashes(200 + t, 4) % ROWS).astype("int64"))
                p.grad = torch.sparse_coo_tensor(rows[None], values(100 + t, (4, DIM), dtype), (ROWS, DIM))
                optimizer.step()
            print("sparse_adam", NAMES[dtype], float(maximize), "=", *bits(p))


main()
