#!/usr/bin/env bash
# What an open page costs a run, and whether it leaks. Needs Chromium, curl and jq. MUONSHARP: the tool, if not the one that is built here.
#   benchmarks/run-page.sh cost [STEPS] [ROUNDS]   steps of nanogpt-cpu without and with the page open, in turn (400, 3)
#   benchmarks/run-page.sh spectra [ROUNDS]        what spectra take of a run, by its own profile, beside what plan predicts (2)
#   benchmarks/run-page.sh soak [STEPS]            many small steps with the page open: memory and handles on the way, of trainer and page; fails if they grow (100000)
set -euo pipefail
cd "$(dirname "$0")/.."
tool="${MUONSHARP:-$PWD/artifacts/bin/MuonSharp.Cli/release/muonsharp}"
[ -x "$tool" ] || dotnet build -c Release src/MuonSharp.Cli
work="$(mktemp -d)"
browser=""
trainer=""
finish() {
    for process in $browser $trainer; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# train RUN PAGE KEY=VALUE...: begins a run, with its page in a browser where PAGE is yes.
train() {
    local run="$1" page="$2" settings=() port
    shift 2
    for setting in "$@"; do settings+=(--set "$setting"); done
    if [ "$page" = yes ]; then
        "$tool" train --preset nanogpt-cpu --run "$run" --dashboard 0 "${settings[@]}" >"$run.txt" 2>&1 &
        trainer=$!
        until address="$(grep -o -m1 'http://127[^ ]*' "$run.txt")"; do kill -0 "$trainer"; sleep 0.1; done
        chromium --headless=new --no-sandbox --disable-gpu --no-first-run --user-data-dir="$work/browser" --remote-debugging-port=9333 "$address" >/dev/null 2>&1 &
        browser=$!
        until curl -s http://127.0.0.1:9333/json | jq -e --arg name "$(basename "$run")" 'any(.[]; .title | startswith($name))' >/dev/null 2>&1; do kill -0 "$browser"; sleep 0.2; done
    else
        "$tool" train --preset nanogpt-cpu --run "$run" "${settings[@]}" >"$run.txt" 2>&1 &
        trainer=$!
    fi
}

close() {
    [ -z "$browser" ] || { kill "$browser" 2>/dev/null || true; wait "$browser" 2>/dev/null || true; browser=""; }
    # Its helpers write on for a moment.
    rm -rf "$work/browser" 2>/dev/null || { sleep 1; rm -rf "$work/browser"; }
}

cost() {
    local steps="${1:-400}" rounds="${2:-3}"
    for round in $(seq "$rounds"); do
        for page in no yes; do
            train "$work/run" "$page" "train.steps=$steps" evaluate.every=-1 sample.every=-1 checkpoint.every=-1
            wait "$trainer"
            trainer=""
            # The first quarter compiles, and the browser starts.
            jq -rs --arg page "$page" --argjson from "$((steps / 4))" '[.[] | select(.kind == "step" and .step > $from) | .step_ms]
                | "page open: \($page)  mean step \(add / length * 100 | round / 100) ms, median \(sort[length / 2 | floor] * 100 | round / 100) ms"' "$work/run/metrics.jsonl"
            close
            rm -rf "$work/run" "$work/run.txt"
        done
    done
}

# spectra_of NAME STEPS EVERY OPTION...: a run that samples often, and what a sample would be of one that samples as by default.
spectra_of() {
    local name="$1" steps="$2" every="$3" plan
    shift 3
    plan="$("$tool" plan --json "$@" | jq -c 'select(.kind == "plan").spectra')"
    "$tool" train --run "$work/run" --profile --json "$@" --set "train.steps=$steps" --set "log.spectraEvery=$every" --set evaluate.every=-1 --set sample.every=-1 --set checkpoint.every=-1 |
        jq -r --arg name "$name" --argjson plan "$plan" 'select(.kind == "profile") | (.rows[] | select(.phase == "spectra")) as $row | ($row.ms / $row.calls) as $sample | (.step_ms - $row.ms) as $step
            | "\($name): step \($step * 100 | round / 100) ms, sample \($sample * 100 | round / 100) ms, every \($plan.every) steps: \($sample / $step / $plan.every * 10000 | round / 100) %, predicted \($plan.share * 10000 | round / 100) %"'
    rm -rf "$work/run"
}

spectra() {
    for round in $(seq "${1:-2}"); do
        spectra_of nanogpt-cpu 500 10 --preset nanogpt-cpu
        spectra_of austen 300 10 --preset austen
        spectra_of '2 layers of 768' 30 5 --preset gpt2-124m --set model.layers=2 --set model.context=64 --set data.tokenizer=gpt2
        spectra_of 'GPT-2 124M' 18 4 --preset gpt2-124m --set model.context=64 --set data.tokenizer=gpt2
    done
}

# grew WHAT FIRST LAST MOST: whether something grew by more than it may; says so.
grew() {
    [ "$(($3 - $2))" -gt "$4" ] || return 1
    echo "$1 grew from $2 to $3; $4 more is what may be" >&2
}

soak() {
    local steps="${1:-100000}" every next step rss managed handles heap nodes detached listeners page first="" middle="" last="" leaks=no
    every=$((steps / 10))
    next="$every"
    dotnet build benchmarks/page-state.cs >/dev/null
    train "$work/soak" yes model.layers=2 model.heads=1 model.width=64 model.context=32 train.batch=8 "train.steps=$steps" evaluate.every=-1 sample.every=-1 "checkpoint.every=$every"
    printf '%8s  %12s  %12s  %8s  %9s  %8s  %9s  %9s\n' steps 'process MiB' 'managed MiB' handles 'page KiB' nodes detached listeners
    while kill -0 "$trainer" 2>/dev/null; do
        # A torn last line is no JSON.
        step="$(tail -n 2 "$work/soak/metrics.jsonl" 2>/dev/null | head -n 1 | jq -r '.step // 0' 2>/dev/null || echo 0)"
        if [ "${step:-0}" -ge "$next" ]; then
            page="$(dotnet run --no-build benchmarks/page-state.cs 9333)"
            # It may end while it is looked at.
            rss="$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$trainer/status" 2>/dev/null || true)"
            handles="$({ ls "/proc/$trainer/fd" 2>/dev/null || true; } | wc -l)"
            [ -n "$rss" ] && [ "$handles" -gt 0 ] || break
            managed="$(tail -n 20000 "$work/soak/metrics.jsonl" | grep -o '"managed_bytes":[0-9]*' | tail -n 1 | cut -d: -f2 | awk '{print int($1 / 1048576)}')"
            read -r heap nodes detached listeners <<<"$(jq -r '"\(.heap / 1024 | floor) \(.nodes) \(.detached) \(.listeners)"' <<<"$page")"
            last="$rss $handles $heap $detached $listeners"
            # Of the page what counts is the second half: in the first it gets the charts that come late.
            first="${first:-$last}"
            [ "$next" -gt $((steps / 2)) ] || middle="$last"
            printf '%8s  %12s  %12s  %8s  %9s  %8s  %9s  %9s\n' "$step" "$rss" "$managed" "$handles" "$heap" "$nodes" "$detached" "$listeners"
            next=$((next + every))
        fi
        sleep 1
    done
    wait "$trainer" || { tail -n 3 "$work/soak.txt" >&2; exit 1; }
    trainer=""

    # The page has what it was sent before the server went, and weighs what it did: beside the step lines' numbers, 240 bytes a step at most, nothing may grow.
    page="$(dotnet run --no-build benchmarks/page-state.cs 9333)"
    close
    step="$(jq -r .step <<<"$page")"
    [ "$step" = "$steps" ] || { echo "the page shows step $step at the end, not $steps" >&2; exit 1; }
    read -r _ _ heap_before detached_before listeners_before <<<"$middle"
    read -r rss_before handles_before _ <<<"$first"
    read -r rss handles _ <<<"$last"
    read -r heap nodes detached listeners <<<"$(jq -r '"\(.heap / 1024 | floor) \(.nodes) \(.detached) \(.listeners)"' <<<"$page")"
    printf '%8s  %12s  %12s  %8s  %9s  %8s  %9s  %9s\n' "$step" ended '' '' "$heap" "$nodes" "$detached" "$listeners"
    grew 'MiB of the process' "$rss_before" "$rss" "$((32 + steps * 240 / 1048576))" && leaks=yes
    grew 'handles of the process' "$handles_before" "$handles" 20 && leaks=yes
    grew 'KiB of the page' "$heap_before" "$heap" 1024 && leaks=yes
    grew 'nodes that the page holds and does not show' "$detached_before" "$detached" 1000 && leaks=yes
    grew 'listeners of the page' "$listeners_before" "$listeners" 5 && leaks=yes
    [ "$leaks" = no ]
}

case "${1:-}" in
    cost) shift; cost "$@" ;;
    spectra) shift; spectra "$@" ;;
    soak) shift; soak "$@" ;;
    *) sed -n '2,5p' "$0" | cut -c3-; exit 1 ;;
esac
