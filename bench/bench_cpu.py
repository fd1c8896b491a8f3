#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Speed of the control CPU in the whole sensor, beside a plain loop of this machine measured in the same run.

usage: bench_cpu.py OCELLUS SOURCE_FOLDER

Builds bench/firmware/load.c (needs riscv64-unknown-elf-gcc) for each load, runs it twice with different numbers of rounds and
divides the differences, so that start-up does not count.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

REPEATS = 5
HOST = r'''
#include <stdint.h>
#include <stdio.h>
#include <time.h>
int main(void) { volatile uint64_t n = 1u << 28; uint32_t x = 1; struct timespec a, b;
clock_gettime(CLOCK_MONOTONIC, &a); for (uint64_t i = 0; i < n; ++i) __asm__ volatile("" : "+r"(x) : : );
clock_gettime(CLOCK_MONOTONIC, &b); printf("%.6e\n", (b.tv_sec - a.tv_sec + 1e-9 * (b.tv_nsec - a.tv_nsec)) / n); return 0; }
'''


def median(values):
    return sorted(values)[len(values) // 2]


def main():
    program, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    config = os.path.join(source, 'configs', 'small.toml')

    def build(folder, mode, rounds):
        name = f'load_{mode}_{rounds}'
        subprocess.run([os.path.join(source, 'firmware', 'build.sh'), '--out', folder, name,
                        os.path.join(source, 'bench', 'firmware', 'load.c'), f'-DMODE={mode}', f'-DROUNDS={rounds}u'], check=True)
        return os.path.join(folder, name + '.elf')

    def run(elf, *more):
        """Wall seconds and instructions."""
        begin = time.perf_counter()
        r = subprocess.run([program, 'run', config, '--firmware', elf, '--network', 'none', '--quiet', '--set', 'run.hang_time=0 s',
                            *more], check=True, capture_output=True, text=True)
        return time.perf_counter() - begin, int(re.search(r'(\d+) instructions', r.stdout)[1])

    def slope(folder, mode, few, many, *more):
        """Wall seconds and instructions per round."""
        a, b = build(folder, mode, few), build(folder, mode, many)
        pairs = [(run(a, *more), run(b, *more)) for _ in range(REPEATS)]
        seconds = median([y[0] - x[0] for x, y in pairs]) / (many - few)
        return seconds, (pairs[0][1][1] - pairs[0][0][1]) / (many - few)

    with tempfile.TemporaryDirectory() as folder:
        open(os.path.join(folder, 'host.c'), 'w').write(HOST)
        subprocess.run(['cc', '-O2', '-o', os.path.join(folder, 'host'), os.path.join(folder, 'host.c')], check=True)
        host = median([float(subprocess.run([os.path.join(folder, 'host')], check=True, capture_output=True, text=True).stdout)
                       for _ in range(REPEATS)])
        print(f'one turn of an empty loop of this machine   {host * 1e9:8.3f} ns')
        loads = [('arithmetic (CRC)', 1, 500, 4500, ['--timing-only']),
                 ('a mix like CoreMark', 2, 1000, 9000, ['--timing-only']),
                 ('arithmetic while frames are captured', 6, 2, 22, [])]
        for name, mode, few, many, more in loads:
            seconds, instructions = slope(folder, mode, few, many, *more)
            each = seconds / instructions
            print(f'{name:42} {1e-6 / each:8.1f} million instructions/s   {each / host:6.2f} turns each')
        for name, mode in [('read of a register', 3), ('write that a block stores', 4), ('write that acts', 5),
                           ('write that moves a line', 7)]:
            seconds, _ = slope(folder, mode, 200000, 2200000, '--timing-only')
            print(f'{name:42} {seconds * 1e9:8.1f} ns                        {seconds / host:6.1f} turns')


if __name__ == '__main__':
    main()
