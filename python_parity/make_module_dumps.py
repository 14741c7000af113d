"""What PyTorch's modules compute from one seed, as an .npz on standard output.

Usage: /usr/bin/python3 python_parity/make_module_dumps.py embedding|linear|lstm [--seed N] > tests/data/NAME.npz

`about` holds this command and PyTorch's version as bytes of text, `seed` the seed. tests/parity/ does the same from the
same seed, so that nothing but results has to be stored.
"""
import argparse
import io
import sys

import numpy as np
import torch
from torch import nn

DTYPES = {"float32": torch.float32, "float64": torch.float64}
ROWS, DIM = 20, 5

# Case number, name, options of nn.Embedding; the seed of a case is the dump's seed plus its number.
EMBEDDINGS = [
    ("plain", {}),
    ("padding_idx", {"padding_idx": 3}),
    ("max_norm", {"max_norm": 1.5}),
    ("max_norm_1", {"max_norm": 2.5, "norm_type": 1.0}),
    ("scale_grad_by_freq", {"scale_grad_by_freq": True}),
    ("everything", {"padding_idx": -1, "max_norm": 1.0, "scale_grad_by_freq": True}),
    ("sparse", {"sparse": True}),
    ("sparse_padding_idx", {"sparse": True, "padding_idx": 3}),
    ("sparse_max_norm", {"sparse": True, "max_norm": 1.5}),
]


def embedding(seed, dump):
    for dtype_name, dtype in DTYPES.items():
        for number, (name, options) in enumerate(EMBEDDINGS):
            torch.manual_seed(seed + number)
            module = nn.Embedding(ROWS, DIM, dtype=dtype, **options)
            ids = torch.randint(0, ROWS, (6, 7))
            first, second = (torch.randn(6, 7, DIM, dtype=dtype) for _ in range(2))
            key = f"{dtype_name}.{name}."
            output = module(ids)
            output.backward(first)
            module(ids[1:4]).backward(second[1:4])
            dump[key + "ids"] = ids
            dump[key + "output"] = output
            dump[key + "weight"] = module.weight
            gradient = module.weight.grad
            if gradient.is_sparse:
                dump[key + "indices"] = gradient._indices()
                dump[key + "values"] = gradient._values()
                gradient = gradient.coalesce()
                dump[key + "rows"] = gradient.indices()
                dump[key + "sums"] = gradient.values()
            else:
                dump[key + "grad"] = gradient


def linear(seed, dump):
    for dtype_name, dtype in DTYPES.items():
        for number, (inputs, outputs, bias) in enumerate(((7, 3, True), (30, 17, True), (16, 8, False))):
            torch.manual_seed(seed + number)
            module = nn.Linear(inputs, outputs, bias=bias, dtype=dtype)
            x = torch.randn(4, 9, inputs, dtype=dtype, requires_grad=True)
            output = module(x)
            output.backward(torch.randn(4, 9, outputs, dtype=dtype))
            key = f"{dtype_name}.{number}."
            dump[key + "weight"] = module.weight
            if bias:
                dump[key + "bias"] = module.bias
                dump[key + "bias_grad"] = module.bias.grad
            dump[key + "output"] = output
            dump[key + "x_grad"] = x.grad
            dump[key + "weight_grad"] = module.weight.grad


# Case number, options of nn.LSTM, whether there is a batch, whether an initial state is given.
LSTMS = [
    ({}, True, False),
    ({"num_layers": 2, "dropout": 0.4}, True, True),
    ({"bias": False, "batch_first": True}, True, True),
    ({"num_layers": 2, "bidirectional": True, "dropout": 0.25, "batch_first": True}, True, False),
    ({"proj_size": 3, "bidirectional": True}, True, True),
    ({"num_layers": 2}, False, True),
]
STEPS, BATCH, FEATURES, HIDDEN = 6, 3, 5, 4


def lstm(seed, dump):
    for dtype_name, dtype in DTYPES.items():
        for number, (options, batched, given) in enumerate(LSTMS):
            torch.manual_seed(seed + number)
            module = nn.LSTM(FEATURES, HIDDEN, dtype=dtype, **options)
            layers = module.num_layers * (2 if module.bidirectional else 1)
            batch = (BATCH,) if batched else ()
            front = (BATCH, STEPS) if batched and module.batch_first else (STEPS, *batch)
            x = torch.randn(*front, FEATURES, dtype=dtype, requires_grad=True)
            state = None
            if given:
                state = tuple(torch.randn(layers, *batch, n, dtype=dtype, requires_grad=True) for n in (module.proj_size or HIDDEN, HIDDEN))
            output, (h, c) = module(x, state)
            torch.autograd.backward([output, h, c], [torch.randn(t.shape, dtype=dtype) for t in (output, h, c)])
            key = f"{dtype_name}.{number}."
            dump[key + "output"], dump[key + "h"], dump[key + "c"], dump[key + "x_grad"] = output, h, c, x.grad
            if given:
                dump[key + "h_grad"], dump[key + "c_grad"] = state[0].grad, state[1].grad
            for name, parameter in module.named_parameters():
                dump[key + name] = parameter
                dump[key + name + "_grad"] = parameter.grad
            dump[key + "eval"] = module.eval()(x, state)[0]
        torch.manual_seed(seed)
        cell = nn.LSTMCell(FEATURES, HIDDEN, dtype=dtype)
        h = c = None
        for step in torch.randn(STEPS, BATCH, FEATURES, dtype=dtype):
            h, c = cell(step, None if h is None else (h, c))
        dump[f"{dtype_name}.cell.h"], dump[f"{dtype_name}.cell.c"] = h, c


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["embedding", "linear", "lstm"])
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    dump = {}
    {"embedding": embedding, "linear": linear, "lstm": lstm}[options.what](options.seed, dump)
    arrays = {name: x.detach().numpy() if isinstance(x, torch.Tensor) else x for name, x in dump.items()}
    about = f"python_parity/make_module_dumps.py {options.what} --seed {options.seed} (PyTorch {torch.__version__})"
    file = io.BytesIO()
    np.savez_compressed(file, about=np.frombuffer(about.encode(), dtype=np.uint8), seed=np.int64(options.seed), **arrays)
    sys.stdout.buffer.write(file.getvalue())


main()
