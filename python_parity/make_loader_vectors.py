"""The order in which PyTorch's DataLoader brings samples, and what it leaves of the generators.

Usage: python3 python_parity/make_loader_vectors.py [--seed N] > tests/data/loader.txt   (python3 with PyTorch 1.13)
A line is: loader int64 samples batch_size shuffle drop_last own_generator stop seed = hexadecimal words. Two epochs after
manual_seed(seed), with a generator of seed + 1 if it has its own; for each batch its size and its samples, 0
after each epoch, then 63 bits of the default generator and of the own one (0 if there is none). The first epoch is left
after `stop` batches where that is not 0.
"""
import argparse
import itertools

import torch
from torch.utils.data import DataLoader, TensorDataset


def bits63(generator):
    return int(torch.empty((), dtype=torch.int64).random_(generator=generator).item())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    first = parser.parse_args().seed
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_loader_vectors.py --seed {first}")
    shapes = ((1, 1), (5, 2), (6, 3), (7, 10), (40, 8))
    cases = itertools.product(shapes, (0, 1), (0, 1), (0, 1), (0, 1, 2))
    for seed, ((samples, size), shuffle, drop, own, stop) in enumerate(cases, first):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed + 1) if own else None
        data = TensorDataset(torch.arange(samples))
        loader = DataLoader(data, batch_size=size, shuffle=bool(shuffle), drop_last=bool(drop), generator=generator)
        words = []
        for epoch in range(2):
            for number, (batch,) in enumerate(loader, 1):
                words += [len(batch), *batch.tolist()]
                if epoch == 0 and number == stop:
                    break
            words.append(0)
        words += [bits63(None), bits63(generator) if own else 0]
        print("loader int64", *(float(x) for x in (samples, size, shuffle, drop, own, stop)), seed, "=",
              *(format(w, "x") for w in words))


main()
