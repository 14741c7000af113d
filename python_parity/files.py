"""Array files: what numpy writes for Taper to read, and whether Python reads what Taper has written.

    /usr/bin/python3 python_parity/files.py write tests/data/io    makes the committed files
    /usr/bin/python3 python_parity/files.py check DIR              reads DIR/saved.npz and DIR/saved.safetensors

Needs numpy alone. Element i of an array is (i - 3) / 4 for a floating type, i - 3 for a signed integer, i for an unsigned one
and i % 2 for a bool; the tests know the same rule.
"""
import json
import os
import struct
import sys

import numpy as np

ALL_TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "b1", ">f4", ">f8", ">i2", ">i8", ">u4"]
SAFETENSORS = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4", "BOOL": "|b1"}


def rule(dtype, shape):
    i = np.arange(int(np.prod(shape, dtype=np.int64)))
    dtype = np.dtype(dtype)
    values = {"f": (i - 3) / 4, "i": i - 3, "u": i, "b": i % 2}[dtype.kind]
    return values.astype(dtype).reshape(shape)


def write_safetensors(path, arrays):
    """The format as its specification says it; data by falling element size, names in the given order."""
    where, end = {}, 0
    by_size = sorted(arrays, key=lambda name: -arrays[name].dtype.itemsize)
    for name in by_size:
        where[name] = [end, end + arrays[name].nbytes]
        end += arrays[name].nbytes
    code = {np.dtype(v): k for k, v in SAFETENSORS.items()}
    header = {n: {"dtype": code[a.dtype], "shape": list(a.shape), "data_offsets": where[n]} for n, a in arrays.items()}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for name in by_size:
            out.write(np.ascontiguousarray(arrays[name]).tobytes())


def read_safetensors(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body, result = data[8 + length :], {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        result[name] = np.frombuffer(body[begin:end], SAFETENSORS[entry["dtype"]]).reshape(entry["shape"])
    return result


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
    write_safetensors(os.path.join(folder, "saved.safetensors"), saved())


def check(folder):
    for name, found in (
        ("saved.npz", dict(np.load(os.path.join(folder, "saved.npz")))),
        ("saved.safetensors", read_safetensors(os.path.join(folder, "saved.safetensors"))),
    ):
        assert list(found) == list(saved()), f"{name}: {list(found)}"
        for key, expected in saved().items():
            assert found[key].dtype == expected.dtype, f"{name}: {key}: {found[key].dtype}"
            np.testing.assert_array_equal(found[key], expected, err_msg=f"{name}: {key}")
        print(f"{name}: {len(found)} arrays as Python expects them")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2])
