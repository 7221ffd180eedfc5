#!/bin/sh
# Training with MuonSharp.TorchSharp beside MuonSharp's own engine, several seeds: nanoGPT's setting for a processor, shortened, with Muon and with AdamW on both sides, at the same rates, with the same warm-up, decay and
# distribution of initial weights. Weights, batches and the windows that are held out differ from side to side as they do from seed to seed.
#
#   benchmarks/run-torchsharp-seeds.sh [TEXT [STEPS [SEEDS]]]    the embedded text, 300 steps, seeds "1 2 3"
#
# Prints the held-out loss of every run and, of each side, mean, least and greatest. Linux on x64; the first run loads 128 MB of packages. Some minutes a seed.
# One thread each, so that other work on the machine costs time alone.
set -eu
cd "$(dirname "$0")/.."
text="$(realpath "${1:-src/MuonSharp.Training/Data/austen.txt}")"
steps="${2:-300}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
dotnet build -c Release src/MuonSharp.Cli >/dev/null
dotnet build -c Release samples/torchsharp/transformer.cs -o artifacts/torchsharp-samples/transformer >/dev/null
sed -n 's|^\(LC_ALL=C sed .*\) [^ ]*libLibTorchSharp.so$|\1 artifacts/torchsharp-samples/transformer/libLibTorchSharp.so|p' docs/torchsharp.md | sh

native() { # name, seed, options
    name="$1" seed="$2"
    shift 2
    dotnet exec artifacts/bin/MuonSharp.Cli/release/muonsharp.dll train --preset nanogpt-cpu --data "$text" --steps "$steps" --seed "$seed" --run "$work/$name-$seed" --threads 1 --json \
        --set model.tiedHead=false --set optimizer.schedule.name=cosine --set optimizer.schedule.warmup=100 --set optimizer.schedule.floor=0.1 \
        --set evaluate.every="$steps" --set sample.every=-1 --set checkpoint.every=-1 "$@" |
        sed -n 's/^{"kind":"end".*"val_loss":\([0-9.]*\).*/\1/p' >>"$work/$name"
}

for seed in ${3:-1 2 3}; do
    OMP_NUM_THREADS=1 dotnet exec artifacts/torchsharp-samples/transformer/transformer.dll "$text" "$steps" 0.01 "$seed" |
        sed -n 's/^held-out loss: AdamW \([0-9.]*\), Muon \([0-9.]*\)$/\1 \2/p' >"$work/line"
    cut -d ' ' -f 1 "$work/line" >>"$work/torch-adamw"
    cut -d ' ' -f 2 "$work/line" >>"$work/torch-muon"
    native native-muon "$seed" --set optimizer.learningRate=0.01 --set optimizer.auxiliary.learningRate=1e-3
    native native-adamw "$seed" --optimizer adamw --set optimizer.learningRate=1e-3 --set optimizer.beta2=0.99 --set optimizer.weightDecay=0.1
done

row() {
    awk -v name="$1" '{ all = all sprintf("%s%.4f", NR > 1 ? ", " : "", $1); sum += $1; if (NR == 1 || $1 < least) least = $1; if (NR == 1 || $1 > most) most = $1 }
        END { if (NR == 0) exit 1; printf "| %s | %s | %.4f | %.4f to %.4f |\n", name, all, sum / NR, least, most }' "$work/$2"
}

printf '| held-out loss after %s steps | by seed | mean | least and greatest |\n|---|---|---|---|\n' "$steps"
row "TorchSharp, this package's Muon" torch-muon
row "MuonSharp's engine, Muon" native-muon
row "TorchSharp, its own AdamW" torch-adamw
row "MuonSharp's engine, AdamW" native-adamw
