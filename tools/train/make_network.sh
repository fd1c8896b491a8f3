#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
#
# Makes the built-in network again: draws scenes, trains on them, collects tensors from the simulator, fine-tunes on
# both, quantizes, and evaluates on held-out frames at full resolution.
#
#     tools/train/make_network.sh [--quick] [DIR]
#
# Everything goes to DIR (build/network by default); the result is DIR/parcels.onnx. --quick does every step on a few
# frames, to see that the chain works. BUILD (build/release) and PYTHON (/usr/bin/python3, with Debian's
# python3-torch, python3-onnx and python3-numpy) can be set in the environment. Seeds are fixed: one version of PyTorch
# gives the same weights again on one machine; another version or processor gives others that are about as good.
set -eu

scale=1
if [ "${1:-}" = --quick ]; then
    scale=50
    shift
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
out=${1:-build/network}
build=${BUILD:-build/release}
python=${PYTHON:-/usr/bin/python3}
train=tools/train
program=$build/bin/ocellus
few() { echo $((($1 + scale - 1) / scale)); }

echo "1. build"
cmake --build "$build" --target ocellus render_parcels

echo "2. draw: seed 1 to train, seed 2 to look at"
mkdir -p "$out/drawn" "$out/stacked" "$out/drawn-held-out"
"$build/bin/render_parcels" 1 0 "$(few 9000)" "$out/drawn"
"$build/bin/render_parcels" 1 9000 "$(few 5000)" "$out/stacked" stacked
"$build/bin/render_parcels" 2 0 "$(few 600)" "$out/drawn-held-out"

echo "3. train on drawn scenes"
"$python" $train/train.py --data "$out/drawn" --data "$out/stacked" --held-out "$out/drawn-held-out" \
    --checkpoint "$out/first.pt" --seed 1 --steps "$(few 4000)" --rate 4e-3

echo "4. simulate: seeds 100 to 311 to train, 2000 to evaluate"
simulate="$python $train/simulate.py --program $program"
$simulate configs/small.toml --runs "$(few 30)" --frames 50 --seed 100 --out "$out/runs/small"
$simulate configs/imx500-2x2.toml --runs "$(few 24)" --frames 25 --seed 200 --out "$out/runs/binned"
$simulate configs/imx500.toml --runs "$(few 12)" --frames 25 --seed 300 --out "$out/runs/full"
$simulate configs/imx500.toml --runs 1 --frames "$(few 200)" --seed 2000 --still --out "$out/runs/held-out"
"$python" $train/collect.py "$out"/runs/small/run_* "$out"/runs/binned/run_* "$out"/runs/full/run_* \
    --out "$out/simulated"
"$python" $train/collect.py "$out"/runs/held-out/run_* --out "$out/simulated-held-out"

echo "5. fine-tune on both"
# Stacked parcels twice: they are what is left to learn.
"$python" $train/train.py --data "$out/drawn" --data "$out/stacked" --data "$out/stacked" --data "$out/simulated" \
    --held-out "$out/drawn-held-out" --start "$out/first.pt" --checkpoint "$out/parcels.pt" --seed 2 \
    --steps "$(few 1800)" --rate 2.5e-3 --warm-up 0.05

echo "6. quantize, calibrated on what the simulator's network saw"
"$python" $train/export.py --checkpoint "$out/parcels.pt" --data "$out/simulated" --out "$out/parcels.onnx"

echo "7. evaluate: the file alone, then the whole sensor"
"$python" $train/check_onnx.py "$out/parcels.onnx" --data "$out/simulated-held-out"
$simulate configs/imx500.toml --network "$out/parcels.onnx" --runs 1 --frames "$(few 200)" --seed 2000 --still \
    --out "$out/runs/evaluation"
"$python" $train/evaluate.py --metadata "$out/runs/evaluation/run_0000/metadata.jsonl" \
    --truth "$out/runs/evaluation/run_0000/truth.jsonl"
