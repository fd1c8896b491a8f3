# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Drives an Ocellus simulation over its control socket. Standard library only.

    with Simulation.connect('unix:/tmp/sensor.sock') as chip:
        chip.run_until_frame(0)
        print(chip.read('pixel_array.FRAME_COUNT'), chip.time_ns)

Every call has a deadline in wall time (`deadline`, seconds) and leaves the simulated time of its reply in `time_ns`. Simulated
time stands still between calls. The protocol: docs/control-protocol.md.
"""
import socket
import subprocess

VERSION = 1


class ControlError(Exception):
    """The simulation refused a request. `code` is one of: syntax, verb, parameter, busy, bus, limit, deadline, stopped, ended,
    none."""

    def __init__(self, code, message, time_ns):
        super().__init__(f'{code}: {message}')
        self.code, self.message, self.time_ns = code, message, time_ns


class ConnectionLost(Exception):
    """The simulation did not answer in time, or is gone."""


def _connect(where, timeout):
    """`where`: 'unix:PATH', a path with a slash, 'PORT' or 'HOST:PORT'."""
    if where.startswith('unix:') or '/' in where:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(timeout)
        s.connect(where[5:] if where.startswith('unix:') else where)
        return s
    host, _, port = where.rpartition(':')
    return socket.create_connection((host or '127.0.0.1', int(port)), timeout)


class Simulation:
    """One conversation with a simulation that runs with --control."""

    def __init__(self, sock, deadline=60.0):
        self._socket, self._file = sock, sock.makefile('rwb')
        self._process = None
        self._number = 0
        self.deadline = deadline
        self.time_ns = 0
        words = self._line().split()
        if len(words) < 2 or words[0] != 'ocellus-control' or int(words[1]) != VERSION:
            raise ConnectionLost(f'not an Ocellus control socket of version {VERSION}: {" ".join(words)}')

    @classmethod
    def connect(cls, where, deadline=60.0):
        """Connects to a simulation that waits at `where`."""
        return cls(_connect(where, deadline), deadline)

    @classmethod
    def start(cls, program, *arguments, deadline=60.0):
        """Starts `program run ... --control 0` and connects to it. Its standard output stays where it is."""
        process = subprocess.Popen([program, 'run', *arguments, '--control', '0'], stderr=subprocess.PIPE)
        for line in process.stderr:
            text = line.decode()
            if text.startswith('waiting for a test bench at '):
                self = cls.connect(text.split()[-1], deadline)
                self._process = process
                return self
        raise ConnectionLost(f'{program} ended with code {process.wait()}')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the simulation, if it has not ended, and the conversation. Returns the exit code of a started one."""
        try:
            self.quit()
        except (ControlError, ConnectionLost, OSError):
            pass
        self._file.close()
        self._socket.close()
        if self._process:
            self._process.stderr.read()
            self._process.stderr.close()
            return self._process.wait()
        return None

    # Requests.

    def _line(self):
        try:
            line = self._file.readline()
        except OSError as e:
            raise ConnectionLost(f'no answer: {e}') from None
        if not line.endswith(b'\n'):
            raise ConnectionLost('the simulation is gone')
        return line.decode()

    def request(self, verb, *words, deadline=None, **options):
        """Sends one request; returns the reply's values as a dict, a payload as bytes under ''."""
        seconds = self.deadline if deadline is None else deadline
        self._number += 1
        text = ' '.join([str(self._number), verb, *map(str, words), *(f'{k}={v}' for k, v in options.items())])
        self._socket.settimeout(seconds + 5)  # the simulation is to answer first
        try:
            self._file.write(text.encode() + b'\n')
            self._file.flush()
        except OSError as e:
            raise ConnectionLost(f'no connection: {e}') from None
        parts = self._line().split()
        if len(parts) < 3 or parts[0] != str(self._number):
            raise ConnectionLost(f'an answer to nothing: {" ".join(parts)}')
        self.time_ns = int(parts[2][2:])
        if parts[1] != 'ok':
            raise ControlError(parts[3], ' '.join(parts[4:]), self.time_ns)
        values = dict(p.split('=', 1) for p in parts[3:])
        if 'bytes' in values:
            values[''] = self._file.read(int(values['bytes']))
        return values

    def _timed(self, verb, *words, deadline=None, **options):
        seconds = self.deadline if deadline is None else deadline
        return self.request(verb, *words, f'deadline={int(seconds * 1000)}ms', deadline=seconds, **options)

    def read(self, register, deadline=None):
        """A register by name ('npu.STATUS') or bus address, with bus time and side effects."""
        return int(self._timed('read', register, deadline=deadline)['value'], 0)

    def write(self, register, value, deadline=None):
        self._timed('write', register, f'0x{value & 0xffffffff:x}', deadline=deadline)

    def peek(self, address, length):
        """Memory without time."""
        return self.request('peek', address, length)['']

    def poke(self, address, data):
        for at in range(0, len(data), 4096):
            self.request('poke', address + at, bytes(data[at:at + 4096]).hex())

    def run_for(self, time, deadline=None):
        """`time`: text such as '33ms', or ns as a number."""
        self._timed('run_for', time if isinstance(time, str) else f'{time}ns', deadline=deadline)

    def run_until_frame(self, number, deadline=None, limit=None):
        self._timed('run_until', 'frame', number, deadline=deadline, **({'limit': limit} if limit else {}))

    def run_until_event(self, name, count=1, deadline=None, limit=None):
        """`name`: frame_started, frame_read_out, tensor_ready, job_started, job_ended, message_sent, ..."""
        self._timed('run_until', 'event', name, deadline=deadline, count=count, **({'limit': limit} if limit else {}))

    def wait_irq(self, name, deadline=None, limit=None):
        """Until a line into the interrupt controller is high; at once when it is."""
        self._timed('wait_irq', name, deadline=deadline, **({'limit': limit} if limit else {}))

    def interrupts(self):
        """{name: True when its line is high}"""
        values = self.request('irq')
        return {k: v == '1' for k, v in values.items()}

    def statistics(self, glob='*'):
        """{name: value}"""
        lines = self.request('stats', glob)[''].decode().splitlines()
        return {name: float(value) if '.' in value or 'e' in value else int(value)
                for name, value in (line.rsplit(' ', 1) for line in lines)}

    def frame(self):
        """The last whole image: a dict with frame, width, height, format and data (bytes as packed on the wire)."""
        v = self.request('frame')
        return {'frame': int(v['frame']), 'width': int(v['width']), 'height': int(v['height']), 'format': v['format'],
                'data': v['']}

    def tensor(self):
        return self.request('tensor')['']

    def metadata(self):
        """A line of JSON for the last metadata record."""
        return self.request('metadata')[''].decode()

    def set_scene(self, name):
        """A picture file or 'builtin:parcels', from the next frame on."""
        self.request('scene', name)

    def reset(self):
        """Resets the control CPU and loads the firmware again."""
        self.request('reset')

    def quit(self):
        self.request('quit')
