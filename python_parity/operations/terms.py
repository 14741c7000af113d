"""How large the terms are that a stage sums: where they cancel, sums made in two orders differ by ulps of the terms, not of what is left.

A function here takes an operation, its tensors, its numbers and the cotangents of the gradient and of the second derivative, and gives the
largest term of each stage.
"""
import torch

from .derivatives import differentiate, tensors_of


def largest(tensors):
    finite = [x.detach().abs().double() for x in tensors if x is not None]
    finite = [x[x.isfinite()] for x in finite]
    return max((x.max().item() for x in finite if x.numel()), default=0.0)


def absolutes(op, inputs, numbers, cotangents, again):
    """Of sums of products: the same of absolute values, where nothing cancels (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1)."""
    made = [x.detach().abs().requires_grad_(x.requires_grad) for x in inputs]
    results = tensors_of(op.call(*made, *(abs(n) for n in numbers)))
    drawn = iter((cotangents, again))
    found = differentiate(results, [x for x in made if x.requires_grad], bool(again), lambda tensors: [g.detach().abs() for g in next(drawn)])
    return [largest(results), largest(found.gradients), largest(found.second)]


def moments(op, inputs, numbers, cotangents, again):
    """Of layer_norm(x, weight, bias, shape, eps): weight * cotangent over the row's deviation, of which backward subtracts its mean and its part along x."""
    x, *scales, shape, eps = (*inputs, *numbers)
    rows = x.detach().double().flatten(x.dim() - len(shape))
    g = cotangents[0].detach() if cotangents else torch.zeros_like(x)
    if scales:
        g = g * scales[0].detach()
    deviation = (rows.var(-1, unbiased=False) + eps).sqrt()
    return [0.0, largest([g.double().flatten(x.dim() - len(shape)).abs().amax(-1) / deviation]) if rows.numel() else 0.0, 0.0]


def unit_lines(op, inputs, numbers, cotangents, again):
    """Of x over its p-norm along a dimension, at least eps: each derivative divides once more by the norm, and along the line the quotients cancel."""
    p, dim, eps = numbers
    norms = inputs[0].detach().double().norm(p, dim).clamp_min(eps)
    steepest = largest([1 / norms])
    g, h = largest(cotangents), largest(again)
    return [1.0, g * steepest, g * h * steepest**2]


def cosines(op, inputs, numbers, cotangents, again):
    """Of a cosine of two vectors: each derivative divides once more by a norm, and of vectors that are nearly parallel the quotients cancel."""
    pair = torch.broadcast_tensors(*(x.detach().double() for x in inputs[:2]))
    dim, eps = numbers if op.name == "cosine_similarity" else (1, 1e-6)
    norms = torch.cat([x.norm(dim=dim).flatten() for x in pair])
    steepest = largest([1 / norms[norms > eps]])
    g, h = largest(cotangents), largest(again)
    return [1.0, g * steepest, g * h * steepest**2]
