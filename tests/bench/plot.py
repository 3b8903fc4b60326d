#!/usr/bin/env python3
"""Draws what `wardline-bench growth` measured, one line for each run:

    plot.py 'as it is'=growth.json > growth.svg

A file is the object that --json printed, or the lines of parts on standard error of a run that was cut short."""
import html
import json
import math
import statistics
import sys

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 56, 48
X_MIN, X_MAX = 1_000, 1_000_000
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #3c4043 }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d0d4d9 }
  .band { fill: #808890; fill-opacity: .16 }
  .dot { fill-opacity: .35 }
  .line { fill: none; stroke-width: 2 }
  .s0 .dot, .s0 text { fill: #1f6fd0 } .s0 .line { stroke: #1f6fd0 }
  .s1 .dot, .s1 text { fill: #b4560e } .s1 .line { stroke: #b4560e }
  @media (prefers-color-scheme: dark) {
    text { fill: #b7bdc5 }
    .title { fill: #e8eaed }
    .grid { stroke: #3a4048 }
    .s0 .dot, .s0 text { fill: #6aa9f4 } .s0 .line { stroke: #6aa9f4 }
    .s1 .dot, .s1 text { fill: #f0a263 } .s1 .line { stroke: #f0a263 }
  }
"""
SMOOTHED_OVER = 5  # parts, for the line


def x_of(messages):
    share = (math.log10(messages) - math.log10(X_MIN)) / (math.log10(X_MAX * 1.1) - math.log10(X_MIN))
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def step_for(top):
    return next(step for step in (50, 100, 200, 500, 1_000, 2_000, 5_000) if top / step <= 7)


def parts_of(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        parts = json.loads(text)["parts"]
    except json.JSONDecodeError:
        parts = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [(p["messages_before"], p["daemon_cpu_us_per_message"]) for p in parts if p["messages_before"] >= X_MIN]


def smoothed(parts):
    """Medians of neighbours."""
    reach = SMOOTHED_OVER // 2
    return [(messages, statistics.median(us for _, us in parts[max(0, i - reach):i + reach + 1]))
            for i, (messages, _) in enumerate(parts)]


def draw(runs):
    most = max(us for _, parts in runs for _, us in parts)
    step = step_for(most)
    top = step * math.ceil(most / step)
    first = smoothed(runs[0][1])[0][1]

    def y_of(us):
        return HEIGHT - BOTTOM - us / top * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           'aria-label="CPU time of the daemon for each message, by messages in the store">',
           f"<style>{STYLE}</style>",
           f'<text class="title" x="{LEFT}" y="22">CPU time of the daemon for each message, µs</text>',
           f'<text x="{LEFT}" y="41">A dot is one part of the run; the band is 20 % around the cost at 1 k.</text>',
           f'<rect class="band" x="{LEFT}" width="{WIDTH - LEFT - RIGHT}" y="{y_of(first * 1.2):.1f}" '
           f'height="{y_of(first * .8) - y_of(first * 1.2):.1f}"/>']
    for us in range(0, top + 1, step):
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(us):.1f}" y2="{y_of(us):.1f}"/>'
                   f'<text x="{LEFT - 8}" y="{y_of(us) + 4:.1f}" text-anchor="end">{us}</text>')
    for messages, name in ((1_000, "1 k"), (10_000, "10 k"), (100_000, "100 k"), (1_000_000, "1 M")):
        out.append(f'<text x="{x_of(messages):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{name}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
               "messages in the store before the part</text>")
    for number, (name, parts) in enumerate(runs):
        line = [(x_of(messages), y_of(us)) for messages, us in smoothed(parts)]
        out.append(f'<g class="s{number % 2}">')
        out.extend(f'<circle class="dot" r="3" cx="{x_of(messages):.1f}" cy="{y_of(us):.1f}"/>' for messages, us in parts)
        out.append('<polyline class="line" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in line) + '"/>')
        out.append(f'<text x="{line[-1][0] + 8:.1f}" y="{line[-1][1] + 4:.1f}">{html.escape(name)}</text></g>')
    out.append("</svg>")
    return "\n".join(out)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not all("=" in argument for argument in sys.argv[1:]):
        sys.exit("usage: plot.py NAME=growth.json [NAME=other.json] > growth.svg")
    print(draw([(name, parts_of(path)) for name, path in (argument.split("=", 1) for argument in sys.argv[1:])]))
