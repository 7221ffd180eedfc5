#!/bin/sh
# What steps over ranks take on this machine, beside what `plan --ranks` says of them; and over a link between two network namespaces that is as slow as one likes.
#
#   benchmarks/run-ranks.sh                 1, 2 and 4 ranks of one thread on this machine, and the plan for them
#   benchmarks/run-ranks.sh threads         two threads of one process beside two ranks of one thread, and what parts and their order cost
#   benchmarks/run-ranks.sh link RATE...    2 ranks of one thread in two namespaces, joined by a link of each rate (tc's words, such as 1gbit); as root, with iproute2
#
# PRESET (default nanogpt), STEPS (default 12; the first two are left out), BATCH (default 8, cut into 4 parts; in the second form as each line says), CONTEXT (default 128). Needs Open MPI. Prints medians of the first rank's step lines.
set -eu
cd "$(dirname "$0")/.."
[ -n "${NO_BUILD:-}" ] || dotnet build -c Release src/MuonSharp.Cli >/dev/null
tool=$PWD/artifacts/bin/MuonSharp.Cli/release/muonsharp.dll
work=$(mktemp -d)
trap 'clean; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
settings="--preset ${PRESET:-nanogpt} --set train.batch=${BATCH:-8} --set model.context=${CONTEXT:-128} --set train.shards=4"
quiet="--steps ${STEPS:-12} --threads 1 --set evaluate.every=-1 --set sample.every=-1 --set checkpoint.every=-1 --set log.every=1 --set optimizer.schedule.warmup=2"

clean() {
    [ ! -e "$work/link" ] || { ip netns del muonsharp1; ip netns del muonsharp2; rm "$work/link"; }
}
median() { # KEY FOLDER
    sed -n '/"kind":"step"/s/.*"'"$1"'":\([0-9.eE+-]*\).*/\1/p' "$2/metrics.jsonl" | tail -n +3 | sort -g | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print 0 }'
}
row() { # NAME FOLDER
    awk -v name="$1" -v step="$(median step_ms "$2")" -v optimizer="$(median optimizer_ms "$2")" -v exchange="$(median exchange_ms "$2")" -v wait="$(median exchange_wait_ms "$2")" -v gather="$(median gather_ms "$2")" \
        'BEGIN { printf "| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %s |\n", name, step, optimizer, exchange, wait, gather, (exchange > 0 ? sprintf("%.0f %%", wait < exchange ? 100 * (1 - wait / exchange) : 0) : "-") }'
}
heading() {
    printf '\n| %s | step, ms | optimizer | exchange | waited for | gather | hidden |\n|---|---:|---:|---:|---:|---:|---:|\n' "$1"
}

# train NAME RANKS OPTIONS...: ranks on this machine, and their row.
train() {
    name=$1 ranks=$2
    shift 2
    folder=$work/$(echo "$name" | tr -c 'a-z0-9\n' -)
    # shellcheck disable=SC2086
    mpirun.openmpi --oversubscribe --bind-to none -x TERM=dumb -n "$ranks" dotnet exec "$tool" train $settings $quiet "$@" --run "$folder" >"$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
    row "$name" "$folder"
}

if [ "${1:-}" = threads ]; then
    heading "processes and threads"
    for parts in 2 4; do
        train "1 x 2, $parts parts" 1 --threads 2 --shards $parts
        train "2 x 1, $parts parts" 2 --shards $parts
        train "2 x 1, $parts parts, fast" 2 --shards $parts --reduce fast
    done
    train "1 x 2, 1 part" 1 --threads 2 --shards 1
    exit 0
fi

if [ "${1:-}" = link ]; then
    shift
    ip netns add muonsharp1
    ip netns add muonsharp2
    : >"$work/link"
    ip link add eth0 netns muonsharp1 type veth peer name eth0 netns muonsharp2
    for host in 1 2; do
        ip -n muonsharp$host addr add 10.77.0.$host/24 dev eth0
        ip -n muonsharp$host link set eth0 up
        ip -n muonsharp$host link set lo up
    done

    # The launcher is in the first namespace; it takes this for a remote shell. A name and a /dev/shm of its own make the other side another machine.
    cat >"$work/shell" <<'SHELL'
#!/bin/sh
host=$1
shift
exec ip netns exec "muonsharp${host##*.}" unshare --uts --mount --ipc sh -c "hostname muonsharp${host##*.}; mount -t tmpfs tmpfs /dev/shm; $*"
SHELL
    chmod +x "$work/shell"
    sent() { ip netns exec "muonsharp$1" cat /sys/class/net/eth0/statistics/tx_bytes; }
    heading link
    for rate in "$@"; do
        before="$(sent 1) $(sent 2)"
        for host in 1 2; do
            tc -n muonsharp$host qdisc replace dev eth0 root tbf rate "$rate" burst 256kb latency 50ms
        done

        # shellcheck disable=SC2086
        ip netns exec muonsharp1 unshare --uts sh -c 'hostname launcher; exec "$@"' sh mpirun.openmpi --mca btl self,tcp --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
            --mca plm_rsh_agent "$work/shell" --mca plm_rsh_no_tree_spawn 1 --bind-to none -x TERM=dumb -n 2 --host 10.77.0.1:1,10.77.0.2:1 \
            dotnet exec "$tool" train $settings $quiet --run "$work/$rate" >"$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
        row "$rate" "$work/$rate"
        echo "$rate: $(sent 1) and $(sent 2)" | awk -v before="$before" -v steps="${STEPS:-12}" '{ split(before, b, " "); printf "%s %.1f and %.1f MB a step\n", $1, ($2 - b[1]) / steps / 1e6, ($4 - b[2]) / steps / 1e6 }' >>"$work/sent"
    done

    printf '\nsent over the link, with all frames:\n'
    cat "$work/sent"

    exit 0
fi

heading ranks
for ranks in 1 2 4; do
    train $ranks $ranks
done

# The rate of one rank is that of the first run: the plan says then what two and four would take with as many cores.
# shellcheck disable=SC2086
flops=$(dotnet exec "$tool" plan $settings --threads 1 --json --ranks 1 --network memory --gflops 1 | sed -n '/"kind":"ranks"/s/.*"model_seconds":\([0-9.eE+-]*\).*"optimizer_seconds":\([0-9.eE+-]*\).*/\1 \2/p' | awk '{ print $1 + $2 }')
rate=$(awk -v flops="$flops" -v ms="$(median step_ms "$work/1")" 'BEGIN { printf "%.1f", flops / ms * 1e3 }')
printf '\nplan at %s GFLOP/s a rank\n' "$rate"
# shellcheck disable=SC2086
dotnet exec "$tool" plan $settings --threads 1 --ranks 1,2,4 --network memory --gflops "$rate" | sed -n '/ranks/,$p'
