"""Views, joins, copies and conversions."""
import torch

from .op import DTYPES, Op, Real, name_of

X = [Real((2, 3, 4))]
CUBE = ([Real((0, 3, 4))], [Real((2, 1, 4))])
PLAIN = dict(values=("odd",))
BY_NAME = {name_of(dtype): dtype for dtype in DTYPES}

OPS = [
    Op("view", lambda x, s: x.view(s), X, (((6, 4),), ((-1,),), ((2, 1, 12),), ((5, -1),)), **PLAIN),
    Op("reshape", torch.reshape, X, (((6, 4),), ((-1,),), ((4, 3, 2),), ((5, -1),)), **PLAIN),
    Op("transpose", torch.transpose, X, ((0, 1), (-1, 0), (1, 1), (0, 3)), CUBE, **PLAIN),
    Op("permute", torch.permute, X, (((2, 0, 1),), ((-1, 1, 0),), ((0, 0, 1),)), CUBE, **PLAIN),
    Op("t", torch.t, [Real((2, 3))], more=([Real((3,))], [Real(())], [Real((0, 3))], [Real((2, 3, 4))]), **PLAIN),
    Op("squeeze", torch.squeeze, [Real((1, 3, 1, 2))], more=([Real(())], [Real((1, 0))], [Real((1, 1))]), **PLAIN),
    Op("squeeze.dim", torch.squeeze, [Real((1, 3, 1, 2))], ((0,), (1,), (-2,), (4,)), **PLAIN),
    Op("unsqueeze", torch.unsqueeze, X, ((0,), (-1,), (2,), (5,)), CUBE + ([Real(())],), **PLAIN),
    Op("expand", lambda x, s: x.expand(s), [Real((3, 1))], (((3, 4),), ((2, -1, 4),), ((2, 3, 0),), ((2, 4),)), ([Real((1, 1))],), **PLAIN),
    Op("expand_as", lambda x, y: x.expand_as(y), [Real((3, 1)), Real((2, 3, 4), grad=False)], **PLAIN),
    Op("flatten", torch.flatten, X, ((0, -1), (1, 2), (0, 1), (2, 1)), CUBE + ([Real(())],), **PLAIN),
    Op("narrow", torch.narrow, X, ((1, 0, 2), (2, -3, 2), (0, 2, 0), (1, 2, 2)), CUBE[:1], **PLAIN),
    Op("select", torch.select, X, ((0, 1), (-1, -2), (1, 3)), **PLAIN),
    Op("slice", lambda x, d, a, b, s: x[(slice(None),) * (d % x.dim()) + (slice(a, b, s),)], X,
       ((1, 0, 2, 1), (2, 1, None, 2), (-1, None, -1, 1), (0, 5, 9, 1), (2, -100, 100, 3)), **PLAIN),
    Op("split", torch.split, X, ((2, -1), (3, 2), (1, 0)), CUBE, **PLAIN),
    Op("split.sizes", lambda x, s, d: torch.split(x, list(s), d), X, (((1, 3), -1), ((0, 3), 1), ((1, 1), 1)), **PLAIN),
    Op("chunk", torch.chunk, X, ((3, -1), (2, 1), (5, 0)), CUBE, **PLAIN),
    Op("unbind", torch.unbind, X, ((0,), (-1,), (3,)), CUBE, **PLAIN),
    Op("cat", lambda *a: torch.cat(a[:-1], a[-1]), [Real((2, 3)), Real((2, 3))], ((0,), (-1,)),
       more=([Real((2, 3)), Real((0, 3)), Real((2, 3))], [Real((0,)), Real((2, 3))], [Real((2, 3)), Real((3, 2))], [Real((5,))]), **PLAIN),
    Op("stack", lambda *a: torch.stack(a[:-1], a[-1]), [Real((2, 3)), Real((2, 3)), Real((2, 3))], ((0,), (-1,), (1,)),
       more=([Real(()), Real(())], [Real((0, 3)), Real((0, 3))], [Real((2, 3)), Real((2, 4))]), **PLAIN),
    Op("flip", torch.flip, X, (((0, -1),), ((1,),), ((),), ((0, 0),)), CUBE, **PLAIN),
    Op("repeat", lambda x, r: x.repeat(r), X, (((2, 1, 3, 2),), ((1, 2, 0),), ((2, 1),)), CUBE, **PLAIN),
    Op("clone", torch.clone, X, more=CUBE, **PLAIN),
    Op("contiguous", lambda x: x.contiguous(), X, more=CUBE, **PLAIN),
    Op("to", lambda x, d: x.to(BY_NAME[d]), X, tuple((d,) for d in BY_NAME), more=CUBE, values=("wide",)),
]
