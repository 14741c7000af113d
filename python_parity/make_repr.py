#!/usr/bin/python3
"""Writes what PyTorch prints for modules.

    python_parity/make_repr.py > tests/data/module_repr.txt

After a line that names PyTorch's version, each entry is a line `= Python expression`, then its text. `--seed` is taken, as by
the other scripts, and changes nothing.
"""
import argparse

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.fc = nn.Linear(4, 4, bias=False)

    def extra_repr(self):
        return "width=4\ndepth=1"


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))
        self.embedding = nn.Embedding(5, 4, padding_idx=0)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(4, 2))

    def extra_repr(self):
        return "k=1"


MODULES = """
nn.Embedding(10, 3)
nn.Embedding(10, 3, padding_idx=-1, max_norm=1.0, scale_grad_by_freq=True, sparse=True)
nn.Embedding(10, 3, max_norm=1.5, norm_type=float('inf'))
nn.Embedding(10, 3, norm_type=1.0)
nn.Embedding.from_pretrained(torch.ones(2, 2), padding_idx=1)
nn.EmbeddingBag(10, 3)
nn.EmbeddingBag(10, 3, max_norm=1.0, scale_grad_by_freq=True, mode='sum', sparse=True, padding_idx=0)
nn.Linear(3, 4)
nn.Linear(3, 4, bias=False)
nn.Identity()
nn.Flatten()
nn.Flatten(0, 1)
nn.Dropout()
nn.Dropout(0.25, inplace=True)
nn.LayerNorm(5)
nn.LayerNorm((2, 3), eps=1e-06, elementwise_affine=False)
nn.LSTM(3, 4)
nn.LSTM(3, 4, num_layers=2, batch_first=True, dropout=0.25, bidirectional=True)
nn.LSTM(10, 20, bias=False, proj_size=5)
nn.LSTMCell(2, 3)
nn.LSTMCell(2, 3, bias=False)
nn.ReLU()
nn.ReLU(inplace=True)
nn.GELU()
nn.GELU(approximate='tanh')
nn.SiLU()
nn.Tanh()
nn.Sigmoid()
nn.LogSigmoid()
nn.Softplus()
nn.Softplus(2.5, 10)
nn.Softmax()
nn.Softmax(1)
nn.LogSoftmax(-1)
nn.MSELoss()
nn.L1Loss()
nn.NLLLoss()
nn.CrossEntropyLoss(weight=torch.ones(3))
nn.BCELoss()
nn.BCEWithLogitsLoss()
nn.CosineEmbeddingLoss()
nn.KLDivLoss()
nn.Sequential()
nn.Sequential(nn.Embedding(10, 3), nn.ReLU(), nn.Linear(3, 1))
nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Tanh(), nn.Sequential(nn.ReLU(inplace=True)), nn.Identity()), nn.Sequential())
nn.ModuleList()
Block()
Model()
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.parse_args()
    print(f"# PyTorch {torch.__version__}, by python_parity/make_repr.py")
    for expression in MODULES.split("\n"):
        if expression:
            print("=", expression)
            print(eval(expression))


main()
