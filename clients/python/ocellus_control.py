# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Drives an Ocellus simulation over its control socket. Standard library only.

    with Simulation.connect('unix:/tmp/sensor.sock') as chip:
        chip.run_until_frame(0)
        print(chip.read('pixel_array.FRAME_COUNT'), chip.time_ns)

Every call has a deadline in wall time (`deadline`, seconds) and leaves the simulated time of its reply in `time_ns`. Simulated
time stands still between calls. The protocol: docs/control-protocol.md.
"""
import collections
import socket
import subprocess
import threading
import time as clock

VERSION = 1
PATIENCE = 5.0  # s beyond a deadline, which the simulation is to keep itself


class ControlError(Exception):
    """The simulation refused a request. `code` is one of: syntax, verb, parameter, busy, bus, limit, deadline, stopped, ended,
    none."""

    def __init__(self, code, message, time_ns):
        super().__init__(f'{code}: {message}')
        self.code, self.message, self.time_ns = code, message, time_ns


class ConnectionLost(Exception):
    """The simulation did not answer in time, or is gone. All calls that follow fail in the same way."""


def _connect(where, timeout):
    """`where`: 'unix:PATH', a path with a slash, 'PORT' or 'HOST:PORT'."""
    try:
        if where.startswith('unix:') or '/' in where:
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                s.settimeout(timeout)
                s.connect(where[5:] if where.startswith('unix:') else where)
            except OSError:
                s.close()
                raise
            return s
        host, _, port = where.rpartition(':')
        s = socket.create_connection((host or '127.0.0.1', int(port)), timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s
    except (OSError, OverflowError) as e:
        raise ConnectionLost(f'cannot connect to {where}: {e}') from None


class Simulation:
    """One conversation with a simulation that runs with --control. Not for several threads at once."""

    def __init__(self, sock, deadline=60.0):
        self._socket = sock
        self._received = bytearray()
        self._lost = None
        self._process = None
        self._number = 0
        self._until = clock.monotonic() + deadline
        self.deadline = deadline
        self.time_ns = 0
        self.exit_code = None  # of a started simulation, after close()
        self.messages = collections.deque(maxlen=1000)  # lines on standard error of a started simulation
        words = self._line().split()
        if len(words) != 3 or words[0] != 'ocellus-control' or words[1] != str(VERSION):
            self._fail(f'not an Ocellus control socket of version {VERSION}: {" ".join(words)[:200]}')
        self.time_ns = self._time(words[2])

    @classmethod
    def connect(cls, where, deadline=60.0):
        """Connects to a simulation that waits at `where`: 'unix:PATH', a path with a slash, 'PORT' or 'HOST:PORT'."""
        sock = _connect(where, deadline)
        try:
            return cls(sock, deadline)
        except ConnectionLost:
            sock.close()
            raise

    @classmethod
    def start(cls, program, *arguments, deadline=60.0):
        """Starts `program run ... --control 0` and connects to it. Its standard output stays where it is; the lines of its
        standard error are in `messages`."""
        process = subprocess.Popen([program, 'run', *arguments, '--control', '0'], stdin=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        messages = collections.deque(maxlen=1000)
        where = []
        ready = threading.Event()

        def drain():  # always, or the simulation waits for room in the pipe
            start = 'waiting for a test bench at '
            for line in process.stderr:
                text = line.decode(errors='replace').rstrip('\n')
                if not where and text.startswith(start):
                    where.append(text[len(start):])
                    ready.set()
                else:
                    messages.append(text)
            ready.set()

        thread = threading.Thread(target=drain, daemon=True)
        thread.start()
        try:
            ready.wait(deadline)
            if not where:
                raise ConnectionLost('; '.join([f'{program} does not wait for a test bench', *messages]))
            self = cls.connect(where[0], deadline)
        except BaseException:
            process.kill()
            process.wait()
            thread.join(1)
            process.stderr.close()
            raise
        self._process, self._thread, self.messages = process, thread, messages
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the simulation, if it has not ended, and the conversation. Returns the exit code of a started one, which is killed
        when it does not end within the deadline."""
        try:
            self.quit()
        except (ControlError, ConnectionLost):
            pass
        self._lost = self._lost or 'the conversation was closed'
        self._socket.close()
        if self._process:
            try:
                self._process.wait(self.deadline)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self.exit_code = self._process.wait()
            self._thread.join(1)
            self._process.stderr.close()
            self._process = None
        return self.exit_code

    # Requests.

    def _fail(self, why):
        self._lost = why
        raise ConnectionLost(why)

    def _fill(self):
        left = self._until - clock.monotonic()
        if left <= 0:
            self._fail('no answer within the deadline')
        try:
            self._socket.settimeout(left)
            some = self._socket.recv(1 << 16)
        except socket.timeout:
            self._fail('no answer within the deadline')
        except OSError as e:
            self._fail(f'no connection: {e}')
        if not some:
            self._fail('the simulation is gone')
        self._received += some

    def _line(self):
        while True:
            end = self._received.find(b'\n')
            if end >= 0:
                line = bytes(self._received[:end])
                del self._received[:end + 1]
                return line.decode(errors='replace')
            if len(self._received) > 1 << 16:
                self._fail('not the control protocol: a line without an end')
            self._fill()

    def _bytes(self, count):
        while len(self._received) < count:
            self._fill()
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def _time(self, word):
        if not word.startswith('t=') or not word[2:].isdigit():
            self._fail(f'not the control protocol: {word[:80]}')
        return int(word[2:])

    def request(self, verb, *words, deadline=None, **options):
        """Sends one request; returns the reply's values as a dict, a payload as bytes under ''. Raises ControlError when it is
        refused, ConnectionLost, or ValueError for an argument that breaks the line. `deadline` is the client's own."""
        if self._lost:
            raise ConnectionLost(self._lost)
        parts = [verb, *map(str, words), *(f'{k}={v}' for k, v in options.items())]
        for part in parts:
            blank = ' ' in part and verb != 'scene'  # whose name is what is left of the line
            if not part or blank or any(ord(c) < 32 or ord(c) == 127 for c in part):
                raise ValueError(f'{part!r} is not a word of a request')
        self._number += 1
        self._until = clock.monotonic() + (self.deadline if deadline is None else deadline) + PATIENCE
        try:
            self._socket.settimeout(max(self._until - clock.monotonic(), 0.001))
            self._socket.sendall(' '.join([str(self._number), *parts]).encode() + b'\n')
        except OSError as e:
            self._fail(f'no connection: {e}')
        parts = self._line().split()
        if len(parts) < 3 or parts[0] != str(self._number) or parts[1] not in ('ok', 'error'):
            self._fail(f'an answer to nothing: {" ".join(parts)[:200]}')
        self.time_ns = self._time(parts[2])
        if parts[1] == 'error':
            raise ControlError(parts[3] if len(parts) > 3 else '', ' '.join(parts[4:]), self.time_ns)
        values = dict(p.split('=', 1) for p in parts[3:] if '=' in p)
        if 'bytes' in values:
            if not values['bytes'].isdigit():
                self._fail(f'not the control protocol: bytes={values["bytes"][:80]}')
            values[''] = self._bytes(int(values['bytes']))
        return values

    def _timed(self, verb, *words, deadline=None, **options):
        seconds = self.deadline if deadline is None else deadline
        return self.request(verb, *words, f'deadline={max(1, round(seconds * 1000))}ms', deadline=seconds, **options)

    def read(self, register, deadline=None):
        """A register by name ('npu.STATUS') or bus address, with bus time and side effects."""
        return int(self._timed('read', register, deadline=deadline)['value'], 0)

    def write(self, register, value, deadline=None):
        """32 bits to a register by name or bus address, with bus time and side effects."""
        self._timed('write', register, f'0x{value & 0xffffffff:x}', deadline=deadline)

    def peek(self, address, length):
        """Memory without time."""
        return self.request('peek', address, length)['']

    def poke(self, address, data):
        """Bytes into memory without time."""
        for at in range(0, len(data), 4096):
            self.request('poke', address + at, bytes(data[at:at + 4096]).hex())

    def run_for(self, time, deadline=None):
        """`time`: text such as '33ms', or ns as a number."""
        self._timed('run_for', time if isinstance(time, str) else f'{time}ns', deadline=deadline)

    def run_until_frame(self, number, deadline=None, limit=None):
        """Until frame `number`, counted from 0, begins; at once when it has. `limit` of simulated time: text such as '100ms'."""
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
        """{name: value}; None where there is no value, such as a ratio of nothing"""
        def number(text):
            if text == 'null':
                return None
            return float(text) if '.' in text or 'e' in text else int(text)
        lines = self.request('stats', glob)[''].decode().splitlines()
        return {name: number(value)
                for name, value in (line.rsplit(' ', 1) for line in lines)}

    def frame(self):
        """The last whole image: a dict with frame, width, height, format and data (bytes as packed on the wire)."""
        v = self.request('frame')
        return {'frame': int(v['frame']), 'width': int(v['width']), 'height': int(v['height']), 'format': v['format'],
                'data': v['']}

    def tensor(self):
        """The bytes of the last tensor."""
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
        """Ends the simulation."""
        self.request('quit')
