"""The .safetensors format as its specification says it, independent of Taper: plain json, struct and numpy.

    /usr/bin/python3 python_parity/safetensors_file.py FILE...    checks files and prints what they hold

A file is the header's length (u64, little-endian), the header (a JSON object, blanks after it) and the tensors' bytes.
"""
import json
import math
import struct
import sys

import numpy as np

TYPES = {
    "BOOL": "|b1", "U8": "|u1", "I8": "|i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}
# By rising alignment, as the reference implementation lists them; its writer puts the last first.
ORDER = ["BOOL", "U8", "I8", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64"]
SIZES = {**{code: np.dtype(t).itemsize for code, t in TYPES.items()}, "BF16": 2}
MOST = 100_000_000


class Wrong(ValueError):
    """What a file breaks of the format."""


def need(condition, text):
    if not condition:
        raise Wrong(text)


def once(pairs):
    names = [name for name, _ in pairs]
    need(len(set(names)) == len(names), f"a key twice among {names}")
    return dict(pairs)


def whole(number):
    return type(number) is int and number >= 0


def bfloat16(raw):
    """float32 of the same values."""
    return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")


def check_entry(name, entry):
    need(isinstance(entry, dict), f"{name}: no object")
    need(set(entry) >= {"dtype", "shape", "data_offsets"}, f"{name}: fields {sorted(entry)}")
    need(entry["dtype"] in SIZES, f"{name}: dtype {entry['dtype']}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    need(isinstance(shape, list) and all(map(whole, shape)), f"{name}: shape {shape}")
    need(isinstance(offsets, list) and len(offsets) == 2 and all(map(whole, offsets)), f"{name}: offsets {offsets}")
    size = math.prod(shape) * SIZES[entry["dtype"]]
    need(offsets[1] - offsets[0] == size, f"{name}: {offsets} for {size} bytes")


def read_header(data):
    """The entries by name, in the header's order; the metadata; where the tensors' bytes begin."""
    need(len(data) >= 8, "header too small")
    (length,) = struct.unpack("<Q", data[:8])
    need(length <= MOST, "header too large")
    need(8 + length <= len(data), "invalid header length")
    text = data[8 : 8 + length]
    need(text[:1] == b"{", "the header does not begin with {")
    header = json.loads(text.decode("utf-8"), object_pairs_hook=once)
    metadata = header.pop("__metadata__", {})
    need(all(isinstance(value, str) for value in metadata.values()), "metadata that is no text")
    end = 0
    for name, entry in header.items():
        check_entry(name, entry)
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        need(entry["data_offsets"][0] == end, f"{name}: begins at {entry['data_offsets'][0]}, not {end}")
        end = entry["data_offsets"][1]
    need(8 + length + end == len(data), "file not fully covered")
    return header, metadata, 8 + length


def read(path):
    """The arrays by name, bfloat16 as float32."""
    with open(path, "rb") as file:
        data = file.read()
    header, _, start = read_header(data)
    result = {}
    for name, entry in header.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        raw = data[begin:end]
        array = bfloat16(raw) if entry["dtype"] == "BF16" else np.frombuffer(raw, TYPES[entry["dtype"]])
        result[name] = array.reshape(entry["shape"])
    return result


def is_in_writer_order(path):
    """Whether the bytes lie as the reference implementation puts them: by falling alignment, then by name."""
    with open(path, "rb") as file:
        header, _, start = read_header(file.read())
    by_place = sorted(header, key=lambda n: (header[n]["data_offsets"], -ORDER.index(header[n]["dtype"]), n.encode()))
    by_rule = sorted(header, key=lambda n: (-ORDER.index(header[n]["dtype"]), n.encode()))
    return start % 8 == 0 and by_place == by_rule


def write(path, arrays, metadata=None, bfloat=(), align=64):
    """The arrays under their names in the given order; those named in `bfloat` as bfloat16, cut off."""
    codes = {np.dtype(t): code for code, t in TYPES.items()}
    code = {name: "BF16" if name in bfloat else codes[array.dtype] for name, array in arrays.items()}
    order = sorted(arrays, key=lambda name: (-ORDER.index(code[name]), name.encode()))
    where, parts, end = {}, [], 0
    for name in order:
        array = np.ascontiguousarray(arrays[name])
        raw = (array.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes() if name in bfloat else array.tobytes()
        where[name] = [end, end + len(raw)]
        end += len(raw)
        parts.append(raw)
    header = {} if metadata is None else {"__metadata__": metadata}
    for name, array in arrays.items():
        header[name] = {"dtype": code[name], "shape": list(array.shape), "data_offsets": where[name]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-(8 + len(text)) % align)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for path in sys.argv[1:]:
        for name, array in read(path).items():
            print(f"{path}: {name}: {array.dtype} {list(array.shape)}")
