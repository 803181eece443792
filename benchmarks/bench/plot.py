#!/usr/bin/env python3
"""Draws the figures of ./bench --json as SVG, with nothing but text.

  benchmarks/bench/plot.py figures.json docs    ->  docs/performance.svg, docs/growth.svg
"""

import json
import os
import sys
from xml.sax.saxutils import escape

import table

WIDTH = 860
LABEL = 250
BAR = 18
GAP = 7
OURS, PEER, LIMIT, INK, FAINT = "#1f6f5c", "#9aa5ae", "#d9c48a", "#22272b", "#e6e9eb"
FONT = "font-family='system-ui, sans-serif' font-size='13'"


def text(x, y, words, anchor="start", size=13, weight="normal"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-size='{size}' "
            f"font-weight='{weight}' fill='{INK}'>{escape(words)}</text>")


def rectangle(x, y, width, height, colour):
    return (f"<rect x='{x:.1f}' y='{y:.1f}' width='{max(width, 1):.1f}' height='{height}' "
            f"fill='{colour}' rx='2'/>")


def document(height, parts, title):
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:.0f}' "
            f"role='img' aria-label='{escape(title)}' {FONT}>"
            f"<rect width='100%' height='100%' fill='white'/>{''.join(parts)}</svg>\n")


def rows_of(name, road):
    rows = [("Tidings", road["tidings"], OURS)] if "tidings" in road else []
    rows += [(table.TITLES.get(peer, peer), figures, PEER) for peer, figures in
             sorted(road["peers"].items(), key=lambda item: -item[1]["median"])]
    if "limit" in road:
        rows.append((f"limit: {table.LIMITS[name]}", road["limit"], LIMIT))
    return rows


def bars(result):
    """Every road with its own scale: bar = median, line = from the least to the greatest."""
    y, parts = 34, [text(16, 24, _caption(result), size=12)]
    for name in table.COMPARED:
        road = result["roads"].get(name)
        if not road:
            continue
        y += 22
        parts.append(text(16, y, f"{name}, {road['unit']}", weight="bold", size=14))
        y += 8
        rows = rows_of(name, road)
        scale = (WIDTH - LABEL - 170) / max(figures["max"] for _, figures, _ in rows)
        for title, figures, colour in rows:
            middle = y + BAR / 2
            parts.append(text(LABEL - 8, middle + 4, title, "end"))
            parts.append(rectangle(LABEL, y, figures["median"] * scale, BAR, colour))
            parts.append(f"<line x1='{LABEL + figures['min'] * scale:.1f}' y1='{middle}' "
                         f"x2='{LABEL + figures['max'] * scale:.1f}' y2='{middle}' "
                         f"stroke='{INK}' stroke-width='1.5'/>")
            words = f"{figures['median']:,.0f}"
            if "tidings_ratio" in figures:
                words += f"   Tidings {figures['tidings_ratio']:.2f} ×"
            parts.append(text(LABEL + figures["max"] * scale + 8, middle + 4, words))
            y += BAR + GAP
    return document(y + 16, parts, "Tidings beside its peers")


def growth(result):
    """A group of two bars, accept and road, for each state of the store."""
    points = result["roads"]["growth"]["points"]
    y, parts = 34, [text(16, 24, _caption(result), size=12)]
    greatest = max(point.get(name, 0) for point in points for name in ("accept", "road"))
    scale = (WIDTH - LABEL - 170) / greatest
    for point in points:
        y += 8
        parts.append(text(LABEL - 8, y + 14, f"{_short(point['stored'])} stored, "
                          f"{_short(point['backlog'])} waiting, {point['groups']:,} groups", "end"))
        for name, colour in (("accept", OURS), ("road", PEER)):
            if name in point:
                parts.append(rectangle(LABEL, y, point[name] * scale, BAR, colour))
                parts.append(text(LABEL + point[name] * scale + 8, y + 14,
                                  f"{name} {point[name]:,.0f}/s"))
                y += BAR + 2
        y += GAP
    return document(y + 16, parts, "Rates of Tidings as its store grows")


def _short(count):
    return f"{count // 1_000_000} M" if count >= 1_000_000 else f"{count:,}"


def _caption(result):
    machine = result["machine"]
    return (f"{machine['cpu']}, {machine['cores']} cores, fsync {machine['fsync_ms']} ms, "
            f"median of {result['rounds']} rounds, everything on one machine")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        result = json.load(file)
    folder = sys.argv[2]
    for name, draw in (("performance", bars), ("growth", growth)):
        if name == "growth" and "growth" not in result["roads"]:
            continue
        with open(os.path.join(folder, f"{name}.svg"), "w", encoding="utf-8") as file:
            file.write(draw(result))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
