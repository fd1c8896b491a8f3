#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Builds examples/firmware/minimal, runs it and compares what it prints: example.sh PROGRAM
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if ! command -v "${CROSS_COMPILE:-riscv64-unknown-elf-}gcc" > /dev/null; then
    echo "no cross compiler: the example was not built (tools/setup-debian.sh installs it)"
    [ "${CI:-}" = true ] && exit 1
    exit 77
fi
example=$root/examples/firmware/minimal
lines=$(wc -l < "$example/main.c")
[ "$lines" -lt 60 ] || { echo "main.c has $lines lines, it promises less than 60"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/firmware/build.sh" --out "$work" minimal "$example/main.c"
"$1" run "$root/configs/small.toml" --firmware "$work/minimal.elf" --network none --set firmware.uart="file:$work/uart.log" > "$work/table"
tr -d '\r' < "$work/uart.log" | diff "$example/golden.log" -
echo "the example says what golden.log says"
