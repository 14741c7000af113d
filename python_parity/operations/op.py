"""What an entry of the table of operations says, and how its samples are drawn."""
import dataclasses
import zlib

import torch

FLOATS = (torch.float32, torch.float64)
DTYPES = (*FLOATS, torch.int64, torch.int32, torch.bool)


SIGN = {"second": "PyTorch 1.13 takes the sign's second derivative from memory that it has not written"}


def name_of(dtype):
    return str(dtype)[6:]


@dataclasses.dataclass
class Real:
    """A tensor of the dtype under test: normal numbers, or even ones of [low, high); whole ones of [-9, 9] for an integer dtype."""
    shape: tuple
    low: float = None
    high: float = None
    grad: bool = True     # whether it is differentiated
    tame: bool = False    # takes part in no sample of extreme values
    distinct: bool = False

    def draw(self, dtype, values):
        if dtype == torch.bool:
            return torch.randint(0, 2, self.shape).bool()
        if not dtype.is_floating_point:
            return self.whole(dtype, values)
        if self.low is None:
            x = torch.randn(self.shape, dtype=dtype)
        else:
            x = torch.rand(self.shape, dtype=dtype) * (self.high - self.low) + self.low
        return x if self.tame else stretch(x, values)

    def whole(self, dtype, values):
        if self.distinct:
            count = torch.Size(self.shape).numel()
            return torch.randperm(count).to(dtype).reshape(self.shape)
        if values == "large" and not self.tame:
            bits = 31 if dtype == torch.int32 else 62
            return torch.randint(-(2**bits), 2**bits, self.shape).to(dtype)
        low = -9 if self.low is None or self.low < 0 else int(self.low)
        high = 10 if self.high is None else int(self.high) + 1
        return torch.randint(low, high, self.shape).to(dtype)


def stretch(x, values):
    """Other sizes of numbers, or ones that are not finite at about every fourth place."""
    double = x.dtype == torch.float64
    if values == "wide":
        return x * 2.0 ** torch.randint(-8, 8, x.shape).to(x.dtype)
    if values == "large":
        return x * 2.0 ** torch.randint(*((500, 1000) if double else (60, 120)), x.shape).to(x.dtype)
    if values == "tiny":  # PyTorch's powers of 2 below the normal numbers are 0
        half = 2.0 ** torch.randint(*((-530, -500) if double else (-72, -50)), x.shape).to(x.dtype)
        return x * half * half
    if values == "big":  # whose squares are finite
        return x * 2.0 ** torch.randint(*((200, 500) if double else (20, 60)), x.shape).to(x.dtype)
    if values in ("odd", "infinite"):
        kinds = [float("inf"), -float("inf"), 0.0, -0.0] + [float("nan")] * (values == "odd")
        odd = torch.tensor(kinds, dtype=x.dtype)[torch.randint(0, len(kinds), x.shape)]
        return torch.where(torch.rand(x.shape) < 0.25, odd, x)
    return x


@dataclasses.dataclass
class Whole:
    """Integers of [low, high) of one dtype, whichever is under test: indices, classes."""
    shape: tuple
    high: int
    low: int = 0
    dtype: torch.dtype = torch.int64
    distinct: bool = False
    grad: bool = False

    def draw(self, dtype, values):
        if self.distinct:
            count = torch.Size(self.shape).numel()
            return (torch.randperm(self.high - self.low)[:count] + self.low).reshape(self.shape).to(self.dtype)
        return torch.randint(self.low, self.high, self.shape).to(self.dtype)


@dataclasses.dataclass
class Mask:
    """A bool tensor, whichever dtype is under test."""
    shape: tuple
    grad: bool = False

    def draw(self, dtype, values):
        return torch.randint(0, 2, self.shape).bool()


@dataclasses.dataclass
class Of:
    """An input with a dtype of its own."""
    input: object
    dtype: torch.dtype

    @property
    def grad(self):
        return self.input.grad

    def draw(self, dtype, values):
        return self.input.draw(self.dtype, values)


@dataclasses.dataclass
class Drawn:
    """What a function of the dtype makes."""
    make: object
    grad: bool = True

    def draw(self, dtype, values):
        return self.make(dtype)


@dataclasses.dataclass
class Op:
    """An operation in one of its forms. `name` is the public function and, behind a dot, the form; Taper's call of that name stands in
    tests/parity/calls_*.cpp and takes the same tensors and, in the same order, the numbers of `forms`."""
    name: str
    call: object                                  # PyTorch's, of the tensors and then the numbers
    inputs: list                                  # the first sample
    forms: tuple = ((),)                          # the numbers behind the tensors, one tuple for each form
    more: tuple = ()                              # further inputs: broadcast, 0-d, without elements, long
    scattered: tuple = ()                         # further inputs that are transposed
    dtypes: tuple = DTYPES
    ulp: tuple = (0, 0, 0)                        # allowed of results, gradients, second derivatives
    why: str = ""                                 # why it is not exact
    of_largest: bool = False                      # ulp counts in units of the tensor's largest number
    terms: object = None                          # of terms.py: how large the terms are that cancel; ulp counts in their units where these are larger
    values: tuple = ("wide", "large", "tiny", "odd", "infinite")
    layouts: tuple = ("transposed", "stepped", "expanded")
    differs: dict = dataclasses.field(default_factory=dict)  # words of a sample's title, or "second": why it is not compared

    def samples(self):
        """(title, inputs, numbers, dtype, values, layout)"""
        for numbers in self.forms:
            for dtype in self.dtypes:
                yield "plain", self.inputs, numbers, dtype, "plain", None
            floats = [dtype for dtype in self.dtypes if dtype.is_floating_point]
            for dtype in floats:
                for values in self.values:
                    yield values, self.inputs, numbers, dtype, values, None
            for dtype in self.dtypes:
                if not dtype.is_floating_point and dtype != torch.bool and "large" in self.values:
                    yield "large", self.inputs, numbers, dtype, "large", None
            for dtype in (*floats, *self.dtypes[len(floats):][:1]):
                for layout in self.layouts:
                    yield layout, self.inputs, numbers, dtype, "plain", layout
            for dtype in floats or self.dtypes[:1]:
                for inputs in self.more:
                    yield describe(inputs), inputs, numbers, dtype, "wide" if "wide" in self.values else "plain", None
            for dtype in floats:
                for inputs in self.scattered:
                    yield f"transposed {describe(inputs)}", inputs, numbers, dtype, "wide", "transposed"

    @property
    def second(self):
        return "second" not in self.differs

    def seed(self, seed):
        return (seed * 1000003 + zlib.crc32(self.name.encode())) % 2**63


def describe(inputs):
    def one(x):
        if isinstance(x, Of):
            return name_of(x.dtype) + one(x.input)
        return str(list(getattr(x, "shape", "?"))) + (" " + name_of(x.dtype) if getattr(x, "dtype", torch.int64) != torch.int64 else "")
    return " ".join(map(one, inputs))


def lay_out(x, layout):
    """The same shape, other strides."""
    if layout == "transposed":
        order = tuple(range(x.dim()))[::-1]
        return x.permute(order).contiguous().permute(order)
    if layout == "expanded" and x.dim() > 0 and x.size(0) > 0:
        return x[:1].clone().expand(x.shape)
    if layout in ("stepped", "expanded"):
        wide = torch.ones((*x.shape[:-1], 2 * (x.shape[-1] if x.dim() else 1) + 1), dtype=x.dtype)
        wide[..., 1::2] = x
        return wide[..., 1::2] if x.dim() else wide[1]
    return x
