#!/usr/bin/python3
"""Makes every dump afresh with live PyTorch: the files of tests/data/ under the same names, from another seed.

    python_parity/make_dumps.py --seed 7 --out build/release/parity

A script that takes --seed and writes its dump to standard output gets a line in DUMPS (or in FRESH); the tests that read it are tagged
[parity] and find the file through dump_path.
"""
import argparse
import pathlib
import subprocess
import sys

DUMPS = [
    ("random.txt", ["make_random_vectors.py"]),
    ("random_views.txt", ["make_random_vectors.py", "--views"]),
    ("draws.txt", ["make_draws.py"]),
    ("rng_states.txt", ["rng_states.py"]),
    ("printing.json", ["make_printing_vectors.py"]),
    ("assert_close.json", ["make_assert_close.py"]),
    ("trajectories.txt", ["make_optimizer_trajectories.py"]),
    ("optimizer_states.txt", ["make_optimizer_states.py"]),
    ("resumed.pt", ["make_resumed.py"]),
    ("clip.txt", ["make_clip_vectors.py"]),
    ("schedules.json", ["make_schedules.py"]),
    ("samplers.txt", ["make_samplers.py"]),
    ("loader.txt", ["make_loader_vectors.py"]),
    ("module_repr.txt", ["make_repr.py"]),
    ("init.txt", ["make_init.py"]),
    ("embedding.npz", ["make_module_dumps.py", "embedding"]),
    ("linear.npz", ["make_module_dumps.py", "linear"]),
    ("curves.npz", ["make_module_dumps.py", "curves"]),
    ("lookups.npz", ["make_operation_vectors.py", "lookups"]),
    ("bags.npz", ["make_bag_vectors.py"]),
    ("losses.npz", ["make_operation_vectors.py", "losses"]),
    ("indexing.npz", ["make_operation_vectors.py", "indexing"]),
    ("reductions.npz", ["make_operation_vectors.py", "reductions"]),
    ("products.npz", ["make_operation_vectors.py", "products"]),
]

# Too large to be committed: made for a comparison and thrown away.
FRESH = [
    ("printing_random.json", ["make_printing_random.py"]),
]


def main():
    parser = argparse.ArgumentParser(description="fresh dumps of all that is compared with PyTorch")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path(__file__).resolve().parent
    for name, (script, *arguments) in DUMPS + FRESH:
        command = [sys.executable, here / script, *arguments, "--seed", str(options.seed)]
        with open(options.out / name, "wb") as out:
            subprocess.run(command, stdout=out, check=True)
        print(f"{name}: python_parity/{' '.join([script, *arguments])} --seed {options.seed}")


if __name__ == "__main__":
    main()
