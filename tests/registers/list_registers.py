# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Lists what a general XML parser finds in a CMSIS-SVD file, one register or field a line."""
import sys
import xml.etree.ElementTree as ET


def indices(r):
    text = r.findtext("dimIndex")
    if text is None:
        return [None]
    if "-" in text:
        first, last = text.split("-")
        return [str(i) for i in range(int(first), int(last) + 1)]
    return text.split(",")


for p in ET.parse(sys.argv[1]).getroot().find("peripherals"):
    for r in p.find("registers"):
        for n, index in enumerate(indices(r)):
            offset = int(r.findtext("addressOffset"), 16)
            offset += n * int(r.findtext("dimIncrement", "0"), 0)
            modified = r.findtext("modifiedWriteValues")
            print(p.findtext("name"), f"0x{int(p.findtext('baseAddress'), 16):x}",
                  r.findtext("name").replace("%s", index or ""), f"0x{offset:x}",
                  modified or r.findtext("access"),
                  f"0x{int(r.findtext('resetValue', '0'), 16):x}",
                  f"0x{int(r.findtext('resetMask', '0xffffffff'), 16):x}",
                  int(r.find("readAction") is not None), r.findtext("description"))
            for f in r.iterfind("fields/field"):
                high, low = f.findtext("bitRange").strip("[]").split(":")
                values = [f"{v.findtext('name')}={v.findtext('value')}"
                          for v in f.iterfind("enumeratedValues/enumeratedValue")]
                print(" ", f.findtext("name"), low, int(high) - int(low) + 1,
                      "read-only" if f.findtext("access") == "read-only" else "-", *values)
