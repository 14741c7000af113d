"""scripts/bench.sh: builds benchmarks/ops and its twin in libtorch, lets them take turns row by row and compares them.

All programs walk through the same rows. In a turn Taper takes a sample of the row, `limits` one of what it is held against, PyTorch
one of the row and, with several threads, Taper another with one, and all others stand still meanwhile; the next turn goes
backwards. So samples that are compared see the same machine. Where libtorch-dev is not installed, PyTorch's figures are left out.
"""
import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import chart
import figures

ROOT = Path(__file__).resolve().parent.parent
TURNS = 6  # of a row in a round; fewer where they take over a second


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
                                "median, the median of the turns' ratios, with several threads also how many times as fast as with one thread,\n"
                                "and the machine's own limit with the share of it that Taper reaches.")
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

    def __init__(self, path, threads, *options):
        count = str(threads)
        environment = dict(os.environ, OMP_NUM_THREADS=count, OPENBLAS_NUM_THREADS=count, OMP_WAIT_POLICY="passive")
        self.process = subprocess.Popen([path, count, *options], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, word):
        with contextlib.suppress(BrokenPipeError):  # hear() tells how a program has ended
            self.process.stdin.write(word + "\n")
            self.process.stdin.flush()

    def hear(self):
        """The next line; empty after the last."""
        self.process.send_signal(signal.SIGCONT)
        line = self.process.stdout.readline()
        if line:
            self.process.send_signal(signal.SIGSTOP)
        elif self.process.wait() != 0:
            raise SystemExit(f"bench.sh: {self.process.args[0]} failed with status {self.process.returncode}")
        return line.rstrip("\n")

    def samples(self, word="again"):
        self.say(word)
        return [float(figure) for figure in self.hear().split("\t")]

    def end(self):
        self.process.kill()
        self.process.wait()


class Turns:
    """The programs of a round: Taper, its limits, and PyTorch where it is built."""

    def __init__(self, folder, options, described):
        self.described = described
        self.several = options.threads > 1
        self.programs = {"taper": Program(folder / "ops", options.threads, options.filter, "turns")}
        if (folder / "ops_libtorch").is_file():
            self.programs["pytorch"] = Program(folder / "ops_libtorch", options.threads, options.filter, "turns")
        self.limits = Program(folder / "limits", options.threads, "turns")

    def next_row(self, leave_last):
        """The name of the next row, once all have set it up; None after the last."""
        names = []
        for program in self.programs.values():
            if leave_last:
                program.say("done")
            names.append(program.hear())
        if len(set(names)) > 1:
            raise SystemExit(f"bench.sh: the programs' rows differ: {' and '.join(names)}; build both anew")
        return names[0] or None

    def measure(self, row, limits, timed):
        """Adds turns to `row`: {program: [samples]}, of Taper with one thread "one_thread", and of the limits {"limits": {limit: [samples]}}."""
        steps = [(name, program, "again") for name, program in self.programs.items()]
        if limits:
            steps.insert(1, ("limits", self.limits, "again"))
        if self.several and timed:
            steps.append(("one_thread", self.programs["taper"], "alone"))
        start = time.monotonic()
        for _ in range(TURNS):
            # There and back again: who comes after another program begins with cold caches, the first and the last step equally often.
            for name, program, word in reversed(steps) if len(row.get("taper", [])) % 2 else steps:
                samples = program.samples(word)
                if name == "limits":
                    for limit, sample in zip(limits, samples):
                        row["limits"].setdefault(limit, []).append(sample)
                else:
                    row.setdefault(name, []).extend(samples)
            if time.monotonic() - start > 1:
                break

    def run(self, rows, work):
        """Adds a round's samples to `rows`, and to `work` what a limit does in a microsecond: (amount, unit)."""
        leave_last = False
        while name := self.next_row(leave_last):
            leave_last = True
            limits = list(dict.fromkeys(limit for _, limit in figures.terms(self.described.get(name, {}))))
            if limits:
                self.limits.say(" ".join(limits))
                for limit, text in zip(limits, self.limits.hear().split("\t")):
                    work[limit] = text.split(" ", 1)
            self.measure(rows.setdefault(name, {"limits": {}}), limits, figures.unit(name) == "us")
            if limits:
                self.limits.say("done")

    def end(self):
        for program in (*self.programs.values(), self.limits):
            program.end()


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"processor": model, "processors": os.cpu_count(), "system": platform.platform()}


def print_table(rows):
    def times(ratio):
        return f"{figures.number(ratio)}x" if ratio else ""

    columns = [("Taper", 9, lambda row: figures.number(row["median"]))]
    if any("pytorch" in row for row in rows):
        columns += [("PyTorch", 9, lambda row: figures.number(row.get("pytorch_median"))), ("ratio", 7, lambda row: times(row.get("ratio")))]
    if any("one_thread" in row for row in rows):
        columns.append(("1 thread", 9, lambda row: times(row.get("speedup"))))
    columns += [("limit", 8, lambda row: figures.number(row.get("limit_us"))), ("share", 6, lambda row: f"{100 * row['share']:.0f}%" if "share" in row else ""),
                ("set", 8, lambda row: row["set"] or "")]
    print(" ".join([f"{'row (us, or MB)':<42}", *(f"{head:>{width}}" for head, width, _ in columns), " goal"]))
    for row in rows:
        verdict = {True: "yes", False: "NO", None: ""}[figures.reached(row, rows)]
        print(" ".join([f"{row['name']:<42}", *(f"{cell(row):>{width}}" for _, width, cell in columns), f" {row['goal'] or ''} {verdict}"]).rstrip())


def main():
    options = arguments()
    if options.programs and not (options.programs / "ops").is_file():
        raise SystemExit(f"bench.sh: --programs '{options.programs}': there is no program ops in that folder")
    folder = options.programs.resolve() if options.programs else build()
    described = figures.descriptions()
    samples, work = {}, {}
    for _ in range(options.rounds):
        turns = Turns(folder, options, described)
        try:
            turns.run(samples, work)
        finally:
            turns.end()
    if not samples:
        raise SystemExit(f"bench.sh: --filter '{options.filter}': no row has this in its name; without --filter all are shown")
    for name in samples:
        if name not in described:
            print(f"bench.sh: rows.toml does not describe {name}", file=sys.stderr)

    rows = [figures.summary(dict(name=name, **values), described.get(name, {})) for name, values in samples.items()]
    print_table(rows)
    report = {"machine": machine(), "threads": options.threads, "rounds": options.rounds, "limits": figures.rates(rows, work), "rows": rows}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(chart.draw([report]))


if __name__ == "__main__":
    main()
