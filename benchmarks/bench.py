"""scripts/bench.sh: builds benchmarks/ops and its twin in libtorch, lets them take turns row by row and compares them.

Both programs walk through the same rows. Of each row one takes a sample and then the other, while the first stands still:
pairs see the same machine. Where libtorch-dev is not installed, Taper's figures stand alone.
"""
import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import chart
import figures

ROOT = Path(__file__).resolve().parent.parent
PAIRS = 3  # of samples in a round; one where a pair takes longer than half a second


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n{self.format_usage()}")


def count(text):
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number; it has to be one from 1 on")
    return int(text)


def new_file(text):
    folder = Path(text).resolve().parent
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"'{text}': there is no folder {folder}")
    return Path(text)


def arguments():
    parser = Parser(prog="bench.sh", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
                    description="Times operations of Taper and of PyTorch (libtorch, where libtorch-dev is installed) in turn: each one's\n"
                                "median, the median of the pairs' ratios, and the machine's own limit with the share of it that Taper reaches.")
    parser.add_argument("--filter", default="", metavar="NAME", help="only rows whose name contains NAME")
    parser.add_argument("--threads", type=count, default=1, metavar="N", help="threads of each program (1)")
    parser.add_argument("--rounds", type=count, default=3, metavar="N", help="how often both programs start anew (3)")
    parser.add_argument("--json", type=new_file, metavar="FILE", help="write all samples and what they come to")
    parser.add_argument("--svg", type=new_file, metavar="FILE", help="draw the ratios as a bar chart")
    parser.add_argument("--programs", type=Path, metavar="DIR", help="take ops, ops_libtorch and limits from DIR, and build nothing")
    return parser.parse_args()


def run(*command):
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def has_libtorch():
    """Whether a configured build/release found libtorch; one that did not looks again."""
    def found():
        return "TAPER_LIBTORCH:FILEPATH=TAPER_LIBTORCH-NOTFOUND" not in (ROOT / "build/release/CMakeCache.txt").read_text()

    if not found():
        run("cmake", "--preset", "release")
    return found()


def build():
    """Builds the programs and says where they are."""
    run("scripts/setup.sh")
    run("scripts/build.sh", "release", "ops", "limits")
    if has_libtorch():
        run("scripts/build.sh", "release", "ops_libtorch")
    return ROOT / "build/release/benchmarks"


class Program:
    """A benchmark that takes a sample when told to, and stands still otherwise: its idle threads disturb nobody."""

    def __init__(self, path, options, environment):
        self.process = subprocess.Popen([path, str(options.threads), options.filter, "turns"], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def _hear(self):
        line = self.process.stdout.readline().strip()
        self.process.send_signal(signal.SIGSTOP)
        return line

    def row(self, leave_last):
        """The name of the next row, once it is set up; None after the last."""
        self.process.send_signal(signal.SIGCONT)
        if leave_last:
            self._say("done")
        name = self._hear()
        if not name and self.end() != 0:
            raise SystemExit(f"bench.sh: {self.process.args[0]} failed with status {self.process.returncode}")
        return name or None

    def sample(self):
        self.process.send_signal(signal.SIGCONT)
        self._say("again")
        return float(self._hear())

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        return self.process.wait()


def run_round(programs, rows):
    """Adds a round's samples to `rows`: {name: {program: [samples]}}."""
    first = True
    while True:
        names = [program.row(not first) for program in programs.values()]
        first = False
        if len(set(names)) > 1:
            raise SystemExit(f"bench.sh: the programs' rows differ: {' and '.join(map(str, names))}; build both anew")
        if names[0] is None:
            return
        row = rows.setdefault(names[0], {name: [] for name in programs})
        for pair in range(PAIRS):
            for name, program in programs.items():
                row[name].append(program.sample())
            if sum(samples[-1] for samples in row.values()) > 0.5e6:
                break


def measure_limits(folder, names, threads, environment):
    if not names:
        return {}
    lines = subprocess.run([folder / "limits", str(threads), *sorted(names)], env=environment, check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    return {name: {"us": float(time), "rate": rate} for name, time, rate in (line.split("\t") for line in lines)}


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"processor": model, "processors": os.cpu_count(), "system": platform.platform()}


def print_table(rows, peer):
    head = f"{'row (us, or MB)':<42} {'Taper':>9}" + (f" {'PyTorch':>9} {'ratio':>7}" if peer else "") + f" {'limit':>8} {'share':>6} {'set':>8}  goal"
    print(head)
    for row in rows:
        line = f"{row['name']:<42} {figures.number(row['median']):>9}"
        if peer:
            ratio = row.get("ratio")
            line += f" {figures.number(row.get('pytorch_median')):>9} {figures.number(ratio) + 'x' if ratio else '':>7}"
        share = f"{100 * row['share']:.0f}%" if "share" in row else ""
        verdict = {True: "yes", False: "NO", None: ""}[figures.reached(row, rows)]
        line += f" {figures.number(row.get('limit_us')):>8} {share:>6} {row['set'] or '':>8}  {row['goal'] or ''} {verdict}"
        print(line.rstrip())


def main():
    options = arguments()
    if options.programs and not (options.programs / "ops").is_file():
        raise SystemExit(f"bench.sh: --programs '{options.programs}': there is no program ops in that folder")
    folder = options.programs.resolve() if options.programs else build()
    count = str(options.threads)
    environment = dict(os.environ, OMP_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count, OMP_WAIT_POLICY="passive")
    paths = {"taper": folder / "ops"}
    if (folder / "ops_libtorch").is_file():
        paths["pytorch"] = folder / "ops_libtorch"

    samples = {}
    for _ in range(options.rounds):
        programs = {name: Program(path, options, environment) for name, path in paths.items()}
        try:
            run_round(programs, samples)
        finally:
            for program in programs.values():
                if program.process.poll() is None:
                    program.process.kill()
    if not samples:
        raise SystemExit(f"bench.sh: --filter '{options.filter}': no row has this in its name; without --filter all are shown")

    described = figures.descriptions()
    for name in samples:
        if name not in described:
            print(f"bench.sh: rows.toml does not describe {name}", file=sys.stderr)
    needed = {limit for name in samples for _, limit in figures.terms(described.get(name, {}))}
    limits = measure_limits(folder, needed, options.threads, environment)
    rows = [figures.summary(dict(name=name, **values), described.get(name, {}), limits) for name, values in samples.items()]
    print_table(rows, len(paths) > 1)
    report = {"machine": machine(), "threads": options.threads, "rounds": options.rounds, "limits": limits, "rows": rows}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(chart.draw([report]))


if __name__ == "__main__":
    main()
