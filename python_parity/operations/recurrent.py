"""Recurrent layers."""
import dataclasses

import torch

from .op import FLOATS, Op, Real

WHY = "the BLAS sums a product in an order of its own; the input's part and the biases come to the sum in another one"


def weights(features, hidden, biases=True, projected=None):
    width = projected or hidden
    return ([Real((4 * hidden, features)), Real((4 * hidden, width))] + [Real((4 * hidden,)), Real((4 * hidden,))] * biases
            + [Real((projected, hidden))] * (projected is not None))


def tame(inputs):
    """The same in no sample of extreme values: a gate whose terms are of hundreds and cancel has no more than their rounding, and each step
    multiplies it."""
    return [dataclasses.replace(x, tame=True) for x in inputs]


def lstm(*args):
    x, h, c, *rest = args
    return torch.lstm(x, (h, c), rest[:-6], *rest[-6:])


def lstm_cell(x, h, c, *weights):
    return torch.lstm_cell(x, (h, c), *weights)


REST = dict(dtypes=FLOATS, ulp=(32, 128, 256), why=WHY, of_largest=True, values=("wide", "tiny"), layouts=("transposed", "stepped"),
            differs={"second wide": "a gate whose terms are of hundreds and cancel has no more than their rounding"})
STATE = [Real((1, 2, 2)), Real((1, 2, 2))]
LONG = tame([Real((7, 3, 5)), Real((1, 3, 19)), Real((1, 3, 19)), *weights(5, 19)])
SHORT = [Real((1, 2, 3)), *STATE, *weights(3, 2)]
BAD = [Real((3, 2, 4)), *STATE, *weights(3, 2)]
SIDES = [w for features in (2, 2, 2, 2) for w in weights(features, 1)]

OPS = [
    Op("lstm", lstm, [Real((3, 2, 3)), *STATE, *weights(3, 2)], ((True, 1, 0.0, False, False, False),), more=(LONG, SHORT, BAD), **REST),
    Op("lstm.plain", lstm, [Real((3, 2, 3)), *STATE, *weights(3, 2, False)], ((False, 1, 0.0, False, False, False),), **REST),
    Op("lstm.projected", lstm, [Real((3, 2, 2)), Real((1, 2, 2)), Real((1, 2, 3)), *weights(2, 3, True, 2)], ((True, 1, 0.0, False, False, False),), **REST),
    Op("lstm.sides", lstm, [Real((3, 2, 2)), Real((4, 3, 1)), Real((4, 3, 1)), *SIDES], ((True, 2, 0.0, False, True, True),), **REST),
    Op("lstm_cell", lstm_cell, [Real((3, 2)), Real((3, 2)), Real((3, 2)), *weights(2, 2)],
       more=(tame([Real((4, 5)), Real((4, 19)), Real((4, 19)), *weights(5, 19)]), [Real((3, 3)), Real((3, 2)), Real((3, 2)), *weights(2, 2)]), **REST),
    Op("lstm_cell.plain", lstm_cell, [Real((3, 2)), Real((3, 2)), Real((3, 2)), *weights(2, 2, False)], **REST),
]
