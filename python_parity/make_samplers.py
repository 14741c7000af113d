"""The samples that PyTorch's samplers bring through a DataLoader, and what they leave of the generators.

Usage: python3 python_parity/make_samplers.py [--seed N] > tests/data/samplers.txt   (python3 with PyTorch 1.13)
A line is: sampler int64 kind samples num_samples replacement batch_size drop_last own_generator stop seed = hexadecimal words,
kinds being 0 RandomSampler, 1 SubsetRandomSampler (of every second sample), 2 WeightedRandomSampler (sample i weighs
(37 i mod 11) / 8), 3 SequentialSampler. Words are as make_loader_vectors.py says: of two epochs, the first of which is left
after `stop` batches where that is not 0.
"""
import argparse
import random

import torch
from torch.utils.data import DataLoader, RandomSampler, SequentialSampler, SubsetRandomSampler, TensorDataset, WeightedRandomSampler


def bits63(generator):
    return int(torch.empty((), dtype=torch.int64).random_(generator=generator).item())


def make(kind, data, count, replacement, generator):
    if kind == 0:
        return RandomSampler(data, replacement=replacement, num_samples=count, generator=generator)
    if kind == 1:
        return SubsetRandomSampler(list(range(0, len(data), 2)), generator=generator)
    if kind == 2:
        weights = [((37 * i) % 11) / 8 for i in range(len(data))]
        return WeightedRandomSampler(weights, count, replacement, generator=generator)
    return SequentialSampler(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    first = parser.parse_args().seed
    rng = random.Random(first)
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_samplers.py --seed {first}")
    for seed in range(first, first + 80):
        kind = rng.choice((0, 0, 0, 1, 2, 2, 3))
        samples = rng.choice((2, 5, 8, 33, 70))
        replacement = rng.random() < 0.6
        count = rng.choice((1, samples // 2, samples, 32, 64, 100))
        if kind == 2 and not replacement:
            count = min(count, samples // 2)
        size, drop, own, stop = rng.choice((1, 4, 7, 32)), rng.random() < 0.3, rng.random() < 0.5, rng.choice((0, 0, 1, 3))
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed + 1) if own else None
        data = TensorDataset(torch.arange(samples))
        loader = DataLoader(data, batch_size=size, drop_last=drop, sampler=make(kind, data, count, replacement, generator))
        words = []
        for epoch in range(2):
            for number, (batch,) in enumerate(loader, 1):
                words += [len(batch), *batch.tolist()]
                if epoch == 0 and number == stop:
                    break
            words.append(0)
        words += [bits63(None), bits63(generator) if own else 0]
        arguments = (kind, samples, count, replacement, size, drop, own, stop)
        print("sampler int64", *(float(x) for x in arguments), seed, "=", *(format(w, "x") for w in words))


main()
