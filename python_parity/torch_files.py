"""Files of torch.save: what a live PyTorch writes for Taper to read, and whether torch.load reads what Taper has written.

    /usr/bin/python3 python_parity/torch_files.py write tests/data/torch [SEED]    makes the committed files
    /usr/bin/python3 python_parity/torch_files.py check DIR                        holds DIR/*.again.pt against DIR/*.pt

Beside each NAME.pt stands NAME.txt, Python's repr of what is in it, and NAME.npz, its tensors under their joined names, both
as Taper converts them. The test saves each file again as NAME.again.pt, and an LSTM as lstm_by_taper.pt.
"""
import collections
import glob
import inspect
import os
import sys
import zipfile

import numpy as np
import torch

CONVERTED = {torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.int8: torch.int32}
CONVERTED.update({torch.uint8: torch.int32, torch.int16: torch.int32})
DTYPES = [torch.float32, torch.float64, torch.int64, torch.int32, torch.bool, *CONVERTED]
LSTM = {"input_size": 3, "hidden_size": 4, "num_layers": 2, "bidirectional": True}
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, 1e-3, amsgrad=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p),
}


def types():
    return {str(dtype)[6:]: (torch.randn(3, 4) * 3).abs().to(dtype) for dtype in DTYPES}


def views():
    base, half = torch.randn(4, 5), torch.randn(6).half()
    tree = collections.OrderedDict(base=base, turned=base.t(), row=base[2], part=base[1:3, ::2], same=base)
    tree.update(expanded=torch.randn(3, 1).expand(3, 4), empty=torch.empty(0, 3), beyond=base[4:, 2:], scalar=torch.tensor(2.5))
    tree.update(half=half, half_part=half[2:5], parameter=torch.nn.Parameter(base[0]), leaf=torch.ones(2, requires_grad=True))
    return tree


def checkpoint(optimizer):
    model = torch.nn.Sequential(torch.nn.Embedding(6, 3, padding_idx=0), torch.nn.Flatten(), torch.nn.Linear(12, 2))
    step = OPTIMIZERS[optimizer](model.parameters())
    scheduler = torch.optim.lr_scheduler.MultiStepLR(step, [2, 2, 5])
    for _ in range(3):
        step.zero_grad()
        loss = model(torch.randint(0, 6, (5, 4))).square().mean()
        loss.backward()
        step.step()
        scheduler.step()
    return {"model": model.state_dict(), "optimizer": step.state_dict(), "scheduler": scheduler.state_dict(),
            "epoch": 3, "loss": loss.item(), "done": False, "name": "말\n'\"\\", "history": [loss.item(), 1e-300, float("inf"), 2.0],
            "shape": (5, 4), "nothing": None, "nested": [[], {}, (), ([1], {2: -3, "2": 2**62})], "large": -(2**63)}


def others():
    return {"size": torch.Size([2, 3]), "device": torch.device("cuda:1"), "dtype": torch.float16, "set": {7}, "frozen": frozenset(["a"]),
            "half": np.float16(1.5), "single": np.float32(0.1), "double": np.float64(0.1), "small": np.int8(-3),
            "unsigned": np.uint32(2**32 - 1), "bool": np.bool_(True), "big": np.dtype(">i4").type(5), "counter": collections.Counter("aab")}


def schedulers():
    """The states of all schedulers that PyTorch itself can save."""
    s = torch.optim.lr_scheduler
    made, schedules = {}, {
        "lambda": lambda o: s.LambdaLR(o, lambda epoch: 0.9**epoch), "step": lambda o: s.StepLR(o, 3), "multi_step": lambda o: s.MultiStepLR(o, [2, 5, 5]),
        "multiplicative": lambda o: s.MultiplicativeLR(o, lambda epoch: 0.9), "constant": lambda o: s.ConstantLR(o), "linear": lambda o: s.LinearLR(o),
        "polynomial": lambda o: s.PolynomialLR(o, 4), "exponential": lambda o: s.ExponentialLR(o, 0.9), "cosine": lambda o: s.CosineAnnealingLR(o, 9),
        "restarts": lambda o: s.CosineAnnealingWarmRestarts(o, 3, 2), "plateau": lambda o: s.ReduceLROnPlateau(o, patience=0),
        "cycle": lambda o: s.OneCycleLR(o, 0.1, 20), "cycle_linear": lambda o: s.OneCycleLR(o, [0.1, 0.2], 20, anneal_strategy="linear", three_phase=True),
        "sequence": lambda o: s.SequentialLR(o, [s.LinearLR(o), s.MultiStepLR(o, [3, 3]), s.OneCycleLR(o, 0.2, 9)], [2, 4]),
        "chain": lambda o: s.ChainedScheduler([s.ConstantLR(o), s.ExponentialLR(o, 0.5)])}
    for name, schedule in schedules.items():
        groups = [{"params": [torch.nn.Parameter(torch.ones(2))]} for _ in range(2)]
        step = torch.optim.AdamW(groups) if name == "cycle" else torch.optim.SGD(groups, 0.1, momentum=0.9)
        schedule = made[name] = schedule(step)
        for _ in range(4):
            sum(g["params"][0].sum() for g in groups).backward()
            step.step()
            schedule.step(*[0.5] if name == "plateau" else [])
    return {name: schedule.state_dict() for name, schedule in made.items()}


def sparse():
    return {"grad": torch.sparse_coo_tensor([[3, 0, 3]], torch.randn(3, 2), (5, 2)), "dense": torch.randn(2)}


def recurrent():
    model, x = torch.nn.LSTM(**LSTM), torch.randn(5, 2, LSTM["input_size"])
    output, (h, c) = model(x)
    return {"model": model.state_dict(), "x": x, "output": output.detach(), "h": h.detach(), "c": c.detach()}


def trees():
    result = {"types": types(), "views": views(), "others": others(), "sparse": sparse(), "tensor": torch.randn(2, 2), "schedulers": schedulers()}
    result.update({name: checkpoint(name) for name in OPTIMIZERS})
    result["lstm"] = recurrent()
    return result


def plain(value):
    """What Taper makes of it."""
    if isinstance(value, torch.Tensor):
        value = value if value.layout == torch.sparse_coo else value.detach().requires_grad_(value.requires_grad)
        return value.to(CONVERTED.get(value.dtype, value.dtype))
    if isinstance(value, dict):
        items = {key: plain(item) for key, item in value.items()}
        return collections.Counter(items) if isinstance(value, collections.Counter) else items
    if isinstance(value, (list, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value)
    if inspect.ismethod(value):
        return value.__qualname__
    return value.item() if isinstance(value, np.generic) else value


def tensors(value, name=""):
    if isinstance(value, torch.Tensor):
        return {name or "arr_0": value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    found = {}
    for key, item in items:
        found.update(tensors(item, f"{name}.{key}" if name else str(key)))
    return found


def write(folder, seed):
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(seed)
    made = trees()
    for name, tree in made.items():
        for protocol in {"adam": (2, 3, 4, 5), "others": (2, 3, 4, 5), "schedulers": (2, 4)}.get(name, (2,)):
            path = os.path.join(folder, name if protocol == 2 else f"{name}{protocol}")
            torch.save(tree, path + ".pt", pickle_protocol=protocol)
            with open(path + ".txt", "w") as out:
                out.write(repr(plain(tree)))
            dense = {k: t.detach().to_dense() if t.is_sparse else t.detach() for k, t in tensors(plain(tree)).items()}
            np.savez_compressed(path + ".npz", **{key: tensor.numpy() for key, tensor in dense.items()})
    old = {name: made[name] for name in ("types", "views")}
    torch.save(old, os.path.join(folder, "old.pth"), _use_new_zipfile_serialization=False)


def same(a, b, where=""):
    assert type(a) == type(b) or {type(a), type(b)} <= {dict, collections.OrderedDict}, f"{where}: {type(a)}, {type(b)}"
    if isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype and a.shape == b.shape and a.requires_grad == b.requires_grad, where
        assert a.layout == b.layout and (a.is_sparse or a.stride() == b.stride() or a.numel() < 2), where
        assert torch.equal(a.to_dense(), b.to_dense()), where
    elif isinstance(a, dict):
        assert list(a) == list(b), f"{where}: {list(a)}, {list(b)}"
        for key in a:
            same(a[key], b[key], f"{where}[{key!r}]")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b)):
            same(x, y, f"{where}[{i}]")
    else:
        assert a == b, f"{where}: {a!r}, {b!r}"


def sharing(tree):
    """Which tensors look at which part of one storage, and which are one."""
    found = {name: t for name, t in tensors(tree).items() if not t.is_sparse and t.numel() > 0}
    first = {}
    for name, tensor in found.items():
        first.setdefault(tensor.storage().data_ptr(), name)
    return {name: (first[t.storage().data_ptr()], t.storage_offset(), t.storage().size()) for name, t in found.items()}


def rezipped(path):
    """The same members by an ordinary zip writer, deflated and in another order."""
    target = path + ".zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        assert old.testzip() is None
        for info in reversed(old.infolist()):
            new.writestr(info.filename, old.read(info))
    return target


def check(folder):
    paths = sorted(glob.glob(os.path.join(folder, "*.again.pt")))
    assert paths, f"no *.again.pt in {folder}"
    for path in paths:
        expected = plain(torch.load(path.replace(".again.pt", ".pt")))
        for written in (path, rezipped(path)):
            found = torch.load(written)
            same(expected, found, os.path.basename(written))
            original = torch.load(path.replace(".again.pt", ".pt"))
            assert sharing(found) == sharing(original), f"{written}: storages are shared in another way"
            assert len({id(t) for t in tensors(found).values()}) == len({id(t) for t in tensors(original).values()}), written
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                with open(path, "rb") as file:
                    file.seek(info.header_offset + 26)
                    name, extra = np.frombuffer(file.read(4), "<u2")
                assert (info.header_offset + 30 + name + extra) % 64 == 0, f"{path}: {info.filename} is not aligned"
        print(f"{os.path.basename(path)}: torch.load finds what it should")
    check_lstm(folder)


def check_lstm(folder):
    """An LSTM of Taper's that has learned, its input and its results."""
    path = os.path.join(folder, "lstm_by_taper.pt")
    saved, model = torch.load(path), torch.nn.LSTM(**LSTM)
    assert list(saved["model"]) == list(model.state_dict())
    model.load_state_dict(saved["model"])
    output, (h, c) = model(saved["x"])
    for name, tensor in {"output": output, "h": h, "c": c}.items():
        torch.testing.assert_close(tensor, saved[name])
    print("lstm_by_taper.pt: nn.LSTM computes what Taper's has computed")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else 42)
    else:
        check(sys.argv[2])
