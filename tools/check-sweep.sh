#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Runs one sweep in three ways: in one piece, killed at random moments and resumed, and as eight shards
# that are merged. The result files must be the same, byte for byte.
#   tools/check-sweep.sh [points, 120 or 12] [kills, default 5]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ocellus=${OCELLUS:-$root/build/release/bin/ocellus}
points=${1:-120}
kills=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

clocks='["200 MHz", "250 MHz", "300 MHz", "350 MHz", "400 MHz"]'
banks='[4, 8, 16]'
lanes='[8, 16, 32, 64]'
if [ "$points" -lt 120 ]; then
    clocks='["200 MHz", "400 MHz"]'
    lanes='[16, 32]'
fi
cat >"$work/sweep.toml" <<END
config = "$root/configs/small.toml"
timing_only = true
[set]
npu.organisation = "custom"
[[knob]]
name = "npu.clock"
values = $clocks
[[knob]]
name = "npu.lanes"
values = $lanes
[[knob]]
name = "sram.banks"
values = $banks
$([ "$points" -lt 120 ] || printf '[[knob]]\nname = "npu.bus"\nvalues = ["16 B", "32 B"]\n')
[metrics]
pareto = [{metric = "npu.busy", goal = "min"}, {metric = "npu.utilisation", goal = "max"}]
END

sweep=("$ocellus" sweep "$work/sweep.toml" --quiet)
begin=$(date +%s%N)
"${sweep[@]}" --out "$work/whole" -j 2
span=$((($(date +%s%N) - begin) / 1000000))  # ms

for ((i = 0; i < kills; ++i)); do
    "${sweep[@]}" --out "$work/killed" -j 2 >"$work/log" 2>&1 &
    sleep "$(awk -v s="$span" -v k="$kills" -v r="$RANDOM" 'BEGIN {print r / 32768 * s / k / 500}')"
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
done
"$ocellus" sweep "$work/sweep.toml" --out "$work/killed" -j 3

for ((i = 0; i < 8; ++i)); do
    "${sweep[@]}" --store "$work/shard-$i.sqlite" --shard "$i/8" >/dev/null
done
"$ocellus" merge --out "$work/merged" "$work"/shard-*.sqlite

for file in results.csv results.json pareto.csv effects.csv chart.svg; do
    cmp "$work/whole/$file" "$work/killed/$file"
    cmp "$work/whole/$file" "$work/merged/$file"
done
lines=$(wc -l <"$work/whole/results.csv")
[ "$lines" -eq $((points + 1)) ] || { echo "expected $points points, got $((lines - 1))"; exit 1; }
echo "same files from $points points in one piece, killed $kills times, and in 8 shards"
