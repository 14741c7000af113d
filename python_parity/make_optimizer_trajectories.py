"""Where PyTorch's optimizers take parameters in fifty steps, to the bit.

Usage: python3 python_parity/make_optimizer_trajectories.py [--seed N] > tests/data/trajectories.txt   (PyTorch 1.13)
A line is: optimizer dtype offset options... = FNV-1a hash of all parameters' bytes after each step of RECORDED. The options
are those of KEYWORDS, in that order. All numbers come from values() and hashes() of seeds above the offset, which N gives.
Dense lines have three parameters: 13 x 7 and 5 in the first group, 3 x 4 in the second, whose learning rate is a quarter;
the second has no gradient at steps 3 and 20 to 24, the third none before step 7; the first group's rate is halved before
step 5 and tripled before step 26. Sparse lines ("SGD/sparse") have one table, whose rows, columns and entries end the
options; no gradient at step 3, for SGD an empty one at step 4 (PyTorch's others fail on it), and otherwise rows in any order
with duplicates.
"""
import argparse
import itertools

import torch

from kernel_values import NAMES, hashes, values

STEPS = 50
RECORDED = (1, 2, 4, 25, 50)
SHAPES = ((13, 7), (5,), (3, 4))
BETAS = ((0.9, 0.999), (0.5, 0.0), (0.7, 0.95))
FLAGS = (False, True)
KEYWORDS = {
    "SGD": "lr momentum dampening weight_decay nesterov maximize",
    "Adam": "lr betas eps weight_decay amsgrad maximize",
    "AdamW": "lr betas eps weight_decay amsgrad maximize",
    "Adagrad": "lr lr_decay weight_decay initial_accumulator_value eps maximize",
    "RMSprop": "lr alpha eps weight_decay momentum centered maximize",
    "Adadelta": "lr rho eps weight_decay maximize",
    "Adamax": "lr betas eps weight_decay maximize",
    "NAdam": "lr betas eps weight_decay momentum_decay",
    "RAdam": "lr betas eps weight_decay",
    "SparseAdam": "lr betas eps maximize",
}
DENSE = {
    "SGD": dict(lr=(0.03,), momentum=(0, 0.9), dampening=(0, 0.3), weight_decay=(0, 0.013), nesterov=FLAGS, maximize=FLAGS),
    "Adam": dict(lr=(0.02,), betas=BETAS, eps=(1e-8, 0.01), weight_decay=(0, 0.013), amsgrad=FLAGS, maximize=FLAGS),
    "AdamW": dict(lr=(0.02,), betas=BETAS, eps=(1e-7,), weight_decay=(0, 0.3), amsgrad=FLAGS, maximize=FLAGS),
    "Adagrad": dict(lr=(0.05,), lr_decay=(0, 0.1), weight_decay=(0, 0.013), initial_accumulator_value=(0, 0.25),
                    eps=(1e-9,), maximize=FLAGS),
    "RMSprop": dict(lr=(0.02,), alpha=(0.99, 0.6), eps=(1e-8,), weight_decay=(0, 0.013), momentum=(0, 0.8),
                    centered=FLAGS, maximize=FLAGS),
    "Adadelta": dict(lr=(0.3,), rho=(0.9, 0.5), eps=(1e-6, 0.01), weight_decay=(0, 0.013), maximize=FLAGS),
    "Adamax": dict(lr=(0.02,), betas=BETAS, eps=(1e-5,), weight_decay=(0, 0.013), maximize=FLAGS),
    "NAdam": dict(lr=(0.02,), betas=BETAS, eps=(1e-5,), weight_decay=(0, 0.013), momentum_decay=(4e-3, 0.1)),
    "RAdam": dict(lr=(0.02,), betas=((0.9, 0.999), (0.5, 0.6), (0.7, 0.95)), eps=(1e-8, 0.01), weight_decay=(0, 0.013)),
}
SPARSE = {
    "SGD": dict(lr=(0.03,), momentum=(0, 0.9), dampening=(0, 0.3), weight_decay=(0,), nesterov=FLAGS, maximize=FLAGS),
    "Adagrad": dict(lr=(0.05,), lr_decay=(0, 0.1), weight_decay=(0,), initial_accumulator_value=(0, 0.25), eps=(1e-10,),
                    maximize=FLAGS),
    "SparseAdam": dict(lr=(0.02,), betas=BETAS[:2], eps=(1e-8, 0.01), maximize=FLAGS),
}
TABLES = ((9, 5, 4), (6, 3, 60), (50, 1, 40), (40, 17, 25))


def fnv1a(tensors):
    result = 0xCBF29CE484222325
    for tensor in tensors:
        for byte in tensor.detach().contiguous().numpy().tobytes():
            result = (result ^ byte) * 0x100000001B3 % 2**64
    return format(result, "x")


def settings(name, table):
    """All combinations of the options that PyTorch takes, each as a dict in the order of KEYWORDS."""
    names = KEYWORDS[name].split()
    for chosen in itertools.product(*(table[name][key] for key in names)):
        options = dict(zip(names, chosen))
        momentum, dampening, nesterov = (options.get(key) for key in ("momentum", "dampening", "nesterov"))
        if name == "SGD" and ((nesterov or dampening) and not momentum or nesterov and dampening):
            continue
        yield options


def flat(options):
    return [float(x) for value in options.values() for x in (value if isinstance(value, tuple) else (value,))]


def line(what, dtype, numbers, words):
    print(what, NAMES[dtype], OFFSET, *numbers, "=", *words)


def lacks_gradient(t, i):
    return i == 1 and (t == 3 or 20 <= t < 25) or i == 2 and t < 7


def dense(name, dtype, options):
    params = [torch.nn.Parameter(values(OFFSET + 10 + i, shape, dtype)) for i, shape in enumerate(SHAPES)]
    groups = [{"params": params[:2]}, {"params": params[2:], "lr": options["lr"] / 4}]
    optimizer = getattr(torch.optim, name)(groups, **options)
    words = []
    for t in range(1, STEPS + 1):
        for i, p in enumerate(params):
            p.grad = None if lacks_gradient(t, i) else values(OFFSET + 100 * t + i, p.shape, dtype)
        optimizer.param_groups[0]["lr"] *= {5: 0.5, 26: 3}.get(t, 1)
        optimizer.step()
        if t in RECORDED:
            words.append(fnv1a(params))
    line(name, dtype, flat(options), words)


def sparse(name, dtype, options, rows, dim, entries):
    table = torch.nn.Parameter(values(OFFSET + 10, (rows, dim), dtype))
    optimizer = getattr(torch.optim, name)([table], **options)
    words = []
    for t in range(1, STEPS + 1):
        count = 0 if t == 4 and name == "SGD" else entries
        named = torch.from_numpy((hashes(OFFSET + 200 + t, count) % rows).astype("int64"))
        gradient = torch.sparse_coo_tensor(named[None], values(OFFSET + 100 * t, (count, dim), dtype), (rows, dim))
        table.grad = None if t == 3 else gradient
        optimizer.step()
        if t in RECORDED:
            words.append(fnv1a([table]))
    line(f"{name}/sparse", dtype, [*flat(options), rows, dim, entries], words)


def main():
    print(f"# PyTorch {torch.__version__}: python3 python_parity/make_optimizer_trajectories.py --seed {SEED}")
    for dtype in NAMES:
        for name in DENSE:
            for options in settings(name, DENSE):
                dense(name, dtype, options)
        for name in SPARSE:
            for options, table in itertools.product(settings(name, SPARSE), TABLES):
                sparse(name, dtype, options, *table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=42)
    SEED = parser.parse_args().seed
    OFFSET = SEED % 1009 * 10000
    main()
