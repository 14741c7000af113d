#!/usr/bin/python3
"""Writes the bits that PyTorch's modules and torch.nn.init start with.

    python_parity/make_init.py > tests/data/init.txt

After a line that names PyTorch's version, each line is a Python expression, a colon and the elements of its tensors as
hexadecimal bit patterns, in the order of named_parameters; `seed N` seeds the generator, which then goes on from line to line.
`--seed N` shifts every seed by N.
"""
import argparse
import struct

import torch
from torch import nn

SEEDS = [0, 42, 1234567]
CALLS = """
nn.Embedding(4, 3)
nn.Embedding(10, 3, padding_idx=1)
nn.Embedding(3, 5, dtype=torch.float64)
nn.Embedding(3, 5, _weight=torch.ones(3, 5))
nn.Linear(4, 3)
nn.Linear(1, 7)
nn.Linear(7, 2, bias=False)
nn.Linear(3, 2, dtype=torch.float64)
nn.Linear(0, 3)
nn.LayerNorm((2, 3))
nn.LSTM(3, 2)
nn.LSTM(2, 5, num_layers=2, bidirectional=True, proj_size=3)
nn.LSTM(3, 2, bias=False, dtype=torch.float64)
nn.LSTMCell(3, 4)
nn.Sequential(nn.Embedding(5, 2), nn.Flatten(), nn.Linear(4, 2))
init.uniform_(torch.empty(5), -2.0, 0.5)
init.normal_(torch.empty(5), 1.0, 0.25)
init.constant_(torch.empty(3), 0.5)
init.eye_(torch.empty(2, 3))
init.xavier_uniform_(torch.empty(3, 4))
init.xavier_uniform_(torch.empty(3, 4, dtype=torch.float64), 1.5)
init.xavier_normal_(torch.empty(5, 4))
init.kaiming_uniform_(torch.empty(3, 4))
init.kaiming_uniform_(torch.empty(3, 2, 2), a=1.0, mode='fan_out')
init.kaiming_normal_(torch.empty(3, 4), nonlinearity='relu')
init.kaiming_normal_(torch.empty(4, 5), mode='fan_out', nonlinearity='tanh')
init.uniform_(torch.empty(1))
init.trunc_normal_(torch.empty(3, 7))
init.trunc_normal_(torch.empty(5, 4), 0.5, 2.0, -1.0, 3.5)
init.trunc_normal_(torch.empty(11, dtype=torch.float64), std=0.02)
init.trunc_normal_(torch.empty(6, 2).t(), 1.0, 0.25, 0.9, 1.1)
init.sparse_(torch.empty(7, 3), 0.4)
init.sparse_(torch.empty(4, 5, dtype=torch.float64), 0.5, 2.0)
init.orthogonal_(torch.empty(3, 5), 1.5)
init.orthogonal_(torch.empty(9, 2, 2))
init.orthogonal_(torch.empty(6, 6, dtype=torch.float64), 0.5)
init.uniform_(torch.empty(2))
"""


def bits(tensor):
    fmt, word, digits = ("<d", "<Q", 16) if tensor.dtype == torch.float64 else ("<f", "<I", 8)
    return [f"{struct.unpack(word, struct.pack(fmt, v))[0]:0{digits}x}" for v in tensor.detach().flatten().tolist()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    shift = parser.parse_args().seed
    print(f"# PyTorch {torch.__version__}, by python_parity/make_init.py")
    for seed in SEEDS:
        torch.manual_seed(seed + shift)
        print("seed", seed + shift)
        for call in CALLS.split("\n"):
            if not call:
                continue
            value = eval(call, {"nn": nn, "init": nn.init, "torch": torch})
            tensors = [value] if isinstance(value, torch.Tensor) else value.parameters()
            print(call, ":", *[b for tensor in tensors for b in bits(tensor)])


main()
