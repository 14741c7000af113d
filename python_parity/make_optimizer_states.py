"""PyTorch's text of optimizers and of their state_dict() after three steps.

Usage: python3 python_parity/make_optimizer_states.py [--seed N] > tests/data/optimizer_states.txt   (PyTorch 1.13)
A line is: optimizer | repr(state_dict) | str, with newlines written as backslash n; after the offset in the first line. The
parameters are of shapes 2 and 1 x 2 in one group and 2 x 2 in another, whose learning rate is 0.5 and which gets no
gradient; numbers come from values() of seeds above the offset, which N gives.
"""
import argparse

import torch

from kernel_values import values

SETTINGS = [
    ("SGD", dict(lr=0.1)),
    ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.25, nesterov=True)),
    ("Adam", dict()),
    ("Adam", dict(lr=0.01, betas=(0.5, 0.0), amsgrad=True, maximize=True)),
    ("AdamW", dict()),
    ("AdamW", dict(weight_decay=0.25, amsgrad=True)),
    ("Adagrad", dict()),
    ("Adagrad", dict(lr_decay=0.1, initial_accumulator_value=0.5)),
    ("RMSprop", dict()),
    ("RMSprop", dict(momentum=0.5, centered=True)),
    ("Adadelta", dict()),
    ("Adamax", dict()),
    ("NAdam", dict()),
    ("RAdam", dict()),
    ("SparseAdam", dict()),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    offset = parser.parse_args().seed % 1009 * 10000
    print("offset |", offset)
    for name, options in SETTINGS:
        params = [torch.nn.Parameter(values(offset + i, shape, torch.float32)) for i, shape in enumerate(((2,), (1, 2), (2, 2)))]
        optimizer = getattr(torch.optim, name)([{"params": params[:2]}, {"params": params[2:], "lr": 0.5}], **options)
        for t in range(1, 4):
            for i, p in enumerate(params[:2]):
                grad = values(offset + 10 * t + i, p.shape, torch.float32)
                p.grad = grad.to_sparse(1) if name == "SparseAdam" else grad
            optimizer.step()
        print(name, *(text.replace("\n", "\\n") for text in (repr(optimizer.state_dict()), str(optimizer))), sep=" | ")


main()
