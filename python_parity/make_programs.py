#!/usr/bin/python3
"""The losses of small programs over fifty steps of training, each from manual_seed alone.

    /usr/bin/python3 python_parity/make_programs.py [--seed N] > tests/data/programs.npz

tests/parity/test_programs.cpp has the same programs line by line; an array is called dtype.program.
"""
import argparse
import io
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

STEPS = 50


def train(optimizer, loss_of, batches):
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = loss_of(*batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def mlp(dtype):
    x = torch.randn(64, 8, dtype=dtype)
    y = (x * x).sum(1, keepdim=True) + x[:, :1]
    model = nn.Sequential(nn.Linear(8, 32, dtype=dtype), nn.ReLU(), nn.Linear(32, 16, dtype=dtype), nn.Tanh(), nn.Linear(16, 1, dtype=dtype))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-3)
    return train(optimizer, lambda a, b: F.mse_loss(model(a), b), [(x, y)] * STEPS)


class Classifier(nn.Module):
    """Words to one of two classes by the mean of those that are not padding."""

    def __init__(self, words, dim, dtype):
        super().__init__()
        self.embedding = nn.Embedding(words, dim, padding_idx=0, dtype=dtype)
        self.fc = nn.Linear(dim, 2, dtype=dtype)

    def forward(self, ids):
        there = (ids != 0).to(self.fc.weight.dtype)
        total = (self.embedding(ids) * there.unsqueeze(2)).sum(1)
        return self.fc(total / there.sum(1, keepdim=True))


def epochs(loader):
    step = 0
    while True:
        for batch in loader:
            if step == STEPS:
                return
            step += 1
            yield batch


def classifier(dtype):
    lengths = torch.randint(1, 9, (64, 1))
    ids = torch.randint(1, 50, (64, 8)) * (torch.arange(8) < lengths)
    labels = torch.randint(0, 2, (64,))
    model = Classifier(50, 16, dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    loader = DataLoader(TensorDataset(ids, labels), batch_size=16, shuffle=True)
    return train(optimizer, lambda a, b: F.cross_entropy(model(a), b), epochs(loader))


class SkipGram(nn.Module):
    def __init__(self, words, dim, dtype):
        super().__init__()
        self.center = nn.Embedding(words, dim, sparse=True, dtype=dtype)
        self.context = nn.Embedding(words, dim, sparse=True, dtype=dtype)

    def forward(self, words, positives, negatives):
        v = self.center(words)
        score = (v * self.context(positives)).sum(-1)
        noise = torch.bmm(self.context(negatives), v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(score).sum() + F.logsigmoid(-noise).sum())


def skipgram(dtype, make):
    model = SkipGram(40, 12, dtype)
    frequencies = torch.rand(40, dtype=torch.float64) + 0.1
    optimizer = make(list(model.parameters()))

    def batches():
        for _ in range(STEPS):
            words = torch.randint(0, 40, (16,))
            positives = torch.randint(0, 40, (16,))
            yield words, positives, torch.multinomial(frequencies, 80, True).view(16, 5)

    return train(optimizer, model, batches())


class BertBlock(nn.Module):
    def __init__(self, words, positions, dim, dtype):
        super().__init__()
        self.word_embeddings = nn.Embedding(words, dim, padding_idx=0, dtype=dtype)
        self.position_embeddings = nn.Embedding(positions, dim, dtype=dtype)
        self.token_type_embeddings = nn.Embedding(2, dim, dtype=dtype)
        self.norm = nn.LayerNorm(dim, eps=1e-12, dtype=dtype)
        self.dropout = nn.Dropout(0.1)
        self.decoder = nn.Linear(dim, words, dtype=dtype)

    def forward(self, ids, types):
        positions = torch.arange(ids.size(1)).expand(ids.shape)
        total = self.word_embeddings(ids) + self.position_embeddings(positions) + self.token_type_embeddings(types)
        return self.decoder(self.dropout(self.norm(total)))


def bert(dtype):
    ids = torch.randint(0, 30, (8, 10))
    types = torch.randint(0, 2, (8, 10))
    model = BertBlock(30, 10, 24, dtype)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.05)
    return train(optimizer, lambda a, b: F.cross_entropy(model(a, b).flatten(0, 1), a.flatten(), ignore_index=0), [(ids, types)] * STEPS)


class Tagger(nn.Module):
    """Each word to one of three classes, by the words on both sides of it."""

    def __init__(self, words, dim, hidden, dtype):
        super().__init__()
        self.embedding = nn.Embedding(words, dim, dtype=dtype)
        self.lstm = nn.LSTM(dim, hidden, num_layers=2, batch_first=True, dropout=0.2, bidirectional=True, dtype=dtype)
        self.fc = nn.Linear(2 * hidden, 3, dtype=dtype)

    def forward(self, ids):
        return self.fc(self.lstm(self.embedding(ids))[0])


def tagger(dtype):
    ids = torch.randint(0, 30, (8, 6))
    tags = torch.randint(0, 3, (8, 6))
    model = Tagger(30, 8, 12, dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return train(optimizer, lambda a, b: F.cross_entropy(model(a).flatten(0, 1), b.flatten()), [(ids, tags)] * STEPS)


PROGRAMS = {
    "mlp": mlp, "classifier": classifier, "bert": bert, "tagger": tagger,
    "skipgram_sparse_adam": lambda dtype: skipgram(dtype, lambda p: torch.optim.SparseAdam(p, lr=0.05)),
    "skipgram_sgd": lambda dtype: skipgram(dtype, lambda p: torch.optim.SGD(p, lr=0.1)),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    seed = parser.parse_args().seed
    torch.set_num_threads(1)
    arrays = {}
    for dtype in (torch.float32, torch.float64):
        for name, run in PROGRAMS.items():
            torch.manual_seed(seed)
            arrays[f"{str(dtype)[6:]}.{name}"] = np.array(run(dtype))
    about = f"python_parity/make_programs.py --seed {seed} (PyTorch {torch.__version__})"
    out = io.BytesIO()
    np.savez_compressed(out, about=np.frombuffer(about.encode(), dtype=np.uint8).astype(np.int32), seed=np.int64(seed), **arrays)
    sys.stdout.buffer.write(out.getvalue())


main()
