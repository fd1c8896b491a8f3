#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Makes everything that knows a register from the CMSIS-SVD files of the blocks.

    tools/generate_registers.py --device sim/device.svd --out build/generated

reads the device file and the block files that its peripherals name (attribute `file`, relative to
the folder above the device file's), checks them, and writes

    registers/<block>.h  C++ tables and names for the model of the block
    registers/device.h   C++ addresses, interrupt numbers and a list of all blocks
    ocellus.h            C header for firmware
    ocellus.svd          everything in one file, for debuggers
    registers.md         the reference page

A mistake in a file is `file:line: message` on stderr; all mistakes are listed, nothing is written
and the exit code is 1. A file that is already right is not touched.
"""
import argparse
import os
import re
import sys
import xml.parsers.expat
from xml.sax.saxutils import escape

ACCESS = {
    "read-only": "ro",
    "write-only": "wo",
    "read-write": "rw",
}
LONG = {"ro": "read-only", "wo": "write-only", "rw": "read-write", "w1c": "read-write"}
CPP_ACCESS = {
    "rw": "read_write",
    "ro": "read_only",
    "wo": "write_only",
    "w1c": "write_one_to_clear",
}
READ_ACTIONS = ("clear", "set", "modify", "modifyExternal")
IDENTIFIER = re.compile(r"[A-Z][A-Z0-9_]*\Z")


class Errors(Exception):
    """All mistakes that were found, as "file:line: message"."""


class Node:
    """An element with the line it begins in."""

    def __init__(self, tag, attributes, file, line):
        self.tag, self.attributes, self.file, self.line = tag, attributes, file, line
        self.children, self.text = [], ""

    def all(self, tag):
        return [c for c in self.children if c.tag == tag]

    def first(self, tag):
        found = self.all(tag)
        return found[0] if found else None


class Checker:
    """Collects mistakes, so that all are reported at once."""

    def __init__(self):
        self.messages = []

    def error(self, node, message):
        self.messages.append(f"{node.file}:{node.line}: {message}")

    def stop_if_wrong(self):
        if self.messages:
            raise Errors("\n".join(self.messages))

    def text(self, node, tag, default=None):
        child = node.first(tag)
        if child is None:
            if default is None:
                self.error(node, f"<{node.tag}> has no <{tag}>")
                return ""
            return default
        if len(node.all(tag)) > 1:
            self.error(node.all(tag)[1], f"<{tag}> is given twice")
        return " ".join(child.text.split())

    def number(self, node, tag, default=None, top=0xFFFFFFFF):
        child = node.first(tag)
        if child is None:
            if default is None:
                self.error(node, f"<{node.tag}> has no <{tag}>")
                return 0
            return default
        text = child.text.strip()
        if not re.match(r"(0[xX][0-9a-fA-F]+|[0-9]+)\Z", text):
            self.error(child, f"<{tag}>: '{text}' is not a number")
            return 0
        value = int(text, 16 if text[:2] in ("0x", "0X") else 10)
        if value > top:
            self.error(child, f"<{tag}>: {text} is above 0x{top:x}")
            return 0
        return value

    def known(self, node, tags):
        for child in node.children:
            if child.tag not in tags:
                self.error(child, f"<{node.tag}> cannot have <{child.tag}>; known: "
                           + ", ".join(sorted(tags)))


def read_tree(path, shown):
    """The root element of an XML file."""
    try:
        with open(path, "rb") as f:
            data = f.read()
    except OSError as e:
        raise Errors(f"{shown}:1: cannot be read: {e.strerror}")
    parser = xml.parsers.expat.ParserCreate()
    stack, roots = [], []

    def start(tag, attributes):
        node = Node(tag, attributes, shown, parser.CurrentLineNumber)
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)

    def end(_):
        stack.pop()

    def characters(text):
        if stack:
            stack[-1].text += text

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(data, True)
    except xml.parsers.expat.ExpatError as e:
        raise Errors(f"{shown}:{e.lineno}: not well-formed XML: "
                     + xml.parsers.expat.ErrorString(e.code))
    return roots[0]


class Field:
    def __init__(self, name, low, width, mode, text, values):
        self.name, self.low, self.width = name, low, width
        self.mode, self.text, self.values = mode, text, values

    @property
    def mask(self):
        return ((1 << self.width) - 1) << self.low


class Register:
    def __init__(self, name, offset, mode, reset, reset_mask, action, text, fields):
        self.name, self.offset, self.mode = name, offset, mode
        self.reset, self.reset_mask, self.action = reset, reset_mask, action
        self.text, self.fields = text, fields

    @property
    def field_mask(self):
        """Bits that mean something."""
        mask = 0
        for f in self.fields:
            mask |= f.mask
        return mask if self.fields else 0xFFFFFFFF

    @property
    def write_mask(self):
        """Bits that a write changes."""
        if self.mode == "ro":
            return 0
        mask = 0
        for f in self.fields:
            if f.mode != "ro":
                mask |= f.mask
        return mask if self.fields else 0xFFFFFFFF


class Block:
    def __init__(self, name, text, size, registers, file):
        self.name, self.text, self.size = name, text, size
        self.registers, self.file = registers, file
        self.base, self.interrupts = 0, []

    @property
    def cpp(self):
        return self.name.lower()


class Interrupt:
    def __init__(self, name, text, value):
        self.name, self.text, self.value = name, text, value


class Memory:
    def __init__(self, name, text, base, size):
        self.name, self.text, self.base, self.size = name, text, base, size


class Device:
    def __init__(self):
        self.node, self.blocks, self.memories = None, [], []


def read_access(c, node, default):
    child = node.first("access")
    if child is None:
        return default
    text = child.text.strip()
    if text not in ACCESS:
        c.error(child, f"unknown access '{text}'; known: " + ", ".join(sorted(ACCESS)))
        return default
    return ACCESS[text]


def read_name(c, node, suffix=""):
    name = c.text(node, "name")
    if not IDENTIFIER.match(name.replace("%s", suffix or "")) and name:
        c.error(node.first("name"),
                f"name '{name}' is not upper case letters, digits and underscores")
    return name


def read_values(c, node, width):
    """Enumerated values of a field: (name, value, text)."""
    holder = node.first("enumeratedValues")
    if holder is None:
        return []
    c.known(holder, {"name", "enumeratedValue"})
    out, names, numbers = [], set(), set()
    for v in holder.all("enumeratedValue"):
        c.known(v, {"name", "description", "value"})
        name, number = read_name(c, v), c.number(v, "value")
        if name in names:
            c.error(v, f"value {name} is named twice")
        if number in numbers:
            c.error(v, f"value {number} is given twice")
        if number >> width:
            c.error(v, f"value {name} = {number} does not fit {width} bit{'s' if width > 1 else ''}")
        names.add(name)
        numbers.add(number)
        out.append((name, number, c.text(v, "description")))
    if not out:
        c.error(holder, "<enumeratedValues> is empty")
    return out


def read_field(c, node, mode):
    c.known(node, {"name", "description", "bitOffset", "bitWidth", "bitRange", "lsb", "msb",
                   "access", "enumeratedValues"})
    name, text = read_name(c, node), c.text(node, "description")
    if node.first("bitRange") is not None:
        m = re.match(r"\[(\d+):(\d+)\]\Z", c.text(node, "bitRange"))
        if not m:
            c.error(node.first("bitRange"), "<bitRange> is not [high:low]")
            return None
        high, low = int(m.group(1)), int(m.group(2))
    elif node.first("lsb") is not None:
        low, high = c.number(node, "lsb"), c.number(node, "msb")
    else:
        low = c.number(node, "bitOffset")
        high = low + c.number(node, "bitWidth") - 1
    if high < low or high > 31:
        c.error(node, f"field {name} does not fit 32 bits")
        return None
    field_mode = read_access(c, node, mode)
    allowed = {"rw": ("rw", "ro"), "w1c": ("w1c", "ro", "rw"), "ro": ("ro",), "wo": ("wo",)}[mode]
    if field_mode not in allowed:
        c.error(node, f"field {name} is {LONG[field_mode]} in a {LONG[mode]} register")
        field_mode = mode
    if mode == "w1c" and field_mode == "rw":
        field_mode = "w1c"
    return Field(name, low, high - low + 1, field_mode, text,
                 read_values(c, node, high - low + 1))


def read_indices(c, node, count):
    child = node.first("dimIndex")
    if child is None:
        return [str(i) for i in range(count)]
    text = child.text.strip()
    m = re.match(r"([0-9]+)-([0-9]+)\Z", text)
    out = ([str(i) for i in range(int(m.group(1)), int(m.group(2)) + 1)] if m
           else [t.strip() for t in text.split(",")])
    if len(out) != count:
        c.error(child, f"<dimIndex> names {len(out)} registers, <dim> is {count}")
        return [str(i) for i in range(count)]
    return out


def read_register(c, node):
    """The registers that one <register> describes: more than one with <dim>."""
    c.known(node, {"dim", "dimIncrement", "dimIndex", "name", "description", "addressOffset",
                   "size", "access", "resetValue", "resetMask", "modifiedWriteValues",
                   "readAction", "fields"})
    name = read_name(c, node, "0")
    text = c.text(node, "description")
    offset = c.number(node, "addressOffset")
    if c.number(node, "size", 32) != 32:
        c.error(node.first("size"), f"register {name}: only 32 bits are possible")
    mode = read_access(c, node, "rw")
    modified = node.first("modifiedWriteValues")
    if modified is not None:
        if modified.text.strip() != "oneToClear":
            c.error(modified, f"unknown modifiedWriteValues '{modified.text.strip()}'; "
                    "known: oneToClear")
        elif mode != "rw":
            c.error(modified, f"register {name}: oneToClear needs access read-write")
        else:
            mode = "w1c"
    action = c.text(node, "readAction", "")
    if action and action not in READ_ACTIONS:
        c.error(node.first("readAction"), f"unknown readAction '{action}'; known: "
                + ", ".join(READ_ACTIONS))
    if action and mode == "wo":
        c.error(node.first("readAction"), f"register {name}: readAction in a write-only register")
    reset = c.number(node, "resetValue", 0)
    reset_mask = c.number(node, "resetMask", 0xFFFFFFFF)
    fields, taken = [], {}
    holder = node.first("fields")
    if holder is not None:
        c.known(holder, {"field"})
        for child in holder.all("field"):
            f = read_field(c, child, mode)
            if f is None:
                continue
            for other in fields:
                if other.name == f.name:
                    c.error(child, f"register {name}: field {f.name} is named twice")
                elif other.mask & f.mask:
                    c.error(child, f"register {name}: field {f.name} overlaps {other.name}")
            fields.append(f)
        if not fields:
            c.error(holder, f"register {name}: <fields> is empty")
    template = Register(name, offset, mode, reset, reset_mask, action, text, fields)
    where = node.first("resetValue") or node
    if reset & ~reset_mask & 0xFFFFFFFF:
        c.error(where, f"register {name}: reset 0x{reset:x} is outside the mask 0x{reset_mask:x}")
    elif reset & ~template.field_mask & 0xFFFFFFFF:
        c.error(where, f"register {name}: reset 0x{reset:x} is outside the fields "
                f"(0x{template.field_mask:x})")
    else:
        for f in fields:
            value = (reset & f.mask) >> f.low
            if f.values and value not in [v for _, v, _ in f.values]:
                c.error(where, f"register {name}: reset gives {f.name} {value}, "
                        "which has no name")
    if node.first("dim") is None:
        if "%s" in name:
            c.error(node, f"register {name}: %s needs <dim>")
        return [(template, node)]
    count = c.number(node, "dim", top=1024)
    step = c.number(node, "dimIncrement")
    if "%s" not in name:
        c.error(node, f"register {name}: <dim> needs %s in the name")
    if count == 0 or step == 0:
        c.error(node, f"register {name}: <dim> and <dimIncrement> must not be 0")
        return []
    out = []
    for i, index in enumerate(read_indices(c, node, count)):
        out.append((Register(name.replace("%s", index), offset + i * step, mode, reset,
                             reset_mask, action, text.replace("%s", index), fields), node))
    return out


def read_block(c, path, shown):
    root = read_tree(path, shown)
    if root.tag != "peripheral":
        c.error(root, f"the root element is <{root.tag}>, not <peripheral>")
        return None
    c.known(root, {"name", "description", "addressBlock", "registers"})
    name, text = read_name(c, root), c.text(root, "description")
    extent = root.first("addressBlock")
    size = 0x1000
    if extent is None:
        c.error(root, "<peripheral> has no <addressBlock>")
    else:
        size = c.number(extent, "size")
        if size == 0 or size % 4 or c.number(extent, "offset") != 0:
            c.error(extent, "<addressBlock>: offset 0 and a size that is a multiple of 4")
    holder = root.first("registers")
    if holder is None:
        c.error(root, "<peripheral> has no <registers>")
        return None
    c.known(holder, {"register"})
    registers, names, offsets, symbols = [], {}, {}, {}
    for node in holder.all("register"):
        for r, where in read_register(c, node):
            if r.name in names:
                c.error(where, f"register {r.name} is named twice; first in line "
                        f"{names[r.name].line}")
                continue
            if r.offset % 4:
                c.error(where, f"register {r.name}: offset 0x{r.offset:x} is not a multiple of 4")
            elif r.offset + 4 > size:
                c.error(where, f"register {r.name}: offset 0x{r.offset:x} is outside the block's "
                        f"0x{size:x} bytes")
            elif r.offset in offsets:
                c.error(where, f"register {r.name} overlaps {offsets[r.offset]} at "
                        f"0x{r.offset:x}")
            names[r.name], offsets[r.offset] = where, r.name
            registers.append(r)
            for symbol in symbols_of(r):
                if symbol in symbols:
                    c.error(where, f"register {r.name}: its name {symbol} is also made by "
                            f"{symbols[symbol]}")
                symbols[symbol] = r.name
    if not registers:
        c.error(holder, "<registers> is empty")
    registers.sort(key=lambda r: r.offset)
    return Block(name, text, size, registers, shown)


def symbols_of(r):
    """Every C++ name that a register makes."""
    out = [r.name]
    for f in r.fields:
        out += [f"{r.name}_{f.name}", f"{r.name}_{f.name}_low"]
        out += [f"{r.name}_{f.name}_{v}" for v, _, _ in f.values]
    return out


def read_device(path):
    c = Checker()
    shown = os.path.relpath(path)
    folder = os.path.dirname(os.path.dirname(os.path.abspath(path)))
    root = read_tree(path, shown)
    d = Device()
    d.node = root
    if root.tag != "device":
        c.error(root, f"the root element is <{root.tag}>, not <device>")
        c.stop_if_wrong()
    for tag in ("name", "version", "description"):
        c.text(root, tag)
    holder = root.first("peripherals")
    if holder is None:
        c.error(root, "<device> has no <peripherals>")
        c.stop_if_wrong()
    numbers, interrupt_names, names = {}, {}, {}
    for node in holder.all("peripheral"):
        c.known(node, {"name", "baseAddress", "interrupt"})
        file = node.attributes.get("file")
        if not file:
            c.error(node, "<peripheral> has no attribute file")
            continue
        name = read_name(c, node)
        if name in names:
            c.error(node, f"peripheral {name} is named twice")
        names[name] = node
        block_path = os.path.join(folder, file)
        if not os.path.isfile(block_path):
            c.error(node, f"there is no file {file}")
            continue
        try:
            block = read_block(c, block_path, os.path.relpath(block_path))
        except Errors as e:
            c.messages.append(str(e))
            continue
        if block is None:
            continue
        if block.name != name:
            c.error(node, f"peripheral {name}: {file} describes {block.name}")
        block.base = c.number(node, "baseAddress")
        if block.base % 0x1000:
            c.error(node, f"peripheral {name}: base 0x{block.base:x} is not a multiple of 0x1000")
        for i in node.all("interrupt"):
            c.known(i, {"name", "description", "value"})
            interrupt = Interrupt(read_name(c, i), c.text(i, "description"),
                                  c.number(i, "value", top=31))
            if interrupt.value in numbers:
                c.error(i, f"interrupt {interrupt.value} is given to {numbers[interrupt.value]} "
                        f"and {interrupt.name}")
            if interrupt.value == 0:
                c.error(i, f"interrupt {interrupt.name}: number 0 means none")
            if interrupt.name in interrupt_names:
                c.error(i, f"interrupt {interrupt.name} is named twice")
            numbers[interrupt.value] = interrupt.name
            interrupt_names[interrupt.name] = i
            block.interrupts.append(interrupt)
        block.node = node
        d.blocks.append(block)
    extensions = root.first("vendorExtensions")
    if extensions is not None:
        for node in extensions.all("memory"):
            m = Memory(read_name(c, node), c.text(node, "description"),
                       c.number(node, "baseAddress"), c.number(node, "size"))
            m.node = node
            if m.name in names:
                c.error(node, f"memory {m.name} has the name of a peripheral")
            names[m.name] = node
            d.memories.append(m)
    places = sorted([(b.base, b.size, b.name, b.node) for b in d.blocks]
                    + [(m.base, m.size, m.name, m.node) for m in d.memories],
                    key=lambda p: p[:3])
    for a, b in zip(places, places[1:]):
        if a[0] + a[1] > b[0]:
            c.error(b[3], f"{b[2]} at 0x{b[0]:08x} overlaps {a[2]}")
    c.stop_if_wrong()
    return d


# Writers.

LICENCE = ["// SPDX-License-Identifier: Apache-2.0", "// Copyright The Ocellus Authors"]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def block_header(b):
    o = list(LICENCE)
    o += [f"// Made by tools/generate_registers.py from {b.source}.", "#pragma once", "",
          '#include "core/registers.h"', "", f"/// {b.text}",
          f"namespace ocellus::registers::{b.cpp} {{", "",
          "/// Registers in the order of their offsets.", "enum index : unsigned {"]
    o += [f"    {r.name}," for r in b.registers]
    o += ["};", "", "// Fields: mask, lowest bit, and values as they stand in the field."]
    for r in b.registers:
        for f in r.fields:
            symbol = f"{r.name}_{f.name}"
            o.append(f"constexpr std::uint32_t {symbol} = 0x{f.mask:x}u, {symbol}_low = {f.low};")
            for name, value, _ in f.values:
                o.append(f"constexpr std::uint32_t {symbol}_{name} = {value};")
    o.append("")
    o.append("namespace detail {")
    done = {}  # registers of one <dim> share their fields
    for r in b.registers:
        if not r.fields or id(r.fields) in done:
            continue
        done[id(r.fields)] = r.name
        for f in r.fields:
            if f.values:
                o.append(f"inline constexpr enumerated_value {r.name}_{f.name}_values[] = {{")
                o += [f"    {{{quoted(n)}, {v}, {quoted(t)}}}," for n, v, t in f.values]
                o.append("};")
        o.append(f"inline constexpr register_field {r.name}_fields[] = {{")
        for f in r.fields:
            values = f", {r.name}_{f.name}_values" if f.values else ""
            o.append(f"    {{{quoted(f.name)}, {f.low}, {f.width}, "
                     f"access::{CPP_ACCESS[f.mode]}, {quoted(f.text)}{values}}},")
        o.append("};")
    o.append("inline constexpr register_info registers[] = {")
    for r in b.registers:
        fields = f", {done[id(r.fields)]}_fields" if r.fields else ""
        o.append(f"    {{{quoted(r.name)}, 0x{r.offset:x}, access::{CPP_ACCESS[r.mode]}, "
                 f"0x{r.reset:x}u, 0x{r.reset_mask:x}u, {'true' if r.action else 'false'}, "
                 f"0x{r.field_mask:x}u, 0x{r.write_mask:x}u, {quoted(r.text)}{fields}}},")
    o += ["};", "}  // namespace detail", "",
          f"inline constexpr register_map map{{{quoted(b.cpp)}, {quoted(b.text)}, 0x{b.size:x}, "
          "detail::registers};", "", f"}}  // namespace ocellus::registers::{b.cpp}", ""]
    return "\n".join(o)


def device_header(d):
    o = list(LICENCE)
    o += [f"// Made by tools/generate_registers.py from {d.source}.", "#pragma once", ""]
    o += [f'#include "registers/{b.cpp}.h"' for b in sorted(d.blocks, key=lambda b: b.cpp)]
    o += ["", "/// Where everything is on the bus of the control CPU.",
          "namespace ocellus::registers::device {", ""]
    for m in d.memories:
        o.append(f"constexpr std::uint64_t {m.name}_base = 0x{m.base:08x}, "
                 f"{m.name}_size = 0x{m.size:x};  ///< {m.text}")
    for b in d.blocks:
        o.append(f"constexpr std::uint64_t {b.name}_base = 0x{b.base:08x}, "
                 f"{b.name}_size = 0x{b.size:x};")
    o += ["", "/// Source numbers of the interrupt controller.", "enum interrupt : unsigned {"]
    for i in sorted((i for b in d.blocks for i in b.interrupts), key=lambda i: i.value):
        o.append(f"    IRQ_{i.name} = {i.value},  ///< {i.text}")
    o += ["};", "", "struct placed_block {", "    std::uint64_t base;", "    const register_map* map;",
          "};", "/// Every block, in the order of the device file.",
          "inline constexpr placed_block blocks[] = {"]
    o += [f"    {{{b.name}_base, &{b.cpp}::map}}," for b in d.blocks]
    o += ["};", "", "}  // namespace ocellus::registers::device", ""]
    return "\n".join(o)


def c_header(d):
    o = ["/* SPDX-License-Identifier: Apache-2.0 */", "/* Copyright The Ocellus Authors */",
         f"/* Registers of the chip. Made by tools/generate_registers.py from {d.source}: "
         "do not edit. */", "#ifndef OCELLUS_H", "#define OCELLUS_H", "",
         "#include <stdint.h>", "", "#ifdef __cplusplus", 'extern "C" {', "#endif", "",
         "/* Memories. */"]
    for m in d.memories:
        o += [f"#define OCELLUS_{m.name}_BASE 0x{m.base:08x}u /* {m.text} */",
              f"#define OCELLUS_{m.name}_SIZE 0x{m.size:x}u"]
    o += ["", "/* Sources of the interrupt controller. */", "enum {"]
    for i in sorted((i for b in d.blocks for i in b.interrupts), key=lambda i: i.value):
        o.append(f"    OCELLUS_IRQ_{i.name} = {i.value}, /* {i.text} */")
    o += ["};"]
    for b in d.blocks:
        o += ["", f"/* {b.name}: {b.text} */",
              f"#define OCELLUS_{b.name}_BASE 0x{b.base:08x}u", "typedef struct {"]
        at, hole = 0, 0
        for r in b.registers:
            if r.offset > at:
                words = (r.offset - at) // 4
                o.append(f"    uint32_t reserved{hole}[{words}];")
                hole += 1
            qualifier = "volatile const" if r.mode == "ro" else "volatile"
            o.append(f"    {qualifier} uint32_t {r.name}; /* 0x{r.offset:02x} {r.mode}: {r.text} */")
            at = r.offset + 4
        o += [f"}} ocellus_{b.cpp}_t;",
              f"#define OCELLUS_{b.name} ((ocellus_{b.cpp}_t *)OCELLUS_{b.name}_BASE)"]
        for r in b.registers:
            if not r.fields:
                continue
            for f in r.fields:
                symbol = f"{b.name}_{r.name}_{f.name}"
                o += [f"#define {symbol}_Pos {f.low}u",
                      f"#define {symbol}_Msk (0x{(1 << f.width) - 1:x}u << {f.low})"
                      f" /* {f.text} */"]
                o += [f"#define {symbol}_{n} {v}u /* {t} */" for n, v, t in f.values]
    o += ["", "#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    return "\n".join(o)


def merged_svd(d):
    o = ['<?xml version="1.0" encoding="utf-8"?>']

    def element(node, depth):
        """An element of the device file as it is."""
        pad = "  " * depth
        attributes = "".join(f' {k}="{escape(v)}"' for k, v in node.attributes.items())
        if node.children:
            o.append(f"{pad}<{node.tag}{attributes}>")
            for child in node.children:
                element(child, depth + 1)
            o.append(f"{pad}</{node.tag}>")
        else:
            o.append(f"{pad}<{node.tag}{attributes}>{escape(' '.join(node.text.split()))}"
                     f"</{node.tag}>")

    def value(depth, tag, text):
        o.append("  " * depth + f"<{tag}>{escape(str(text))}</{tag}>")

    attributes = "".join(f' {k}="{escape(v)}"' for k, v in d.node.attributes.items())
    o.append(f"<device{attributes}>")
    for child in d.node.children:
        if child.tag != "peripherals":
            element(child, 1)
            continue
        o.append("  <peripherals>")
        for b in d.blocks:
            o.append("    <peripheral>")
            value(3, "name", b.name)
            value(3, "description", b.text)
            value(3, "baseAddress", f"0x{b.base:08x}")
            o.append("      <addressBlock>")
            value(4, "offset", "0x0")
            value(4, "size", f"0x{b.size:x}")
            value(4, "usage", "registers")
            o.append("      </addressBlock>")
            for i in b.interrupts:
                o.append("      <interrupt>")
                value(4, "name", i.name)
                value(4, "description", i.text)
                value(4, "value", i.value)
                o.append("      </interrupt>")
            o.append("      <registers>")
            for r in b.registers:
                o.append("        <register>")
                value(5, "name", r.name)
                value(5, "description", r.text)
                value(5, "addressOffset", f"0x{r.offset:x}")
                value(5, "size", 32)
                value(5, "access", LONG[r.mode])
                value(5, "resetValue", f"0x{r.reset:x}")
                value(5, "resetMask", f"0x{r.reset_mask:x}")
                if r.mode == "w1c":
                    value(5, "modifiedWriteValues", "oneToClear")
                if r.action:
                    value(5, "readAction", r.action)
                if r.fields:
                    o.append("          <fields>")
                    for f in r.fields:
                        o.append("            <field>")
                        value(7, "name", f.name)
                        value(7, "description", f.text)
                        value(7, "bitOffset", f.low)
                        value(7, "bitWidth", f.width)
                        value(7, "access", LONG[f.mode])
                        if f.values:
                            o.append("              <enumeratedValues>")
                            for n, v, t in f.values:
                                o.append("                <enumeratedValue>")
                                value(9, "name", n)
                                value(9, "description", t)
                                value(9, "value", v)
                                o.append("                </enumeratedValue>")
                            o.append("              </enumeratedValues>")
                        o.append("            </field>")
                    o.append("          </fields>")
                o.append("        </register>")
            o.append("      </registers>")
            o.append("    </peripheral>")
        o.append("  </peripherals>")
    o += ["</device>", ""]
    return "\n".join(o)


INTRODUCTION = """# Registers

Every register of the chip, as software on the control CPU sees it. This page is made by
`tools/generate_registers.py` from `sim/device.svd` and the `.svd` file beside each block, and a test holds it equal:
change those files, not this page. The same source makes the C++ tables of the models, the firmware's C header
(`firmware/include/ocellus.h`) and the merged SVD for debuggers:

```sh
build/release/bin/ocellus describe --svd
build/release/bin/ocellus describe --header
build/release/bin/ocellus describe --map
```

The map is closed. Registers are 32 bits wide and are accessed as aligned words.

| what software does | what it gets |
|---|---|
| accesses an offset without a register | bus error (a precise trap on the CPU), event `unmapped` |
| writes a read-only register | bus error, event `read_only` |
| reads a write-only register | bus error, event `write_only` |
| accesses a byte, a half word or a misaligned word | bus error, event `bad_size` |
| writes 1 to a bit outside every field of a register that has fields | the bit is ignored, event `reserved_bits` |
| writes a value without a name to a field whose values have names | the field keeps its value, event `reserved_value` |

A refused access changes nothing. Events are counted by block, register and kind.

Access: `ro` read only, `wo` write only, `rw` read and write, `w1c` read, and write 1 to clear. Reset values that a
parameter changes are those of its default; "-" stands for one that only the parameters say. Counters (`COUNTER_`) are
the statistics of the same name at any time; of a pair read HIGH, LOW and HIGH again until both HIGH are equal.
"""


def reference_page(d):
    o = [INTRODUCTION, "## Map", "", "| base | size | name | what |", "|---|---|---|---|"]
    rows = [(m.base, m.size, m.name, m.text) for m in d.memories]
    rows += [(b.base, b.size, f"[{b.name}](#{b.name.lower()})", b.text) for b in d.blocks]
    for base, size, name, text in sorted(rows):
        o.append(f"| 0x{base:08x} | 0x{size:x} | {name} | {text} |")
    o += ["", "## Interrupts", "", "| source | name | block | when |", "|---|---|---|---|"]
    for i, b in sorted(((i, b) for b in d.blocks for i in b.interrupts), key=lambda p: p[0].value):
        o.append(f"| {i.value} | {i.name} | {b.name} | {i.text} |")
    for b in d.blocks:
        o += ["", f"## {b.name}", "", f"{b.text} Base 0x{b.base:08x}; described in `{b.source}`.",
              "", "| offset | register | bits | access | reset | meaning |",
              "|---|---|---|---|---|---|"]
        for r in b.registers:
            reset = f"0x{r.reset:x}" if r.reset_mask else "-"
            text = r.text + (" Reading has an effect." if r.action else "")
            o.append(f"| 0x{r.offset:02x} | {r.name} | | {r.mode} | {reset} | {text} |")
            for f in r.fields:
                bits = str(f.low) if f.width == 1 else f"{f.low + f.width - 1}:{f.low}"
                text = f.text
                if f.values:
                    text += " " + "; ".join(f"{v} {n}: {t.rstrip('.')}" for n, v, t in f.values)
                    text += "."
                mode = f.mode if f.mode != r.mode else ""
                o.append(f"| | {f.name} | {bits} | {mode} | | {text} |")
    return "\n".join(o) + "\n"


def store(path, text):
    """Writes a file unless it already has these bytes."""
    data = text.encode("utf-8")
    try:
        with open(path, "rb") as f:
            if f.read() == data:
                return
    except OSError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "wb") as f:
        f.write(data)
    os.replace(path + ".part", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--device", required=True, help="the device's SVD file")
    parser.add_argument("--out", required=True, help="folder for what is made")
    arguments = parser.parse_args()
    try:
        d = read_device(arguments.device)
    except Errors as e:
        print(e, file=sys.stderr)
        return 1
    top = os.path.dirname(os.path.dirname(os.path.abspath(arguments.device)))
    d.source = os.path.relpath(os.path.abspath(arguments.device), top)
    for b in d.blocks:
        b.source = os.path.relpath(os.path.abspath(b.file), top)
        store(os.path.join(arguments.out, "registers", b.cpp + ".h"), block_header(b))
    store(os.path.join(arguments.out, "registers", "device.h"), device_header(d))
    store(os.path.join(arguments.out, "ocellus.h"), c_header(d))
    store(os.path.join(arguments.out, "ocellus.svd"), merged_svd(d))
    store(os.path.join(arguments.out, "registers.md"), reference_page(d))
    return 0


if __name__ == "__main__":
    sys.exit(main())
