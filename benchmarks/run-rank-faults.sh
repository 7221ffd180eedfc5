#!/bin/sh
# Ranks that are killed or stopped at random moments: the others must end in time, say who was missing, and another number of ranks must go on to the same bits.
#
#   benchmarks/run-rank-faults.sh [N [FIRST]]
#
# N: how many faults, default 4. FIRST: number of the first, default 1. A fault's number gives its launcher (Open MPI, MPICH), rank (of three), signal (SIGKILL, SIGSTOP), moment (from the start of the
# processes to the end of the run) and how many ranks go on. TIMEOUT: seconds of --timeout, default 5. PATIENCE: seconds after which a job that is still there counts as hanging, default 120: joining may
# take a minute, and launchers take their time. Prints a line for each fault; ends with 1 if one was wrong, and then keeps its files.
set -eu
count=${1:-4}
first=${2:-1}
timeout=${TIMEOUT:-5}
patience=${PATIENCE:-120}
cd "$(dirname "$0")/.."
[ -n "${NO_BUILD:-}" ] || dotnet build -c Release src/MuonSharp.Cli >/dev/null
tool=$PWD/artifacts/bin/MuonSharp.Cli/release/muonsharp.dll
work=$(mktemp -d)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
openmpi=$(command -v mpirun.openmpi || true)
mpich=$(command -v mpiexec.mpich || true)
[ -n "$openmpi$mpich" ] || { echo "neither mpirun.openmpi nor mpiexec.mpich is installed" >&2; exit 2; }
steps=300

seq 4000 | awk '{ print "the", $1 * 7919 % 97, "words of line", $1 }' >"$work/text.txt"

# launch FAMILY RANKS FOLDER ARGUMENTS...: ranks that leave their process numbers in the folder; the shell becomes the launcher.
launch() {
    family=$1 ranks=$2 folder=$3
    shift 3
    inner='echo $$ >"$0/pid.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}"; exec dotnet exec "$@"'
    if [ "$family" = openmpi ]; then
        exec "$openmpi" --oversubscribe --bind-to none -x TERM=dumb -n "$ranks" sh -c "$inner" "$folder" "$tool" "$@"
    else
        exec "$mpich" -n "$ranks" sh -c "$inner" "$folder" "$tool" "$@"
    fi
}
settings="--data $work/text.txt --steps $steps --shards 4 --threads 1 --timeout $timeout --set model.layers=2 --set model.heads=2 --set model.width=32 --set model.context=32
    --set train.batch=4 --set evaluate.every=60 --set sample.every=-1 --set checkpoint.every=20 --set checkpoint.keep=2"
hash_of() { cat "$1/checkpoints/step-00000$steps/model.safetensors" "$1/checkpoints/step-00000$steps/optimizer.safetensors" | sha256sum | cut -c1-16; }
random() { # NUMBER N: N numbers from 0 to 1 that follow from NUMBER, the same on any machine
    for i in $(seq "$2"); do printf '%s-%s' "$1" "$i" | sha256sum | cut -c1-4; done | awk '{ v = 0; for (i = 1; i <= 4; i++) v = 16 * v + index("0123456789abcdef", substr($1, i, 1)) - 1; printf "%.6f ", v / 65536 }'
}
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

# shellcheck disable=SC2086
dotnet exec "$tool" train $settings --run "$work/alone" >/dev/null
wanted=$(hash_of "$work/alone")
mkdir "$work/timed"
start=$(now)
# shellcheck disable=SC2086
(launch "$([ -n "$openmpi" ] && echo openmpi || echo mpich)" 3 "$work/timed" train $settings --run "$work/timed/run") >/dev/null
whole=$(since "$start")
echo "one process: $wanted; three ranks: $(hash_of "$work/timed/run") in $whole s"

wrong=0
number=$first
while [ "$number" -lt $((first + count)) ]; do
    # shellcheck disable=SC2046
    set -- $(random "$number" 5)
    family=$(awk -v r="$1" -v o="$openmpi" -v m="$mpich" 'BEGIN { print (m == "" || (o != "" && r < 0.5)) ? "openmpi" : "mpich" }')
    rank=$(awk -v r="$2" 'BEGIN { print int(3 * r) }')
    signal=$(awk -v r="$3" 'BEGIN { print (r < 0.5) ? "KILL" : "STOP" }')
    moment=$(awk -v r="$4" -v t="$whole" 'BEGIN { printf "%.2f", r * t }')
    others=$(awk -v r="$5" 'BEGIN { print 1 + int(4 * r) }')
    folder=$work/fault-$number
    mkdir "$folder"
    # shellcheck disable=SC2086
    (launch "$family" 3 "$folder" train $settings --run "$folder/run") >"$folder/output" 2>"$folder/error" &
    job=$!
    until [ -s "$folder/pid.$rank" ] || ! kill -0 "$job" 2>/dev/null; do sleep 0.02; done
    sleep "$moment"
    start=$(now)
    hit=no
    if kill -s "$signal" "$(cat "$folder/pid.$rank")" 2>/dev/null; then hit=yes; fi
    (sleep "$patience"; kill -s KILL "$job" 2>/dev/null && : >"$folder/hung") &
    guard=$!
    code=0
    wait "$job" 2>/dev/null || code=$?
    kill "$guard" 2>/dev/null || true
    took=$(since "$start")

    # What the survivors say: the rank, the call, and the step or what else they were at.
    said=$(grep -oh '\[ranks\] rank .*\|\[mpi\] .*\|noticed that process rank .*' "$folder/error" | head -n 1 | cut -c1-170)
    problem=
    [ ! -e "$folder/hung" ] || problem="still there after $patience s"
    [ "$hit" = no ] || [ "$code" -ne 0 ] || [ -e "$folder/run/checkpoints/step-00000$steps" ] || problem="ended with 0"
    if [ "$code" -ne 0 ] && [ "$signal" = STOP ] && [ "$hit" = yes ]; then
        # A rank that hears nothing for long says so; one that is killed is the launcher's to name.
        grep -qE "ranks? ([0-9], )*$rank(, [0-9])* did not answer|\[mpi\] .* not been joined|\[mpi\] .* not left" "$folder/error" || problem="nobody named rank $rank"
    fi
    for pid in "$folder"/pid.*; do
        # Who was told to end has ten seconds for it. One that has ended and that nobody has asked about yet is a zombie, and is gone.
        looks=0
        while state=$(sed 's/.*) \(.\).*/\1/' "/proc/$(cat "$pid")/stat" 2>/dev/null || echo Z) && [ "$state" != Z ] && [ "$looks" -lt 100 ]; do
            sleep 0.1
            looks=$((looks + 1))
        done
        if [ "$state" != Z ]; then
            kill -s KILL "$(cat "$pid")" 2>/dev/null || true
            problem="${problem:-a rank was left behind ($state)}"
        fi
    done

    # Go on from the newest checkpoint, or begin where there is no run yet.
    mkdir "$folder/again"
    if [ -e "$folder/run/config.json" ]; then arguments="train --run $folder/run --resume --timeout 60"; else arguments="train $settings --run $folder/run"; fi
    # shellcheck disable=SC2086
    (launch "$family" "$others" "$folder/again" $arguments) >"$folder/again/output" 2>"$folder/again/error" || problem="${problem:-could not go on}"
    got=$(hash_of "$folder/run" 2>/dev/null || echo none)
    [ "$got" = "$wanted" ] || problem="${problem:-other bits}"
    echo "$number: $family, SIG$signal to rank $rank after $moment s: code $code in $took s; ${said:-no line}; on $others $got${problem:+; WRONG: $problem}"
    if [ -n "$problem" ]; then wrong=$((wrong + 1)); else rm -rf "$folder"; fi
    number=$((number + 1))
done

if [ "$wrong" -gt 0 ]; then
    echo "$wrong of $count wrong; files in $work" >&2
    exit 1
fi

echo "$count faults, all as they should be"
rm -rf "$work"
