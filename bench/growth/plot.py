"""Curves as SVG: one file for each, nothing but the standard library."""

import math
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 48, 48
COLOURS = ["#1764ab", "#c23b22", "#2e7d32", "#7b4ea3"]


def nice_step(most):
    """A step of 1, 2 or 5 times a power of ten, for four to eight lines up to `most`."""
    rough = most / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def short(count):
    for limit, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= limit:
            return f"{count / limit:g}{letter}"
    return f"{count:g}"


def plot(title, horizontal, vertical, curves):
    """An SVG document. `curves`: name to a list of (count, value); counts go up by powers of ten."""
    counts = [count for points in curves.values() for count, _ in points]
    decades = max(1, math.ceil(math.log10(max(counts)) - 1e-9))
    step = nice_step(max(value for points in curves.values() for _, value in points) * 1.05)
    most = step * math.ceil(max(value for points in curves.values() for _, value in points) * 1.05 / step)

    def x(count):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(count) / decades

    def y(value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most

    def text(across, down, content, anchor="middle", more=""):
        return f'<text x="{across:.1f}" y="{down:.1f}" text-anchor="{anchor}"{more}>{escape(content)}</text>'

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(WIDTH / 2, 20, title, more=' font-size="14" font-weight="bold"'),
        text(WIDTH / 2, HEIGHT - 10, horizontal),
        text(16, HEIGHT / 2, vertical, more=f' transform="rotate(-90 16 {HEIGHT / 2})"'),
    ]
    for decade in range(decades + 1):
        at = x(10**decade)
        lines.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#dddddd"/>')
        lines.append(text(at, HEIGHT - BOTTOM + 16, short(10**decade)))
    for i in range(round(most / step) + 1):
        at = y(i * step)
        lines.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        lines.append(text(LEFT - 6, at + 4, f"{i * step:g}", "end"))
    for i, (name, points) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{x(count):.1f},{y(value):.1f}" for count, value in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x(c):.1f}" cy="{y(v):.1f}" r="3" fill="{colour}"/>' for c, v in points]
        lines.append(text(LEFT + 8 + 150 * i, TOP - 10, name, "start", f' fill="{colour}"'))
    return "\n".join([*lines, "</svg>"]) + "\n"
