#!/usr/bin/python3
"""Makes every dump afresh with live PyTorch: the files of tests/data/ under the same names, from another seed.

    python_parity/make_dumps.py --seed 7 --out build/release/parity [--op NAME]
    python_parity/make_dumps.py --brief --out tests/data                        the committed ones

--op makes the samples of that operation alone, --brief a small part of all operations' samples and no dump of FRESH. A script that
takes --seed and writes its dump to standard output gets a line in DUMPS (or in FRESH); the tests that read it are tagged
[parity] and find the file through dump_path.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

from operations import FAMILIES

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
    ("lookups.npz", ["make_lookup_vectors.py"]),
    ("bags.npz", ["make_bag_vectors.py"]),
    ("embedding.npz", ["make_module_dumps.py", "embedding"]),
    ("linear.npz", ["make_module_dumps.py", "linear"]),
    ("lstm.npz", ["make_module_dumps.py", "lstm"]),
    ("programs.npz", ["make_programs.py"]),
    *((f"operations_{family}.npz", ["make_operations.py", family]) for family in FAMILIES),
]

# Too large to be committed: made for a comparison and thrown away.
FRESH = [
    ("printing_random.json", ["make_printing_random.py"]),
]


def names_of(family):
    """The family's operations and their forms."""
    return {name for op in FAMILIES[family] for name in (op.name, op.name.split(".")[0])}


def commands(options):
    """(name, script and arguments) of each dump that is asked for."""
    for name, (script, *arguments) in DUMPS + ([] if options.brief else FRESH):
        of_operations = script == "make_operations.py"
        if options.op and not (of_operations and options.op in names_of(arguments[0])):
            continue
        if of_operations and options.brief:
            arguments.append("--brief")
        if options.op:
            arguments += ["--op", options.op]
        if not options.brief:  # else each script's own, as it is committed
            arguments += ["--seed", str(options.seed)]
        yield name, [script, *arguments]


def make(name, command, folder):
    here = pathlib.Path(__file__).resolve().parent
    with open(folder / name, "wb") as out:
        subprocess.run([sys.executable, "-W", "ignore", here / command[0], *command[1:]], stdout=out, check=True)
    print(f"{name}: python_parity/{' '.join(command)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="fresh dumps of all that is compared with PyTorch")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--op", help="only this operation")
    parser.add_argument("--brief", action="store_true")
    options = parser.parse_args()
    if options.op and not any(options.op in names_of(family) for family in FAMILIES):
        parser.error(f"no operation is called {options.op}")
    options.out.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(make, name, command, options.out) for name, command in commands(options)]:
            done.result()


if __name__ == "__main__":
    main()
