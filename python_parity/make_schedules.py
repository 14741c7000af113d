#!/usr/bin/python3
"""Writes the rates that PyTorch's schedulers give, with random arguments, several groups and two ways to resume.

    python_parity/make_schedules.py > tests/data/schedules.json
    python_parity/make_schedules.py --check DIR

The second goes on in PyTorch from the states that the tests have left in DIR/schedules_taper.pt, case by case of
DIR/schedules.json. `--seed N` chooses other arguments (0). A case is a scheduler's name and arguments (those of a compound one are cases
themselves), the optimizer's name and rates, and for each epoch the groups' rates and momenta (the first of betas); `state`
is the state dict after `saved` steps as Python prints it and as JSON, where infinities are strings and a Counter is {"counter": pairs}.
"""
import argparse
import collections
import json
import math
import random
import warnings

import torch
from torch.optim import lr_scheduler

LAMBDAS = {"0.95**t": lambda t: 0.95**t, "1/(1+t)": lambda t: 1 / (1 + t), "1+t%3": lambda t: 1.0 + t % 3}
# Not kept by newer versions, which can be saved for it, or a mark of Python's own class.
LEFT_OUT = {"anneal_func", "_scale_fn_ref", "use_beta1"}


def number(rng, low, high):
    return rng.choice((round(rng.uniform(low, high), 3), rng.uniform(low, high)))


def lambdas(rng, groups):
    if rng.random() < 0.5:
        return rng.choice(list(LAMBDAS))
    return [rng.choice(list(LAMBDAS)) for _ in range(groups)]


def per_group(rng, groups, low, high):
    return number(rng, low, high) if rng.random() < 0.5 else [number(rng, low, high) for _ in range(groups)]


def simple(rng, groups):
    """Name and arguments of a scheduler that can be part of another."""
    name = rng.choice(("StepLR", "MultiStepLR", "ExponentialLR", "ConstantLR", "LinearLR", "PolynomialLR", "CosineAnnealingLR", "LambdaLR",
                       "MultiplicativeLR", "CosineAnnealingWarmRestarts"))
    return name, arguments(rng, name, groups)


def arguments(rng, name, groups):
    total = rng.randint(1, 12)
    return {
        "StepLR": lambda: {"step_size": total, "gamma": number(rng, 0.1, 1.1)},
        "MultiStepLR": lambda: {"milestones": sorted(rng.randint(1, 20) for _ in range(rng.randint(0, 5))), "gamma": number(rng, 0.1, 1)},
        "ExponentialLR": lambda: {"gamma": number(rng, 0.5, 1)},
        "ConstantLR": lambda: {"factor": number(rng, 0.1, 1), "total_iters": total},
        "LinearLR": lambda: {"start_factor": number(rng, 0.1, 1), "end_factor": number(rng, 0.0, 1), "total_iters": total},
        "PolynomialLR": lambda: {"total_iters": total, "power": number(rng, 0.5, 3)},
        "CosineAnnealingLR": lambda: {"T_max": total, "eta_min": number(rng, 0, 0.02)},
        "CosineAnnealingWarmRestarts": lambda: {"T_0": rng.randint(1, 7), "T_mult": rng.randint(1, 3), "eta_min": number(rng, 0, 0.02)},
        "LambdaLR": lambda: {"lr_lambda": lambdas(rng, groups)},
        "MultiplicativeLR": lambda: {"lr_lambda": lambdas(rng, groups)},
        "OneCycleLR": lambda: {"max_lr": per_group(rng, groups, 0.1, 2), "total_steps": rng.randint(28, 60), "pct_start": number(rng, 0.1, 0.45),
                               "anneal_strategy": rng.choice(("cos", "linear")), "cycle_momentum": rng.random() < 0.7,
                               "base_momentum": number(rng, 0.7, 0.85), "max_momentum": per_group(rng, groups, 0.85, 0.99),
                               "div_factor": number(rng, 2, 30), "final_div_factor": number(rng, 10, 1e4), "three_phase": rng.random() < 0.5},
        "CyclicLR": lambda: {"base_lr": per_group(rng, groups, 0.001, 0.1), "max_lr": per_group(rng, groups, 0.1, 1), "step_size_up": rng.randint(1, 9),
                             "step_size_down": rng.choice((None, rng.randint(1, 9))), "mode": rng.choice(("triangular", "triangular2", "exp_range")),
                             "gamma": number(rng, 0.8, 1), "cycle_momentum": rng.random() < 0.7, "base_momentum": number(rng, 0.5, 0.8),
                             "max_momentum": number(rng, 0.8, 0.95)},
        "ReduceLROnPlateau": lambda: {"mode": rng.choice(("min", "max")), "factor": number(rng, 0.1, 0.9), "patience": rng.randint(0, 3),
                                      "threshold": number(rng, 0, 0.3), "threshold_mode": rng.choice(("rel", "abs")), "cooldown": rng.randint(0, 3),
                                      "min_lr": per_group(rng, groups, 0.0, 0.01), "eps": rng.choice((1e-8, 0.001))},
    }[name]()


def make(name, options, optimizer):
    options = dict(options)
    parts = [make(n, o, optimizer) for n, o in options.pop("schedulers", [])]
    if name == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler(parts)
    if parts:
        return lr_scheduler.SequentialLR(optimizer, parts, **options)
    functions = options.get("lr_lambda")
    if functions is not None:
        options["lr_lambda"] = LAMBDAS[functions] if isinstance(functions, str) else [LAMBDAS[f] for f in functions]
    return getattr(lr_scheduler, name)(optimizer, **options)


def cleaned(state):
    state = {k: v for k, v in state.items() if k not in LEFT_OUT}
    if "_schedulers" in state:
        state["_schedulers"] = [cleaned(s) for s in state["_schedulers"]]
    if "_schedule_phases" in state:
        phases = list(state.items())
        phases.insert([k for k, _ in phases].index("_schedule_phases") + 1, ("_anneal_func_type", None))
        state = dict(phases)
    return state


def plain(value):
    if isinstance(value, dict):
        if isinstance(value, collections.Counter):
            return {"counter": list(value.items())}
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def momentum(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def optimizer_with(name, rates):
    params = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in rates]
    return torch.optim.SGD(params, lr=1.0, momentum=0.9) if name == "SGD" else torch.optim.Adam(params)


def case(rng, name, groups, options, steps=26):
    optimizer_name = "SGD" if name == "CyclicLR" or rng.random() < 0.6 else "Adam"
    rates = [number(rng, 0.001, 1) for _ in range(groups)]
    optimizer = optimizer_with(optimizer_name, rates)
    scheduler = make(name, options, optimizer)
    saved = rng.randint(1, steps - 2)
    result = {"name": name, "options": options, "optimizer": optimizer_name, "lr": rates, "saved": saved}
    metrics, lrs, momenta = [], [], []
    for step in range(steps):
        lrs.append([g["lr"] for g in optimizer.param_groups])
        momenta.append([momentum(g) for g in optimizer.param_groups])
        if step == saved:
            state = cleaned(scheduler.state_dict())
            if "_anneal_func_type" in state:
                state["_anneal_func_type"] = options["anneal_strategy"]
            result["text"], result["state"] = str(state), plain(state)
        optimizer.step()
        if name == "ReduceLROnPlateau":
            metrics.append(number(rng, 0, 2))
            scheduler.step(metrics[-1])
        else:
            scheduler.step()
    result["lrs"] = lrs
    if name in ("OneCycleLR", "CyclicLR"):
        result["momenta"] = momenta
    if metrics:
        result["metrics"] = metrics
    return result


def compound(rng, groups, options):
    """A case of a sequence or chain none of whose rates falls below 0, which Taper's optimizers refuse to step with."""
    while True:
        found = case(rng, *options(rng, groups))
        if min(min(lrs) for lrs in found["lrs"]) >= 0:
            return found


def sequence(rng, groups):
    parts = [simple(rng, groups) for _ in range(rng.randint(1, 4))]
    return "SequentialLR", groups, {"schedulers": parts, "milestones": sorted(rng.randint(1, 22) for _ in parts[1:])}


def chain(rng, groups):
    return "ChainedScheduler", groups, {"schedulers": [simple(rng, groups) for _ in range(rng.randint(1, 3))]}


def check(folder):
    cases = json.load(open(f"{folder}/schedules.json"))["cases"]
    states = torch.load(f"{folder}/schedules_taper.pt")
    assert len(states) == len(cases) > 0, f"{len(states)} states of {len(cases)} cases"
    for c, state in zip(cases, states):
        optimizer = optimizer_with(c["optimizer"], c["lr"])
        scheduler = make(c["name"], c["options"], optimizer)
        scheduler.load_state_dict(state)
        for group, lr in zip(optimizer.param_groups, c["lrs"][c["saved"]]):
            group["lr"] = lr
        for step in range(c["saved"], len(c["lrs"])):
            found = [g["lr"] for g in optimizer.param_groups]
            assert found == c["lrs"][step], f"{c['name']} {c['options']}: epoch {step}: {found}, not {c['lrs'][step]}"
            optimizer.step()
            scheduler.step(*c["metrics"][step : step + 1] if "metrics" in c else ())
    print(f"{folder}/schedules_taper.pt: PyTorch goes on from {len(states)} states as Taper does")


def main():
    parser = argparse.ArgumentParser(description="schedules of learning rates")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--check")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.check:
        return check(options.check)
    rng = random.Random(options.seed)
    cases = []
    for name in ("StepLR", "MultiStepLR", "ExponentialLR", "ConstantLR", "LinearLR", "PolynomialLR", "CosineAnnealingLR", "LambdaLR", "MultiplicativeLR",
                 "CosineAnnealingWarmRestarts", "OneCycleLR", "CyclicLR", "ReduceLROnPlateau"):
        for groups in (1, 2, 3):
            cases.append(case(rng, name, groups, arguments(rng, name, groups)))
    for groups in (1, 1, 2, 2):
        cases += [compound(rng, groups, sequence), compound(rng, groups, chain)]
    lines = ",\n".join(json.dumps(c) for c in cases)
    print(f'{{"torch": "{torch.__version__}", "made_by": "python_parity/make_schedules.py", "cases": [\n{lines}\n]}}')


main()
