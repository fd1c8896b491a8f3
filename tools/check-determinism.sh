#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# One input, many circumstances, one hash: repeats, threads, places, locales, time zones, address layouts, and,
# without --short, compilers and optimisation levels.
#   tools/check-determinism.sh [--short]
# OCELLUS names the program; its results are what all others are compared with.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ocellus=${OCELLUS:-$root/build/release/bin/ocellus}
short=no
[ "${1:-}" = --short ] && short=yes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repeats=20
[ $short = yes ] && repeats=3

cp -r "$root/configs" "$work/configs"
run=(run --frames 2 --quiet --set output.save_frames=all --force)
count=0
expected=
# What a run leaves in the folder $2, but for the manifest, which tells wall time.
hash_of() {
    (cd "$1" && find . -type f ! -name manifest.json -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
}
# check NAME FOLDER PROGRAM [VARIABLE=VALUE ...] -- [options]
check() {
    local name=$1 folder=$2 program=$3
    shift 3
    local variables=()
    while [ "$1" != -- ]; do
        variables+=("$1")
        shift
    done
    shift
    rm -rf "$folder/out"
    (cd "$folder" && env "${variables[@]}" "$program" "${run[@]}" "$work/configs/small.toml" --out out --trace out/run.otr "$@" >/dev/null)
    local hash
    hash=$(hash_of "$folder/out")
    expected=${expected:-$hash}
    count=$((count + 1))
    if [ "$hash" != "$expected" ]; then
        echo "$name: other bytes ($hash, expected $expected)"
        cp -r "$folder/out" "$work/other"
        "$ocellus" diff "$work/first" "$work/other" || true
        exit 1
    fi
    [ -d "$work/first" ] || cp -r "$folder/out" "$work/first"
}

mkdir -p "$work/a"
long=$work/a/$(printf 'a-long-name-%.0s' 1 2 3 4 5 6 7 8)/"with blanks and ünïcode"
mkdir -p "$long"
for ((i = 0; i < repeats; ++i)); do
    check "repeat $i" "$work/a" "$ocellus" --
done
for threads in 1 2 8; do
    check "$threads threads" "$work/a" "$ocellus" -- --threads "$threads"
done
check "a long path" "$long" "$ocellus" --
zones=(UTC Asia/Kolkata America/St_Johns)
for zone in "${zones[@]}"; do
    check "time zone $zone" "$work/a" "$ocellus" TZ="$zone" --
done
# A locale with a comma in its numbers, if it can be made.
locales=(C C.UTF-8)
if command -v localedef >/dev/null && localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >/dev/null 2>&1; then
    locales+=(de_DE.UTF-8)
fi
for locale in "${locales[@]}"; do
    check "locale $locale" "$work/a" "$ocellus" LOCPATH="$work" LC_ALL="$locale" --
done
if [ $short = no ]; then
    for compiler in g++ clang++; do
        command -v $compiler >/dev/null || { echo "no $compiler: not checked"; continue; }
        for level in -O0 -O3; do
            # Not for the test machine's results alone: a build as anybody's, with other flags.
            cmake -S "$root" -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER=$compiler -DCMAKE_BUILD_TYPE=None \
                -DCMAKE_CXX_FLAGS="$level -DNDEBUG" -DBUILD_TESTING=OFF -DOCELLUS_BENCH=OFF >/dev/null
            cmake --build "$work/build" -j2 --target ocellus >"$work/build.log" 2>&1 ||
                { tail -30 "$work/build.log"; echo "$compiler $level does not build"; exit 1; }
            check "$compiler $level" "$work/a" "$work/build/bin/ocellus" --
            rm -rf "$work/build"
        done
    done
fi
# A recording made here replays there.
(cd "$work/a" && "$ocellus" record --to "$work/run.itr" "${run[@]:1}" "$work/configs/small.toml" >/dev/null)
rm -rf "$work/configs"
(cd "$long" && "$ocellus" replay "$work/run.itr" --quiet --threads 1 >/dev/null)
echo "one hash of $count runs, and a replay without the inputs: $expected"
