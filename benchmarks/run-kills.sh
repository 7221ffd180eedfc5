#!/bin/sh
# Runs that are killed at random moments: what is resumed must come to the weights, optimizer state, metrics and samples of a run that nobody killed.
#
#   benchmarks/run-kills.sh [N [FIRST]]
#
# N: how many runs, default 10. FIRST: number of the first, default 1. A run's number gives what is trained (twelve cells: presets made small, language and images, every optimizer), after which share of its
# time it is killed, and after which share of what is left it is killed again once it was resumed. Prints a line for each run; ends with 1 if one was wrong, and then keeps its files.
set -eu
count=${1:-10}
first=${2:-1}
cd "$(dirname "$0")/.."
[ -n "${NO_BUILD:-}" ] || dotnet build -c Release src/MuonSharp.Cli >/dev/null
tool=$PWD/artifacts/bin/MuonSharp.Cli/release/muonsharp.dll
work=$(mktemp -d)
cells=12

settings() { # CELL: what is trained
    case $1 in
        0) language 32 austen --optimizer muon ;;
        1) language 32 nanogpt-cpu --optimizer adamw --set model.dropout=0.1 --set optimizer.clipNorm=1 ;;
        2) language 48 nanogpt --optimizer normuon --set train.accumulation=2 ;;
        3) language 16 speedrun --optimizer muon ;;
        4) language 32 mla-small --optimizer muon --set qkClip.tau=1 ;;
        5) language 32 mla-small --optimizer muon --set model.layers=2 --set model.experts.count=4 ;;
        6) language 48 gqa-small --optimizer shampoo ;;
        7) language 96 gpt2-124m --optimizer soap ;;
        8) language 48 speedrun-124m --optimizer sgd --set train.shards=2 ;;
        9) images fashion-mnist --optimizer muon ;;
        10) images fashion-mnist --optimizer adamw --set train.accumulation=2 ;;
        11) images airbench94 --set image.widths=8,16,16 ;;
    esac
}
language() { # WIDTH PRESET OPTIONS...
    width=$1 preset=$2
    shift 2
    echo "--preset $preset --data $work/text.txt --set data.tokenizer=byte --set model.vocabulary=300 --set model.layers=1 --set model.width=$width --set model.context=32 --set train.batch=4
        --set sample.every=20 --set sample.tokens=20 $*"
}
images() { # PRESET OPTIONS...
    preset=$1
    shift
    echo "--preset $preset --data $work --set image.widths=4,6,8 --set image.epochs=null --set image.classes=null --set train.batch=8 $*"
}
always="--steps 60 --threads 2 --set evaluate.every=12 --set evaluate.batch=8 --set checkpoint.every=1 --set checkpoint.keep=2 --set optimizer.schedule.warmup=5"

seq 1000 | awk '{ print "the", $1 * 7919 % 97, "words of line", $1 }' >"$work/text.txt"

# idx PART COUNT: stripes of three widths with noise, as MNIST's files have them; 24 rows and columns.
idx() {
    {
        printf '\000\000\010\003\000\000\000\'"$(printf %03o "$2")"'\000\000\000\030\000\000\000\030'
        # shellcheck disable=SC2059
        printf "$(awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) for (y = 0; y < 24; y++) for (x = 0; x < 24; x++) { s = (s * 1103 + 12345 + i) % 65536; printf "\\%03o", (int(x / (2 + i % 3)) % 2 ? 150 : 30) + s % 70 } }')"
    } >"$work/$1-images-idx3-ubyte"
    {
        printf '\000\000\010\001\000\000\000\'"$(printf %03o "$2")"
        # shellcheck disable=SC2059
        printf "$(awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) printf "\\%03o", i % 3 }')"
    } >"$work/$1-labels-idx1-ubyte"
}
idx train 90
idx t10k 30

hash_of() { # RUN: the last checkpoint, the best one, the metrics but for times and memory, and the samples
    {
        cat "$1/checkpoints/step-00000060/model.safetensors" "$1/checkpoints/step-00000060/optimizer.safetensors"
        [ ! -e "$1/checkpoints/best" ] || cat "$1/checkpoints/$(cat "$1/checkpoints/best")/model.safetensors"
        sed -E 's/,"([a-z_]+(_ms|_per_second)|(working_set|managed)_bytes)":[^,}]*//g' "$1/metrics.jsonl"
        [ ! -e "$1/samples.txt" ] || cat "$1/samples.txt"
    } | sha256sum | cut -c1-16
}
random() { # NUMBER N: N numbers from 0 to 1 that follow from NUMBER, the same on any machine
    for i in $(seq "$2"); do printf '%s-%s' "$1" "$i" | sha256sum | cut -c1-4; done | awk '{ v = 0; for (i = 1; i <= 4; i++) v = 16 * v + index("0123456789abcdef", substr($1, i, 1)) - 1; printf "%.6f ", v / 65536 }'
}
now() { date +%s.%N; }

# train SHARE LOG ARGUMENTS...: starts the tool and kills it after a share of the time that a whole run takes; sets `hit`.
train() {
    moment=$(awk -v s="$1" -v t="$(cat "$work/time-$cell")" 'BEGIN { printf "%.3f", s * t }')
    shown=$2
    shift 2
    dotnet exec "$tool" train "$@" >"$shown" 2>&1 &
    job=$!
    sleep "$moment"
    hit=0
    if kill -s KILL "$job" 2>/dev/null; then hit=1; fi
    wait "$job" 2>/dev/null || true
}

wrong=0
kills=0
number=$first
while [ "$number" -lt $((first + count)) ]; do
    cell=$((number % cells))
    arguments="$(settings $cell) $always"
    if [ ! -e "$work/wanted-$cell" ]; then
        start=$(now)
        # shellcheck disable=SC2086
        dotnet exec "$tool" train $arguments --run "$work/whole-$cell" >"$work/whole.txt" 2>&1 || { cat "$work/whole.txt" >&2; exit 1; }
        awk -v a="$start" -v b="$(now)" 'BEGIN { print b - a }' >"$work/time-$cell"
        hash_of "$work/whole-$cell" >"$work/wanted-$cell"
    fi

    # shellcheck disable=SC2046
    set -- $(random "$number" 2)
    run=$work/run-$number
    problem=
    # shellcheck disable=SC2086
    train "$1" "$work/first.txt" $arguments --run "$run"
    moments=$moment hits=$hit

    # Killed before the folder held a run, there is nothing to resume: the same command starts it.
    again() { if [ -e "$run/config.json" ]; then echo "--run $run --resume"; else echo "$arguments --run $run"; fi; }
    # shellcheck disable=SC2046
    train "$(awk -v a="$1" -v b="$2" 'BEGIN { print b * (1 - a) }')" "$work/second.txt" $(again)
    moments="$moments and $moment" hits=$((hits + hit))
    # shellcheck disable=SC2046
    dotnet exec "$tool" train $(again) >"$work/last.txt" 2>&1 || problem="could not go on: $(tail -n 1 "$work/last.txt")"
    got=$(hash_of "$run" 2>/dev/null || echo none)
    [ "$got" = "$(cat "$work/wanted-$cell")" ] || problem="${problem:-other bits than $(cat "$work/wanted-$cell")}"
    kills=$((kills + hits))
    echo "$number: $(settings $cell | sed -n 's/^--preset \([^ ]*\).*/\1/p') (cell $cell), $hits of 2 killed, after $moments s: $got${problem:+; WRONG: $problem}"
    if [ -n "$problem" ]; then wrong=$((wrong + 1)); else rm -rf "$run"; fi
    number=$((number + 1))
done

if [ "$wrong" -gt 0 ]; then
    echo "$wrong of $count wrong; files in $work" >&2
    exit 1
fi

echo "$kills kills in $count runs, all went on to the bits of a run that nobody killed"
rm -rf "$work"
