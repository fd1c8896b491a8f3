#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""A test bench around the default firmware: scenes, registers, interrupts, statistics.

usage: bench.py OCELLUS CONFIG
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'clients', 'python'))
from ocellus_control import ControlError, Simulation  # noqa: E402


def main():
    with Simulation.start(sys.argv[1], sys.argv[2], '--frames', '3', '--quiet') as chip:
        chip.run_until_frame(0, limit='200ms')
        print('frame 0 starts at', chip.time_ns, 'ns, exposure', chip.read('pixel_array.EXPOSURE'), 'lines')

        chip.wait_irq('tensor', limit='50ms')
        tensor = chip.tensor()
        print('tensor of', len(tensor), 'bytes, interrupts:', [n for n, high in chip.interrupts().items() if high])

        chip.run_until_event('message_sent', limit='50ms')
        seen = json.loads(chip.metadata())
        print('frame', seen['frame'], 'shows', [d['class'] for d in seen['detections']])

        image = chip.frame()
        print(image['format'], image['width'], 'x', image['height'], len(image['data']), 'bytes')

        chip.write('pixel_array.EXPOSURE', 100)
        chip.run_until_event('message_sent', count=2, limit='100ms')
        counts = chip.statistics('frames.*')
        assert counts == {'frames.delivered': 3, 'frames.dropped': 0, 'frames.lost': 0}, counts
        print(counts)

        try:
            chip.write('npu.ERROR_CODE', 1)
        except ControlError as e:
            print('refused:', e)


if __name__ == '__main__':
    main()
