"""scripts/living.sh: what it costs to have Taper, and libtorch where it is installed: start, compiling, sizes."""
import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import Parser, has_libtorch, new_file, run

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "benchmarks/living"
COMPILE = ["g++", "-std=c++20", "-O2", "-c", "-o", "/dev/null"]


def arguments():
    parser = Parser(prog="living.sh", allow_abbrev=False,
                    description="Measures the start of a program that makes one tensor, compiling ten lines and the size of the program taper, "
                                "beside libtorch where libtorch-dev is installed.")
    parser.add_argument("--scratch", action="store_true", help="also build the library from scratch on two cores, which takes minutes")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write the figures")
    parser.add_argument("--programs", type=Path, metavar="DIR", help="take the build in DIR (such as build/release), and build nothing")
    return parser.parse_args()


def build():
    run("scripts/setup.sh")
    run("scripts/build.sh", "release", "start", "launch", "taper_program")
    if has_libtorch():
        run("scripts/build.sh", "release", "start_libtorch")
    return ROOT / "build/release"


def launch(folder, times, *command):
    """A command's median time and median processor time, in seconds, and its peak memory, in MB."""
    words = subprocess.run([folder / "benchmarks/launch", str(times), *command], check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    return tuple(map(float, words))


def stripped_size(program):
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "stripped"
        subprocess.run(["strip", "-o", copy, program], check=True)
        return copy.stat().st_size / 1e6


def scratch_seconds():
    """Configures and builds the library alone, without a compiler cache, with two jobs."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        run("cmake", "-S", ".", "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DTAPER_BUILD_TESTS=OFF", "-DTAPER_BUILD_APPS=OFF",
            "-DTAPER_BUILD_EXAMPLES=OFF", "-DCMAKE_CXX_COMPILER_LAUNCHER=")
        run("cmake", "--build", folder, "--parallel", "2", "--target", "taper")
        return time.monotonic() - start


def main():
    options = arguments()
    folder = options.programs.resolve() if options.programs else build()
    if not (folder / "benchmarks/launch").is_file():
        raise SystemExit(f"living.sh: --programs '{options.programs}': there is no program benchmarks/launch in that folder")
    rows = []

    def add(name, unit, goal, taper, libtorch=None):
        rows.append({"name": name, "unit": unit, "goal": goal, "taper": taper, "libtorch": libtorch})

    peer = (folder / "benchmarks/start_libtorch").is_file()
    ours = launch(folder, 21, folder / "benchmarks/start")
    theirs = launch(folder, 3, folder / "benchmarks/start_libtorch") if peer else (None,) * 3
    add("start of a program that makes one tensor", "ms", 5, ours[0] * 1e3, theirs[0] and theirs[0] * 1e3)
    add("its peak memory", "MB", 10, ours[2], theirs[2])
    ours = launch(folder, 3, *COMPILE, f"-I{ROOT}/include", SOURCES / "ten_lines.cpp")
    theirs = (None,) * 3
    if peer:
        cache = (folder / "CMakeCache.txt").read_text()
        include = re.search(r"^TAPER_LIBTORCH_INCLUDE:PATH=(.*)$", cache, re.M)[1]
        theirs = launch(folder, 1, *COMPILE, "-isystem", include, SOURCES / "ten_lines_libtorch.cpp")
    add("compiling ten lines (g++ -O2), processor time", "s", 1, ours[1], theirs[1])
    add("the compiler's peak memory", "MB", 250, ours[2], theirs[2])
    add("program taper, stripped", "MB", 5, stripped_size(folder / "bin/taper"))
    if options.scratch:
        add("library from scratch on two cores", "s", 90, scratch_seconds())

    print(f"{'what':<46} {'goal':>10} {'Taper':>10} {'libtorch':>10}")
    for row in rows:
        libtorch = "" if row["libtorch"] is None else f"{row['libtorch']:.3g}"
        print(f"{row['name']:<46} {'< %g %s' % (row['goal'], row['unit']):>10} {row['taper']:>10.3g} {libtorch:>10}"
              + ("" if row["taper"] < row["goal"] else "  NO"))
    if options.json:
        options.json.write_text(json.dumps({"living": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
