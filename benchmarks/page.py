"""Writes the tables of docs/performance.md and docs/performance.svg from reports: page.py FILE.json...

The reports are of scripts/bench.sh --json, of one thread and of two, whole or in pieces, and of scripts/living.sh --json.
Later ones replace rows of earlier ones. What stands between <!-- begin NAME --> and <!-- end NAME --> is written anew.
"""
import json
import re
import sys
from pathlib import Path

import chart
import figures

DOCS = Path(__file__).resolve().parent.parent / "docs"


def merge(files):
    """{threads: report} with rows in rows.toml's order, and the rows of living."""
    reports, living = {}, {}
    for file in files:
        report = json.loads(Path(file).read_text())
        if "living" in report:
            living.update((row["name"], row) for row in report["living"])
            continue
        into = reports.setdefault(report["threads"], dict(report, rows={}, limits={}))
        into["limits"].update(report["limits"])
        into["rows"].update((row["name"], row) for row in report["rows"])
        into["machine"] = report["machine"]
    described = figures.descriptions()
    for report in reports.values():
        names = [name for name in described if name in report["rows"]] + [name for name in report["rows"] if name not in described]
        # Samples and limits were measured; what they are held against may have been written since.
        report["rows"] = [figures.summary({key: report["rows"][name].get(key) for key in ("name", "taper", "one_thread", "pytorch", "limits")},
                                          described.get(name, {})) for name in names]
    return [reports[threads] for threads in sorted(reports)], list(living.values())


def times(ratio):
    return f"{figures.number(ratio)}x" if ratio is not None else ""


def share(row):
    return f"{100 * row['share']:.0f}%" if "share" in row else ""


def verdict(row, rows):
    return {True: "yes", False: "**no**", None: ""}[figures.reached(row, rows)]


def table(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(line) + " |" for line in lines])


def goals(reports):
    """Rows with a goal, of all numbers of threads, and the reasons of those that miss it."""
    head = ["row", "goal"] + [f"{report['threads']}: {what}" for report in reports for what in ("Taper", "PyTorch", "ratio", "share of limit", "reached")]
    lines, reasons = [], []
    for first in reports[0]["rows"]:
        if not first["goal"]:
            continue
        cells, missed = [], []
        for report in reports:
            row = next((r for r in report["rows"] if r["name"] == first["name"]), None)
            if row is None:
                cells += [""] * 5
                continue
            cells += [figures.number(row["median"]), figures.number(row.get("pytorch_median")), times(row.get("ratio")), share(row), verdict(row, report["rows"])]
            if figures.reached(row, report["rows"]) is False:
                missed.append(str(report["threads"]))
        lines.append([f"`{first['name']}`", first["goal"], *cells])
        if missed:
            reasons.append(f"- `{first['name']}` (threads: {', '.join(missed)}): {first['why'] or 'no reason is written in rows.toml'}")
    reached = "\n\nGoals that are missed, and why:\n\n" + "\n".join(reasons) if reasons else "\n\nEvery goal is reached."
    return table(head, lines) + reached


def slower(reports):
    """Rows slower than PyTorch, or slower with more threads than with one."""
    lines = []
    for report in reports:
        for row in report["rows"]:
            if row.get("ratio", 1) < 0.95 and figures.unit(row["name"]) == "us":
                lines.append(f"- `{row['name']}`, {report['threads']} thread{'s' * (report['threads'] > 1)}: {times(row['ratio'])} PyTorch's speed"
                             + (f"; {row['why']}" if row["why"] else ""))
    for report in reports:
        for row in report["rows"]:
            if figures.unit(row["name"]) == "us" and (more := 1 / row.get("speedup", 1) - 1) > 0.05:
                lines.append(f"- `{row['name']}`: {100 * more:.0f}% slower with {report['threads']} threads than with one" + (f"; {row['why']}" if row["why"] else ""))
    return "\n".join(lines) or "None."


def every_row(report):
    threads = report["threads"] > 1
    head = ["row", "set", "Taper", "PyTorch", "ratio", *["of one thread"] * threads, "limit", "share", "the limit is"]
    lines = [[f"`{row['name']}`", row["set"] or "", figures.number(row["median"]), figures.number(row.get("pytorch_median")), times(row.get("ratio")),
              *[times(row.get("speedup"))] * threads, figures.number(row.get("limit_us")), share(row), row.get("limit", "")] for row in report["rows"]]
    return table(head, lines)


def limits(reports):
    names = sorted({name for report in reports for name in report["limits"]})
    lines = [[f"`{name}`", *(report["limits"].get(name, {}).get("rate", "") for report in reports)] for name in names]
    return table(["limit", *(f"threads: {report['threads']}" for report in reports)], lines)


def machine(report):
    found = report["machine"]
    return f"{found['processor']}, {found['processors']} processors, {found['system']}."


def living_table(rows):
    lines = [[row["name"], f"< {row['goal']:g} {row['unit']}", f"{row['taper']:.3g}", "" if row["libtorch"] is None else f"{row['libtorch']:.3g}",
              "yes" if row["taper"] < row["goal"] else "**no**"] for row in rows]
    return table(["what", "goal", "Taper", "libtorch", "reached"], lines)


def main():
    if len(sys.argv) < 2:
        raise SystemExit("page.py: no report is named; usage: page.py FILE.json...")
    reports, living = merge(sys.argv[1:])
    parts = {}
    if reports:
        parts = {"machine": machine(reports[0]), "goals": goals(reports), "slower": slower(reports), "limits": limits(reports)}
        parts.update((f"rows {report['threads']}", every_row(report)) for report in reports)
        (DOCS / "performance.svg").write_text(chart.draw(reports))
    if living:
        parts["living"] = living_table(living)
    page = (DOCS / "performance.md").read_text()
    for name, text in parts.items():
        page, count = re.subn(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", lambda m: m[1] + text + "\n" + m[2], page, flags=re.S)
        if count == 0:
            print(f"page.py: docs/performance.md has no place for '{name}'", file=sys.stderr)
    (DOCS / "performance.md").write_text(page)


if __name__ == "__main__":
    main()
