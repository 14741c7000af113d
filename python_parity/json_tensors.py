"""How the dumps in JSON write tensors: dtype, shape and the elements' bit patterns in hexadecimal, row-major."""
import struct

FORMATS = {"float32": ("<f", "<I"), "float64": ("<d", "<Q"), "int64": ("<q", "<Q"), "int32": ("<i", "<I"), "bool": ("<?", "<B")}


def bits(values, dtype):
    value, raw = FORMATS[dtype]
    return " ".join(f"{struct.unpack(raw, struct.pack(value, v))[0]:x}" for v in values)
