#!/usr/bin/python3
"""States of the generator that PyTorch hands to Taper, and a check of those that Taper hands to PyTorch.

    python_parity/rng_states.py > tests/data/rng_states.txt
    python_parity/rng_states.py --check DIR/rng_states_taper.txt

`--seed N` chooses other states (0). A line is the draws made before (of PyTorch's 32-bit words, and of single normal samples),
a state as hexadecimal bytes, and the bits of what comes next: three normal samples of float64, then a word as
randint(0, 2^32 - 1).
"""
import argparse
import random
import struct

import torch


def following(generator):
    normals = [torch.empty((), dtype=torch.float64).normal_(generator=generator).item() for _ in range(3)]
    word = torch.randint(0, 2**32 - 1, (), generator=generator).item()
    return [f"{struct.unpack('<Q', struct.pack('<d', x))[0]:016x}" for x in normals] + [f"{word:08x}"]


def write(seed):
    rng = random.Random(seed)
    print(f"# PyTorch {torch.__version__}, by python_parity/rng_states.py")
    for words, normals in [(0, 0), (1, 1), (624, 0), (620, 1), (rng.randrange(3000), rng.randrange(4))]:
        start = rng.choice((rng.randrange(2**64), rng.randrange(2**31), -1 - rng.randrange(2**63)))
        generator = torch.Generator().manual_seed(start)
        torch.randint(0, 9, (words,), generator=generator)
        for _ in range(normals):
            torch.empty(()).normal_(generator=generator)
        print(start, words, normals, bytes(generator.get_state().tolist()).hex(), *following(generator))


def check(path):
    count = 0
    for line in open(path):
        if line.startswith("#"):
            continue
        start, words, normals, state, *expected = line.split()
        torch.set_rng_state(torch.tensor(list(bytes.fromhex(state)), dtype=torch.uint8))
        assert torch.initial_seed() % 2**64 == int(start) % 2**64, f"seed {start}: torch has {torch.initial_seed()}"
        found = following(torch.default_generator)
        assert found == expected, f"seed {start}: after {words} words and {normals} normals: {found}, not {expected}"
        count += 1
    assert count > 3, f"{path} holds {count} states"
    print(f"{path}: PyTorch goes on from {count} states as Taper does")


parser = argparse.ArgumentParser(description="states of the generator")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--check")
options = parser.parse_args()
if options.check:
    check(options.check)
else:
    write(options.seed)
