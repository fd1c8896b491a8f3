#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""EMVA Standard 1288 (release 4.0, linear) on the frames that `ocellus characterize --write-frames`
wrote, by nothing but the standard library and independently of the program's own estimators: sums of
digital numbers are exact integers, and ratios are fractions until the last step.

    tools/emva1288.py FOLDER             print the figures as JSON
    tools/emva1288.py FOLDER --compare   set them beside characterization.json; exit code 1 when one
                                         differs by more than 1e-6 of it
"""
import csv
import json
import math
import os
import struct
import sys
from array import array
from fractions import Fraction


def read_tiff(data):
    """Samples of an uncompressed grey TIFF (or DNG) of 16 bits, one strip."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    magic, at = struct.unpack_from(order + "HI", data, 2)
    if magic != 42:
        raise ValueError("no TIFF file")
    tags = {}
    for k in range(struct.unpack_from(order + "H", data, at)[0]):
        tag, kind, count = struct.unpack_from(order + "HHI", data, at + 2 + 12 * k)
        value = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at + 10 + 12 * k)[0]
        tags[tag] = value if count == 1 else None
    if tags[258] != 16 or tags[259] != 1 or tags[278] < tags[257]:
        raise ValueError("not 16 bits in one strip")
    return data[tags[273]:tags[273] + tags[279]], order, tags[256], tags[257]


def read_frame(path, width, height):
    with open(path, "rb") as f:
        data = f.read()
    order = "<"
    if not path.endswith(".raw16"):
        data, order, w, h = read_tiff(data)
        if (w, h) != (width, height):
            raise ValueError("%s: %dx%d, but the list says %dx%d" % (path, w, h, width, height))
    if len(data) != 2 * width * height:
        raise ValueError("%s: %d bytes" % (path, len(data)))
    samples = array("H", data)
    if (order == "<") != (sys.byteorder == "little"):
        samples.byteswap()
    return samples


def pair(a, b):
    """Mean and temporal variance of two images."""
    n = len(a)
    sum_a, sum_b = sum(a), sum(b)
    difference = sum_a - sum_b
    squares = sum((p - q) ** 2 for p, q in zip(a, b))
    variance = Fraction(squares, 2 * n) - Fraction(difference * difference, 2 * n * n)
    return Fraction(sum_a + sum_b, 2 * n), variance


def variance(values, scale):
    """Of integers that stand for values / scale."""
    n, total = len(values), sum(values)
    return Fraction(n * sum(v * v for v in values) - total * total, n * (n - 1) * scale * scale)


class Stack:
    def __init__(self, frames, width, height):
        self.frames, self.width, self.height = frames, width, height
        count = len(frames)
        self.total = [sum(v) for v in zip(*frames)]
        squares = [sum(x * x for x in v) for v in zip(*frames)]
        n = width * height
        self.mean = Fraction(sum(self.total), n * count)
        # Sum over pixels of (squares - total^2 / count) / (count - 1).
        self.temporal = Fraction(count * sum(squares) - sum(t * t for t in self.total),
                                 count * (count - 1) * n)
        self.of_rows = self.common([[sum(f[y * width:(y + 1) * width]) for y in range(height)]
                                    for f in frames], width)
        self.of_columns = self.common([[sum(f[x::width]) for x in range(width)] for f in frames],
                                      height)

    def common(self, sums, length):
        """Temporal variance of row (or column) means beyond that of their pixels."""
        count = len(sums)
        over = sum(variance([s[i] for s in sums], length) for i in range(len(sums[0])))
        return over / len(sums[0]) - self.temporal / length

    def parts(self):
        """Spatial variances: total, rows, columns, pixels; the temporal rest taken out."""
        w, h, count = self.width, self.height, len(self.frames)
        everything = variance(self.total, count)
        rows = variance([sum(self.total[y * w:(y + 1) * w]) for y in range(h)], count * w)
        columns = variance([sum(self.total[x::w]) for x in range(w)], count * h)
        # everything = r + c + q; rows = r + q / w; columns = c + q / h
        q = (everything - rows - columns) / (1 - Fraction(1, w) - Fraction(1, h))
        rest = self.temporal / count
        return [everything - rest, rows - q / w, columns - q / h, q - rest]


def root(value):
    return math.sqrt(value) if value > 0 else 0.0


def slope(points):
    n = len(points)
    x, y = sum(p[0] for p in points), sum(p[1] for p in points)
    xx, xy = sum(p[0] * p[0] for p in points), sum(p[0] * p[1] for p in points)
    return (n * xy - x * y) / (n * xx - x * x)


def measure(folder):
    frames = {}
    with open(os.path.join(folder, "frames.csv"), newline="") as f:
        for row in csv.DictReader(f):
            width, height = int(row["width"]), int(row["height"])
            samples = read_frame(os.path.join(folder, row["file"]), width, height)
            key = (row["use"], int(row["level"]), Fraction(row["celsius"]))
            frames.setdefault(key, []).append(
                (Fraction(row["electrons"]), Fraction(row["seconds"]), samples))
    of = lambda use: sorted((k, v) for k, v in frames.items() if k[0] == use)
    dark = Stack([f[2] for f in of("dark")[0][1]], width, height)
    light = Stack([f[2] for f in of("uniform")[0][1]], width, height)
    curve = []
    for _, images in of("transfer"):
        mean, noise = pair(images[0][2], images[1][2])
        curve.append((images[0][0], mean - dark.mean, noise))
    top = max(range(len(curve)), key=lambda i: curve[i][2])
    reach = curve[top][1]
    fitted = []
    for point in curve:
        if point[1] > Fraction(7, 10) * reach:
            break
        fitted.append(point)
    gain = (sum(y * (v - dark.temporal) for _, y, v in fitted) / sum(y * y for _, y, _ in fitted))
    responsivity = (sum(x * y for x, y, _ in fitted) / sum(x * x for x, _, _ in fitted))
    limited = dark.temporal < Fraction(24, 100)
    out = {"system gain K": gain}
    out["temporal dark noise"] = (0.4 / gain if limited else
                                  root(dark.temporal - Fraction(1, 12)) / gain)
    saturation = responsivity / gain * curve[top][0]
    out["saturation capacity"] = saturation
    out["SNR max"] = 10 * math.log10(saturation)
    threshold = root(Fraction(24, 100) if limited else dark.temporal) / float(gain) + 0.5
    out["sensitivity threshold"] = threshold
    out["dynamic range"] = 20 * math.log10(float(saturation) / threshold)
    # The line with the least relative deviations over 5 .. 95 % of saturation: weights 1 / y^2.
    used = [(x, y) for x, y, _ in curve
            if Fraction(5, 100) * reach <= y <= Fraction(95, 100) * reach and y > 0]
    w = sum(1 / (y * y) for _, y in used)
    wx, wy = sum(x / (y * y) for x, y in used), sum(1 / y for _, y in used)
    wxx, wxy = sum(x * x / (y * y) for x, y in used), sum(x / y for x, y in used)
    b = (w * wxy - wx * wy) / (w * wxx - wx * wx)
    a = (wy - b * wx) / w
    out["linearity error"] = 100 * sum(abs((y - a - b * x) / (a + b * x)) for x, y in used) / len(used)
    out["black level"] = dark.mean
    names = ["", " row", " column", " pixel"]
    dark_parts, light_parts = dark.parts(), light.parts()
    clipped = [max(p, 0) for p in dark_parts], [max(p, 0) for p in light_parts]
    for i, name in enumerate(names):
        out["DSNU1288" + name] = root(dark_parts[i]) / gain
        out["PRNU1288" + name] = (100 * root(clipped[1][i] - clipped[0][i]) /
                                  (light.mean - dark.mean))
    out["row noise"] = root(dark.of_rows) / gain
    out["column noise"] = root(dark.of_columns) / gain
    series = {}
    for (_, _, celsius), images in of("dark_current"):
        mean, noise = pair(images[0][2], images[1][2])
        series.setdefault(celsius, []).append((images[0][1], mean, noise))
    celsius = of("dark")[0][0][2]
    current = slope([p[:2] for p in series[celsius]]) / gain
    out["dark current"] = current
    out["dark current, variance"] = slope([(p[0], p[2]) for p in series[celsius]]) / gain ** 2
    for other in series:
        if other != celsius:
            ratio = slope([p[:2] for p in series[other]]) / gain / current
            if ratio > 0 and ratio != 1:
                out["dark current doubling"] = (other - celsius) / Fraction(math.log2(ratio))
    return {name: float(value) for name, value in out.items()}


def main():
    if len(sys.argv) not in (2, 3) or (len(sys.argv) == 3 and sys.argv[2] != "--compare"):
        sys.exit(__doc__)
    own = measure(sys.argv[1])
    if len(sys.argv) == 2:
        print(json.dumps(own, indent=2))
        return
    with open(os.path.join(sys.argv[1], "characterization.json")) as f:
        theirs = {f["name"]: f["measured"] for f in json.load(f)["figures"]}
    worst, compared = 0.0, 0
    for name, value in own.items():
        if name not in theirs:
            continue
        other = theirs[name]
        # Differences of nearly equal squares lose digits: 1e-6 of the figure, or 1e-9.
        error = abs(value - other) / max(abs(value), 1e-3)
        worst, compared = max(worst, error), compared + 1
        print("%-24s %18.12g %18.12g %9.1e" % (name, value, other, error))
    print("%d figures, largest difference %.1e" % (compared, worst))
    sys.exit(0 if worst <= 1e-6 and compared >= 20 else 1)


if __name__ == "__main__":
    main()
