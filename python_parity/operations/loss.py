"""Losses, normalisation, dropout."""
import torch
import torch.nn.functional as F

from .op import FLOATS, SIGN, Drawn, Op, Real, Whole
from .terms import cosines, moments

REDUCTIONS = (("mean",), ("sum",), ("none",))
WHOLE = {"int": "Taper's losses take floating-point numbers alone, PyTorch's sums of them integers too"}
MEMORY = "PyTorch adds losses up as they lie in memory, after transposed operands in another order"
PICKED = dict(ulp=(0, 0, 32), why="the second derivative sums in another order")
PAIR = [Real((5, 4)), Real((5, 4))]
ODD = {f"second {x}": "beside infinities and NaN the two place NaN differently" for x in ("odd", "infinite")}
EMPTY = {"second [0, 3]": "the mean of nothing divides 0 by 0, in PyTorch only in the results"}
P = Real((5, 4), 0.05, 0.95)
NORMS = ("wide", "big", "tiny", "odd", "infinite")
ODD_GRADIENT = {k.replace("second", "gradient"): why for k, why in ODD.items()}
MOMENTS = "PyTorch takes mean and variance in float32 throughout, Taper from some tens of terms on in double"
FAR = {**ODD_GRADIENT, "second big": "what is left of terms that cancel is rounding"}
BCE = {"second": "PyTorch adds 1e-12 to the factors of the second derivative"}
CLASSES = (70, 6), (6,), (3, 6, 2, 5), (1, 6)
SUMS = (8, 16, 64)
COSINE = "quotients of sums, made in another order"
LOGITS = "logarithms and exponentials as in exp and log; sums in the order of a vector's lanes"


def classes(shape, high=6, low=0):
    return Whole(shape[:1] + shape[2:] if len(shape) > 1 else (), high, low)


def class_inputs(weight):
    return [[Real(s), classes(s)] + ([Real((6,), 0.1, 1.0, grad=False, tame=True)] if weight else []) for s in CLASSES]


def pairs(name, call, **rest):
    return Op(name, lambda a, b, r: call(a, b, reduction=r), PAIR, REDUCTIONS, more=([Real((0, 3)), Real((0, 3))], [Real(()), Real(())], [Real((67,)), Real((67,))]), **rest)


def with_classes(name, call, weight, forms, **rest):
    first, *more = class_inputs(weight)
    high = [[Real((4, 6)), classes((4, 6), 8, 5)] + first[2:]]
    return Op(name, call, first, forms, more=(*more, *high), **rest)


OPS = [
    pairs("mse_loss", F.mse_loss, ulp=(8, 1, 64), why=MEMORY, differs={**WHOLE, **ODD}),
    pairs("l1_loss", F.l1_loss, ulp=(8, 0, 0), why=MEMORY, differs={**SIGN, **WHOLE}),
    with_classes("nll_loss", lambda x, t, i, r: F.nll_loss(x, t, ignore_index=i, reduction=r), False, ((-100, "mean"), (2, "sum"), (2, "none")), **PICKED),
    with_classes("nll_loss.weight", lambda x, t, w, i, r: F.nll_loss(x, t, w, ignore_index=i, reduction=r), True, ((2, "mean"), (-100, "sum"), (2, "none")), **PICKED),
    with_classes("cross_entropy", lambda x, t, i, r, s: F.cross_entropy(x, t, ignore_index=i, reduction=r, label_smoothing=s), False,
                 ((-100, "mean", 0.0), (2, "sum", 0.0), (-100, "none", 0.0), (2, "mean", 0.3), (2, "none", 0.1)), ulp=SUMS, why=LOGITS, of_largest=True),
    with_classes("cross_entropy.weight", lambda x, t, w, i, r, s: F.cross_entropy(x, t, w, ignore_index=i, reduction=r, label_smoothing=s), True,
                 ((2, "mean", 0.0), (-100, "sum", 0.0), (2, "none", 0.0), (2, "mean", 0.1)), ulp=SUMS, why=LOGITS, of_largest=True),
    Op("cross_entropy.shares", lambda x, t, r, s: F.cross_entropy(x, t, reduction=r, label_smoothing=s), [Real((7, 6)), Real((7, 6), 0.0, 1.0, tame=True)],
       (("mean", 0.2), ("none", 0.0), ("sum", 0.0)), more=([Real((6,)), Real((6,), 0.0, 1.0)], [Real((3, 6, 2)), Real((3, 6, 2), 0.0, 1.0)]), ulp=SUMS, why=LOGITS, of_largest=True),
    Op("binary_cross_entropy", lambda p, q, r: F.binary_cross_entropy(p, q, reduction=r), [P, P], REDUCTIONS,
       more=([Real((0, 3), 0.1, 0.9), Real((0, 3), 0.1, 0.9)], [Real((67,), 0.0, 1.0), Real((67,), 0.0, 1.0)], [Real((3,), 1.0, 2.0), Real((3,), 0.0, 1.0)]),
       values=(), differs=BCE, ulp=SUMS, why=LOGITS, of_largest=True),
    Op("binary_cross_entropy.weight", lambda p, q, w, r: F.binary_cross_entropy(p, q, w, reduction=r), [P, P, Real((4,), 0.1, 2.0, grad=False)], REDUCTIONS, values=(), differs=BCE, ulp=SUMS, why=LOGITS, of_largest=True),
    Op("binary_cross_entropy_with_logits", lambda x, q, r: F.binary_cross_entropy_with_logits(x, q, reduction=r), [Real((5, 4)), P], REDUCTIONS,
       more=([Real((0, 3)), Real((0, 3))], [Real((67,)), Real((67,))], [Real(()), Real(())]), differs=EMPTY, ulp=SUMS, why=LOGITS, of_largest=True),
    Op("binary_cross_entropy_with_logits.weight", lambda x, q, w, p, r: F.binary_cross_entropy_with_logits(x, q, w, pos_weight=p, reduction=r),
       [Real((5, 4)), P, Real((4,), 0.1, 2.0, grad=False), Real((4,), 0.1, 2.0, grad=False)], REDUCTIONS, differs={**ODD_GRADIENT, "gradient large": "near the largest number"}, ulp=SUMS, why=LOGITS, of_largest=True),
    Op("kl_div", lambda x, t, r, log: F.kl_div(x, t, reduction=r, log_target=log), [Real((5, 4)), P], (("mean", False), ("sum", True), ("none", False), ("batchmean", True)),
       more=([Real((0, 3)), Real((0, 3))],), differs=ODD_GRADIENT, ulp=SUMS, why=LOGITS, of_largest=True),
    Op("cosine_similarity", F.cosine_similarity, PAIR, ((1, 1e-8), (0, 1e-8), (-1, 0.5)), more=([Real((5, 1, 4)), Real((3, 4))], [Real((4,)), Real((5, 4))]), of_largest=True,
       ulp=SUMS, why=COSINE, terms=cosines, values=("tiny", "odd", "infinite")),
    Op("cosine_embedding_loss", lambda a, b, t, m, r: F.cosine_embedding_loss(a, b, t, margin=m, reduction=r), [*PAIR, Drawn(lambda dtype: torch.randint(0, 2, (5,)) * 2 - 1, grad=False)],
       ((0.2, "mean"), (0.0, "sum"), (0.5, "none")), of_largest=True, ulp=SUMS, why=COSINE, terms=cosines, values=("tiny", "odd", "infinite")),
    Op("layer_norm", lambda x, w, b, s, e: F.layer_norm(x, s, w, b, e), [Real((5, 4, 3)), Real((4, 3)), Real((4, 3))], (((4, 3), 1e-5), ((4, 3), 0.1)),
       more=([Real((0, 4, 3)), Real((4, 3)), Real((4, 3))],), of_largest=True, ulp=(16, 32, 64), why=MOMENTS, terms=moments, values=NORMS, differs=FAR),
    Op("layer_norm.row", lambda x, w, b, s, e: F.layer_norm(x, s, w, b, e), [Real((7, 67)), Real((67,)), Real((67,))], (((67,), 1e-12),), of_largest=True, ulp=(16, 32, 64), why=MOMENTS, terms=moments, values=NORMS, differs=FAR),
    Op("layer_norm.plain", lambda x, s, e: F.layer_norm(x, s, None, None, e), [Real((7, 13))], (((13,), 1e-5), ((7, 13), 1e-5), ((3,), 1e-5)), of_largest=True, ulp=(16, 32, 64), why=MOMENTS, terms=moments, values=NORMS, differs=FAR),
]
