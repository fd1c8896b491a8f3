# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Reads a stream of CSI-2 packets (`ocellus run --packets FILE`): checks them, and gets pictures, metadata and tensors out
of it. Standard library only, written from the public formats (pcap, MIPI CSI-2) and not from the simulator's code.

    for frame in frames(packets(open('run.pcap', 'rb'))):
        if frame.picture_type:
            rows = frame.rows()                 # lists of samples
        if frame.region:
            region = frame.tensor_region()      # ocellus_metadata.TensorRegion

    python3 ocellus_packets.py run.pcap --out folder
"""
import argparse
import array
import os
import struct
import sys

from ocellus_metadata import FormatError, TensorRegion

FRAME_START, FRAME_END, LINE_START, LINE_END, EMBEDDED = 0x00, 0x01, 0x02, 0x03, 0x12
PICTURES = {0x18: 'YUV420', 0x1E: 'YUV422', 0x24: 'RGB888', 0x2A: 'RAW8', 0x2B: 'RAW10', 0x2C: 'RAW12', 0x2D: 'RAW14'}
KPI, INPUT_TENSOR, OUTPUT_TENSOR, PQ = 0x30, 0x31, 0x32, 0x33
# MIPI CSI-2: the header bits that each of the six parity bits covers.
PARITY = (0xF12CB7, 0xF2555B, 0x749A6D, 0xB8E38E, 0xDF03F0, 0xEFFC00)


def parity_of(bits24):
    return sum((bin(bits24 & mask).count('1') & 1) << i for i, mask in enumerate(PARITY))


def _syndromes():
    return {parity_of(1 << bit): bit for bit in range(24)}


SYNDROMES = _syndromes()


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def checksum(payload):
    crc = 0xFFFF
    for byte in payload:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


class Packet:
    """`time_ns`: when its last bit left; `corrected`: the header had one wrong bit; `crc_fits`: of long packets."""

    def __init__(self, time_ns, raw):
        if len(raw) < 4:
            raise FormatError(f'a packet of {len(raw)} bytes')
        self.time_ns = time_ns
        bits, ecc = raw[0] | raw[1] << 8 | raw[2] << 16, raw[3] & 0x3F
        syndrome = parity_of(bits) ^ ecc
        self.corrected = syndrome != 0
        self.broken = False
        if syndrome in SYNDROMES:
            bits ^= 1 << SYNDROMES[syndrome]
        elif syndrome and syndrome & (syndrome - 1):  # not a bit of the code itself
            self.broken = True
        self.channel, self.type, self.value = bits >> 6 & 3, bits & 0x3F, bits >> 8
        self.is_long = len(raw) > 4
        self.payload = raw[4:-2] if self.is_long else b''
        self.crc_fits = not self.is_long or (raw[-2] | raw[-1] << 8) == checksum(self.payload)


def packets(file):
    """The packets of an open pcap file or pipe, in the order of the wire."""
    header = file.read(24)
    if len(header) < 24 or struct.unpack_from('<I', header)[0] != 0xA1B23C4D:
        raise FormatError('no pcap file with nanoseconds')
    if struct.unpack_from('<I', header, 20)[0] != 147:
        raise FormatError('the link type is not 147')
    while True:
        record = file.read(16)
        if not record:
            return
        if len(record) < 16:
            raise FormatError('the file ends within a record')
        seconds, nanoseconds, size, _ = struct.unpack('<4I', record)
        raw = file.read(size)
        if len(raw) < size:
            raise FormatError('the file ends within a packet')
        yield Packet(seconds * 1000000000 + nanoseconds, raw)


class Frame:
    """What came on one virtual channel from a frame start to its end."""

    def __init__(self, packet):
        self.channel, self.number, self.start_ns, self.end_ns = packet.channel, packet.value, packet.time_ns, None
        self.picture_type, self.lines, self.embedded, self.embedded_lines, self.region = None, [], b'', [], []
        self.wrong_lines = 0

    def add(self, packet):
        self.wrong_lines += not packet.crc_fits
        if packet.type == EMBEDDED:
            self.embedded += packet.payload
            self.embedded_lines.append(packet.payload)
        elif KPI <= packet.type <= PQ:
            self.region.append((packet.type, packet.payload))
        elif packet.type in PICTURES:
            self.picture_type = PICTURES[packet.type]
            self.lines.append(packet.payload)
        else:
            raise FormatError(f'data type 0x{packet.type:02x} is not known')

    def rows(self):
        """Samples of RAW8, RAW10 and RAW12, row by row."""
        return [unpack(self.picture_type, line) for line in self.lines]

    def registers(self):
        """Values of the embedded data in front of a picture, by the index of each byte (SMIA, MIPI CCS)."""
        period, low = {'RAW10': (5, (4,)), 'RAW12': (3, (2,)), 'RAW14': (7, (4, 5, 6))}.get(self.picture_type, (1, ()))
        out = {}
        for line in self.embedded_lines:
            data = [byte for place, byte in enumerate(line) if place % period not in low]
            if any(byte != 0x55 for place, byte in enumerate(line) if place % period in low):
                raise FormatError('a byte of low bits in an embedded line is not 0x55')
            if data[0] != 0x0A:
                raise FormatError('an embedded line does not begin with 0x0a')
            index, at = 0, 1
            while data[at] != 0x07:
                tag, value = data[at], data[at + 1]
                if tag == 0xAA:
                    index = index & 0xFF | value << 8
                elif tag == 0xA5:
                    index = index & 0xFF00 | value
                elif tag == 0x55:
                    index += 1
                elif tag == 0x5A:
                    out[index] = value
                    index += 1
                else:
                    raise FormatError(f'tag 0x{tag:02x} in an embedded line')
                at += 2
        return out

    def tensor_region(self, input_lines=None, output_lines=None):
        """The numbers of lines are needed where all lines are embedded data, the form that the public driver asks for."""
        if not self.region and input_lines is not None:
            return TensorRegion(self.embedded, input_lines, output_lines)
        kinds = [kind for kind, _ in self.region]
        if kinds != sorted(kinds) or kinds.count(KPI) != 1 or kinds.count(PQ) != 1:
            raise FormatError(f'frame {self.number}: the lines of the tensor region are out of order')
        return TensorRegion(b''.join(line for _, line in self.region), kinds.count(INPUT_TENSOR), kinds.count(OUTPUT_TENSOR),
                            len(self.region[0][1]))


def unpack(picture_type, line):
    if picture_type == 'RAW8':
        return list(line)
    if picture_type == 'RAW10':
        out = [0] * (len(line) // 5 * 4)
        low = line[4::5]
        for i in range(4):
            out[i::4] = [high << 2 | rest >> 2 * i & 3 for high, rest in zip(line[i::5], low)]
        return out
    if picture_type == 'RAW12':
        out = [0] * (len(line) // 3 * 2)
        low = line[2::3]
        for i in range(2):
            out[i::2] = [high << 4 | rest >> 4 * i & 15 for high, rest in zip(line[i::3], low)]
        return out
    raise FormatError(f'{picture_type} is not unpacked here')


class Counts:
    def __init__(self):
        self.packets = self.corrected = self.broken = self.wrong_lines = self.outside = 0


def frames(stream, counts=None):
    """Frames in the order in which they end. Packets with a broken header are dropped and counted."""
    counts = counts or Counts()
    open_frames = {}
    for packet in stream:
        counts.packets += 1
        counts.corrected += packet.corrected and not packet.broken
        if packet.broken:
            counts.broken += 1
            continue
        if packet.type == FRAME_START:
            open_frames[packet.channel] = Frame(packet)
        elif packet.channel not in open_frames:
            counts.outside += 1
        elif packet.type == FRAME_END:
            frame = open_frames.pop(packet.channel)
            frame.end_ns = packet.time_ns
            yield frame
        elif packet.type not in (LINE_START, LINE_END):
            counts.wrong_lines += not packet.crc_fits
            open_frames[packet.channel].add(packet)


def write_pgm(path, rows, bits):
    with open(path, 'wb') as file:
        file.write(f'P5\n{len(rows[0])} {len(rows)}\n{(1 << bits) - 1}\n'.encode())
        for row in rows:
            if bits <= 8:
                file.write(bytes(row))
            else:
                samples = array.array('H', row)
                if sys.byteorder == 'little':
                    samples.byteswap()
                file.write(samples.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('file', help='pcap file or named pipe; - for standard input')
    parser.add_argument('--out', help='write pictures (PGM), metadata records and tensors there')
    arguments = parser.parse_args()
    counts = Counts()
    try:
        with (sys.stdin.buffer if arguments.file == '-' else open(arguments.file, 'rb')) as file:
            if arguments.out:
                os.makedirs(arguments.out, exist_ok=True)
            for frame in frames(packets(file), counts):
                what = []
                name = os.path.join(arguments.out or '', f'frame_{frame.number - 1:04}')
                if frame.picture_type:
                    what.append(f'{len(frame.lines)} lines of {frame.picture_type}')
                    if arguments.out and frame.picture_type.startswith('RAW'):
                        write_pgm(name + '.pgm', frame.rows(), int(frame.picture_type[3:]))
                if frame.embedded and frame.picture_type:
                    registers = frame.registers()
                    exposure = registers.get(0x0202, 0) << 8 | registers.get(0x0203, 0)
                    what.append(f'{len(frame.embedded_lines)} embedded lines, exposure {exposure} lines')
                elif frame.embedded:
                    what.append(f'{len(frame.embedded)} bytes of metadata')
                    if arguments.out:
                        with open(name + '.metadata', 'wb') as out:
                            out.write(frame.embedded)
                if frame.region:
                    region = frame.tensor_region()
                    what.append(f'{region.network_type}: network {region.kpi.dnn_us} us, '
                                f'{len(region.outputs)} output tensors' + (' and the input' if region.input else ''))
                    if arguments.out:
                        for i, tensor in enumerate(region.outputs):
                            with open(f'{name}_output_{i}.bin', 'wb') as out:
                                out.write(tensor.raw)
                        if region.input and region.input_valid:
                            with open(f'{name}_input.bin', 'wb') as out:
                                out.write(region.input.raw)
                print(f'{frame.end_ns / 1e6:12.6f} ms  channel {frame.channel}  frame {frame.number - 1}  {", ".join(what) or "nothing"}')
    except (OSError, FormatError) as error:
        print(f'error: {arguments.file}: {error}', file=sys.stderr)
        return 2
    print(f'{counts.packets} packets, {counts.corrected} headers corrected, {counts.broken} dropped, '
          f'{counts.wrong_lines} lines with a wrong checksum')
    return 1 if counts.broken or counts.wrong_lines or counts.outside else 0


if __name__ == '__main__':
    sys.exit(main())
