"""Lookups by index, mask and row."""
import torch
import torch.nn.functional as F

from .op import FLOATS, Drawn, Mask, Of, Op, Real, Whole

PLAIN = dict(values=("odd",))
INT32 = torch.int32


def index(x, *rest):
    *tensors, pattern = rest
    left = iter(tensors)
    key = []
    for item in pattern.split(","):
        if item == "t":
            key.append(next(left))
        elif item == "...":
            key.append(Ellipsis)
        elif item == "none":
            key.append(None)
        elif ":" in item:
            key.append(slice(*(int(n) if n else None for n in item.split(":"))))
        else:
            key.append(int(item))
    return x[tuple(key)]


def put(x, *rest):
    *tensors, value, pattern = rest
    y = x.clone()
    left = iter(tensors)
    y[tuple(next(left) if item == "t" else slice(None) for item in pattern.split(","))] = value
    return y


BOOLS = {"bool": "Taper adds numbers into numbers alone"}


def ids(shape, high, low=0, **rest):
    return Whole(shape, high, low, **rest)


X = Real((3, 4, 5))
LOOKUP = (None, None, 2.0, False, False)


def lookup(ids, weight, *options):
    return F.embedding(ids, weight.clone(), *options)


def lookup_dense(ids, weight, padding, norm, norm_type, scale, sparse):
    """The gradient of a sparse lookup made dense on the way to the weight."""
    return F.embedding(ids, weight * 1, padding, norm, norm_type, scale, sparse)


def bag(ids, weight, mode, padding):
    return F.embedding_bag(ids, weight, mode=mode, padding_idx=padding)


def bag_offsets(ids, offsets, weight, mode, padding):
    return F.embedding_bag(ids, weight, offsets, mode=mode, padding_idx=padding)


OPS = [
    Op("index.views", index, [X], (("-1,...,none,::2",), ("1",), ("...,2",), ("none,1:,...",), ("0,1,2",), ("3",)), **PLAIN),
    Op("index.rows", index, [X, ids((2, 3), 3, -3)], (("t",), ("...,t",), (":,t",), ("none,t,...,none",), ("1,:,t",), ("t,0",)),
       more=([X, ids((4,), 3, dtype=INT32)], [X, ids((), 3)], [X, ids((0, 2), 3)], [X, Whole((2,), 9, 7)]),
       differs={"[4] int32": "PyTorch 1.13 takes no int32 indices here"}, **PLAIN),
    Op("index.pairs", index, [X, ids((2, 1), 3, -3), ids((3,), 4)], (("t,t",), ("t,:,t",), ("...,t,t",), ("t,none,t",), ("t,1,t",)),
       more=([X, ids((2,), 3), ids((3,), 3)],), **PLAIN),
    Op("index.mask", index, [X, Mask((3, 4))], (("t",), ("none,t",)), **PLAIN),
    Op("index.mask_behind", index, [X, Mask((5,))], (("1,:,t",), ("...,t",)), **PLAIN),
    Op("index.mask_row", index, [X, Mask((3,)), ids((1,), 4)], (("t,t",),), layouts=(), **PLAIN),
    Op("operator[]", lambda x, i: x[i], [X], ((0,), (-1,), (3,)), **PLAIN),
    Op("operator[].tensor", lambda x, i: x[i], [X, ids((2, 3), 3, -3)], more=([X, Mask((3, 4))], [X, Of(Real((2,)), torch.float32)]), **PLAIN),
    Op("index_put_", put, [X, ids((2, 1), 3, distinct=True), ids((3,), 4, distinct=True), Real((5,))], (("t,t",),), **PLAIN),
    Op("index_put_.apart", put, [X, ids((2,), 3, distinct=True), ids((2,), 5, distinct=True), Real((4,))], (("t,:,t",),), layouts=("transposed", "stepped"), **PLAIN),
    Op("index_put_.mask", put, [X, Mask((3, 4)), Real((5,))], (("t",),), **PLAIN),
    Op("index_select", lambda x, i, d: torch.index_select(x, d, i), [X, ids((4,), 3)], ((0,), (1,), (-1,), (3,)),
       more=([Real(()), ids((1,), 1)], [X, ids((0,), 3)], [X, ids((2,), 3, dtype=INT32)]), **PLAIN),
    Op("gather", lambda x, i, d: torch.gather(x, d, i), [Real((3, 4)), ids((2, 4), 3)], ((0,), (-1,), (2,)),
       more=([Real(()), ids((), 1)], [Real((3, 4)), ids((0, 2), 3)], [Real((3, 4)), ids((3, 2), 3)], [Real((3, 4)), ids((5, 2), 3)]), **PLAIN),
    # No place is written twice: which write stays is open.
    Op("scatter", lambda x, i, s, d: torch.scatter(x, d, i, s), [Real((3, 4)), ids((1, 4), 3), Real((2, 4))], ((0,), (-2,)),
       more=([Real(()), ids((), 1), Real(())], [Real((3, 4)), ids((0, 2), 3), Real((2, 4))], [Real((3, 4)), ids((2, 4), 3), Real((1, 4))]), **PLAIN),
    Op("scatter.number", lambda x, i, d, v: torch.scatter(x, d, i, v), [Real((3, 4)), ids((2, 4), 3)], ((0, 1.5), (1, 2)),
       dtypes=FLOATS, **PLAIN),
    Op("scatter_add", lambda x, i, s, d: torch.scatter_add(x, d, i, s), [Real((3, 4)), ids((5, 4), 3), Real((5, 4))], ((0,),),
       more=([Real((3, 4)), ids((0, 2), 3), Real((5, 4))], [Real(()), ids((), 1), Real(())]), differs=BOOLS),
    Op("index_add", lambda x, i, s, d, a: torch.index_add(x, d, i, s, alpha=a), [X, ids((6,), 4), Real((3, 6, 5))], ((1, 1), (1, 2)), differs=BOOLS),
    Op("index_add.fraction", lambda x, i, s, d, a: torch.index_add(x, d, i, s, alpha=a), [X, ids((6,), 4), Real((3, 6, 5))], ((1, -0.5),), dtypes=FLOATS),
    Op("one_hot", F.one_hot, [ids((3, 4), 5)], ((-1,), (7,), (2,)), more=([ids((0, 2), 5)], [ids((), 5)], [ids((3,), 5, -1)]), dtypes=(torch.int64,), values=()),
    Op("nonzero", torch.nonzero, [X], more=([Real((0, 3))], [Real(())])),
    Op("masked_select", torch.masked_select, [X, Mask((3, 4, 5))], more=([X, Mask((4, 5))], [X, Mask((5,))], [Real((0, 3)), Mask((3,))], [Real((5,)), Mask((3, 5))]),
       differs={"gradient transposed": "PyTorch 1.13's gradient of a transposed tensor lands in the wrong places"}, **PLAIN),
    Op("embedding", F.embedding, [ids((3, 4), 6), Real((6, 13))],
       (LOOKUP, (-2, *LOOKUP[1:]), (9, *LOOKUP[1:])),
       more=([ids((), 6), Real((6, 3))], [ids((2, 0), 6), Real((6, 3))], [ids((7,), 6, dtype=INT32), Real((6, 3))], [ids((7,), 9, -1), Real((6, 3))],
             [Of(Real((3,)), torch.float32), Real((6, 3))], [ids((5,), 6), Real((6,))], [ids((50,), 6), Real((6, 33))])),
    Op("embedding.scaled", F.embedding, [ids((3, 4), 6), Real((6, 13))], ((3, None, 2.0, True, False), (None, None, 2.0, True, False)),
       more=([ids((2, 0), 6), Real((6, 3))], [ids((50,), 6), Real((6, 33))]),
       differs={"second": "PyTorch's second derivative forgets scale_grad_by_freq"}),
    Op("embedding.max_norm", lookup, [ids((3, 4), 6), Real((6, 13))],
       ((None, 1.5, 2.0, False, False), (1, 2.5, 1.0, False, False), (None, 1.25, 3.0, False, False), (None, 0.75, float("inf"), False, False), (None, 1.0, 0.0, False, False)),
       more=([ids((7,), 6), Real((6, 3))], [ids((7,), 6), Real((6, 24))]),
       ulp=(4, 0, 0), why="exact but where a row's numbers do not lie side by side: PyTorch takes its norm in another order"),
    Op("embedding_bag", bag, [ids((4, 3), 6), Real((6, 13))], (("sum", None), ("mean", None), ("max", None), ("sum", 2), ("mean", -1), ("max", 0)),
       more=([ids((3, 4), 6), Real((6, 3))], [ids((3, 4), 6, dtype=INT32), Real((6, 3))], [ids((2, 3), 9), Real((6, 3))]),
       differs={"second": "PyTorch has no second derivative of it"}),
    Op("embedding_bag.offsets", bag_offsets, [ids((7,), 6), Drawn(lambda dtype: torch.tensor([0, 2, 2, 5]), grad=False), Real((6, 13))],
       (("sum", None), ("mean", None), ("max", 3)), layouts=("transposed", "stepped"), differs={"second": "PyTorch has no second derivative of it"}),
    Op("embedding.sparse", lookup_dense, [ids((3, 4), 6), Real((6, 13))], ((None, None, 2.0, False, True), (3, None, 2.0, False, True)),
       differs={"second": "PyTorch has no second derivative of a sparse lookup"}, more=([ids((2, 0), 6), Real((6, 3))],)),
]
