#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Installs what Ocellus needs on Debian 12 and is not there yet. Needs no network when nothing is missing.
set -euo pipefail
packages=(
    g++ cmake ninja-build pkg-config ccache
    libsystemc-dev libeigen3-dev libboost-program-options-dev libfmt-dev
    libtomlplusplus-dev nlohmann-json3-dev libpng-dev libjpeg-dev libtiff-dev libopenexr-dev
    zlib1g-dev libssl-dev
    libflatbuffers-dev flatbuffers-compiler libonnx-dev libprotobuf-dev
    libdw-dev libzstd-dev libsqlite3-dev libmosquitto-dev mosquitto catch2 librandom123-dev libraw-dev clang-format-14 python3
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf gdb-multiarch qemu-system-misc lcov
)
missing=()
for p in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing: ${missing[*]}"
run=()
[ "$(id -u)" -eq 0 ] || run=(sudo)
"${run[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
