"""Numbers that the C++ tests make again without a file: tests/kernels/values.h holds the same function."""
import numpy as np
import torch


def hashes(seed, count):
    """`count` 32-bit numbers that look random."""
    mask = np.uint64(0xFFFFFFFF)
    u = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed * 1000003)) * np.uint64(2654435761) & mask
    u ^= u >> np.uint64(15)
    u = u * np.uint64(2246822519) & mask
    return u ^ (u >> np.uint64(13))


def values(seed, shape, dtype):
    """Numbers of both signs whose sizes span eight binary orders, so that the order of a sum shows in its bits."""
    u = hashes(seed, int(np.prod(shape)))
    x = (u.astype(np.float64) / 2.0**32 - 0.5) * 2.0 ** ((u >> np.uint64(3)) % np.uint64(8)).astype(np.float64)
    return torch.from_numpy(x).to(dtype).reshape(shape)


def bits(tensor):
    """The elements' bit patterns, as hexadecimal words."""
    array = tensor.detach().contiguous().numpy().reshape(-1)
    return [format(int(w), "x") for w in array.view(np.uint32 if array.dtype == np.float32 else np.uint64)]


NAMES = {torch.float32: "float32", torch.float64: "float64"}
