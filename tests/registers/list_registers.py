# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
"""Lists what a general XML parser finds in a CMSIS-SVD file, one register or field a line.

Elements that are not in the order of the CMSIS-SVD 1.3 schema are told and make the exit code 1.
"""
import sys
import xml.etree.ElementTree as ET


# The sequences of the schema, as far as the file may need them.
SEQUENCES = {
    "device": "vendor vendorID name series version description licenseText cpu headerSystemFilename "
              "headerDefinitionsPrefix addressUnitBits width size access protection resetValue "
              "resetMask peripherals vendorExtensions",
    "cpu": "name revision endian mpuPresent fpuPresent fpuDP dspPresent icachePresent "
           "dcachePresent itcmPresent dtcmPresent vtorPresent nvicPrioBits vendorSystickConfig",
    "peripheral": "dim dimIncrement dimIndex name version description alternatePeripheral "
                  "groupName prependToName appendToName headerStructName disableCondition "
                  "baseAddress size access protection resetValue resetMask addressBlock interrupt "
                  "registers",
    "addressBlock": "offset size usage protection",
    "interrupt": "name description value",
    "registers": "register",
    "register": "dim dimIncrement dimIndex dimName dimArrayIndex name displayName description "
                "alternateGroup alternateRegister addressOffset size access protection resetValue "
                "resetMask dataType modifiedWriteValues writeConstraint readAction fields",
    "fields": "field",
    "field": "dim dimIncrement dimIndex name description bitOffset bitWidth lsb msb bitRange access "
             "modifiedWriteValues writeConstraint readAction enumeratedValues",
    "enumeratedValues": "name headerEnumName usage enumeratedValue",
    "enumeratedValue": "name description value isDefault",
}


def check_order(e):
    order = SEQUENCES.get(e.tag, "").split()
    places = [order.index(c.tag) if c.tag in order else None for c in e] if order else []
    if None in places or places != sorted(places):
        sys.exit(f"<{e.tag}> {e.findtext('name')}: {[c.tag for c in e]}")
    for c in e:
        check_order(c)


def indices(r):
    text = r.findtext("dimIndex")
    if text is None:
        return [None]
    if "-" in text:
        first, last = text.split("-")
        return [str(i) for i in range(int(first), int(last) + 1)]
    return text.split(",")


root = ET.parse(sys.argv[1]).getroot()
check_order(root)
for p in root.find("peripherals"):
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
