"""Products."""
import torch
import torch.nn.functional as F

from .op import FLOATS, Op, Real
from .terms import absolutes

BLAS = "the BLAS sums a product in an order of its own, which depends on the processor"
REST = dict(ulp=(8, 16, 32), why=BLAS, of_largest=True, terms=absolutes, values=("wide", "big", "tiny", "odd"))
PAIRS = (((4, 3), (3, 5)), ((2, 4, 3), (2, 3, 5)), ((7,), (7,)), ((4, 3), (3,)), ((3,), (3, 5)), ((2, 4, 3), (3, 5)), ((4, 3), (2, 3, 5)),
         ((2, 4, 3), (3,)), ((3,), (2, 3, 5)), ((2, 1, 4, 3), (3, 3, 5)), ((5, 70), (70, 6)), ((4, 0), (0, 5)), ((0, 3), (3, 5)), ((4, 3), (4, 5)))


def of(*shapes):
    return [Real(s) for s in shapes]


OPS = [
    Op("mm", torch.mm, of((4, 3), (3, 5)), more=(of((5, 70), (70, 6)), of((4, 0), (0, 5)), of((0, 3), (3, 5)), of((4, 3), (4, 5)), of((33, 65), (65, 34))), **REST),
    Op("bmm", torch.bmm, of((2, 4, 3), (2, 3, 5)), more=(of((3, 5, 70), (3, 70, 6)), of((0, 4, 3), (0, 3, 5)), of((2, 4, 0), (2, 0, 5)), of((2, 4, 3), (3, 3, 5))), **REST),
    Op("matmul", torch.matmul, of((4, 3), (3, 5)), more=tuple(of(*pair) for pair in PAIRS), **REST),
    Op("addmm", lambda c, a, b, beta, alpha: torch.addmm(c, a, b, beta=beta, alpha=alpha), of((5,), (4, 3), (3, 5)), ((1, 1), (2, -3), (0, 1)),
       more=(of((4, 5), (4, 3), (3, 5)), of((4, 1), (4, 3), (3, 5)), of((), (4, 3), (3, 5)), of((5,), (4, 0), (0, 5))), **REST),
    Op("addmm.fraction", lambda c, a, b, beta, alpha: torch.addmm(c, a, b, beta=beta, alpha=alpha), of((5,), (4, 3), (3, 5)), ((0.5, -2.0),), dtypes=FLOATS, **REST),
    Op("mv", torch.mv, of((4, 3), (3,)), more=(of((9, 70), (70,)), of((4, 0), (0,)), of((4, 3), (4,))), **REST),
    Op("dot", torch.dot, of((7,), (7,)), more=(of((130,), (130,)), of((0,), (0,)), of((3,), (4,))), **REST),
    Op("outer", torch.outer, of((4,), (5,)), more=(of((0,), (3,)), of((33,), (2,))), **REST),
    Op("linear", F.linear, of((4, 3), (5, 3), (5,)), more=(of((2, 4, 3), (5, 3), (5,)), of((3,), (5, 3), (5,)), of((0, 3), (5, 3), (5,)), of((9, 70), (6, 70), (6,)), of((4, 3), (5, 4), (5,))), **REST),
    Op("linear.plain", F.linear, of((4, 3), (5, 3)), more=(of((2, 4, 3), (5, 3)), of((3,), (5, 3))), **REST),
]
