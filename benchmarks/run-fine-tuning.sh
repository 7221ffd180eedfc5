#!/bin/sh
# What training an imported model on another text does, with Muon and with AdamW: a llama model with byte pairs learns one text, is exported as Hugging Face has it,
# checked by `import`, measured on the other text, and trained on it by `train --from` at several rates of each optimizer; beside them the same steps from nothing.
#
#   benchmarks/run-fine-tuning.sh TEXT OTHER [STEPS]
#
# TEXT: what the model knows. OTHER: what it is to learn. STEPS: of fine-tuning, default 200. PRESTEPS (default 600), MUON (rates, default "0.002 0.005 0.01"), ADAMW (default "3e-4 1e-3 3e-3"),
# AUXILIARY (rate of what Muon does not step, default 1e-3), THREADS. Prints a table: held-out loss of OTHER, nats a token, before and after. Deterministic.
set -eu
text=$(realpath "${1:?usage: run-fine-tuning.sh TEXT OTHER [STEPS]}")
other=$(realpath "${2:?usage: run-fine-tuning.sh TEXT OTHER [STEPS]}")
steps=${3:-200}
cd "$(dirname "$0")/.."
dotnet build -c Release src/MuonSharp.Cli >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tool() { dotnet run -c Release --no-build --project src/MuonSharp.Cli -- "$@"; }
number() { sed -n "s/.*\"$1\":\([-+0-9.eE]*\).*/\1/p" | tail -n 1; }
quiet="--threads ${THREADS:-0} --set sample.every=-1 --set checkpoint.every=-1 --json"

tool tokenizer train --data "$text" --data "$other" --vocabulary 1024 --out "$work/tokenizer.json" >/dev/null
model="--set model.family=llama --set model.activation=swiglu --set model.normalization=rms-norm"
# shellcheck disable=SC2086
tool train $model --tokenizer "$work/tokenizer.json" --data "$text" --steps "${PRESTEPS:-600}" --run "$work/base" $quiet --set evaluate.every=-1 >/dev/null
tool export --run "$work/base" --format huggingface "$work/model" >/dev/null
tool import "$work/model"

# The held-out part, the last tenth, as the runs below hold it out.
size=$(wc -c <"$other")
tail -c "$((size / 10))" "$other" >"$work/held.txt"
printf '\nbefore: %.4f on the last tenth of the other text\n\n' "$(tool evaluate --model "$work/model" --data "$work/held.txt" --json | number loss)"

tune() { # name, optimizer and rates
    name=$1
    shift
    # shellcheck disable=SC2086
    tool train "$@" --data "$other" --steps "$steps" --run "$work/$name" $quiet --set evaluate.every="$steps" >"$work/lines"
    printf '| %s | %.4f |\n' "$name" "$(grep '"kind":"end"' "$work/lines" | number val_loss)"
}

printf '| run | held-out loss after %s steps |\n|---|---|\n' "$steps"
for rate in ${MUON:-0.002 0.005 0.01}; do
    tune "from-the-model-muon-$rate" --from "$work/model" --set optimizer.learningRate="$rate" --set optimizer.auxiliary.learningRate="${AUXILIARY:-1e-3}"
done
for rate in ${ADAMW:-3e-4 1e-3 3e-3}; do
    tune "from-the-model-adamw-$rate" --from "$work/model" --set optimizer.name=adamw --set optimizer.learningRate="$rate"
done
# shellcheck disable=SC2086
tune "from-nothing-muon-0.007" $model --tokenizer "$work/tokenizer.json"
