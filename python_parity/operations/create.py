"""Tensors from nothing, and random ones."""
import torch
import torch.nn.functional as F

from .op import DTYPES, FLOATS, Op, Real, name_of

NAMES = tuple(name_of(d) for d in DTYPES)
BY_NAME = dict(zip(NAMES, DTYPES))
SHAPES = ((2, 3), (), (0, 4))
ONCE = dict(dtypes=(torch.float32,), values=(), layouts=())
X = [Real((2, 3), grad=False)]


def made(name, call, forms, **rest):
    return Op(name, call, [], tuple(forms), **ONCE, **rest)


def drawn(name, make, forms):
    """The form's first number is the seed."""
    def call(seed, *numbers):
        torch.manual_seed(seed)
        return make(*numbers)
    return made(name, call, [(seed, *form) for seed, form in enumerate(forms)])


def drawn_like(name, make, inputs, forms=((),), two=False, **rest):
    def call(*arguments):
        tensors, (seed, *numbers) = arguments[:1 + two], arguments[1 + two:]
        torch.manual_seed(seed)
        return make(*tensors, *numbers)
    return Op(name, call, inputs, tuple((seed, *form) for seed, form in enumerate(forms)), **rest)


LARGE = ((2, 3), (40,), (4, 5), (0, 2), ())

OPS = [
    made("zeros", lambda s, d: torch.zeros(s, dtype=BY_NAME[d]), [(s, d) for s in SHAPES for d in NAMES]),
    made("ones", lambda s, d: torch.ones(s, dtype=BY_NAME[d]), [(s, d) for s in SHAPES for d in NAMES]),
    made("full", lambda s, v, d: torch.full(s, v, dtype=BY_NAME[d]), [((2, 3), v, d) for v in (2, -1.5, True) for d in NAMES]),
    made("full.plain", lambda s, v: torch.full(s, v), [((2,), v) for v in (2, -1.5, True)]),
    made("empty", lambda s, d: torch.empty(s, dtype=BY_NAME[d]).fill_(1), [(s, d) for s in SHAPES for d in NAMES]),
    *(Op(f"{name}_like", getattr(torch, f"{name}_like"), X, values=()) for name in ("zeros", "ones")),
    Op("full_like", torch.full_like, X, ((2,), (1.5,)), values=()),
    Op("empty_like", lambda x: torch.empty_like(x).fill_(1), X, values=()),
    made("arange", lambda a, b, s, d: torch.arange(a, b, s, dtype=BY_NAME[d]), [(*r, d) for r in ((0, 7, 1), (5, -3, -2), (0, 0, 1), (1, 0, 1)) for d in NAMES[:4]] + [(0.5, 3.0, 0.3, d) for d in NAMES[:2]]),
    made("arange.plain", lambda a, b, s: torch.arange(a, b, s), ((0, 7, 1), (0.5, 3.0, 0.3), (2, 40, 3))),
    made("arange.end", torch.arange, ((7,), (3.5,))),
    made("linspace", lambda a, b, n, d: torch.linspace(a, b, n, dtype=BY_NAME[d]), [(*r, d) for r in ((0.0, 1.0, 5), (-2.5, 7.1, 67), (3.0, 3.0, 1), (1.0, 0.0, 0), (5.3, -2.1, 16), (0.1, 1e4, 1000), (-1e-3, 7e8, 31)) for d in NAMES[:2]]),
    made("eye", lambda n, m, d: torch.eye(n, m, dtype=BY_NAME[d]), [(n, m, d) for n, m in ((3, 3), (2, 4), (0, 2)) for d in NAMES]),
    made("tensor", lambda v, d: torch.tensor(v, dtype=BY_NAME[d]), [(v, d) for v in ((1.5, -2.0, 0.1), ()) for d in NAMES]),
    drawn("rand", lambda s, d: torch.rand(s, dtype=BY_NAME[d]), [(s, d) for s in LARGE for d in NAMES[:3]]),
    drawn("randn", lambda s, d: torch.randn(s, dtype=BY_NAME[d]), [(s, d) for s in LARGE for d in NAMES[:3]]),
    drawn("randint", lambda a, b, s, d: torch.randint(a, b, s, dtype=BY_NAME[d]), [(a, b, s, d) for a, b in ((0, 10), (-5, 100), (3, 3)) for s in LARGE for d in NAMES]),
    drawn("randint.plain", lambda b, s: torch.randint(b, s), [(10, (5,)), (2**40, (5,))]),
    drawn("randperm", lambda n, d: torch.randperm(n, dtype=BY_NAME[d]), [(n, d) for n in (10, 0, 100) for d in NAMES[:4]]),
    drawn("normal", lambda m, s, shape: torch.normal(m, s, shape), [(0.5, 2.0, s) for s in LARGE]),
    drawn_like("normal.tensors", torch.normal, [Real((5, 7), grad=False), Real((5, 7), 0.1, 2.0, grad=False)], dtypes=FLOATS, values=(), two=True),
    drawn_like("multinomial", torch.multinomial, [Real((3, 6), 0.1, 1.0, grad=False)], ((4, True), (4, False), (1, False), (7, False)), values=()),
    drawn_like("rand_like", torch.rand_like, X, values=()),
    drawn_like("randn_like", torch.randn_like, X, values=()),
    drawn_like("randint_like", lambda x, a, b: torch.randint_like(x, a, b), X, ((0, 10), (-4, 4)), values=()),
    drawn_like("bernoulli", torch.bernoulli, [Real((5, 7), 0.0, 1.0)], values=()),
    drawn_like("dropout", lambda x, p, on: F.dropout(x, p, on), [Real((5, 7))], ((0.5, True), (0.1, True), (0.0, True), (1.0, True), (0.5, False), (1.5, True)),
               more=([Real((0, 3))], [Real(())], [Real((130,))]), dtypes=FLOATS),
    *(drawn_like(f"{name}_", lambda x, *n, f=name: getattr(x.clone(), f + "_")(*n), [Real((5, 7), grad=False)], forms, values=())
      for name, forms in (("uniform", ((0.0, 1.0), (-2.5, 3.0))), ("exponential", ((1.0,), (0.3,))), ("log_normal", ((0.0, 1.0),)), ("cauchy", ((0.0, 1.0),)),
                          ("geometric", ((0.4,),)), ("random", ((), (10,), (-5, 100))), ("normal", ((0.0, 1.0), (1.5, 0.02))), ("bernoulli", ((0.5,), (0.1,))))),
]
