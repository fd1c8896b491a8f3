# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Every method of the Python client against a server with a toy simulation (tests/sim/toy_simulation.h), or against a hostile
server.

usage: control_client.py CLIENT_FOLDER WHERE [EXPECTED_MESSAGE]
"""
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from ocellus_control import ConnectionLost, ControlError, Simulation  # noqa: E402


def equal(a, b):
    assert a == b, f'{a!r} is not {b!r}'


def refused(code, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except ControlError as e:
        equal(e.code, code)
        return str(e)
    raise AssertionError(f'{call.__name__}{arguments} was not refused')


def whole_conversation(where):
    with Simulation.connect(where, deadline=5) as chip:
        equal(chip.time_ns, 0)
        equal(chip.read('npu.STATUS'), 0x500)
        equal(chip.time_ns, 8)
        chip.write('npu.STATUS', -1)
        equal(chip.read(0x40003004), 0xffffffff)
        equal(refused('bus', chip.read, 0x50000000), 'bus: nothing at this address')
        assert 'did you mean npu.STATUS?' in refused('parameter', chip.read, 'npu.STATUSS')
        refused('verb', chip.request, 'nonsense')
        for bad in ('two words', 'a\nb', '', 'x\0'):
            try:
                chip.read(bad)
                raise AssertionError(bad)
            except ValueError:
                pass

        data = bytes(i * 7 % 251 for i in range(4096))
        chip.poke(0x1000, data)
        equal(chip.peek(0x1000, 4096), data)
        refused('bus', chip.peek, 0x1ff0, 17)

        chip.run_for(968)
        equal(chip.time_ns, 1000)
        chip.run_for('1us')
        equal(chip.time_ns, 2000)
        chip.run_until_event('tensor_ready', count=2)
        equal(chip.time_ns, 14000)
        equal(chip.interrupts(), {'frame': False, 'tensor': True})
        chip.run_until_frame(3)
        equal(chip.time_ns, 40000)
        refused('limit', chip.wait_irq, 'tensor', limit='3999ns')
        chip.wait_irq('tensor', limit='1ns')
        equal(chip.time_ns, 44000)
        refused('parameter', chip.run_until_event, 'nonsense')

        equal(chip.statistics(), {'frames.delivered': 4, 'npu.utilisation': 0.25})
        equal(chip.statistics('none'), {})
        equal(chip.frame(), {'frame': 7, 'width': 4, 'height': 2, 'format': 'raw10', 'data': b'ab\n\0defghij'})
        equal(chip.tensor(), b'\0\n\xff')
        equal(chip.metadata(), '{"frame":7}\n')
        chip.set_scene('two words.png')
        refused('parameter', chip.set_scene, 'missing.png')
        chip.reset()

        # The simulation keeps the deadline, and the conversation goes on.
        refused('deadline', chip.run_for, '1000s', deadline=0.05)
        chip.run_for(1)
    try:
        chip.read(0)
        raise AssertionError('a closed conversation')
    except ConnectionLost:
        pass


def lost_conversation(where, expected):
    """Whatever the server says, connecting or the first request fails in time, and so does all that follows."""
    begin = time.monotonic()
    chip = None
    try:
        chip = Simulation.connect(where, deadline=0.3)
        chip.tensor()
        raise AssertionError('no failure')
    except ConnectionLost as e:
        assert expected in str(e), f'{e} instead of {expected}'
        if chip:
            try:
                chip.read(0)
                raise AssertionError('no failure')
            except ConnectionLost as again:
                equal(str(again), str(e))
            chip.close()
    assert time.monotonic() - begin < 8


if len(sys.argv) == 3:
    whole_conversation(sys.argv[2])
else:
    lost_conversation(sys.argv[2], sys.argv[3])
