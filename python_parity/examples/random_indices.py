"""examples/random_indices.cpp in PyTorch: /usr/bin/python3 python_parity/examples/random_indices.py"""
import torch
from torch import nn

torch.manual_seed(0)
embedding = nn.Embedding(10, 100)
indices = torch.randint(0, 10, (3, 4))
output = embedding(indices)
print(indices)
print(output.shape)
print(output)  # summarised
torch.set_printoptions(profile="full")
print(output)  # in full
print(output.flatten(0, 1).index_select(1, torch.tensor([0, 99])))
