#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Makes everything that is known of a register from its one description.

The blocks' CMSIS-SVD files, named by a device file, become
  registers/<block>.h   C++ tables for core/registers.h
  registers/all.h       C++ list of all blocks
  memory_map.h          C++ base addresses and sizes
  ocellus.h             the firmware's C header
  ocellus.svd           one merged file for debuggers
  registers.md          the reference page

usage: generate_registers.py --source ROOT --device FILE --output DIR
"""
import argparse
import os
import re
import sys
import xml.etree.ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import escape


class Mistake(Exception):
    pass


class Element(ET.Element):
    """An element that knows its line."""
    line = 0


def parse(path):
    """The root element of an XML file; every element has .line."""
    parser = expat.ParserCreate()
    stack, root = [], []

    def start(name, attributes):
        e = Element(name, attributes)
        e.line = parser.CurrentLineNumber
        e.text = ''
        if stack:
            stack[-1].append(e)
        else:
            root.append(e)
        stack.append(e)

    def end(_):
        stack.pop()

    def text(data):
        if stack:
            stack[-1].text += data

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    try:
        with open(path, 'rb') as f:
            parser.ParseFile(f)
    except expat.ExpatError as e:
        raise Mistake(f'{path}:{e.lineno}: {expat.errors.messages[e.code]}') from None
    except OSError as e:
        raise Mistake(f'{path}: {e.strerror}') from None
    return root[0]


# What each element may hold, in the order that the CMSIS-SVD schema asks for.
ORDER = {
    'peripheral': ('name', 'description', 'addressBlock', 'registers'),
    'addressBlock': ('offset', 'size', 'usage'),
    'registers': ('register',),
    'register': ('dim', 'dimIncrement', 'dimIndex', 'name', 'description', 'addressOffset', 'access', 'resetValue',
                 'resetMask', 'modifiedWriteValues', 'readAction', 'fields'),
    'fields': ('field',),
    'field': ('name', 'description', 'bitRange', 'access', 'enumeratedValues'),
    'enumeratedValues': ('enumeratedValue',),
    'enumeratedValue': ('name', 'description', 'value'),
}
SEVERAL = ('register', 'field', 'enumeratedValue')
READ_ACTIONS = ('clear', 'set', 'modify', 'modifyExternal')
MODES = {'read-write': 'read_write', 'read-only': 'read_only', 'write-only': 'write_only'}
SHORT = {'read_write': 'rw', 'read_only': 'ro', 'write_only': 'wo', 'write_one_to_clear': 'w1c'}


class Reader:
    """One block's file. Collects every mistake before it gives up."""

    def __init__(self, path):
        self.path, self.mistakes = path, []

    def bad(self, element, message):
        self.mistakes.append(f'{self.path}:{element.line}: {message}')

    def child(self, e, tag, default=None):
        c = e.find(tag)
        if c is None:
            if default is None:
                self.bad(e, f'<{e.tag}> has no <{tag}>')
                return ''
            return default
        return ' '.join(c.text.split())

    def number(self, e, tag, default=None):
        text = self.child(e, tag, default)
        try:
            return int(text, 0)
        except ValueError:
            if text:
                self.bad(e, f'<{tag}> is "{text}", expected a number such as 16 or 0x10')
            return 0

    def check_order(self, e):
        """Elements that are unknown, given twice or out of order: other tools' readers are strict."""
        order, last = ORDER.get(e.tag, ()), -1
        for c in e:
            if c.tag not in order:
                self.bad(c, f'<{e.tag}> cannot have <{c.tag}>' + (f', only {", ".join(order)}' if order else ''))
                continue
            place = order.index(c.tag)
            if place == last and c.tag not in SEVERAL:
                self.bad(c, f'<{c.tag}> is given twice')
            elif place < last:
                self.bad(c, f'<{c.tag}> must come before <{order[last]}>')
            last = max(place, last)
            self.check_order(c)

    def field(self, e, mode):
        f = {'name': self.child(e, 'name'), 'text': self.child(e, 'description'), 'line': e}
        span = self.child(e, 'bitRange')
        m = re.fullmatch(r'\[(\d+):(\d+)\]', span)
        if not m or not 31 >= int(m[1]) >= int(m[2]):
            self.bad(e, f'<bitRange> of {f["name"]} is "{span}", expected [high:low] within 31:0')
            f['low'], f['width'] = 0, 1
        else:
            f['low'], f['width'] = int(m[2]), int(m[1]) - int(m[2]) + 1
        if not re.fullmatch(r'[A-Z][A-Z0-9_]*', f['name']):
            self.bad(e, f'the name "{f["name"]}" is not in capitals')
        access = self.child(e, 'access', '')
        if access and access not in MODES:
            self.bad(e.find('access'), f'<access> is "{access}", expected one of {", ".join(MODES)}')
        f['read_only'] = access == 'read-only'
        if access and not f['read_only'] and access != mode:
            self.bad(e.find('access'), f'field {f["name"]} is {access} in a {mode} register')
        f['values'] = []
        for v in e.findall('enumeratedValues/enumeratedValue'):
            value = self.number(v, 'value')
            if value >> f['width']:
                self.bad(v, f'value {value} does not fit the {f["width"]} bits of {f["name"]}')
            name = self.child(v, 'name')
            if value in [known[1] for known in f['values']]:
                self.bad(v, f'value {value} of {f["name"]} is listed twice')
            if name in [known[0] for known in f['values']]:
                self.bad(v, f'value {name} of {f["name"]} is named twice')
            f['values'].append((name, value, self.child(v, 'description')))
        return f

    def registers(self, e):
        """One <register>, or as many as <dim> says."""
        mode = self.child(e, 'access')
        if mode not in MODES:
            self.bad(e, f'<access> is "{mode}", expected one of {", ".join(MODES)}')
        action = self.child(e, 'readAction', '')
        if action and action not in READ_ACTIONS:
            self.bad(e.find('readAction'), f'<readAction> is "{action}", expected one of {", ".join(READ_ACTIONS)}')
        written = self.child(e, 'modifiedWriteValues', '')
        if written not in ('', 'oneToClear'):
            self.bad(e, f'<modifiedWriteValues> is "{written}", expected oneToClear')
        reg = {'name': self.child(e, 'name'), 'text': self.child(e, 'description'), 'line': e,
               'offset': self.number(e, 'addressOffset'), 'reset': self.number(e, 'resetValue', '0'),
               'mode': 'write_one_to_clear' if written else MODES.get(mode, 'read_write'),
               'reset_mask': self.number(e, 'resetMask', '0xffffffff'), 'read_acts': bool(action),
               'fields': [self.field(f, mode) for f in e.findall('fields/field')]}
        if written and mode != 'read-write':
            self.bad(e.find('modifiedWriteValues'), f'{reg["name"]} is {mode}: {written} needs read-write')
        taken = 0
        for f in reg['fields']:
            mask = ((1 << f['width']) - 1) << f['low']
            if taken & mask:
                self.bad(f['line'], f'field {reg["name"]}.{f["name"]} overlaps another')
            taken |= mask
        if reg['fields'] and reg['reset'] & ~taken:
            self.bad(e, f'reset of {reg["name"]} sets bits outside every field')
        if reg['reset'] & ~reg['reset_mask']:
            self.bad(e, f'reset of {reg["name"]} sets bits outside its resetMask')
        for f in reg['fields']:
            value = (reg['reset'] & mask_of(f)) >> f['low']
            if f['values'] and value not in [v for _, v, _ in f['values']]:
                self.bad(e, f'reset of {reg["name"]} gives {f["name"]} {value}, which it does not list')
        if reg['reset'] >> 32:
            self.bad(e, f'reset of {reg["name"]} does not fit 32 bits')
        names = [f['name'] for f in reg['fields']]
        for f in reg['fields']:
            if names.count(f['name']) > 1:
                self.bad(f['line'], f'field {reg["name"]}.{f["name"]} is described twice')
        if e.find('dim') is None:
            if '%s' in reg['name']:
                self.bad(e, f'the name {reg["name"]} has %s, but there is no <dim>')
            return [reg]
        count, step = self.number(e, 'dim'), self.number(e, 'dimIncrement')
        index = self.child(e, 'dimIndex')
        m = re.fullmatch(r'(\d+)-(\d+)', index)
        words = [str(i) for i in range(int(m[1]), int(m[2]) + 1)] if m else index.split(',')
        if len(words) != count:
            self.bad(e, f'<dimIndex> of {reg["name"]} names {len(words)} registers, <dim> says {count}')
        if '%s' not in reg['name']:
            self.bad(e, f'the name {reg["name"]} of a register with <dim> has no %s')
        return [dict(reg, name=reg['name'].replace('%s', w), offset=reg['offset'] + step * i,
                     array=(reg['name'], i, count, step)) for i, w in enumerate(words)]

    def block(self):
        root = parse(self.path)
        if root.tag != 'peripheral':
            raise Mistake(f'{self.path}:{root.line}: the root is <{root.tag}>, expected <peripheral>')
        self.check_order(root)
        b = {'name': self.child(root, 'name'), 'text': self.child(root, 'description'),
             'size': self.number(root, 'addressBlock/size') if root.find('addressBlock/size') is not None
             else 0x1000, 'registers': [], 'root': root}
        for e in root.findall('registers/register'):
            b['registers'] += self.registers(e)
        if not re.fullmatch(r'[a-z][a-z0-9_]*', b['name']):
            self.bad(root, f'the name "{b["name"]}" of the block is not in small letters')
        if not b['registers']:
            self.bad(root, 'there are no registers')
        seen, places = {}, {}
        for r in b['registers']:
            if not re.fullmatch(r'[A-Z][A-Z0-9_]*', r['name']):
                self.bad(r['line'], f'the name "{r["name"]}" is not in capitals')
            if r['name'] in seen:
                self.bad(r['line'], f'register {r["name"]} is described twice')
            if r['offset'] in places:
                self.bad(r['line'], f'register {r["name"]} lies where {places[r["offset"]]} is')
            if 'array' in r and '%s' not in r['array'][0]:
                continue
            if r['offset'] % 4 or r['offset'] + 4 > b['size']:
                self.bad(r['line'], f'offset of {r["name"]} is not a multiple of 4 inside the block')
            seen[r['name']], places[r['offset']] = r, r['name']
        b['registers'].sort(key=lambda r: r['offset'])
        return b


def quoted(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def cpp_name(name):
    """Register names that are macros or keywords somewhere get through as they are: none are."""
    return name


def mask_of(f):
    return ((1 << f['width']) - 1) << f['low']


HEAD = '// Made from the SVD files by tools/generate_registers.py.\n'


def cpp_header(b):
    out = [HEAD + '#pragma once\n', '#include "core/registers.h"\n',
           f'namespace ocellus::registers::{b["name"]} {{\n']
    out.append('/// Index of each register in the block.\nenum index : unsigned {')
    out += [f'    {r["name"]},' for r in b['registers']]
    out.append('};\n')
    done = set()
    for r in b['registers']:
        base = r['array'][0].replace('_%s', '').replace('%s', '') if 'array' in r else r['name']
        if base in done:
            continue
        done.add(base)
        for f in r['fields']:
            if f['width'] == 32:
                continue
            out.append(f'constexpr std::uint32_t {base}_{f["name"]}_bits = 0x{mask_of(f):x}u;')
            out.append(f'constexpr unsigned {base}_{f["name"]}_low = {f["low"]};')
    out.append('\nnamespace detail {')
    tables = {}
    for r in b['registers']:
        key = id(r['fields'])
        if not r['fields'] or key in tables:
            continue
        tables[key] = f'fields_{len(tables)}'
        for i, f in enumerate(r['fields']):
            if f['values']:
                out.append(f'inline constexpr register_value {tables[key]}_values_{i}[] = {{')
                out += [f'    {{{quoted(n)}, {v}, {quoted(d)}}},' for n, v, d in f['values']]
                out.append('};')
        out.append(f'inline constexpr register_field {tables[key]}[] = {{')
        for i, f in enumerate(r['fields']):
            values = f'{tables[key]}_values_{i}' if f['values'] else '{}'
            out.append(f'    {{{quoted(f["name"])}, {f["low"]}, {f["width"]}, {quoted(f["text"])}, {values}{", true" if f["read_only"] else ""}}},')
        out.append('};')
    out.append('inline constexpr register_info all[] = {')
    for r in b['registers']:
        fields = tables[id(r['fields'])] if r['fields'] else '{}'
        out.append(f'    {{{quoted(r["name"])}, 0x{r["offset"]:x}, access::{r["mode"]}, 0x{r["reset"]:x}u, '
                   f'{quoted(r["text"])}, {fields}, {"true" if r["read_acts"] else "false"}'
                   + ('' if r['reset_mask'] == 0xffffffff else f', 0x{r["reset_mask"]:x}u') + '},')
    out.append('};\n}  // namespace detail\n')
    out.append(f'inline constexpr register_map map = {{{quoted(b["name"])}, {quoted(b["text"])}, '
               f'0x{b["size"]:x}, detail::all}};\n')
    out.append(f'}}  // namespace ocellus::registers::{b["name"]}\n')
    return '\n'.join(out)


def memory_map_header(device):
    out = [HEAD + '#pragma once\n', '#include <cstdint>\n', 'namespace ocellus::memory_map {\n']
    for m in device['memories']:
        out.append(f'constexpr std::uint64_t {m["name"].lower()}_base = 0x{m["base"]:x}, '
                   f'{m["name"].lower()}_size = 0x{m["size"]:x};')
    for p in device['peripherals']:
        out.append(f'constexpr std::uint64_t {p["block"]["name"]}_base = 0x{p["base"]:x}, '
                   f'{p["block"]["name"]}_size = 0x{p["block"]["size"]:x};')
    out.append('\nstruct interrupt_source {\n    unsigned number;\n    const char* name;\n};')
    out.append('/// Sources of the interrupt controller, by number.')
    out.append('constexpr interrupt_source interrupts[] = {')
    out += [f'    {{{v}, {quoted(n.lower())}}},' for v, n, _ in device['interrupts']]
    out.append('};\n\n}  // namespace ocellus::memory_map\n')
    return '\n'.join(out)


def all_header(device):
    out = [HEAD + '#pragma once\n']
    out += [f'#include "registers/{b}.h"' for b in sorted(p['block']['name'] for p in device['peripherals'])]
    out += ['\nnamespace ocellus::registers {\n', 'struct placed_block {', '    std::uint64_t base;  ///< bus address',
            '    const register_map* map;', '};', '/// Every block of the device, in the order of its file.',
            'inline constexpr placed_block all_blocks[] = {']
    out += [f'    {{0x{p["base"]:x}, &{p["block"]["name"]}::map}},' for p in device['peripherals']]
    return '\n'.join(out + ['};\n', '}  // namespace ocellus::registers\n'])


def c_header(device):
    out = ['/* SPDX-License-Identifier: Apache-2.0 */', '/* Copyright The Ocellus Authors */',
           '/* Made from the SVD files by tools/generate_registers.py. The constants also serve assembly. */',
           '/* clang-format off */', '#ifndef OCELLUS_H', '#define OCELLUS_H\n',
           '#ifdef __ASSEMBLER__', '#define OCELLUS_U(n) n', '#else', '#include <stdint.h>',
           '#define OCELLUS_U(n) n##u', '#ifdef __cplusplus', 'extern "C" {', '#endif', '#endif\n', '/* Memories */']
    for m in device['memories']:
        out.append(f'#define OCELLUS_{m["name"]}_BASE OCELLUS_U(0x{m["base"]:08x}) /* {m["text"]} */')
        out.append(f'#define OCELLUS_{m["name"]}_SIZE OCELLUS_U(0x{m["size"]:x})')
    out.append('\n/* Sources of the interrupt controller */')
    out += [f'#define OCELLUS_IRQ_{n} OCELLUS_U({v}) /* {t} */' for v, n, t in device['interrupts']]
    for p in device['peripherals']:
        b, upper = p['block'], p['block']['name'].upper()
        out.append(f'\n/* {b["name"]}: {b["text"]} */\n#define OCELLUS_{upper}_BASE OCELLUS_U(0x{p["base"]:08x})')
        out.append('#ifndef __ASSEMBLER__\ntypedef struct {')
        at = gap = 0
        regs = b['registers']
        i = 0
        while i < len(regs):
            r = regs[i]
            if r['offset'] > at:
                out.append(f'    uint32_t reserved_{gap}[{(r["offset"] - at) // 4}];')
                gap += 1
            if 'array' in r and r['array'][3] == 4:
                name, _, count, _ = r['array']
                name = name.replace('_%s', '').replace('%s', '')
                out.append(f'    volatile uint32_t {name}[{count}]; /* 0x{r["offset"]:03x} {r["text"]} */')
                at, i = r['offset'] + 4 * count, i + count
                continue
            const = 'const ' if r['mode'] == 'read_only' else ''
            out.append(f'    volatile {const}uint32_t {r["name"]}; /* 0x{r["offset"]:03x} {SHORT[r["mode"]]} {r["text"]} */')
            at, i = r['offset'] + 4, i + 1
        low = b['name']
        out.append(f'}} ocellus_{low}_t;')
        out.append(f'#define OCELLUS_{upper} ((ocellus_{low}_t *)OCELLUS_{upper}_BASE)\n#endif')
        done = set()
        for r in regs:
            base = r['array'][0].replace('_%s', '').replace('%s', '') if 'array' in r else r['name']
            if base in done:
                continue
            done.add(base)
            out.append(f'#define {upper}_{base}_Off OCELLUS_U(0x{r["offset"]:x})')
            for f in r['fields']:
                prefix = f'{upper}_{base}_{f["name"]}'
                out.append(f'#define {prefix}_Pos OCELLUS_U({f["low"]})')
                out.append(f'#define {prefix}_Msk OCELLUS_U(0x{mask_of(f):x})')
                out += [f'#define {prefix}_{n} OCELLUS_U({v})' for n, v, _ in f['values']]
    out += ['\n#if defined(__cplusplus) && !defined(__ASSEMBLER__)', '}', '#endif\n', '#endif\n']
    return '\n'.join(out)


def merged_svd(device):
    """The device file with every block's description in its place."""
    def render(e, depth):
        pad = '  ' * depth
        attributes = ''.join(f' {k}="{escape(v)}"' for k, v in e.attrib.items())
        children = list(e)
        if not children:
            return [f'{pad}<{e.tag}{attributes}>{escape(" ".join(e.text.split()))}</{e.tag}>']
        out = [f'{pad}<{e.tag}{attributes}>']
        for c in children:
            out += render(c, depth + 1)
        return out + [f'{pad}</{e.tag}>']

    root = device['root']
    holder = root.find('peripherals')
    for p, e in zip(device['peripherals'], list(holder)):
        full = Element('peripheral')
        full.text = ''
        order = {c.tag: c for c in p['block']['root']}
        for tag in ('name', 'description'):
            full.append(order[tag])
        full.append(e.find('baseAddress'))
        if 'addressBlock' in order:
            full.append(order['addressBlock'])
        for c in e.findall('interrupt'):
            full.append(c)
        full.append(order['registers'])
        holder.remove(e)
        holder.append(full)
    lines = ['<?xml version="1.0" encoding="utf-8"?>',
             '<!-- Made by tools/generate_registers.py. SPDX-License-Identifier: Apache-2.0 -->']
    return '\n'.join(lines + render(root, 0)) + '\n'


INTRODUCTION = '''# Registers

Made by `tools/generate_registers.py` from the SVD files beside the blocks' code; the same files make the C++ tables of the
model, the firmware's C header (`ocellus describe --header`) and the merged SVD for debuggers (`ocellus describe --svd`).

The map is closed. A register is one aligned 32-bit word.

| access | answer |
|---|---|
| to an address without a register; a write to a read-only, a read of a write-only one; not an aligned word | bus error: the CPU traps with cause 5 or 7, the register keeps its value |
| a write that sets bits outside every field | done without those bits |
| a write of a value that a field does not list | done, but the field keeps the value it has |
| a write to a field marked ro in a register that may be written | done without it |

Each is counted under the register's name with the program counter and symbol of its first occurrence, printed at the end of
a run and written to `registers.json`; with `--strict` the first one ends the run with exit code 3. The same file says which
registers were read and written, and how often.

rw read and write, ro read only, wo write only, w1c writing 1 clears the bit. Reset values are those of the default
parameters; "-": see the parameters. Where reading has an effect, a debugger's look has none.

| block | base | what it is |
|---|---|---|
'''


def reference_page(device):
    def cell(text):
        return text.replace('|', '\\|')

    out = [INTRODUCTION.rstrip('\n')]
    for p in device['peripherals']:
        out.append(f'| [{p["block"]["name"]}](#{p["block"]["name"]}) | 0x{p["base"]:08x} | {cell(p["block"]["text"])} |')
    out.append('\n| memory | base | size | |\n|---|---|---|---|')
    for m in device['memories']:
        out.append(f'| {m["name"]} | 0x{m["base"]:08x} | 0x{m["size"]:x} | {cell(m["text"])} |')
    out.append('\n| interrupt source | number | raised when |\n|---|---|---|')
    out += [f'| {n} | {v} | {cell(t)} |' for v, n, t in device['interrupts']]
    for p in device['peripherals']:
        b = p['block']
        out.append(f'\n## {b["name"]}\n\n{b["text"]} Base 0x{p["base"]:08x}.\n')
        out.append('| offset | name | access | reset | bits | what it is |\n|---|---|---|---|---|---|')
        skip = 0
        for r in b['registers']:
            if skip:
                skip -= 1
                continue
            name, offset = r['name'], f'0x{r["offset"]:03x}'
            if 'array' in r:
                count = r['array'][2]
                last = b['registers'][b['registers'].index(r) + count - 1]
                name, offset = f'{r["name"]} .. {last["name"]}', f'0x{r["offset"]:03x} .. 0x{last["offset"]:03x}'
                skip = count - 1
            reset = f'0x{r["reset"]:x}' if r['reset_mask'] else '-'
            out.append(f'| {offset} | {name} | {SHORT[r["mode"]]} | {reset} | | {cell(r["text"])} |')
            for f in r['fields']:
                high = f['low'] + f['width'] - 1
                bits = str(high) if f['width'] == 1 else f'{high}:{f["low"]}'
                values = '; '.join(f'{v} {n}: {d}' for n, v, d in f['values'])
                text = f['text'] + (f' {values}.' if values else '')
                mode = 'ro' if f['read_only'] and r['mode'] != 'read_only' else ''
                out.append(f'| | {f["name"]} | {mode} | | {bits} | {cell(text)} |')
    return '\n'.join(out) + '\n'


def read_device(source, path):
    root = parse(path)
    reader = Reader(path)
    device = {'root': root, 'peripherals': [], 'memories': [], 'interrupts': []}
    mistakes = []
    for e in root.findall('peripherals/peripheral'):
        name = e.get('file')
        if not name:
            reader.bad(e, '<peripheral> has no attribute file')
            continue
        if not os.path.isfile(os.path.join(source, name)):
            reader.bad(e, f'there is no file {name}')
            continue
        block = Reader(os.path.join(source, name))
        try:
            description = block.block()
        except Mistake as mistake:
            mistakes.append(str(mistake))
            continue
        if description['name'] in [p['block']['name'] for p in device['peripherals']]:
            reader.bad(e, f'block {description["name"]} is there twice')
        mistakes += block.mistakes
        device['peripherals'].append({'base': reader.number(e, 'baseAddress'), 'block': description, 'line': e})
        for i in e.findall('interrupt'):
            device['interrupts'].append((reader.number(i, 'value'), reader.child(i, 'name'), reader.child(i, 'description')))
    for m in root.findall('vendorExtensions/memory'):
        device['memories'].append({'name': m.get('name'), 'base': int(m.get('base'), 0), 'size': int(m.get('size'), 0),
                                   'text': ' '.join(m.text.split())})
    device['interrupts'].sort()
    numbers = [i[0] for i in device['interrupts']]
    if numbers != list(range(1, len(numbers) + 1)):
        mistakes.append(f'{path}:{root.line}: interrupts are numbered {numbers}, expected 1, 2, 3 ... without gaps')
    ranges = sorted([(p['base'], p['base'] + p['block']['size'], p['block']['name']) for p in device['peripherals']] +
                    [(m['base'], m['base'] + m['size'], m['name']) for m in device['memories']])
    for a, b in zip(ranges, ranges[1:]):
        if a[1] > b[0]:
            mistakes.append(f'{path}:{root.line}: {a[2]} and {b[2]} overlap')
    if root.tag != 'device':
        reader.bad(root, f'the root is <{root.tag}>, expected <device>')
    mistakes = reader.mistakes + mistakes
    if mistakes:
        raise Mistake('\n'.join(mistakes))
    return device


def write(path, text):
    """Leaves an unchanged file alone, so that nothing is built again for it."""
    try:
        with open(path, encoding='utf-8') as f:
            if f.read() == text:
                return
    except OSError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.part', 'w', encoding='utf-8') as f:
        f.write(text)
    os.replace(path + '.part', path)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    arguments.add_argument('--source', required=True, help='folder that the block files are relative to')
    arguments.add_argument('--device', required=True, help='the device file')
    arguments.add_argument('--output', required=True, help='folder to write to')
    a = arguments.parse_args()
    try:
        device = read_device(a.source, a.device)
    except Mistake as e:
        print(e, file=sys.stderr)
        return 1
    for p in device['peripherals']:
        write(os.path.join(a.output, 'registers', p['block']['name'] + '.h'), cpp_header(p['block']))
    write(os.path.join(a.output, 'registers', 'all.h'), all_header(device))
    write(os.path.join(a.output, 'memory_map.h'), memory_map_header(device))
    write(os.path.join(a.output, 'ocellus.h'), c_header(device))
    write(os.path.join(a.output, 'registers.md'), reference_page(device))
    write(os.path.join(a.output, 'ocellus.svd'), merged_svd(device))
    return 0


if __name__ == '__main__':
    sys.exit(main())
