"""The table of operations: every public operation of Taper with PyTorch's call and samples of its inputs."""
from . import create, index, loss, matmul, pointwise, recurrent, reduce, shape

FAMILIES = {"pointwise": pointwise.OPS, "reduce": reduce.OPS, "matmul": matmul.OPS, "shape": shape.OPS, "index": index.OPS, "loss": loss.OPS,
            "create": create.OPS, "recurrent": recurrent.OPS}
