#!/usr/bin/python3
"""The page docs/parity.md, of the reports that scripts/parity.sh leaves.

    /usr/bin/python3 python_parity/write_page.py build/release/parity [MORE_FOLDERS...] > docs/parity.md

Several folders are several runs: the page has the largest differences of all.
"""
import json
import pathlib
import sys

from operations import FAMILIES

TITLES = {"pointwise": "Element by element", "reduce": "Reductions and what runs along a dimension", "matmul": "Products", "shape": "Views, joins, copies",
          "index": "Indices and lookups", "loss": "Losses and normalisation", "create": "New and random tensors",
          "recurrent": "Recurrent layers"}

HEAD = """# Parity with PyTorch

Made by `python_parity/write_page.py` from the reports of `scripts/parity.sh`: a table of operations (`python_parity/operations/`) is run in
PyTorch 1.13.1 and in Taper, with operands that are plain, broadcast, empty, transposed, strided, expanded and 0-d, of every dtype, large, tiny, infinite and NaN.
Results, gradients and second derivatives are compared, with shapes and dtypes, and what PyTorch refuses Taper has to refuse.

*exact* means the same bits, whatever the seed. *n ulp* is what any seed may differ by: of a result in units of its own last place, of gradients, second
derivatives and where the table says so (marked \\*) in units of the last place of the largest number or term of a sum that takes part, since terms that cancel leave no more.
Behind it stands the largest difference seen: ulp, absolute, relative. Where a stage is not compared, a dash; the reasons follow below.
Gradients are taken twice, as backward computes them and as it computes them with `create_graph`.
"""

TAIL = """## PyTorch 1.13.1's own mistakes

Found by comparison or known from its sources; Taper does what the documentation means.

- The second derivative of `sign` (and so of `abs`, `l1_loss` and of norms other than 2 and above) is read from memory that nobody has written; it is zero.
- The gradient of `masked_select` of a transposed tensor goes to the wrong elements.
- `x[mask, 1:]` with a mask of several dimensions cuts the second dimension instead of the one behind the mask, or fails.
- The backward of `scatter` with a source larger than the index fails; so do that of `var` and `std` of a 3-d tensor with one element, and that of a
  power with a bool exponent.
- The second derivative of an embedding forgets `scale_grad_by_freq`; EmbeddingBag's `scale_grad_by_freq` divides by a wrong count; `include_last_offset` believes
  a last offset that is too small; `max_norm` rescales rows before it has seen that another index is out of range. See [embeddings.md](embeddings.md).
- `clip_grad_norm_` finds the norm of sparse gradients and leaves them as they are; Taper scales them.
- `testing.assert_close` does not say where in a list or dict two bools differ; Taper says it as for all else.
- `torch.load` believes the size that a record claims, past the record's end; Taper refuses the file.
- `scatter`, `masked_fill` and `index_add` of integers cut the fraction off a number without a word; Taper refuses a number that does not fit.

## Deliberate differences

- `NAdam` multiplies mu(t) into the momentum's correction twice, which its documentation does not; what an optimizer gives is compared step by step,
  so Taper has these numbers, not the documented ones (`foreach=True` of PyTorch, which has the others, is kept in a state but changes nothing).
- The state of a `OneCycleLR` holds a method in 1.13; Taper reads its name, and writes PyTorch 2's `_anneal_func_type` instead, so that nothing has to
  be called to load the file. PyTorch 1.13 goes on from such a state by the strategy that the scheduler was made with.
- Numbers are summed as PyTorch does on one thread, whatever the number of threads: PyTorch itself adds more than 32,768 numbers up in another order on each machine.
- int32 tensors are indices everywhere, as in PyTorch from 2.0 on; `zero_grad` forgets gradients instead of zeroing them, also as there.
- Dropout draws as PyTorch does without MKL (Debian, ARM, macOS); Intel's library draws another mask from the same seed.
"""


def merged(folders):
    total = {}
    for folder in folders:
        for path in sorted(pathlib.Path(folder).glob("report_*.json")):
            for name, line in json.loads(path.read_text()).items():
                if name not in total:
                    total[name] = line
                    continue
                total[name]["samples"] += line["samples"]
                total[name]["worst"] = [[max(a, b, key=lambda n: float("inf") if n is None else n) for a, b in zip(x, y)] for x, y in zip(total[name]["worst"], line["worst"])]
    return total


def programs(folders):
    """program and dtype: how many of the fifty losses are equal in all runs, and the largest relative difference."""
    result = {}
    for folder in folders:
        path = pathlib.Path(folder) / "programs.txt"
        for line in path.read_text().splitlines() if path.exists() else []:
            name, dtype, equal, difference = line.split()
            before = result.get((name, dtype), (50, 0.0))
            result[name, dtype] = (min(before[0], int(equal)), max(before[1], float(difference)))
    return result


def number(x):
    return "inf" if x is None else f"{x:.2g}"


def cell(op, line, stage):
    if stage == 2 and not op.second:
        return "–"
    allowed, worst = op.ulp[stage], line["worst"][stage]
    if allowed == 0:
        return "exact"
    star = "\\*" if stage == 0 and op.of_largest else ""
    return f"{allowed} ulp{star} ({', '.join(map(number, (worst[2], worst[0], worst[1])))})"


def page(total):
    print(HEAD)
    exact = sum(not any(op.ulp) for ops in FAMILIES.values() for op in ops if op.name in total)
    print(f"{exact} of {len(total)} entries are exact in all stages; {sum(line['samples'] for line in total.values())} samples.\n")
    for family, ops in FAMILIES.items():
        if not any(op.name in total for op in ops):
            continue
        print(f"## {TITLES[family]}\n\n| operation | samples | results | gradients | second derivatives | why |\n|---|---|---|---|---|---|")
        for op in ops:
            if op.name in total:
                line = total[op.name]
                cells = [cell(op, line, stage) for stage in range(3)]
                print(f"| `{op.name}` | {line['samples']} | {' | '.join(cells)} | {op.why} |".replace("operator|", "operator\\|"))
        print()
    trained = programs(sys.argv[1:])
    if trained:
        print("## Programs\n\nTrained for fifty steps from `manual_seed` alone (`python_parity/make_programs.py`, `tests/parity/test_programs.cpp`), loss by loss;")
        print("1e-5 and 1e-12 relative are allowed in float32 and float64.\n\n| program | dtype | equal bits, of 50 | largest relative difference |\n|---|---|---|---|")
        for (name, dtype), (equal, difference) in trained.items():
            print(f"| {name} | {dtype} | {equal} | {difference:.1g} |")
        print()
    print("## What is not compared\n")
    reasons = {}
    for ops in FAMILIES.values():
        for op in ops:
            for words, why in op.differs.items():
                reasons.setdefault(why, {}).setdefault(words, []).append(op.name)
    for why, places in reasons.items():
        where = "; ".join(f"{', '.join(f'`{name}`' for name in names)} ({words})" for words, names in places.items())
        print(f"- {why[0].upper()}{why[1:]}: {where}.")
    print(f"\n{TAIL}", end="")


page(merged(sys.argv[1:]))
