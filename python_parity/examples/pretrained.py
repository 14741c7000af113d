"""examples/pretrained.cpp in PyTorch: /usr/bin/python3 python_parity/examples/pretrained.py"""
import numpy as np
import torch
from torch import nn

GLOVE = """the 0.418 0.24968 -0.41242 0.1217
king 0.50451 0.68607 -0.59517 -0.022801
queen 0.37854 1.8233 -1.2648 -0.1043
"""

FASTTEXT = """2 3
안녕 0.1073 0.0089 0.0006 
세계 -0.0682 0.25 -1.5 
"""


def read(lines):
    parts = [line.split() for line in lines]
    words = {part[0]: i for i, part in enumerate(parts)}
    return words, torch.from_numpy(np.array([part[1:] for part in parts], dtype=np.float32))


array = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
rows = torch.from_numpy(array)
given = nn.Embedding(3, 2, _weight=rows)
print(given)
print(given.weight)
given(torch.tensor([[0, 2], [2, 2]])).sum().backward()
print(given.weight.grad)
rows[0] = 7
print(given(torch.tensor([0])))

frozen = nn.Embedding.from_pretrained(rows)
print(frozen.weight)
print(frozen(torch.tensor([1, 0])))
learning = nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=1)
optimizer = torch.optim.SGD(learning.parameters(), lr=0.5)
learning(torch.tensor([0, 1, 2])).sum().backward()
optimizer.step()
print(learning)
print(learning.weight)

words, matrix = read(GLOVE.splitlines())
english = nn.Embedding.from_pretrained(matrix)
print(english)
print(english(torch.tensor(words["queen"])))

words, matrix = read(FASTTEXT.splitlines()[1:])
korean = nn.Embedding.from_pretrained(matrix, freeze=False)
print(korean)
print(korean(torch.tensor([words["세계"], words["안녕"]])))
