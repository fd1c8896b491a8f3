# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Reads what leaves the chip instead of pictures: the tensor region of a CSI-2 frame and the messages to the cloud.
Standard library only, written from the public interface alone and not from the simulator's code.

    region = TensorRegion(lines, input_lines=36, output_lines=2)
    print(region.kpi.dsp_us, region.outputs[0].values())

    python3 ocellus_metadata.py region.bin --input-lines 36 --output-lines 2
    python3 ocellus_metadata.py envelopes.jsonl --kind detection
"""
import argparse
import base64
import json
import struct
import sys

LINE_BYTES = 2560
HEADER_BYTES = 12
MAX_WIDTH, MAX_HEIGHT, CHANNELS = 1280, 960, (1, 3, 4)


class FormatError(Exception):
    """The bytes do not follow the format; the text says where."""


class Table:
    """A table of a FlatBuffer. Every offset is checked against the end of the buffer."""

    def __init__(self, buffer, place):
        self.buffer, self.place = buffer, place
        self.fields = place - self._number('<i', place)
        self.fields_bytes = self._number('<H', self.fields)

    @classmethod
    def root(cls, buffer):
        if len(buffer) < 8:
            raise FormatError(f'{len(buffer)} bytes are no FlatBuffer')
        return cls(buffer, struct.unpack_from('<I', buffer)[0])

    def _number(self, form, place):
        if place < 0 or place + struct.calcsize(form) > len(self.buffer):
            raise FormatError(f'offset {place} is outside the {len(self.buffer)} bytes')
        return struct.unpack_from(form, self.buffer, place)[0]

    def _place(self, field):
        entry = 4 + 2 * field
        if entry + 2 > self.fields_bytes:
            return 0
        offset = self._number('<H', self.fields + entry)
        return self.place + offset if offset else 0

    def _target(self, field):
        place = self._place(field)
        return place + self._number('<I', place) if place else 0

    def number(self, field, form):
        place = self._place(field)
        return self._number('<' + form, place) if place else 0

    def table(self, field):
        target = self._target(field)
        return Table(self.buffer, target) if target else None

    def text(self, field):
        target = self._target(field)
        if not target:
            return ''
        size = self._number('<I', target)
        if target + 4 + size > len(self.buffer):
            raise FormatError(f'a text of {size} bytes at {target} is outside the buffer')
        return bytes(self.buffer[target + 4:target + 4 + size]).decode('utf-8', 'replace')

    def numbers(self, field, form):
        target = self._target(field)
        if not target:
            return []
        count, size = self._number('<I', target), struct.calcsize(form)
        if target + 4 + count * size > len(self.buffer):
            raise FormatError(f'{count} elements at {target} are outside the buffer')
        return list(struct.unpack_from(f'<{count}{form}', self.buffer, target + 4))

    def tables(self, field):
        target = self._target(field)
        if not target:
            return []
        places = [target + 4 + 4 * i for i in range(self._number('<I', target))]
        if places and places[-1] + 4 > len(self.buffer):
            raise FormatError(f'{len(places)} tables at {target} are outside the buffer')
        return [Table(self.buffer, p + self._number('<I', p)) for p in places]


class Axis:
    def __init__(self, table):
        self.id, self.size = table.number(0, 'B'), table.number(1, 'H')
        self.serialization_index, self.padding = table.number(2, 'B'), table.number(3, 'B')


class Tensor:
    """A tensor's description and, when the frame carried it, its bytes (`raw`)."""

    def __init__(self, table, is_output):
        self.id, self.name = table.number(0, 'B'), table.text(1)
        self.axes = [Axis(t) for t in table.tables(3)]
        after = 5 if is_output else 4
        self.bits = table.number(4, 'B') if is_output else 8
        self.shift, self.scale = table.number(after, 'H'), table.number(after + 1, 'f')
        self.is_signed = table.number(after + 2, 'B') == 0
        self.is_output, self.raw = is_output, None
        if self.bits not in (8, 16, 32):
            raise FormatError(f'{self.name}: elements of {self.bits} bits, expected 8, 16 or 32')

    def bytes(self):
        count = self.bits // 8
        for axis in self.axes:
            count *= axis.size + axis.padding
        return count

    def integers(self):
        """Elements in the order in which they lie in memory; of an input tensor without the padding: channel, row, column."""
        form = {8: 'b', 16: 'h', 32: 'i'}[self.bits]
        form = form if self.is_signed else form.upper()
        values = struct.unpack(f'<{len(self.raw) * 8 // self.bits}{form}', self.raw)
        if self.is_output:
            return list(values)
        width, height, channels = sorted(self.axes, key=lambda a: a.serialization_index)
        stride, rows = width.size + width.padding, height.size + height.padding
        return [values[(c * rows + y) * stride + x] for c in range(channels.size) for y in range(height.size) for x in range(width.size)]

    def values(self):
        return [(v - self.shift) * self.scale for v in self.integers()]


class Kpi:
    def __init__(self, line):
        words = struct.unpack_from('<11I', line)
        self.dnn_us, self.dsp_us = words[9], words[10]


class TensorRegion:
    """The lines that follow an image: KPI, input tensor, output tensors, PQ. `lines`: bytes, all lines one after the other.

    `input` and `outputs` hold None for raw bytes when the header says that the frame does not carry them."""

    def __init__(self, lines, input_lines, output_lines, line_bytes=LINE_BYTES):
        expected = (2 + input_lines + output_lines) * line_bytes
        if len(lines) != expected:
            raise FormatError(f'{len(lines)} bytes, expected {expected}: 1 + {input_lines} + {output_lines} + 1 lines of {line_bytes}')
        self.kpi = Kpi(lines[:line_bytes])
        self.input, self.input_valid = None, False
        if input_lines:
            self._read_input(lines[line_bytes:(1 + input_lines) * line_bytes], line_bytes, input_lines)
        block = lines[(1 + input_lines) * line_bytes:(1 + input_lines + output_lines) * line_bytes]
        self.output_frame, network, self.output_valid, body = self._block(block, line_bytes, 1)
        self.network_type = network.text(2)
        if not input_lines:
            self.frame = self.output_frame
        self.outputs = [Tensor(t, True) for t in network.tables(4)]
        at = 0
        for tensor in self.outputs:
            if self.output_valid:
                tensor.raw = bytes(body[at:at + tensor.bytes()])
                if len(tensor.raw) < tensor.bytes():
                    raise FormatError(f'{tensor.name}: {tensor.bytes()} bytes do not fit {output_lines} lines')
            at += -(-tensor.bytes() // line_bytes) * line_bytes
        self.pq = bytes(lines[-line_bytes:])

    def _read_input(self, block, line_bytes, input_lines):
        self.frame, network, self.input_valid, body = self._block(block, line_bytes, 0)
        inputs = [Tensor(t, False) for t in network.tables(3)]
        if len(inputs) != 1:
            raise FormatError(f'{len(inputs)} input tensors, expected one')
        self.input = inputs[0]
        self._check_input(self.input)
        if self.input_valid:
            self.input.raw = bytes(body[:self.input.bytes()])
            if len(self.input.raw) < self.input.bytes():
                raise FormatError(f'{self.input.name}: {self.input.bytes()} bytes do not fit {input_lines} lines')

    @staticmethod
    def _block(block, line_bytes, kind):
        if len(block) < line_bytes:
            raise FormatError('a tensor block without lines')
        valid, frame, line, ap_bytes, network_id, tensor_type = struct.unpack_from('<BBHHHB', block)
        if tensor_type != kind:
            raise FormatError(f'tensor type {tensor_type}, expected {kind}')
        if line != line_bytes:
            raise FormatError(f'lines of {line} bytes, expected {line_bytes}')
        if HEADER_BYTES + ap_bytes > line_bytes:
            raise FormatError(f'{ap_bytes} bytes of AP parameters do not fit the first line')
        networks = Table.root(block[HEADER_BYTES:HEADER_BYTES + ap_bytes]).tables(0)
        for network in networks:
            if network.number(0, 'H') == network_id:
                return frame, network, bool(valid), block[line_bytes:]
        raise FormatError(f'no network {network_id} among {[n.number(0, "H") for n in networks]}')

    @staticmethod
    def _check_input(tensor):
        if sorted(a.serialization_index for a in tensor.axes) != [0, 1, 2]:
            raise FormatError(f'{tensor.name}: expected three axes in memory order 0 width, 1 height, 2 channels')
        width, height, channels = sorted(tensor.axes, key=lambda a: a.serialization_index)
        if width.size > MAX_WIDTH or height.size > MAX_HEIGHT or channels.size not in CHANNELS:
            raise FormatError(f'{tensor.name}: {width.size}x{height.size}x{channels.size} is beyond '
                              f'{MAX_WIDTH}x{MAX_HEIGHT} with 1, 3 or 4 channels')


def _union(table, field):
    kind = table.number(field, 'B')
    if kind != 1 or table.table(field + 1) is None:
        raise FormatError(f'a union of type {kind}, expected 1')
    return table.table(field + 1)


def _list(root, field=0):
    perception = root.table(0)
    return perception.tables(field) if perception else []


def decode_result(payload, kind):
    """The FlatBuffer of an inference as plain Python objects. `kind`: detection, classification, segmentation or pose."""
    root = Table.root(payload)
    if kind == 'detection':
        objects = []
        for o in _list(root):
            box = _union(o, 1)
            objects.append({'class_id': o.number(0, 'I'), 'score': o.number(3, 'f'), 'box': [box.number(i, 'i') for i in range(4)]})
        return {'objects': objects, 'area_counts': [{'class_id': a.number(0, 'I'), 'count': a.number(1, 'I')} for a in root.tables(1)]}
    if kind == 'classification':
        return {'classes': [{'class_id': c.number(0, 'I'), 'score': c.number(1, 'f')} for c in _list(root)]}
    if kind == 'segmentation':
        p = root.table(0)
        return {'height': p.number(0, 'H'), 'width': p.number(1, 'H'), 'class_ids': p.numbers(2, 'H'),
                'num_class_id': p.number(3, 'H'), 'scores': p.numbers(4, 'f')} if p else {}
    if kind == 'pose':
        return {'poses': [{'score': p.number(0, 'f'), 'points': [
            {'score': k.number(0, 'f'), 'x': _union(k, 1).number(0, 'i'), 'y': _union(k, 1).number(1, 'i'), 'name': k.number(3, 'b')}
            for k in p.tables(1)]} for p in _list(root)]}
    raise ValueError(f'unknown kind {kind!r}')


def decode_envelope(text, kind):
    """A message to the cloud; each inference's payload is decoded into `result`."""
    message = json.loads(text)
    for inference in message['Inferences']:
        if inference.get('F', 0) == 0:
            inference['result'] = decode_result(base64.b64decode(inference['O'], validate=True), kind)
        else:
            inference['result'] = inference['O']
    return message


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('file')
    parser.add_argument('--kind', choices=['detection', 'classification', 'segmentation', 'pose'], help='the file holds envelopes of this kind')
    parser.add_argument('--input-lines', type=int, help='the file holds the lines of a tensor region')
    parser.add_argument('--output-lines', type=int)
    arguments = parser.parse_args()
    try:
        if arguments.kind:
            with open(arguments.file, encoding='utf-8') as file:
                text = file.read()
            try:
                messages = [json.dumps(json.loads(text))]
            except json.JSONDecodeError:
                messages = text.splitlines()
            for message in messages:
                print(json.dumps(decode_envelope(message, arguments.kind)))
            return 0
        if arguments.input_lines is None or arguments.output_lines is None:
            parser.error('give --kind, or --input-lines and --output-lines')
        with open(arguments.file, 'rb') as file:
            region = TensorRegion(file.read(), arguments.input_lines, arguments.output_lines)
        print(json.dumps({
            'frame': region.frame, 'dnn_us': region.kpi.dnn_us, 'dsp_us': region.kpi.dsp_us, 'network': region.network_type,
            'input': region.input.integers() if region.input_valid else None,
            'outputs': [{'name': t.name, 'values': t.integers()} for t in region.outputs] if region.output_valid else None}))
        return 0
    except (FormatError, OSError, ValueError, KeyError) as error:
        print(f'error: {arguments.file}: {error}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    sys.exit(main())
