"""Operations element by element."""
import operator

import torch
import torch.nn.functional as F

from .op import DTYPES, FLOATS, SIGN, Drawn, Mask, Of, Op, Real

A, B = Real((3, 5)), Real((3, 5))
LINE = (67,)
ONE_MORE = ([Real(())], [Real((0, 3))], [Real(LINE)])
TWO_MORE = ([Real((3, 5)), Real((5,))], [Real((2, 1, 3)), Real((4, 1))], [Real(()), Real((5,))], [Real((5,)), Real(())],
            [Real(()), Real(())], [Real((0, 3)), Real((3,))], [Real(LINE), Real(LINE)])
FUNCTION, VALUE = (4, 8, 16), (4, 0, 0)  # the second's gradient does not use the function itself
SLEEF = "PyTorch's vector library and Taper's each round within an ulp of the true value, not always to the same side"


def one(name, call, inputs=None, **rest):
    inputs = inputs or [A]
    first = inputs[0]
    more = tuple([Real(x[0].shape, first.low, first.high)] for x in ONE_MORE)
    return Op(name, call, inputs, more=more, **rest)


def two(name, call, inputs=(A, B), **rest):
    low, high = inputs[1].low, inputs[1].high
    more = tuple([Real(x.shape, inputs[0].low, inputs[0].high), Real(y.shape, low, high)] for x, y in TWO_MORE)
    mixed = tuple([Of(Real(s), a), Of(Real(t), b)] for s, t in (((3,), (3,)), ((3,), ())) for a in DTYPES for b in DTYPES if a != b)
    return Op(name, call, list(inputs), more=more + mixed, **rest)


ODD = "beside infinities and NaN the two place NaN differently"
MIXED = {f"gradient {a}[3] {b}[3]": "Taper keeps a float64 operand's digits longer" for a, b in (("float32", "float64"), ("float64", "float32"))}
ORDER = dict(ulp=(0, 0, 8), why="the second derivative multiplies in another order")
ZERO = "of 0 and -0 PyTorch takes the one or the other, by where they stand in a vector"
LERP = dict(ulp=(2, 0, 8), why="PyTorch fuses a product and a sum in vectors, not everywhere")
POSITIVE = [Real((3, 5), 0.1, 4.0)]
NUMBERS = ((2,), (-1.5,), (True,), (0.1,))



def truth(f):
    return lambda *x: torch.tensor(f(*x))


UNARY = [
    one("neg", torch.neg),
    one("operator-.one", operator.neg),
    one("square", torch.square),
    one("abs", torch.abs, differs=SIGN),
    one("sign", torch.sign),
    one("reciprocal", torch.reciprocal),
    one("sqrt", torch.sqrt, POSITIVE),
    one("rsqrt", torch.rsqrt, POSITIVE),
    one("exp", torch.exp, ulp=FUNCTION, why=SLEEF),
    one("expm1", torch.expm1, ulp=FUNCTION, why=SLEEF),
    one("log", torch.log, POSITIVE, ulp=VALUE, why=SLEEF),
    one("log1p", torch.log1p, [Real((3, 5), -0.9, 4.0)], ulp=VALUE, why=SLEEF),
    one("sin", torch.sin, ulp=FUNCTION, why=SLEEF),
    one("cos", torch.cos, ulp=FUNCTION, why=SLEEF),
    one("tanh", torch.tanh, ulp=FUNCTION, why=SLEEF),
    one("sigmoid", torch.sigmoid, ulp=FUNCTION, why=SLEEF),
    one("relu", torch.relu),
    one("erf", torch.erf, ulp=FUNCTION, why=SLEEF),
    one("gelu", lambda x, approximate: F.gelu(x, approximate=approximate), forms=(("none",), ("tanh",)), ulp=FUNCTION, why=SLEEF, of_largest=True,
        differs={"gradient large": "where the density underflows PyTorch multiplies its 0 by infinity"}),
    one("silu", F.silu, ulp=FUNCTION, why=SLEEF),
    one("softplus", F.softplus, forms=((1.0, 20.0), (2.0, 1.1)), ulp=FUNCTION, why=SLEEF),
    one("logsigmoid", F.logsigmoid, ulp=FUNCTION, why=SLEEF),
    one("erfinv", torch.erfinv, [Real((3, 5), -0.95, 0.95)], ulp=FUNCTION, why=SLEEF),
    one("clamp", torch.clamp, forms=((-0.4, None), (None, 0.6), (-0.4, 0.6), (1.5, -1.5))),
    one("isnan", torch.isnan),
    one("logical_not", torch.logical_not),
    one("operator~", operator.invert),
]

BINARY = [
    two("add", torch.add),
    two("sub", torch.sub),
    two("mul", torch.mul),
    two("div", torch.div, **ORDER),
    two("operator+", operator.add),
    two("operator-", operator.sub),
    two("operator*", operator.mul),
    two("operator/", operator.truediv, **ORDER),
    two("maximum", torch.maximum, ulp=(1, 0, 0), why=ZERO),
    two("minimum", torch.minimum, ulp=(1, 0, 0), why=ZERO),
    two("pow.tensors", torch.pow, (Real((3, 5), 0.1, 3.0), Real((3, 5), -2.0, 3.0)), ulp=FUNCTION, why=SLEEF,
        differs={"gradient int": "PyTorch takes the logarithm of an integer base in float32", "second odd": ODD, "second infinite": ODD}),
    *(two(name, getattr(torch, name)) for name in ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or")),
    *(two(f"operator{sign}", call) for sign, call in (("==", operator.eq), ("!=", operator.ne), ("<", operator.lt), ("<=", operator.le),
                                                       (">", operator.gt), (">=", operator.ge), ("&", operator.and_), ("|", operator.or_))),
]

CLOSE = [
    Op(name, call, [A, B], more=([A, Real((5,))], [Real((0, 3)), Real((3,))], [A, Drawn(lambda dtype: torch.zeros(2, dtype=dtype), grad=False)]))
    for name, call in (("isclose", torch.isclose), ("allclose", truth(torch.allclose)), ("equal", truth(torch.equal)))
]

WITH_NUMBERS = [
    *(one(f"operator{sign}.number", call, forms=NUMBERS) for sign, call in
      (("+", operator.add), ("-", operator.sub), ("*", operator.mul), ("/", operator.truediv), ("==", operator.eq), ("!=", operator.ne),
       ("<", operator.lt), ("<=", operator.le), (">", operator.gt), (">=", operator.ge))),
    *(one(f"operator{sign}.to_number", lambda x, a, f=call: f(a, x), forms=NUMBERS) for sign, call in
      (("+", operator.add), ("-", operator.sub), ("*", operator.mul), ("/", operator.truediv))),
    one("pow.number", torch.pow, forms=((2,), (3,), (0,), (1,), (-1,), (-2,), (0.5,), (2.5,), (-0.5,)), ulp=(4, 4, 8), why=SLEEF),
    one("pow.of_number", lambda x, a: torch.pow(a, x), [Real((3, 5), -2.0, 3.0)], forms=((2,), (0.5,), (1,), (0,)), ulp=FUNCTION, why=SLEEF),
]

IN_PLACE = [
    *(two(f"{name}_", lambda a, b, f=name: getattr(a.clone(), f + "_")(b), differs=MIXED, **ORDER) for name in ("add", "sub", "mul", "div")),
    *(one(f"{name}_.number", lambda a, b, f=name: getattr(a.clone(), f + "_")(b), forms=NUMBERS[:3]) for name in ("add", "sub", "mul", "div")),
    one("pow_", lambda x, p: x.clone().pow_(p), forms=((2,), (3,))),
    *(one(f"{name}_", lambda x, f=name: getattr(x.clone(), f + "_")()) for name in ("neg", "relu")),
    one("abs_", lambda x: x.clone().abs_(), differs=SIGN),
    one("sqrt_", lambda x: x.clone().sqrt_(), POSITIVE),
    *(one(f"{name}_", lambda x, f=name: getattr(x.clone(), f + "_")(), ulp=FUNCTION, why=SLEEF) for name in ("exp", "tanh", "sigmoid")),
    one("log_", lambda x: x.clone().log_(), POSITIVE, ulp=VALUE, why=SLEEF),
    one("clamp_", lambda x, a, b: x.clone().clamp_(a, b), forms=((-0.4, 0.6), (None, 0.5))),
    one("zero_", lambda x: x.clone().zero_()),
    one("fill_", lambda x, a: x.clone().fill_(a), forms=((3,), (0.5,))),
    two("copy_", lambda a, b: a.clone().copy_(b)),
    Op("masked_fill_", lambda x, m, v: x.clone().masked_fill_(m, v), [A, Mask((3, 5))], ((2,),)),
]

CHOICES = [
    Op("where", torch.where, [Mask((3, 5)), A, B], more=([Mask((3, 5)), Real((5,)), Real((3, 1))], [Mask((5,)), Real((3, 1)), Real(())],
                                                         [Mask(()), Real((2,)), Real((2,))], [Mask((0, 3)), Real((3,)), Real((1, 3))])),
    Op("where.tensor_number", torch.where, [Mask((3, 5)), A], ((0.5,), (2,))),
    Op("where.number_tensor", lambda m, x, a: torch.where(m, a, x), [Mask((3, 5)), A], ((0.5,), (2,))),
    Op("masked_fill", torch.masked_fill, [A, Mask((3, 5))], ((0.5,), (float("-inf"),)), dtypes=FLOATS,
       more=([A, Mask((5,))], [Real((5,)), Mask((3, 5))], [Real(()), Mask((3,))], [Real((0, 3)), Mask((3,))])),
    Op("masked_fill.whole", torch.masked_fill, [A, Mask((3, 5))], ((2,),)),
    Op("lerp.number", torch.lerp, [A, B], ((0.3,), (0.5,), (0.8,), (2,)), more=TWO_MORE, **LERP),
    Op("lerp.tensor", torch.lerp, [A, B, Real((3, 5))], more=([A, Real((5,)), Real((3, 1))], [Real((3,)), Real((2, 1)), Real(())],
                                                              [Real((0, 3)), Real((3,)), Real(())]), **LERP),
]

OPS = [*UNARY, *BINARY, *CLOSE, *WITH_NUMBERS, *IN_PLACE, *CHOICES]
