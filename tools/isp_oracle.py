#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Second implementation of the ISP's default stages, from the formulas of docs/isp.md alone.

    isp_oracle.py RUN_DIR [--demosaic malvar|bilinear]

RUN_DIR: of `ocellus run --dump-stages` with raw frames of 10 bits and default isp.* values. Works
out every stage of every dumped frame with Python's integers from the raw samples, and compares the
SHA-256 of all samples with stages.json. Exit code 1 names the stages that differ. Plain Python, one
pixel after the other: seconds for 12 000 pixels.
"""
import hashlib
import json
import math
import pathlib
import struct
import sys


def raw10(data, width, height):
    """MIPI RAW10: four upper bytes, then the four pairs of lower bits."""
    rows, stride = [], width * 5 // 4
    for y in range(height):
        line = data[y * stride:(y + 1) * stride]
        rows.append([line[5 * (x // 4) + x % 4] << 2 | line[5 * (x // 4) + 4] >> 2 * (x % 4) & 3
                     for x in range(width)])
    return rows


def clamp(v, low, high):
    return low if v < low else high if v > high else v


def mirror(i, n):
    return -i if i < 0 else 2 * (n - 1) - i if i >= n else i


# Malvar, He and Cutler 2004, figure 2, in 1/16: filters by (row - y, column - x).
GREEN = {(0, 0): 8, (0, 1): 4, (0, -1): 4, (1, 0): 4, (-1, 0): 4,
         (0, 2): -2, (0, -2): -2, (2, 0): -2, (-2, 0): -2}
ALONG = {(0, 0): 10, (0, 1): 8, (0, -1): 8, (0, 2): -2, (0, -2): -2, (1, 1): -2, (1, -1): -2,
         (-1, 1): -2, (-1, -1): -2, (2, 0): 1, (-2, 0): 1}
ACROSS = {(x, y): v for (y, x), v in ALONG.items()}
DIAGONAL = {(0, 0): 12, (1, 1): 4, (1, -1): 4, (-1, 1): 4, (-1, -1): 4,
            (0, 2): -3, (0, -2): -3, (2, 0): -3, (-2, 0): -3}
# Means of the nearest samples.
MEAN_GREEN = {(0, 1): 4, (0, -1): 4, (1, 0): 4, (-1, 0): 4}
MEAN_ALONG = {(0, 1): 8, (0, -1): 8}
MEAN_ACROSS = {(1, 0): 8, (-1, 0): 8}
MEAN_DIAGONAL = {(1, 1): 4, (1, -1): 4, (-1, 1): 4, (-1, -1): 4}
ITSELF = {(0, 0): 16}


def demosaic(m, method):
    height, width = len(m), len(m[0])
    green, along, across, diagonal = ((GREEN, ALONG, ACROSS, DIAGONAL) if method == "malvar" else
                                      (MEAN_GREEN, MEAN_ALONG, MEAN_ACROSS, MEAN_DIAGONAL))

    def apply(f, y, x):
        s = sum(k * m[mirror(y + dy, height)][mirror(x + dx, width)] for (dy, dx), k in f.items())
        return clamp((s + 8) >> 4, 0, 4095)

    out = []
    for y in range(height):
        row = []
        for x in range(width):
            if y % 2 == 0 and x % 2 == 0:  # red
                filters = (ITSELF, green, diagonal)
            elif y % 2 == 0:  # green between reds
                filters = (along, ITSELF, across)
            elif x % 2 == 0:  # green between blues
                filters = (across, ITSELF, along)
            else:
                filters = (diagonal, green, ITSELF)
            row.append(tuple(apply(f, y, x) for f in filters))
        out.append(row)
    return out


def gain(colour):
    return math.floor(colour * (274 / 256) * 256 + 0.5)


def matrix():
    rows = [[1.766, -0.601, -0.165], [-0.332, 1.815, -0.483], [-0.064, -0.436, 1.5]]
    out = []
    for i, r in enumerate(rows):
        q = [round(v * 1024) for v in r]
        q[i] += round(sum(r) * 1024) - sum(q)  # the rest of the rounding: grey stays grey
        out.append(q)
    return out


def abscissae():
    x = [8 * j for j in range(8)]
    while x[-1] < 4096:
        step = max(8, 1 << (x[-1].bit_length() - 1 if x[-1] >= 64 else 6) >> 3)
        x.append(x[-1] + step)
    return x


def srgb_knots():
    def srgb(v):
        return 12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055
    return [round(16 * 255 * srgb(min(1, x / 4095))) for x in abscissae()]


def gamma(v, xs, knots):
    j = max(i for i in range(len(xs) - 1) if xs[i] <= v)
    step = xs[j + 1] - xs[j]
    # 8.4 to 8 bit with one rounding, half up.
    return (knots[j] * step + (knots[j + 1] - knots[j]) * (v - xs[j]) + 8 * step) // (16 * step)


def checksum(values):
    return hashlib.sha256(struct.pack("<%dh" % len(values), *values)).hexdigest()


def main():
    folder = pathlib.Path(sys.argv[1])
    method = sys.argv[3] if len(sys.argv) > 3 else "malvar"
    stages = json.loads((folder / "stages.json").read_text())
    wrong, compared = [], 0
    for frame in sorted({s["frame"] for s in stages}):
        dumped = {s["stage"]: s for s in stages if s["frame"] == frame}
        width, height = dumped["demosaic"]["width"], dumped["demosaic"]["height"]
        raw = raw10((folder / f"frame_{frame:04}.raw10").read_bytes(), width, height)
        black = [[(v << 2) - 256 for v in r] for r in raw]
        gains = [[gain(1 / 0.4139), gain(1)], [gain(1), gain(1 / 0.6657)]]
        white = [[clamp((v * gains[y % 2][x % 2] + 128) >> 8, -4096, 4095)
                  for x, v in enumerate(r)] for y, r in enumerate(black)]
        colours = demosaic(white, method)
        m = matrix()
        linear = [[tuple(clamp((sum(k * v for k, v in zip(row, c)) + 512) >> 10, 0, 4095)
                         for row in m) for c in r] for r in colours]
        xs, knots = abscissae(), srgb_knots()
        tone = [gamma(v, xs, knots) for v in range(4096)]
        flat = lambda rows: [v for r in rows for c in r for v in (c if isinstance(c, tuple) else (c,))]
        made = {"black_level": flat(black), "white_balance": flat(white), "demosaic": flat(colours),
                "colour_matrix": flat(linear), "gamma": [tone[v] for v in flat(linear)]}
        for name, stage in dumped.items():
            if name not in made:
                wrong.append(f"frame {frame}: {name} is not in this implementation")
                continue
            compared += 1
            if checksum(made[name]) != stage["sha256"]:
                wrong.append(f"frame {frame}: {name} differs")
    print("\n".join(wrong) if wrong else f"{compared} stages equal")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
