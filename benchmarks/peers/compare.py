"""Runs `muonsharp bench` and PyTorch on the same work, alternating, several rounds, and writes docs/PERFORMANCE.md's tables. See run-peers.sh.

Every figure of every round is kept in artifacts/peers.json, so a part can be measured again (--only) without losing the rest; the tables are made
from what is there. A figure that was measured on another machine is thrown away.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

import report

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "artifacts" / "peers.json"
TOOL = ROOT / "artifacts" / "bin" / "MuonSharp.Cli" / "release" / "muonsharp.dll"
CORES = ("SKYLAKEX", "ZEN", "HASWELL")
# OpenMP's threads as installed, and told to sleep while they wait: Debian's PyTorch has two pools of threads, OpenMP's and OpenBLAS's, and while
# one of them works the other one spins against it. Both are measured; the tables compare with the faster.
POLICIES = {"": {}, " passive": {"OMP_WAIT_POLICY": "PASSIVE"}}

STEPS = ["step-nanogpt-cpu", "step-nanogpt-384", "step-gpt2-124m", "step-gpt2-124m-1x1024"]
# AdamW; Muon with our default orthogonalizer; Muon with the very one that PyTorch's side has.
STEPPERS = ["adamw", "muon", "muon:orthogonalizer=newton-schulz/jordan5"]
LARGE_STEPS = {"step-gpt2-124m", "step-gpt2-124m-1x1024"}
ORTHOGONALIZE = [f"orthogonalize-{shape}" for shape in ("256x1024", "768x768", "768x3072", "1024x4096", "72x128x128", "24x128x512")]
PRODUCTS = ["product-256", "product-512", "product-768", "product-1536", "product-2304", "product-2048x1536x384:abt", "product-1536x384x2048:atb",
            "product-1024x3072x768", "product-1024x768x3072:abt", "product-768x3072x1024:atb"]
SQUARES = ("512", "768", "1024", "1536", "2304")
OWN = {  # what is measured without a peer: names, threads, optimizer
    "products-2": (["product"], 2, "adamw"),
    "products-1": (["product"], 1, "adamw"),
    "symmetric": ([name for size in SQUARES for name in (f"product-{size}", f"symmetric-{size}")], 2, "adamw"),
    "symmetric-1": ([name for size in SQUARES for name in (f"product-{size}", f"symmetric-{size}")], 1, "adamw"),
    "spd-inverse": (["product-256", "spd-inverse-256", "product-768", "spd-inverse-768"], 2, "adamw"),
    "spd-inverse-1": (["product-256", "spd-inverse-256", "product-768", "spd-inverse-768"], 1, "adamw"),
    "attention": (["attention-6x64x256", "attention-6x64x1024"], 2, "adamw"),
    "forward-backward": (STEPS, 2, "adamw"),
    "neighbours": (["step-5x5x320-8x256", "step-nanogpt-384", "product-500x770x1030", "product-768"], 2, "adamw"),
    "muon-share": (["step-nanogpt"], 2, "muon"),
    "one-thread": (STEPS[:3], 1, "adamw"),
    "memory": (["step-gpt2-124m"], 2, "adamw"),
    "memory-long": (["step-gpt2-124m-1x1024"], 2, "adamw"),
}


def run(command, **environment):
    result = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed: {result.stderr.strip()}")
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def ours(names, threads, optimizer):
    return run(["dotnet", TOOL, "bench", "--json", "--threads", str(threads), "--optimizer", optimizer, "--only", ",".join(names)])


def peer(name, optimizer, dtype, core, options, policy=" passive"):
    return run([options.python, ROOT / "benchmarks/peers/measure.py", name, "--optimizer", optimizer.partition(":")[0], "--dtype", dtype, "--threads", str(options.threads),
                "--warmup", "0.1" if options.quick else "0.3", "--seconds", "0.1" if options.quick else "1"],
               OPENBLAS_CORETYPE=core, OPENBLAS_NUM_THREADS=str(options.threads), OMP_NUM_THREADS=str(options.threads), **POLICIES[policy])[-1]


def fastest_core(options):
    """OpenBLAS picks its kernels by the processor's name and picks badly; a short trial says which are the fastest."""
    if options.core:
        return options.core
    trials = {}
    for _ in range(1 if options.quick else 3):
        for core in CORES:
            time = peer("product-1024", "adamw", "float32", core, options)["milliseconds"]
            trials[core] = min(time, trials.get(core, time))
    best = min(trials, key=trials.get)
    print("OpenBLAS trial, ms of product-1024:", ", ".join(f"{core} {time:.1f}" for core, time in trials.items()), "->", best, flush=True)
    return best


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        fields = dict(re.findall(r"^(model name|cpu family|model)\s*: (.*)$", file.read(), re.MULTILINE))
    return f"{fields.get('model name', platform.processor())}, family {fields.get('cpu family', '?')} model {fields.get('model', '?')}, {os.cpu_count()} cores"


def wanted(name, group, options):
    return not options.only or name in options.only or group in options.only


def compare(results, name, optimizer, group, options, core):
    """Alternating rounds of one case; Muon and orthogonalization in both precisions, as far as the trial does not rule one out."""
    key = name if group != "steps" else f"{name}:{optimizer}"
    dtypes = ["float32", "bfloat16"] if name.startswith("orthogonalize") or optimizer.startswith("muon") else ["float32"]
    rounds = 1 if options.quick else min(options.rounds, 3) if name in LARGE_STEPS else options.rounds
    entry = {"rounds": [], "date": str(datetime.datetime.now(datetime.timezone.utc).date()), "core": core, "threads": options.threads}
    if name in LARGE_STEPS and len(dtypes) > 1:
        # A step takes many seconds: the better precision is settled by the matrices alone.
        trial = {dtype: peer("orthogonalize-768x3072", "muon", dtype, core, options)["milliseconds"] for dtype in dtypes}
        dtypes = [min(trial, key=trial.get)]
    for number in range(rounds):
        mine = [line for line in ours([name], options.threads, optimizer) if line["kind"] == "bench"][0]
        theirs = {dtype + policy: peer(name, optimizer, dtype, core, options, policy) for dtype in dtypes for policy in POLICIES}
        entry["peer"] = next(iter(theirs.values()))["peer"]
        entry["rounds"].append({"ours": mine, "peer": {variant: line["milliseconds"] for variant, line in theirs.items()}})
        print(f"{key} round {number + 1}: ours {mine['milliseconds']:.3g} ms ({100 * mine['share_of_peak']:.0f} % of the peak), PyTorch "
              + ", ".join(f"{variant} {line['milliseconds']:.3g} ms" for variant, line in theirs.items()), flush=True)
    results["peers"][key] = entry
    save(results)


def measure_own(results, key, options):
    names, threads, optimizer = OWN[key]
    rounds = 1 if options.quick or key in ("memory", "memory-long", "muon-share") else 3
    lines = {}
    for _ in range(rounds):
        for line in ours(names, threads, optimizer):
            if line["kind"] == "bench":
                lines.setdefault(line["name"], []).append(line)
    # The round with the median time stands for the case, with all that belongs to it.
    results["own"][key] = {
        "date": str(datetime.datetime.now(datetime.timezone.utc).date()),
        "threads": threads,
        "optimizer": optimizer,
        "command": f"muonsharp bench --threads {threads} --optimizer {optimizer} --only {','.join(names)}",
        "lines": {name: sorted(all_, key=lambda line: line["milliseconds"])[len(all_) // 2] for name, all_ in lines.items()},
    }
    print(f"{key}: " + ", ".join(f"{name} {line['milliseconds']:.3g} ms {100 * line['share_of_peak']:.0f} %" for name, line in results["own"][key]["lines"].items()), flush=True)
    save(results)


def load(machine, threads):
    if RESULTS.exists():
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        if results["machine"] == machine and results["threads"] == threads:
            return results
    return {"machine": machine, "threads": threads, "peers": {}, "own": {}}


def save(results):
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")


def main():
    arguments = argparse.ArgumentParser(prog="run-peers.sh", description=__doc__.splitlines()[0])
    arguments.add_argument("--only", type=lambda text: text.split(","), default=[], help="groups: steps, orthogonalize, products, own; or names: product-768, muon-share")
    arguments.add_argument("--rounds", type=int, default=5, help="of each case; at most 3 of GPT-2's steps")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--core", help="OpenBLAS's kernels (OPENBLAS_CORETYPE); default: the fastest in a short trial")
    arguments.add_argument("--quick", action="store_true", help="a smoke: one round of small cases, nothing kept, tables untouched")
    arguments.add_argument("--tables", action="store_true", help="measure nothing, write the tables from what is kept")
    arguments.add_argument("--python", default=os.environ.get("PYTHON", "/usr/bin/python3"), help="a Python with PyTorch")
    options = arguments.parse_args()
    groups = {"products": PRODUCTS, "orthogonalize": ORTHOGONALIZE, "steps": STEPS, "own": list(OWN)}
    known = {*groups, *(name for names in groups.values() for name in names), *(f"{name}:{optimizer}" for name in STEPS for optimizer in STEPPERS)}
    if unknown := [name for name in options.only if name not in known]:
        sys.exit(f"run-peers.sh: unknown name {unknown[0]}; there are {', '.join(sorted(known))}")

    machine = processor()
    if options.tables:
        report.write(ROOT / "docs" / "PERFORMANCE.md", load(machine, options.threads))
        return
    if options.quick:
        global RESULTS
        RESULTS = ROOT / "artifacts" / "peers-quick.json"
        RESULTS.unlink(missing_ok=True)
        options.only = options.only or ["product-256", "orthogonalize-72x128x128", "step-nanogpt-cpu", "attention"]
    results = load(machine, options.threads)
    core = fastest_core(options)
    for name in PRODUCTS:
        if wanted(name, "products", options):
            compare(results, name, "adamw", "products", options, core)
    for name in ORTHOGONALIZE:
        if wanted(name, "orthogonalize", options):
            compare(results, name, "adamw", "orthogonalize", options, core)
    for key in OWN:
        if wanted(key, "own", options):
            measure_own(results, key, options)
    for name in STEPS:
        for optimizer in STEPPERS:
            if wanted(name, "steps", options) or f"{name}:{optimizer}" in options.only:
                compare(results, name, optimizer, "steps", options, core)
    if options.quick:
        print(report.peers_table(results))
        print(report.goals_table(results))
    else:
        report.write(ROOT / "docs" / "PERFORMANCE.md", results)


if __name__ == "__main__":
    main()
