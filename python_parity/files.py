"""Array files: what numpy writes for Taper to read, and whether Python reads what Taper has written.

    /usr/bin/python3 python_parity/files.py write tests/data/io    makes the committed files
    /usr/bin/python3 python_parity/files.py check DIR              reads DIR/saved.npz and DIR/saved.safetensors

Needs numpy alone. Element i of an array is (i - 3) / 4 for a floating type, i - 3 for a signed integer, i for an unsigned one
and i % 2 for a bool; the tests know the same rule.
"""
import os
import sys

import numpy as np

import safetensors_file

ALL_TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "b1", ">f4", ">f8", ">i2", ">i8", ">u4"]


def rule(dtype, shape):
    i = np.arange(int(np.prod(shape, dtype=np.int64)))
    dtype = np.dtype(dtype)
    values = {"f": (i - 3) / 4, "i": i - 3, "u": i, "b": i % 2}[dtype.kind]
    return values.astype(dtype).reshape(shape)


def saved():
    """What the tests save as saved.npz and saved.safetensors."""
    arrays = {"layer.weight": rule("f4", (3, 2)), "말": rule("i8", (4,)), "flags": rule("b1", (5,))}
    arrays.update({"scalar": rule("f8", ()), "none": rule("i4", (0, 3)), "turned": rule("f4", (2, 3)).T})
    return arrays


def write(folder):
    os.makedirs(folder, exist_ok=True)
    np.save(os.path.join(folder, "matrix.npy"), rule("f4", (3, 2)))
    types = {t.replace(">", "big_"): rule(t, (2, 5)) for t in ALL_TYPES}
    np.savez_compressed(os.path.join(folder, "types.npz"), **types)
    shapes = {"scalar": rule("f8", ()), "none": rule("f4", (0, 3)), "line": rule("i8", (7,))}
    shapes["columns"] = np.asfortranarray(rule("f4", (2, 3, 4)))
    shapes["half_columns"] = np.asfortranarray(rule(">f2", (3, 5)))
    shapes["folder/name"] = rule("i4", (2, 2))
    np.savez(os.path.join(folder, "shapes.npz"), **shapes)
    safetensors_file.write(os.path.join(folder, "saved.safetensors"), saved())
    types = {t: rule(t, (2, 5)) for t in ALL_TYPES if not t.startswith(">")}
    types["f_bfloat16"] = rule("f4", (2, 5))
    where = os.path.join(folder, "types.safetensors")
    safetensors_file.write(where, types, metadata={"format": "pt"}, bfloat=["f_bfloat16"])


def check(folder):
    for name, found in (
        ("saved.npz", dict(np.load(os.path.join(folder, "saved.npz")))),
        ("saved.safetensors", safetensors_file.read(os.path.join(folder, "saved.safetensors"))),
    ):
        assert list(found) == list(saved()), f"{name}: {list(found)}"
        for key, expected in saved().items():
            assert found[key].dtype == expected.dtype, f"{name}: {key}: {found[key].dtype}"
            np.testing.assert_array_equal(found[key], expected, err_msg=f"{name}: {key}")
        print(f"{name}: {len(found)} arrays as Python expects them")
    assert safetensors_file.is_in_writer_order(os.path.join(folder, "saved.safetensors"))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2])
