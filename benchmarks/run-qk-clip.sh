#!/bin/sh
# What QK-clip does to learning rates that are too high: the original Muon on a preset (`nanogpt-cpu`, or PRESET: `mla-small`, `gqa-small`) at a constant rate after 20 steps of warm-up.
#
#   benchmarks/run-qk-clip.sh FILE [STEPS]
#
# FILE: a text. STEPS: default 400. RATES (default "0.05 0.1 0.2 0.5") and TAUS (default "off 100 30") choose the runs, THREADS the threads of each.
# Naming the preset drops the auxiliary rate that goes with the model, so it is named too.
# Prints a table: a row a rate, a column a tau; in a cell the greatest logit of the last step and the validation loss. Deterministic.
set -eu
data=$(realpath "${1:?usage: run-qk-clip.sh FILE [STEPS]}")
steps=${2:-400}
taus=${TAUS:-off 100 30}
cd "$(dirname "$0")/.."
dotnet build -c Release src/MuonSharp.Cli >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number() { sed -n "s/.*\"$1\":\([-+0-9.eE]*\).*/\1/p" | tail -n 1; }

cell() { # rate, tau
    dotnet run -c Release --no-build --project src/MuonSharp.Cli -- train --preset "${PRESET:-nanogpt-cpu}" --data "$data" --steps "$steps" --threads "${THREADS:-0}" \
        --set optimizer.preset=keller-jordan --set optimizer.orthogonalizer=newton-schulz/jordan5 \
        --set optimizer.auxiliary.learningRate=0.003 --set optimizer.learningRate="$1" --set optimizer.schedule.name=constant --qk-clip "$2" \
        --set evaluate.every="$steps" --set sample.every=-1 --set checkpoint.every=-1 --run "$work/$1-$2" --json >"$work/lines"
    printf ' %.0f, %.3f |' "$(grep '"kind":"step"' "$work/lines" | number max_logit)" "$(grep '"kind":"end"' "$work/lines" | number val_loss)"
}

printf '| lr |'
for tau in $taus; do printf ' tau %s |' "$tau"; done
printf '\n|---|'
for tau in $taus; do printf '%s' '---|'; done
printf '\n'
for rate in ${RATES:-0.05 0.1 0.2 0.5}; do
    printf '| %s |' "$rate"
    for tau in $taus; do cell "$rate" "$tau"; done
    printf '\n'
done
