"""A bar chart of the ratios to PyTorch in SVG: one bar per row and number of threads, on a logarithmic scale."""
import math
import re
from xml.sax.saxutils import escape

LEFT, WIDTH, RIGHT, BAR, GAP, TOP = 310, 560, 60, 9, 6, 64
COLOURS = ["#1b6ca8", "#e08e0b"]


def draw(reports):
    """`reports` are bench.py's, one for each number of threads; rows without a ratio are left out."""
    ratios = [{row["name"]: row["ratio"] for row in report["rows"] if "ratio" in row} for report in reports]
    rows = [row for row in reports[0]["rows"] if row["name"] in ratios[0]]
    top = math.ceil(math.log10(max([10] + [r for found in ratios for r in found.values()])))
    low = math.log10(0.5)

    def x(ratio):
        return LEFT + WIDTH * (max(math.log10(ratio), low) - low) / (top - low)

    height = len(rows) * (len(reports) * BAR + GAP)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {TOP + height + 20}" '
             'font-family="sans-serif" font-size="11">',
             '<rect width="100%" height="100%" fill="white"/>',
             f'<text x="10" y="22" font-size="15" fill="#222">How many times as fast as PyTorch {escape("(libtorch, the same run)")}</text>']
    for index, report in enumerate(reports):
        at = LEFT + 110 * index
        label = "1 thread" if report["threads"] == 1 else f"{report['threads']} threads"
        lines.append(f'<rect x="{at}" y="32" width="10" height="10" fill="{COLOURS[index]}"/><text x="{at + 15}" y="41">{label}</text>')
    at = LEFT + 110 * len(reports)
    lines.append(f'<path d="M{at + 5} 31v12" stroke="#c22" stroke-width="2"/><text x="{at + 15}" y="41">goal</text>')
    for ratio in [0.5, *(10**e * m for e in range(top + 1) for m in (1, 2, 5) if 10**e * m <= 10**top)]:
        bold = ratio == 1
        lines.append(f'<path d="M{x(ratio):.1f} {TOP}v{height}" stroke="{"#333" if bold else "#ddd"}"/>')
        lines.append(f'<text x="{x(ratio):.1f}" y="{TOP - 5}" text-anchor="middle" fill="#555" font-size="10">{ratio:g}</text>')
    y = TOP + GAP / 2
    for row in rows:
        middle = y + len(reports) * BAR / 2
        lines.append(f'<text x="{LEFT - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(row["name"])}</text>')
        numbers = []
        for index, found in enumerate(ratios):
            if (ratio := found.get(row["name"])) is None:
                continue
            begin, end = sorted((x(1), x(ratio)))
            bar = y + index * BAR
            lines.append(f'<rect x="{begin:.1f}" y="{bar:.1f}" width="{max(end - begin, 1):.1f}" height="{BAR - 1}" fill="{COLOURS[index]}"/>')
            numbers.append(f'<text x="{max(end, x(1)) + 4:.1f}" y="{bar + BAR - 1:.1f}" font-size="9" fill="#333" stroke="white" '
                           f'stroke-width="3" paint-order="stroke">{ratio:.3g}</text>')
        if goal := re.match(r"([\d.]+)x", row.get("goal") or ""):
            lines.append(f'<path d="M{x(float(goal[1])):.1f} {y - 1:.1f}v{len(reports) * BAR + 1}" stroke="#c22" stroke-width="2"/>')
        lines += numbers
        y += len(reports) * BAR + GAP
    return "\n".join([*lines, "</svg>", ""])
