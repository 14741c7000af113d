#!/usr/bin/python3
"""Whether PyTorch prints what the examples print: runs each program of python_parity/examples/ and compares its output with
examples/NAME.out, which a test compares with Taper's.

    /usr/bin/python3 python_parity/check_examples.py [--write]

--write writes the files instead.
"""
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
failed = []
for program in sorted((root / "python_parity" / "examples").glob("*.py")):
    text = subprocess.run([sys.executable, program], stdout=subprocess.PIPE, check=True).stdout
    out = root / "examples" / (program.stem + ".out")
    if sys.argv[1:] == ["--write"]:
        out.write_bytes(text)
    elif text != out.read_bytes():
        failed.append(program.stem)
        print(f"examples/{out.name} is not what PyTorch prints:\n{text.decode()}")
sys.exit(1 if failed else 0)
