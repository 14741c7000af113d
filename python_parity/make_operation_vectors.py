#!/usr/bin/python3
"""What PyTorch's lookups, losses, index expressions, reductions and products give, with their gradients.

    /usr/bin/python3 python_parity/make_operation_vectors.py WHICH [--seed N] > tests/data/WHICH.npz

WHICH is lookups, losses, indexing, reductions or products; N is 42 unless named. An array is called case/argument/dtype, and `made_by` holds the
command and PyTorch's version as bytes. What a case computes stands here and, under the same name, in the tests that read it.
"""
import argparse
import io
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
arrays = {}


def put(case, dtype, **tensors):
    for name, tensor in tensors.items():
        if tensor is not None:
            arrays[f"{case}/{name}/{str(dtype)[6:]}"] = tensor.detach().contiguous().numpy().copy()


def wide(shape, dtype):
    """Numbers of many sizes, so that the order of a sum shows in its bits."""
    return torch.randn(shape, dtype=dtype) * 2.0 ** torch.randint(-4, 4, shape).to(dtype)


EMBEDDINGS = {
    "plain": {},
    "padding": dict(padding_idx=-2),
    "scaled": dict(scale_grad_by_freq=True),
    "scaled_padding": dict(scale_grad_by_freq=True, padding_idx=3),
    "max_norm": dict(max_norm=1.5),
    "max_norm_1": dict(max_norm=2.5, norm_type=1.0, padding_idx=1),
    "max_norm_3": dict(max_norm=1.25, norm_type=3.0),
    "max_norm_inf": dict(max_norm=0.75, norm_type=float("inf"), scale_grad_by_freq=True),
}
SPARSE = {"sparse": {}, "sparse_padding": dict(padding_idx=3), "sparse_max_norm": dict(max_norm=1.0)}


def lookups():
    for dtype in (torch.float32, torch.float64):
        for case, options in {**EMBEDDINGS, **SPARSE}.items():
            start = wide((5, 13), dtype)
            indices = torch.randint(0, 5, (3, 4))
            g, again = wide((3, 4, 13), dtype), wide((3, 4, 13), dtype)
            weight = start.clone().requires_grad_()
            out = F.embedding(indices, weight, sparse=case in SPARSE, **options)
            out.backward(g)
            put(case, dtype, weight=start, indices=indices, g=g, out=out, after=weight)
            if case in SPARSE:
                first = weight.grad
                put(case, dtype, grad_indices=first._indices(), grad_values=first._values(), coalesced=first.coalesce().to_dense())
                F.embedding(indices.flip(0), weight, sparse=True, **options).backward(again)
                put(case, dtype, again=again, sum_indices=weight.grad._indices(), sum_values=weight.grad._values())
            else:
                put(case, dtype, grad=weight.grad)


def probabilities(shape, dtype):
    return torch.rand(shape, dtype=dtype) * 0.9 + 0.05


SHAPES = {"matrix": (70, 6), "line": (6,), "image": (3, 6, 2, 5)}


def class_arguments(shape, dtype):
    sizes = shape[:1] + shape[2:] if len(shape) > 1 else ()
    target = torch.randint(0, 6, sizes) if sizes else torch.tensor(3)
    if sizes:
        target.view(-1)[1:3] = 2
    return wide(shape, dtype), probabilities((6,), dtype), target


def binary_cases(dtype):
    x, p, q, w = wide((5, 4), dtype), probabilities((5, 4), dtype), probabilities((5, 4), dtype), probabilities((4,), dtype)
    yield "bce", (p,), (q, w), lambda a, b, c: F.binary_cross_entropy(a, b, c)
    yield "bce_plain", (p,), (q,), lambda a, b: F.binary_cross_entropy(a, b, reduction="none")
    yield "logits", (x,), (q, w, 2 * w), lambda a, b, c, d: F.binary_cross_entropy_with_logits(a, b, c, pos_weight=d)
    yield "logits_plain", (x,), (q,), lambda a, b: F.binary_cross_entropy_with_logits(a, b, reduction="sum")


def smooth_cases(dtype):
    for name, shape in SHAPES.items():
        logits, weight, target = class_arguments(shape, dtype)
        yield (f"smooth_weight_{name}", (logits,), (target, weight),
               lambda a, b, c: F.cross_entropy(a, b, c, ignore_index=2, label_smoothing=0.1))
        yield (f"smooth_{name}", (logits,), (target,),
               lambda a, b: F.cross_entropy(a, b, ignore_index=2, label_smoothing=0.3))
        share = torch.softmax(wide(shape, dtype), 0 if len(shape) == 1 else 1)
        yield (f"share_{name}", (logits, share), (weight,),
               lambda a, b, c: F.cross_entropy(a, b, c, label_smoothing=0.2))
        yield f"share_plain_{name}", (logits, share), (), lambda a, b: F.cross_entropy(a, b, reduction="none")


def loss_cases(dtype):
    """(case, arguments to differentiate, the other arguments, the loss)"""
    x, y = wide((5, 4), dtype), wide((5, 4), dtype)
    for reduction in ("mean", "sum", "none"):
        keywords = dict(reduction=reduction)
        yield f"mse_{reduction}", (x, y), (), lambda a, b, k=keywords: F.mse_loss(a, b, **k)
        yield f"l1_{reduction}", (x, y), (), lambda a, b, k=keywords: F.l1_loss(a, b, **k)
        for name, shape in SHAPES.items():
            logits, weight, target = class_arguments(shape, dtype)
            yield f"nll_{name}_{reduction}", (logits,), (target,), lambda a, b, k=keywords: F.nll_loss(a, b, **k)
            yield (f"cross_{name}_{reduction}", (logits,), (target, weight),
                   lambda a, b, c, k=keywords: F.cross_entropy(a, b, c, ignore_index=2, **k))
    yield from binary_cases(dtype)
    yield from smooth_cases(dtype)
    sign = torch.randint(0, 2, (5,)) * 2 - 1
    yield "cosine", (x, y), (sign,), lambda a, b, c: F.cosine_embedding_loss(a, b, c, margin=0.2)
    p, q = probabilities((5, 4), dtype), probabilities((5, 4), dtype)
    yield "kl", (torch.log(p), q), (), lambda a, b: F.kl_div(a, b, reduction="sum")
    yield "kl_log", (torch.log(p), torch.log(q)), (), lambda a, b: F.kl_div(a, b, reduction="none", log_target=True)
    yield "kl_batchmean", (torch.log(probabilities((5, 4), dtype)), probabilities((5, 4), dtype)), (), lambda a, b: F.kl_div(a, b, reduction="batchmean")
    yield "cosine_similarity", (wide((5, 4), dtype), wide((5, 4), dtype)), (), lambda a, b: F.cosine_similarity(a, b)
    yield "layer_norm", (wide((5, 4, 3), dtype), wide((4, 3), dtype), wide((4, 3), dtype)), (), lambda a, b, c: F.layer_norm(a, (4, 3), b, c)
    yield "linear", (wide((5, 4), dtype), wide((3, 4), dtype), wide((3,), dtype)), (), lambda a, b, c: F.linear(a, b, c)
    yield "linear_3d", (wide((2, 5, 4), dtype), wide((3, 4), dtype), wide((3,), dtype)), (), lambda a, b, c: F.linear(a, b, c)


def losses():
    for dtype in (torch.float32, torch.float64):
        for case, leaves, others, loss in loss_cases(dtype):
            leaves = [x.clone().requires_grad_() for x in leaves]
            out = loss(*leaves, *others)
            g = wide(out.shape, dtype)
            grads = torch.autograd.grad(out, leaves, g)
            tensors = {str(i): x for i, x in enumerate((*leaves, *others))}
            put(case, dtype, **tensors, g=g, out=out, **{f"grad{i}": d for i, d in enumerate(grads)})


MASK = torch.tensor([[True, False, True], [False, False, True]])
INDEXING = {
    "tensors": lambda x: x[torch.tensor([[0], [1]]), torch.tensor([1, -1, 1])],
    "apart": lambda x: x[torch.tensor([0, 1, 0]), :, torch.tensor([-1, 1, 1])],
    "behind": lambda x: x[..., torch.tensor([[0, 0], [2, 3]])],
    "middle": lambda x: x[:, torch.tensor([0, 2, 2])],
    "number": lambda x: x[0, :, torch.tensor([1, 1])],
    "number_between": lambda x: x[torch.tensor([1, 0]), 1, torch.tensor([[1], [3]])],
    "none": lambda x: x[None, torch.tensor([1, 1]), ..., None],
    "none_between": lambda x: x[torch.tensor([1, 1]), None, torch.tensor([2, 0])],
    "mask": lambda x: x[MASK],
    "mask_tensor": lambda x: x[MASK, torch.tensor([0, 3, 3])],
    "mask_behind": lambda x: x[1, :, torch.tensor([True, False, False, True])],
    "scalar_tensor": lambda x: x[torch.tensor(1), ::2],
    "true": lambda x: x[torch.tensor(True)],
    "steps": lambda x: x[-1, ..., None, 1::2],
    "flip": lambda x: x.flip(0, -1),
    "repeat": lambda x: x.repeat(2, 1, 3, 2),
    "stack": lambda x: torch.stack([x[0], x[1]], -1),
    "cat": lambda x: torch.cat([x, x[:, :1]], 1),
    "chunk": lambda x: x.chunk(3, -1)[1],
}


def indexing():
    dtype = torch.float64
    for case, f in INDEXING.items():
        x = wide((2, 3, 4), dtype).requires_grad_()
        out = f(x)
        g = wide(out.shape, dtype)
        put(case, dtype, x=x, g=g, out=out, grad=torch.autograd.grad(out, x, g)[0])
        if case not in ("flip", "repeat", "stack", "cat", "chunk"):
            y = x.detach().clone()
            parts = {"tensors": (torch.tensor([[0], [1]]), torch.tensor([1, -1, 0])),
                     "apart": (torch.tensor([0, 1, 0]), slice(None), torch.tensor([-1, 1, 1])), "mask": MASK}
            if case in parts:
                value = wide(y[parts[case]].shape[-1:], dtype)
                y[parts[case]] = value
                put(case, dtype, value=value, put=y)


def samples(dtype):
    """Numbers of many sizes, ties and zeros, zeros alone, and what is not finite."""
    odd = wide((4, 3, 4), dtype)
    odd[0, :, 0] = float("-inf")
    odd[1, 1, 1] = float("inf")
    odd[2, :, 2] = float("nan")
    odd[3, 0, 3] = float("inf")
    odd[3, 1, 3] = float("inf")
    yield "wide", wide((4, 3, 4), dtype)
    yield "ties", torch.randint(-2, 3, (4, 3, 4)).to(dtype)
    yield "zeros", torch.zeros((4, 3, 4), dtype=dtype)
    yield "odd", odd


NORMS = {"0": 0.0, "half": 0.5, "1": 1.0, "2": 2.0, "3": 3.0, "inf": float("inf"), "-inf": float("-inf")}
REDUCTIONS = {
    "sum": lambda x: x.sum(), "sum_1": lambda x: x.sum(1), "sum_02": lambda x: x.sum((0, 2), keepdim=True),
    "mean": lambda x: x.mean(), "mean_1": lambda x: x.mean(1), "mean_02": lambda x: x.mean((0, -1)),
    "prod": lambda x: x.prod(), "prod_1": lambda x: x.prod(1),
    "var": lambda x: x.var(), "var_1": lambda x: x.var(1, unbiased=False), "var_02": lambda x: x.var((0, 2), keepdim=True),
    "std": lambda x: x.std(), "std_1": lambda x: x.std(1), "std_02": lambda x: x.std((0, 2), unbiased=False),
    "max": lambda x: x.max(), "max_1": lambda x: x.max(1), "min": lambda x: x.min(), "min_1": lambda x: x.min(1, keepdim=True),
    "amax": lambda x: x.amax(), "amax_02": lambda x: x.amax((0, 2)), "amin_1": lambda x: x.amin(1),
    "cumsum": lambda x: x.cumsum(1), "logsumexp": lambda x: x.logsumexp(1),
    "softmax": lambda x: x.softmax(1), "softmax_2": lambda x: x.softmax(-1), "log_softmax": lambda x: x.log_softmax(1),
    "sort": lambda x: torch.sort(x, dim=1, stable=True), "sort_down": lambda x: torch.sort(x, dim=2, descending=True, stable=True),
    **{f"norm_{name}": lambda x, p=p: x.norm(p) for name, p in NORMS.items()},
    **{f"norm_{name}_1": lambda x, p=p: x.norm(p, 1) for name, p in NORMS.items()},
}
POSITIONS = {
    "argmax": lambda x: x.argmax(), "argmax_1": lambda x: x.argmax(1), "argmin": lambda x: x.argmin(), "argmin_2": lambda x: x.argmin(2),
    "any": lambda x: x.any(), "any_1": lambda x: x.any(1), "all": lambda x: x.all(), "all_1": lambda x: x.all(1),
}


def gradient(out, leaf, g):
    """PyTorch leaves the 0-norm's gradient out: it is zero."""
    result = torch.autograd.grad(out, leaf, g, allow_unused=True)[0]
    return torch.zeros_like(leaf) if result is None else result


def reductions():
    for dtype in (torch.float32, torch.float64):
        for sample, x in samples(dtype):
            put(f"sample-{sample}", dtype, x=x)
            for case, f in REDUCTIONS.items():
                leaf = x.clone().requires_grad_()
                result = f(leaf)
                out, indices = result if isinstance(result, tuple) else (result, None)
                g = wide(out.shape, dtype)
                put(f"{case}-{sample}", dtype, g=g, out=out, indices=indices, grad=gradient(out, leaf, g))
            for case, f in POSITIONS.items():
                put(f"{case}-{sample}", dtype, out=f(x))


PRODUCTS = {
    "mm": ((4, 3), (3, 5)), "bmm": ((2, 4, 3), (2, 3, 5)), "vv": ((7,), (7,)), "mv": ((4, 3), (3,)), "vm": ((3,), (3, 5)),
    "stack_matrix": ((2, 4, 3), (3, 5)), "matrix_stack": ((4, 3), (2, 3, 5)), "stack_vector": ((2, 4, 3), (3,)),
    "vector_stack": ((3,), (2, 3, 5)), "stacks": ((2, 1, 4, 3), (3, 3, 5)), "long": ((5, 70), (70, 6)), "none": ((4, 0), (0, 5)),
}


def products():
    for dtype in (torch.float32, torch.float64):
        for case, (left, right) in PRODUCTS.items():
            a, b = wide(left, dtype).requires_grad_(), wide(right, dtype).requires_grad_()
            out = a @ b
            g = wide(out.shape, dtype)
            put(case, dtype, a=a, b=b, g=g, out=out, **dict(zip(("grad_a", "grad_b"), torch.autograd.grad(out, (a, b), g))))
        c, a, b = (wide(s, dtype).requires_grad_() for s in ((5,), (4, 3), (3, 5)))
        out = torch.addmm(c, a, b, beta=0.5, alpha=-2)
        g = wide(out.shape, dtype)
        grads = dict(zip(("grad_c", "grad_a", "grad_b"), torch.autograd.grad(out, (c, a, b), g)))
        put("addmm", dtype, c=c, a=a, b=b, g=g, out=out, **grads)


def main():
    parser = argparse.ArgumentParser(description="dumps of operations")
    parser.add_argument("which", choices=("lookups", "losses", "indexing", "reductions", "products"))
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    globals()[options.which]()
    command = f"python_parity/make_operation_vectors.py {options.which} --seed {options.seed}; PyTorch {torch.__version__}"
    arrays["made_by"] = np.frombuffer(command.encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    sys.stdout.buffer.write(buffer.getvalue())


main()
