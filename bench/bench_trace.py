#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""What an output trace costs: the same run with and without one, in turns.

usage: bench_trace.py OCELLUS SOURCE_DIR

Prints the ratio of wall times (medians; the limit that we want is 1.3), events a frame, and bytes an event in the file.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile

REPEATS = 7
LOADS = [
    ('full resolution', ['configs/imx500.toml', '--frames', '6']),
    ('small', ['configs/small.toml', '--frames', '20']),
    ('full resolution, timing only', ['configs/imx500.toml', '--frames', '20', '--timing-only']),
]


def wall(text):
    number, unit = re.search(r'^  wall +([\d.]+) (ms|s|us)', text, re.M).groups()
    return float(number) * {'s': 1, 'ms': 1e-3, 'us': 1e-6}[unit]


def main():
    program, source = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, 'run.otr')
        for name, arguments in LOADS:
            plain, traced, text = [], [], ''
            for _ in range(REPEATS):
                for more, times in (([], plain), (['--trace', trace], traced)):
                    text = subprocess.run([program, 'run', *arguments, '--quiet', *more], cwd=source, check=True,
                                          capture_output=True, text=True).stdout
                    times.append(wall(text))
            events = int(re.search(r'(\d+) events', text).group(1))
            frames = int(arguments[arguments.index('--frames') + 1])
            ratio = statistics.median(traced) / statistics.median(plain)
            print(f'{name:32} {ratio:5.2f} times   {events / frames:8.0f} events a frame   '
                  f'{os.path.getsize(trace) / events:5.1f} B an event')


if __name__ == '__main__':
    main()
