"""Training runs that stop in PyTorch and go on in Taper, and the reverse.

    python3 python_parity/make_resumed.py [--seed N] > tests/data/resumed.pt     (PyTorch 1.13)
    python3 python_parity/make_resumed.py --check DIR                            goes on from DIR/resumed_by_taper.pt

Both files hold for each run of RUNS a dict of the model's state, the optimizer's, its scheduler's where it has one, the
count of steps so far, and the losses of the ten steps after that. (CyclicLR's state PyTorch 1.13 itself cannot save.) The model sends five rows of a table through their mean, a linear layer and cross_entropy; ids
and labels come from hashes() of seeds above the offset, which N gives. A table with sparse gradients is the only parameter
of its optimizer.
"""
import argparse
import sys

import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler

from kernel_values import hashes

ROWS, DIM, CLASSES, BATCH, WORDS = 20, 4, 3, 8, 5
STEPS = 10
RUNS = {
    "SGD": ("SGD", dict(lr=0.5), False),
    "SGD momentum": ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01), False),
    "SGD sparse": ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True), True),
    "Adam": ("Adam", dict(lr=0.05), False),
    "Adam amsgrad": ("Adam", dict(lr=0.05, betas=(0.8, 0.95), weight_decay=0.01, amsgrad=True), False),
    "AdamW": ("AdamW", dict(lr=0.05, weight_decay=0.1), False),
    "Adagrad": ("Adagrad", dict(lr=0.1, lr_decay=0.01, initial_accumulator_value=0.1), False),
    "Adagrad sparse": ("Adagrad", dict(lr=0.1), True),
    "RMSprop": ("RMSprop", dict(lr=0.01), False),
    "RMSprop centered": ("RMSprop", dict(lr=0.01, momentum=0.5, centered=True), False),
    "Adadelta": ("Adadelta", dict(lr=1.0), False),
    "Adamax": ("Adamax", dict(lr=0.05), False),
    "NAdam": ("NAdam", dict(lr=0.05), False),
    "RAdam": ("RAdam", dict(lr=0.05), False),
    "SparseAdam": ("SparseAdam", dict(lr=0.05), True),
    "SGD StepLR": ("SGD", dict(lr=0.5, momentum=0.5), False),
    "SGD MultiStepLR": ("SGD", dict(lr=0.5), False),
    "Adam ExponentialLR": ("Adam", dict(lr=0.05), False),
    "SGD CosineAnnealingLR": ("SGD", dict(lr=0.5), False),
    "SGD LinearLR": ("SGD", dict(lr=0.5), False),
    "Adagrad LambdaLR": ("Adagrad", dict(lr=0.1), False),
    "Adam OneCycleLR": ("Adam", dict(lr=0.05), False),
    "SGD OneCycleLR linear": ("SGD", dict(lr=0.05, momentum=0.9), False),
    "SGD ReduceLROnPlateau": ("SGD", dict(lr=0.9), False),
    "SGD SequentialLR": ("SGD", dict(lr=0.5), False),
    "RMSprop SequentialLR cycle": ("RMSprop", dict(lr=0.01, momentum=0.5), False),
}
SCHEDULES = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 4, gamma=0.5),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [3, 12, 12, 16], gamma=0.7),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 15, eta_min=0.01),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, total_iters=15),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=30),
    "OneCycleLR linear": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=30, anneal_strategy="linear", three_phase=True),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1, threshold=0.1),
    # A milestone that a MultiStepLR begins at, for which PyTorch needs its milestones to be a Counter.
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(o, 3), lr_scheduler.MultiStepLR(o, [2, 2, 4])], [13]),
    "SequentialLR cycle": lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.ExponentialLR(o, 0.9), lr_scheduler.OneCycleLR(o, 0.02, total_steps=40)], [6]),
}


class Model(torch.nn.Module):
    def __init__(self, sparse):
        super().__init__()
        self.table = torch.nn.Embedding(ROWS, DIM, sparse=sparse)
        self.linear = torch.nn.Linear(DIM, CLASSES)

    def forward(self, ids):
        return self.linear(self.table(ids).mean(1))


def numbers(seed, shape, limit):
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    return torch.from_numpy((hashes(seed, count) % limit).astype("int64")).reshape(shape)


class Run:
    def __init__(self, name, offset):
        kind, options, sparse = RUNS[name]
        self.model = Model(sparse)
        params = [self.model.table.weight] if sparse else self.model.parameters()
        self.optimizer = getattr(torch.optim, kind)(params, **options)
        schedule = SCHEDULES.get(name.partition(" ")[2])
        self.scheduler = schedule(self.optimizer) if schedule else None
        self.offset = offset
        self.step = 0

    def losses(self):
        result = []
        for _ in range(STEPS):
            self.step += 1
            ids = numbers(self.offset + 2 * self.step, (BATCH, WORDS), ROWS)
            loss = F.cross_entropy(self.model(ids), numbers(self.offset + 2 * self.step + 1, (BATCH,), CLASSES))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if self.scheduler:
                self.scheduler.step(*[loss.item()] if isinstance(self.scheduler, lr_scheduler.ReduceLROnPlateau) else [])
            result.append(loss.item())
        return result

    def state(self):
        def copy(value):
            if isinstance(value, dict):
                return type(value)({k: copy(v) for k, v in value.items()})
            return value.clone() if torch.is_tensor(value) else value

        parts = {"model": self.model, "optimizer": self.optimizer} | ({"scheduler": self.scheduler} if self.scheduler else {})
        return {key: copy(part.state_dict()) for key, part in parts.items()} | {"step": self.step}


def write(seed):
    offset = seed % 1009 * 1000
    torch.manual_seed(seed)
    result = {"offset": offset, "runs": {}}
    for name in RUNS:
        run = Run(name, offset)
        run.losses()
        state = run.state()
        result["runs"][name] = {**state, "losses": run.losses()}
    torch.save(result, sys.stdout.buffer)


def check(folder):
    saved = torch.load(f"{folder}/resumed_by_taper.pt")
    assert list(saved["runs"]) == list(RUNS), list(saved["runs"])
    for name, state in saved["runs"].items():
        run = Run(name, saved["offset"])
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
        if run.scheduler:
            run.scheduler.load_state_dict(state["scheduler"])
        run.step = state["step"]
        torch.testing.assert_close(torch.tensor(run.losses()), torch.tensor(state["losses"]), rtol=1e-5, atol=1e-6, msg=name)
    print(f"resumed_by_taper.pt: {len(RUNS)} training runs of Taper's went on in PyTorch with the same losses")


parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--check")
arguments = parser.parse_args()
check(arguments.check) if arguments.check else write(arguments.seed)
