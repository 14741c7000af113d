"""Figures of scripts/bench.sh: what a row is held against (rows.toml), and what its samples come to."""
import re
import statistics
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def descriptions():
    """rows.toml: for each row its set and, where it has them, limit, goal and why."""
    return tomllib.loads((HERE / "rows.toml").read_text())


def terms(description):
    """The limit of a row as [(how many times, name of a limit)]."""
    found = []
    for term in description.get("limit", "").split(" + ") if "limit" in description else []:
        match = re.fullmatch(r"(?:([\d.]+) (?:MB )?)?(\w+)", term)
        if match is None:
            raise SystemExit(f"rows.toml: '{term}' is no term of a limit, such as '12 MB triad_1M' or 'sgemm_nn_8_8_8'")
        found.append((float(match[1] or 1), match[2]))
    return found


def unit(row):
    return "MB" if row.endswith("_MB") else "us"


def paired(row, program, divisor="taper"):
    """The median of the ratios of samples taken in turns."""
    return statistics.median(of / by for of, by in zip(row[program], row[divisor]))


def summary(row, description):
    """What one row's samples come to: medians, and of what is compared the median of the turns' ratios."""
    result = dict(row, set=description.get("set"), goal=description.get("goal"), why=description.get("why"))
    result["median"] = statistics.median(row["taper"])
    if row.get("pytorch"):
        result["pytorch_median"] = statistics.median(row["pytorch"])
        result["ratio"] = paired(row, "pytorch")
    if row.get("one_thread"):
        result["speedup"] = paired(row, "one_thread")
    limits, parts = row.get("limits") or {}, terms(description)
    if parts and all(name in limits for _, name in parts):
        samples = [sum(figures) for figures in zip(*([times * sample for sample in limits[name]] for times, name in parts))]
        result["limit_us"] = statistics.median(samples)
        result["limit"] = description["limit"]
        result["share"] = paired(dict(row, limit=samples), "limit")
    return result


def rates(rows, work):
    """{limit: {"us", "rate"}} of all samples, where `work` says what a limit does in a microsecond: (amount, unit)."""
    found = {}
    for row in rows:
        for name, samples in row["limits"].items():
            found.setdefault(name, []).extend(samples)
    medians = {name: statistics.median(samples) for name, samples in found.items()}
    return {name: {"us": us, "rate": f"{float(work[name][0]) / us:.4g} {work[name][1]}"} for name, us in medians.items()}


def reached(row, rows):
    """Whether the goal of a row is reached, or None where it has none or what it needs was not measured."""
    verdicts = []
    for goal in (row.get("goal") or "").split(" or "):
        if match := re.fullmatch(r"([\d.]+)x", goal):
            verdicts.append(row["ratio"] >= float(match[1]) if "ratio" in row else None)
        elif match := re.fullmatch(r"([\d.]+)%", goal):
            verdicts.append(100 * row["share"] >= float(match[1]) if "share" in row else None)
        elif match := re.fullmatch(r"([\d.]+) MB", goal):
            verdicts.append(row["median"] < float(match[1]))
        elif match := re.fullmatch(r"([\d.]+) (\w+)", goal):
            other = next((r["median"] for r in rows if r["name"] == match[2]), None)
            verdicts.append(None if other is None else row["median"] <= float(match[1]) * other)
        elif goal:
            raise SystemExit(f"rows.toml: '{goal}' is no goal, such as '15x', '95%', '5 MB' or '1.2 ROW'")
    if any(verdicts):
        return True
    return None if None in verdicts or not verdicts else False


def number(value):
    """Three digits that count, without an exponent."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - int(f'{value:e}'.split('e')[1]))}f}" if value > 0 else f"{value:.2f}"
