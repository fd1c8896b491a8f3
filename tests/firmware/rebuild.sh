#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Builds the firmware again, in another folder, and compares it with the prebuilt files.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=${CROSS_COMPILE:-riscv64-unknown-elf-}
if ! command -v "${prefix}gcc" > /dev/null; then
    echo "no ${prefix}gcc: the prebuilt firmware was not compared (tools/setup-debian.sh installs it)"
    [ "${CI:-}" = true ] && exit 1
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Where the sources lie must not matter.
cp -r "$root/firmware" "$work/elsewhere"
"$work/elsewhere/build.sh" --out "$work/again"
for name in boot_rom app; do
    cmp "$root/firmware/prebuilt/$name.elf" "$work/again/$name.elf" && continue
    # Another version of the compiler may describe the same bytes differently to a debugger: what is loaded has to be equal.
    "${prefix}objcopy" -O binary "$root/firmware/prebuilt/$name.elf" "$work/there"
    "${prefix}objcopy" -O binary "$work/again/$name.elf" "$work/here"
    cmp "$work/there" "$work/here" || {
        echo "firmware/prebuilt/$name.elf is not what firmware/build.sh makes of the sources: run it and commit"
        exit 1
    }
    diff <("${prefix}readelf" -hW "$root/firmware/prebuilt/$name.elf" | grep Entry) \
        <("${prefix}readelf" -hW "$work/again/$name.elf" | grep Entry)
done
if grep -aF -e "$work" -e "$root" "$work"/again/*.elf "$root"/firmware/prebuilt/*.elf; then
    echo "a file names the folder that it was built in"
    exit 1
fi
echo "the prebuilt firmware is what the sources say"
