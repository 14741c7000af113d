"""examples/embedding_by_hand.cpp in PyTorch: /usr/bin/python3 python_parity/examples/embedding_by_hand.py"""
import torch
from torch import nn


class MyEmbedding(nn.Module):
    def __init__(self, rows, dim, padding):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rows, dim))
        with torch.no_grad():
            self.weight[padding] = 0

        def learned(g):
            g = g.clone()
            g[padding] = 0
            return g

        self.weight.register_hook(learned)

    def forward(self, ids):
        return self.weight[ids]


def train(table, ids):
    optimizer = torch.optim.Adam(table.parameters(), lr=0.1)
    for _ in range(10):
        optimizer.zero_grad()
        (table(ids) - 1).square().mean().backward()
        optimizer.step()


torch.manual_seed(3)
mine = MyEmbedding(6, 4, 2)
torch.manual_seed(3)
builtin = nn.Embedding(6, 4, padding_idx=2)
print(mine.weight)
print(int(torch.equal(mine.weight, builtin.weight)))

ids = torch.tensor([[0, 2, 5], [5, 5, 1]])
print(mine(ids))
print(builtin(ids))
mine(ids).square().sum().backward()
builtin(ids).square().sum().backward()
print(builtin.weight.grad)
print(int(torch.equal(mine.weight.grad, builtin.weight.grad)))

train(mine, ids)
train(builtin, ids)
print(builtin.weight)
print(int(torch.equal(mine.weight, builtin.weight)))
