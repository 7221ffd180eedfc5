#!/bin/sh
# Tokens per second of `train --preset nanogpt-cpu` beside PyTorch with the same model, alternating on the same cores.
#
#   benchmarks/run-nanogpt-peer.sh DATA [OPTIMIZER] [ROUNDS] [STEPS]
#
# DATA: a text file. OPTIMIZER: adamw (default) or muon. Needs Debian's python3-torch and libopenblas0-pthread (apt-get install). OpenBLAS's
# kernels are those of the fastest of three names, found by a short trial (CORES="ZEN" names the candidates). THREADS: default 2.
# Prints every round, the medians and their ratio. Run it on a machine with nothing else to do: PyTorch's threads spin, and two busy
# neighbours cost it far more than us.
set -eu
data=$(realpath "${1:?usage: run-nanogpt-peer.sh DATA [OPTIMIZER] [ROUNDS] [STEPS]}")
optimizer=${2:-adamw}
rounds=${3:-5}
steps=${4:-300}
threads=${THREADS:-2}
python=${PYTHON:-/usr/bin/python3}
cd "$(dirname "$0")/.."

"$python" -c 'import torch' 2>/dev/null || { echo "PyTorch is missing: apt-get install python3-torch libopenblas0-pthread" >&2; exit 4; }
dotnet build -c Release src/MuonSharp.Cli >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

field() { "$python" -c 'import json, sys; print(json.loads(sys.stdin.readlines()[-1])[sys.argv[1]])' "$1"; }

peer() { # core type, steps
    OPENBLAS_CORETYPE=$1 OPENBLAS_NUM_THREADS=$threads OMP_NUM_THREADS=$threads \
        "$python" benchmarks/peers/nanogpt_cpu.py --data "$data" --optimizer "$optimizer" --threads "$threads" --steps "$2" | field tokens_per_second
}

ours() { # round: the median over all steps but the first thirty, no evaluation, no sample, no checkpoint
    dotnet run -c Release --no-build --project src/MuonSharp.Cli -- train --preset nanogpt-cpu --data "$data" --optimizer "$optimizer" \
        --steps "$steps" --threads "$threads" --run "$work/run-$1" --json \
        --set evaluate.every=-1 --set sample.every=-1 --set checkpoint.every=-1 |
        "$python" -c '
import json, statistics, sys
rates = [line["tokens_per_second"] for line in map(json.loads, sys.stdin) if line.get("kind") == "step"]
print(statistics.median(rates[30:]))'
}

best=0
for core in ${CORES:-SKYLAKEX ZEN HASWELL}; do
    rate=$(peer "$core" 60 2>/dev/null) || continue
    echo "trial: OpenBLAS as $core: $rate tokens/s"
    if [ "$("$python" -c "print(int($rate > $best))")" = 1 ]; then best=$rate; chosen=$core; fi
done
echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $threads threads; $(date -u +%F)"

round=1
while [ "$round" -le "$rounds" ]; do
    a=$(ours "$round")
    b=$(peer "${chosen:?no OpenBLAS kernel ran}" "$steps")
    echo "$a $b" >>"$work/rounds"
    echo "round $round: ours $a, PyTorch $b tokens/s"
    round=$((round + 1))
done
"$python" - "$work/rounds" "$chosen" "$optimizer" <<'END'
import statistics, sys
ours, peer = zip(*(map(float, line.split()) for line in open(sys.argv[1])))
print(f"{sys.argv[3]}: ours {statistics.median(ours):.0f}, PyTorch ({sys.argv[2]}) {statistics.median(peer):.0f} tokens/s, ratio of medians "
      f"{statistics.median(ours) / statistics.median(peer):.2f}, rounds {min(a / b for a, b in zip(ours, peer)):.2f} to {max(a / b for a, b in zip(ours, peer)):.2f}")
END
