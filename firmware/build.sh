#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Builds the boot ROM, the default application and, if named, a program of yours:
#   firmware/build.sh [--out DIR] [NAME FILE.c ...]
# The same sources give the same bytes, wherever they lie.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/prebuilt
if [ "${1:-}" = --out ]; then
    out=$2
    shift 2
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
[ $# -gt 0 ] || cd "$here/.."
prefix=${CROSS_COMPILE:-riscv64-unknown-elf-}
# In one step: for a link with _zicsr in its name the distribution's picolibc has no libraries.
flags=(-march=rv32imc -misa-spec=2.2 -mabi=ilp32 -mcmodel=medany --specs=picolibc.specs -std=gnu17 -O2 -g
    -ffunction-sections -fdata-sections -ffp-contract=off -fno-common -Wall -Wextra -Werror
    -Wno-int-to-pointer-cast "-I$here/include" "-I$here/hal")
# No path of this machine goes into the files; the compiler does not tell the assembler by itself. The last that fits wins.
for map in "$PWD=." "$here=firmware"; do
    flags+=("-ffile-prefix-map=$map" "-Wa,--debug-prefix-map=$map")
done
link=(-nostartfiles -static -Wl,--gc-sections -Wl,--build-id=none -Wl,--no-warn-rwx-segments)
hal=("$here/hal/start.S" "$here/hal/hal.c")
if [ $# -gt 0 ]; then
    name=$1
    shift
    "${prefix}gcc" "${flags[@]}" "${link[@]}" -T "$here/hal/ocellus.ld" "${hal[@]}" "$here/hal/stdio.c" "$@" -lm \
        -o "$out/$name.elf"
    exit
fi
"${prefix}gcc" "${flags[@]}" "${link[@]}" -nostdlib -T "$here/boot/rom.ld" "$here/boot/rom.S" -o "$out/boot_rom.elf"
"${prefix}gcc" "${flags[@]}" "${link[@]}" -T "$here/hal/ocellus.ld" "${hal[@]}" "$here"/app/*.c -lm -o "$out/app.elf"
