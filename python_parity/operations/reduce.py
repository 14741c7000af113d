"""Reductions, and what runs along a dimension."""
import math

import torch

from .op import SIGN, Op, Real
from .terms import unit_lines

X = [Real((4, 3, 4))]
SHAPES = ([Real(())], [Real((0, 3, 2))], [Real((3, 0, 2))], [Real((67, 3))], [Real((3, 67, 2))], [Real((1, 1, 1))], [Real((700,))])
LONG = ([Real((5000,))], [Real((9, 1030))], [Real((1030, 9))])
SCATTERED = ([Real((40, 70))], [Real((20, 3, 10))])
ALONG = (0, 1, -1)
DISTINCT = [Real((4, 3, 4), distinct=True)]


def whole(name, call, **rest):
    return Op(name, call, X, more=SHAPES + LONG[:1], scattered=SCATTERED, **rest)


def along(name, call, forms=None, **rest):
    return Op(name, call, X, forms or tuple((d, k) for d, k in ((0, False), (1, True), (-1, False))), more=SHAPES[:4] + SHAPES[5:] + LONG[1:], scattered=SCATTERED, **rest)


def dims(name, call, **rest):
    return Op(name, call, X, (((0, 2), False), ((1,), True), ((0, 1, 2), False), ((), False), ((-1, 1), True)), more=SHAPES[1:4] + ([Real((9, 3, 11))], [Real((3, 70, 2))]), scattered=SCATTERED[1:], **rest)


def variances(name, call):
    why = "PyTorch updates mean and squares number by number, Taper takes them in two passes; both in double"
    slope = (16, 64)
    if name == "var":
        why += ". The second derivative: PyTorch multiplies a 0-d cotangent by 2 / (n - 1) in double, larger ones in their own dtype"
        slope = (0, 4)
    return [
        whole(name, lambda x, u: call(x, unbiased=u), forms=((True,), (False,)), ulp=(64, *slope), why=why, differs=ONE),
        along(f"{name}.dim", lambda x, d, u, k: call(x, d, unbiased=u, keepdim=k), ((0, True, False), (1, False, True), (-1, True, False)), ulp=(64, *slope), why=why, differs=ONE),
        Op(f"{name}.dims", lambda x, d, u, k: call(x, d, unbiased=u, keepdim=k), X, (((0, 2), True, False), ((1,), False, True)), ulp=(64, *slope), why=why),
    ]


def powers(x, p, *rest):
    return torch.norm(x, p, *rest)


NONE = {shape: "Taper refuses the largest of no numbers" for shape in ("[0, 3, 2]", "[3, 0, 2]")}
FLAT = {**{f"second {x}": "beside infinities and NaN the two place NaN differently" for x in ("odd", "infinite")}, **{f"second {shape}": "of no numbers Taper's is 0, PyTorch's NaN" for shape in ("[0, 3, 2]", "[3, 0, 2]")}, "second tiny": "where the norm underflows to 0 PyTorch's second derivative is NaN"}
ZEROS = {"gradient []": "of one number Taper has no second derivative, PyTorch zeros", **{f"gradient {x}": "beside an infinity a product with a zero has other NaN" for x in ("odd", "infinite")},
         "second tiny": "beside a zero PyTorch's second derivative goes through a running product, which underflows"}
ONE = {"gradient []": "the variance of one number has no derivative: NaN in Taper, an infinity in PyTorch"}
EXP = "exponentials and logarithms as in exp and log; sums in the order of vectors of another width"
SHARED = dict(ulp=(0, 0, 8), why="the second derivative sums in another order")
POWERED = dict(ulp=(256, 64, 64), why="PyTorch adds thousands of float32 powers up in one chain; a 2-norm of rows is exact")
SMOOTH = (0.0, 2.0, 3.0)
SIGNED = (0.5, 1.0, math.inf, -math.inf)  # whose gradient is made of the sign

OPS = [
    whole("sum", torch.sum),
    along("sum.dim", torch.sum),
    dims("sum.dims", torch.sum),
    whole("mean", torch.mean),
    along("mean.dim", torch.mean),
    dims("mean.dims", torch.mean),
    whole("prod", torch.prod, differs=ZEROS),
    along("prod.dim", torch.prod, differs=ZEROS),
    *variances("var", torch.var),
    *variances("std", torch.std),
    whole("max", torch.max, **SHARED),
    whole("min", torch.min, **SHARED),
    along("max.dim", torch.max),
    along("min.dim", torch.min),
    dims("amax", torch.amax),
    dims("amin", torch.amin),
    whole("argmax", torch.argmax),
    whole("argmin", torch.argmin),
    along("argmax.dim", torch.argmax),
    along("argmin.dim", torch.argmin),
    whole("any", torch.any),
    whole("all", torch.all),
    along("any.dim", torch.any),
    along("all.dim", torch.all),
    along("cumsum", torch.cumsum, tuple((d,) for d in ALONG)),
    along("logsumexp", torch.logsumexp, of_largest=True, ulp=(8, 16, 32), why=EXP),
    along("softmax", torch.softmax, tuple((d,) for d in ALONG), of_largest=True, ulp=(8, 16, 32), why=EXP),
    along("log_softmax", torch.log_softmax, tuple((d,) for d in ALONG), of_largest=True, ulp=(8, 16, 32), why=EXP),
    whole("norm", powers, forms=tuple((p,) for p in SMOOTH), differs=FLAT, **POWERED),
    whole("norm.signed", powers, forms=tuple((p,) for p in SIGNED), differs={**SIGN, **NONE}, **POWERED),
    along("norm.dim", powers, tuple((p, d, k) for p in SMOOTH for d, k in ((1, False), (-1, True))), differs=FLAT, **POWERED),
    along("norm.dim_signed", powers, tuple((p, d, k) for p in SIGNED for d, k in ((1, False), (-1, True))), differs={**SIGN, **NONE}, **POWERED),
    along("normalize", torch.nn.functional.normalize, ((2.0, 1, 1e-12), (2.0, -1, 0.5), (3.0, 1, 1e-12)), differs=FLAT, **POWERED, terms=unit_lines),
    along("normalize.signed", torch.nn.functional.normalize, ((1.0, 0, 1e-12),), differs=SIGN, **POWERED, terms=unit_lines),
    Op("topk", lambda x, k, d, largest: torch.topk(x, k, d, largest), DISTINCT, ((2, -1, True), (3, 0, False), (0, 1, True), (3, 1, True), (5, -1, True)),
       more=([Real((67,), distinct=True)], [Real((0, 3))], [Real(())]), values=("wide",), layouts=("transposed", "stepped"), differs={"bool": "PyTorch has no topk of bools"}),
    Op("sort", lambda x, d, down: torch.sort(x, dim=d, descending=down, stable=True), X, ((-1, False), (0, True), (1, False)),
       more=([Real((67,))], [Real((0, 3))], [Real(())], [Real((3, 0))], [Real((2, 300, 2))])),
]
