"""examples/korean.cpp in PyTorch: /usr/bin/python3 python_parity/examples/korean.py"""
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn

sentence = "나는 오늘 책을 읽고 나는 내일 책을 산다"
vocab = {"<unk>": 0, "<pad>": 1}
for word, _ in Counter(sentence.split()).most_common():
    vocab[word] = len(vocab)
for word, i in vocab.items():
    print(i, word)

torch.manual_seed(7)
table = nn.Embedding(len(vocab), 3, padding_idx=1)
print(table)
print(table.weight)


def encode(text):
    return torch.tensor([vocab.get(word, 0) for word in text.split()], dtype=torch.int32)


ids = torch.stack([encode("나는 어제 책을 산다"), encode("나는 책을 <pad> <pad>")])
print(ids)
print(table(ids))
print(*[int(torch.equal(table(ids)[0][i], table.weight[ids[0][i].item()])) for i in range(4)])

target = torch.tensor([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]])
optimizer = torch.optim.SGD(table.parameters(), lr=0.1, momentum=0.9)
for step in range(20):
    optimizer.zero_grad()
    loss = F.mse_loss(table(ids).sum(1), target)
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print(loss)
print(table.weight.grad)
print(table.weight)
