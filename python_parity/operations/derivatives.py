"""Gradients and second derivatives of what an operation gave, with the cotangents that they were taken with."""
import dataclasses

import torch


def tensors_of(result):
    return [result] if isinstance(result, torch.Tensor) else list(result)


def drawn(tensors):
    """Cotangents of normal numbers."""
    return [torch.randn(x.shape, dtype=x.dtype) for x in tensors]


@dataclasses.dataclass
class Derivatives:
    cotangents: list = ()
    gradients: list = ()
    again: list = ()      # the cotangents of the gradients that can be differentiated
    which: list = ()      # which gradients these are
    second: list = ()
    fails: str = ""       # why PyTorch's own backward threw


def differentiate(outputs, leaves, second, draw=drawn):
    """By the leaves, and where `second` says so by the leaves and cotangents again; `draw` makes the cotangents of some tensors."""
    found = Derivatives()
    roots = [x for x in outputs if x.requires_grad]
    if not roots:
        return found
    gs = [g.requires_grad_() for g in draw(roots)]
    try:
        grads = torch.autograd.grad(roots, leaves, gs, create_graph=second, allow_unused=True)
    except RuntimeError as error:
        found.fails = str(error).split("\n")[0]
        return found
    grads = [x.to_dense() if x is not None and x.is_sparse else x for x in grads]
    found.cotangents, found.gradients = gs, grads
    which = [i for i, g in enumerate(grads) if g is not None and g.requires_grad]
    if not second or not which:
        return found
    hs = draw([grads[i] for i in which])
    try:
        found.second = torch.autograd.grad([grads[i] for i in which], leaves + gs, hs, allow_unused=True)
    except RuntimeError:  # PyTorch has no second derivative of it
        return found
    found.again, found.which = hs, which
    return found
