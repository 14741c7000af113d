"""The dtypes, and values, in which PyTorch's operations meet.

Usage: python3 python_parity/make_promotion.py > tests/data/promotion.txt   (python3 with PyTorch 1.13)
A line is: operation operand operand = dtype values..., or = error. An operand is a dtype with [2] (two elements), [] (0-d), or
the name of a Python number: bool (True), int (3) or float (2.5). Elements are 2 and 1, or True.
"""
import itertools
import operator

import torch

DTYPES = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64, "int32": torch.int32, "bool": torch.bool}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
NUMBERS = {"bool": True, "int": 3, "float": 2.5}
TENSORS = [name + shape for shape in ("[2]", "[]") for name in DTYPES]

BINARY = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "pow": operator.pow,
    "eq": operator.eq, "lt": operator.lt, "ge": operator.ge,
}
TENSOR_ONLY = {
    "maximum": torch.maximum, "minimum": torch.minimum, "logical_and": torch.logical_and,
    "cat": lambda a, b: torch.cat([a.reshape(-1), b.reshape(-1)]), "mv": lambda a, b: a.reshape(-1).dot(b.reshape(-1)),
}
TENSOR_FIRST = {
    "where": lambda a, b: torch.where(torch.tensor(True), a, b),
    "add_": lambda a, b: a.add_(b), "sub_": lambda a, b: a.sub_(b), "mul_": lambda a, b: a.mul_(b), "div_": lambda a, b: a.div_(b),
    "masked_fill": lambda a, b: a.masked_fill(torch.tensor([True, False]), b),
}
UNARY = (
    "neg square exp expm1 log log1p sqrt rsqrt reciprocal abs sign sin cos tanh sigmoid relu erf "
    "sum mean prod var std max min amax argmin any all logical_not isnan norm").split()
ALONG = "sum mean prod cumsum softmax log_softmax logsumexp any".split()


def operand(token):
    if token in NUMBERS:
        return NUMBERS[token]
    name, shape = token.split("[")
    values = [2, 1] if shape == "2]" else 2
    return torch.tensor(values).to(DTYPES[name])


def show(*words, call):
    try:
        result = call()
    except (RuntimeError, TypeError):
        print(*words, "= error")
        return
    numbers = [repr(float(x)) for x in result.reshape(-1)]
    print(*words, "=", NAMES[result.dtype], *numbers)


def main():
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_promotion.py")
    for a, b in itertools.product(TENSORS, TENSORS):
        for name, f in {**BINARY, **TENSOR_ONLY, **TENSOR_FIRST}.items():
            if name != "masked_fill":
                show(name, a, b, call=lambda: f(operand(a), operand(b)))
    for a, b in itertools.product(TENSORS, NUMBERS):
        for name, f in {**BINARY, **TENSOR_FIRST}.items():
            if name == "masked_fill" and b == "float" and "float" not in a:
                continue  # PyTorch cuts the fraction off without a word; Taper refuses
            show(name, a, b, call=lambda: f(operand(a), operand(b)))
        for name in ("add", "sub", "mul", "div", "pow"):
            show(name, b, a, call=lambda: BINARY[name](operand(b), operand(a)))
        if b != "bool":
            show("clamp", a, b, call=lambda: operand(a).clamp(max=operand(b)))
    for a in TENSORS:
        for name in UNARY:
            f = getattr(torch, name)
            show(name, a, call=lambda: f(operand(a)))
        for name in ALONG:
            f = getattr(torch, name)
            show(name + "_along", a, call=lambda: f(operand(a), 0))


main()
