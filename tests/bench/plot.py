#!/usr/bin/env python3
"""Draws what `wardline-bench growth --json` printed: plot.py growth.json > growth.svg"""
import json
import math
import sys

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 56, 48
X_MIN, X_MAX = 1_000, 1_000_000
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #3c4043 }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d0d4d9; stroke-width: 1 }
  .part { fill: #2a78d6; fill-opacity: .35 }
  .median { fill: none; stroke: #2a78d6; stroke-width: 2 }
  .mark { fill: #2a78d6; stroke: #ffffff; stroke-width: 2 }
  .flat { fill: #808890; fill-opacity: .16 }
  @media (prefers-color-scheme: dark) {
    text { fill: #b7bdc5 }
    .title { fill: #e8eaed }
    .grid { stroke: #3a4048 }
    .part { fill: #6aa9f4; fill-opacity: .4 }
    .median { stroke: #6aa9f4 }
    .mark { fill: #6aa9f4; stroke: #0d1117 }
  }
"""


def x_of(messages):
    share = (math.log10(messages) - math.log10(X_MIN)) / (math.log10(X_MAX * 1.1) - math.log10(X_MIN))
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def step_for(top):
    return next(step for step in (50, 100, 200, 500, 1_000, 2_000, 5_000) if top / step <= 7)


def draw(result):
    parts = [p for p in result["parts"] if p["messages_before"] >= X_MIN]
    costs = result["costs"]
    first = costs[0]["daemon_cpu_us_per_message"]
    values = [p["daemon_cpu_us_per_message"] for p in parts]
    step = step_for(max(values))
    top = step * math.ceil(max(values) / step)

    def y_of(us):
        return HEIGHT - BOTTOM - us / top * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           'aria-label="CPU time of the daemon for each message, by messages in the store">',
           f"<style>{STYLE}</style>",
           f'<text class="title" x="{LEFT}" y="22">CPU time of the daemon for each message, µs</text>',
           f'<text x="{LEFT}" y="41">each dot one part of the filling, the line medians at four sizes, '
           "the band the first median and 20 % around it</text>"]
    out.append(f'<rect class="flat" x="{LEFT}" width="{WIDTH - LEFT - RIGHT}" y="{y_of(first * 1.2):.1f}" '
               f'height="{y_of(first * .8) - y_of(first * 1.2):.1f}"/>')
    for us in range(0, top + 1, step):
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(us):.1f}" y2="{y_of(us):.1f}"/>'
                   f'<text x="{LEFT - 8}" y="{y_of(us) + 4:.1f}" text-anchor="end">{us}</text>')
    for messages, name in ((1_000, "1 k"), (10_000, "10 k"), (100_000, "100 k"), (1_000_000, "1 M")):
        out.append(f'<text x="{x_of(messages):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{name}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
               "messages in the store before it</text>")
    for p in parts:
        out.append(f'<circle class="part" r="3" cx="{x_of(p["messages_before"]):.1f}" '
                   f'cy="{y_of(p["daemon_cpu_us_per_message"]):.1f}"/>')
    line = [(x_of(c["messages_before"]), y_of(c["daemon_cpu_us_per_message"])) for c in costs]
    out.append('<polyline class="median" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in line) + '"/>')
    out.extend(f'<circle class="mark" r="5" cx="{x:.1f}" cy="{y:.1f}"/>' for x, y in line)
    out.append("</svg>")
    return "\n".join(out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: plot.py growth.json > growth.svg")
    with open(sys.argv[1], encoding="utf-8") as file:
        print(draw(json.load(file)))
