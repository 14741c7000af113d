#!/usr/bin/python3
"""Whether the committed dumps are what the scripts make with this PyTorch.

    /usr/bin/python3 python_parity/compare_dumps.py tests/data FRESH      (FRESH made by make_dumps.py --brief)

Bytes are compared, but of products and what depends on them, whose bits are the processor's: these within a tolerance.
"""
import json
import pathlib
import sys

import numpy as np

from make_dumps import DUMPS

TOLERANCES = {"float32": 1e-5, "float64": 1e-12}
OF_PRODUCTS = ("curves.npz", "linear.npz", "programs.npz", "trajectories.txt")


def close(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.name not in TOLERANCES:
        return np.array_equal(a, b)
    scale = np.max(np.abs(b), initial=0, where=np.isfinite(b))
    return np.allclose(a, b, rtol=0, atol=TOLERANCES[a.dtype.name] * scale, equal_nan=True)


def arrays_of(dump, entry):
    return [np.frombuffer(dump["data"].tobytes(), e["dtype"], e["count"], e["at"]) for e in entry if e]


def same_operations(a, b):
    """The same samples; numbers equal where the table promises bits, else close."""
    first, second = (json.loads(x["samples"].tobytes()) for x in (a, b))
    if first["operations"] != second["operations"] or len(first["samples"]) != len(second["samples"]):
        return False
    for x, y in zip(first["samples"], second["samples"]):
        inexact = any(first["operations"][x["op"]]["ulp"])
        for key in ("inputs", "results", "cotangents", "gradients", "again", "second"):
            pairs = list(zip(arrays_of(a, x.get(key, [])), arrays_of(b, y.get(key, []))))
            if not all(close(p, q) if inexact else p.tobytes() == q.tobytes() for p, q in pairs):
                return False
        if {k: v for k, v in x.items() if k in ("op", "title", "numbers", "refused")} != {k: v for k, v in y.items() if k in ("op", "title", "numbers", "refused")}:
            return False
    return True


def same_arrays(a, b):
    return set(a) == set(b) and all(close(a[name], b[name]) for name in a if name != "about")


def same(committed, fresh):
    if committed.read_bytes() == fresh.read_bytes():
        return "equal"
    if committed.suffix != ".npz":
        return None
    a, b = dict(np.load(committed)), dict(np.load(fresh))
    if committed.name.startswith("operations_"):
        return "the same samples" if same_operations(a, b) else None
    if committed.name in OF_PRODUCTS:
        return "close" if same_arrays(a, b) else None
    return "equal" if set(a) == set(b) and all(a[n].tobytes() == b[n].tobytes() for n in a) else None


def main():
    committed, fresh = map(pathlib.Path, sys.argv[1:])
    different = 0
    for name, _ in DUMPS:
        verdict = same(committed / name, fresh / name)
        different += verdict is None
        print(f"{name}: {verdict or 'DIFFERENT; make it again'}")
    sys.exit(different > 0)


if __name__ == "__main__":
    main()
