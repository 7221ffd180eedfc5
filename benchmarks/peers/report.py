"""The two tables of docs/PERFORMANCE.md, made from what compare.py has kept."""

import math
import statistics

PEER_COMMAND = "benchmarks/run-peers.sh"
MISSING = "not measured yet"


def write(path, results):
    text = path.read_text(encoding="utf-8")
    text = between(text, "peers", peers_table(results))
    text = between(text, "goals", goals_table(results))
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path.name}")


def between(text, name, table):
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{table}\n{end}{tail}"


def place(key):
    """Steps of one model stand together, by optimizer; everything else before them, as it was measured first."""
    name, _, optimizer = key.partition(":")
    return (STEP_NAMES.index(name), optimizer) if name in STEP_NAMES else (-1, "")


def median_ours(entry):
    return statistics.median(round_["ours"]["milliseconds"] for round_ in entry["rounds"])


def variants(entry, dtype=None, installed=False):
    """How PyTorch was run: "float32", "bfloat16 passive"; of one precision only, or as installed only."""
    names = entry["rounds"][0]["peer"]
    return [name for name in names if (dtype is None or name.startswith(dtype)) and not (installed and name.endswith(" passive"))]


def best(entry, dtype=None, installed=False):
    return min(variants(entry, dtype, installed), key=lambda variant: median_peer(entry, variant), default=None)


def median_peer(entry, variant):
    return statistics.median(round_["peer"][variant] for round_ in entry["rounds"])


def ratio(entry, variant):
    return median_peer(entry, variant) / median_ours(entry)


def spread(entry, variant):
    ratios = [round_["peer"][variant] / round_["ours"]["milliseconds"] for round_ in entry["rounds"]]
    return f"{min(ratios):.2f} to {max(ratios):.2f}" if len(ratios) > 1 else "one round"


def milliseconds(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def peers_table(results):
    if not results["peers"]:
        return MISSING + "."
    entries = results["peers"]
    versions = sorted({entry["peer"] for entry in entries.values()})
    cores = sorted({entry["core"] for entry in entries.values()})
    dates = sorted({entry["date"] for entry in entries.values()})
    lines = [
        f"{results['machine']}; {results['threads']} threads on both sides; {', '.join(versions)}, OpenBLAS kernels {', '.join(cores)} (the fastest of a trial); "
        f"{' to '.join(dict.fromkeys((dates[0], dates[-1])))}. Medians of alternating rounds, made by `{PEER_COMMAND}`.",
        "",
        "| work | ours, ms | of the peak | PyTorch, ms | run as | ratio | rounds | as installed | tokens/s, ours and theirs |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key, entry in sorted(entries.items(), key=lambda pair: place(pair[0])):
        name, _, optimizer = key.partition(":") if key.startswith("step-") else (key, "", "")
        precisions = [None] if key.startswith("step-") else sorted({variant.split()[0] for variant in variants(entry)}, reverse=True)
        share = statistics.median(round_["ours"]["share_of_peak"] for round_ in entry["rounds"])
        for variant in (best(entry, precision) for precision in precisions):
            time = median_peer(entry, variant)
            tokens = statistics.median(round_["ours"].get("tokens_per_second", 0) for round_ in entry["rounds"])
            speeds = f"{tokens:,.0f} and {tokens * median_ours(entry) / time:,.0f}" if tokens else ""
            title = f"`{name}` {optimizer}".strip()
            installed = ratio(entry, best(entry, None if key.startswith("step-") else variant.split()[0], installed=True))
            lines.append(f"| {title} | {milliseconds(median_ours(entry))} | {100 * share:.0f} % | {milliseconds(time)} | {variant.replace(' ', ', ')} | {ratio(entry, variant):.2f} | "
                         f"{spread(entry, variant)} | {installed:.2f} | {speeds} |")
    return "\n".join(lines)


def goals_table(results):
    rows = [row for make in GOALS for row in make(results)]
    lines = ["| work | goal | measured | ratio | command |", "|---|---|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def own(results, key):
    return results["own"].get(key, {}).get("lines", {})


def command(results, *keys):
    return ", ".join(f"`{results['own'][key]['command']}`" for key in keys if key in results["own"])


def figure(name, value, goal, form, least=True):
    """A figure beside its goal: met or by how much it is missed."""
    met = value >= goal if least else value <= goal
    return f"{name} {form(value)}" + ("" if met else " (missed)")


def percent(value):
    return f"{100 * value:.0f} %"


def times(value):
    return f"{value:.2f}x"


def to_goal(value, goal, least=True):
    part = value / goal if least else goal / value
    return f"{math.floor(100 * part) / 100:.2f} of the goal"  # rounded down: 1.00 is met


def row(work, goal_text, figures, worst, goal, command_text, least=True):
    return [work, goal_text, ", ".join(figures) or MISSING, to_goal(worst, goal, least) if figures else "", command_text]


def narrow(name):
    """The shapes that the lower goal is for: 256, and sums over 128."""
    sizes = [int(size) for size in name[len("product-"):].partition(":")[0].split("x")]
    return sizes == [256] or sizes[-1] == 128 or min(sizes) < 384


def product_goals(results):
    for threads in (1, 2):
        lines = own(results, f"products-{threads}")
        for low, goal in ((False, 0.85), (True, 0.75)):
            shares = {name: line["share_of_peak"] for name, line in lines.items() if narrow(name) == low}
            figures = [figure(name.replace("product-", ""), share, goal, percent) for name, share in shares.items()]
            what = "256, and widths or depths of 128" if low else "widths from 384"
            yield row(f"products, {what}, {threads} thread{'s' if threads > 1 else ''}", f">= {percent(goal)} of the peak", figures,
                      min(shares.values(), default=0), goal, command(results, f"products-{threads}"))


def against_product(results, key, kind, goals, least, work):
    """Times beside the product's of the same size: how much faster (least), or what part of its time; goals by size, or one for all."""
    lines = own(results, key)
    ratios = {}
    for name, line in lines.items():
        if name.startswith(kind):
            size = name[len(kind) + 1:]
            product = lines["product-" + size]["milliseconds"]
            ratios[size] = product / line["milliseconds"] if least else line["milliseconds"] / product
    goal_of = {size: goals[size] if isinstance(goals, dict) else goals for size in ratios}
    worst = (min if least else max)(ratios, key=lambda size: ratios[size] / goal_of[size], default=None)
    wanted = "; ".join(f"{goal:g}" for goal in (goals.values() if isinstance(goals, dict) else [goals]))
    text = f">= {wanted}x faster than the product" if least else f"<= {wanted} times the product"
    yield row(work, text, [figure(size, value, goal_of[size], times, least) for size, value in ratios.items()], ratios.get(worst, 1), goal_of.get(worst, 1), command(results, key), least)


def symmetric_goals(results):
    yield from against_product(results, "symmetric", "symmetric", 1.75, True, "symmetric product, 2 threads")
    yield from against_product(results, "symmetric-1", "symmetric", 1.75, True, "symmetric product, 1 thread")


def inverse_goals(results):
    goals = {"256": 0.8, "768": 0.7}
    yield from against_product(results, "spd-inverse", "spd-inverse", goals, False, "SPD inverse, 2 threads")
    yield from against_product(results, "spd-inverse-1", "spd-inverse", goals, False, "SPD inverse, 1 thread")


def peer_goals(results, work, names, dtype, goals, optimizer=""):
    figures, worst, worst_goal = [], float("inf"), 1
    for name, goal in zip(names, goals):
        entry = results["peers"].get(f"{name}:{optimizer}" if optimizer else name)
        variant = best(entry, dtype) if entry else None
        if variant is None:
            continue
        value, installed = ratio(entry, variant), ratio(entry, best(entry, dtype, installed=True))
        figures.append(figure(name.partition("-")[2], value, goal, times) + (f" [as installed {times(installed)}]" if variant.endswith(" passive") else ""))
        if value / goal < worst / worst_goal:
            worst, worst_goal = value, goal
    goal_text = ">= " + "; ".join(f"{goal:g}x" for goal in (goals if len(set(goals)) > 1 else goals[:1])) + f" PyTorch{' in ' + dtype if dtype else ''}"
    group = "steps" if optimizer else "orthogonalize"
    yield row(work, goal_text, figures, worst, worst_goal, f"`{PEER_COMMAND} --only {group}`")


def orthogonalize_goals(results):
    large = [f"orthogonalize-{shape}" for shape in ("256x1024", "768x768", "768x3072", "1024x4096")]
    small = [f"orthogonalize-{shape}" for shape in ("72x128x128", "24x128x512")]
    yield from peer_goals(results, "orthogonalize", large, "float32", [6] * 4)
    yield from peer_goals(results, "orthogonalize", large, "bfloat16", [3] * 4)
    yield from peer_goals(results, "many small matrices", small, "float32", [8] * 2)


def share_goals(work, of_what, goals, shares, command_text):
    """Shares of the peak, each with a goal of its own."""
    worst = min(shares, key=lambda name: shares[name] / goals[name], default=next(iter(goals)))
    yield row(work, ">= " + "; ".join(percent(goal) for goal in goals.values()) + f" of the peak{of_what}", [figure(name.partition("-")[2], share, goals[name], percent) for name, share in shares.items()],
              shares.get(worst, 0), goals[worst], command_text)


def attention_goals(results):
    goals = {"attention-6x64x256": 0.55, "attention-6x64x1024": 0.65}
    lines = own(results, "attention")
    yield from share_goals("attention, forward + backward", ", unmasked work", goals, {name: lines[name]["share_of_peak"] for name in goals if name in lines}, command(results, "attention"))


def neighbour_goals(results):
    """Shapes that nothing was tuned for, beside those of the table: the share of the peak over that of the nearest."""
    lines = own(results, "neighbours")
    pairs = {"step-5x5x320-8x256": "step-nanogpt-384", "product-500x770x1030": "product-768"}
    shares = {name: lines[name]["share_of_peak"] / lines[beside]["share_of_peak"] for name, beside in pairs.items() if name in lines}
    yield row("shapes outside of the tables", ">= 0.9 of their neighbour's share of the peak", [figure(f"{name} beside {pairs[name]}", share, 0.9, lambda value: f"{value:.2f}") for name, share in shares.items()],
              min(shares.values(), default=0), 0.9, command(results, "neighbours"))


STEP_NAMES = ["step-nanogpt-cpu", "step-nanogpt-384", "step-gpt2-124m", "step-gpt2-124m-1x1024"]


def step_goals(results):
    goals = dict(zip(STEP_NAMES, (0.70, 0.80, 0.80, 0.83)))
    lines = own(results, "forward-backward")
    shares = {name: lines[name]["forward_backward_share_of_peak"] for name in STEP_NAMES if name in lines}
    yield from share_goals("forward + backward", " by model FLOPs", goals, shares, command(results, "forward-backward"))
    yield from peer_goals(results, "training step, AdamW on both sides", STEP_NAMES, None, [4.5, 2.5, 2.2, 2.2], "adamw")
    yield from peer_goals(results, "training step, Muon on both sides", STEP_NAMES, None, [5, 3, 3, 2.5], "muon")
    yield from peer_goals(results, "the same, Newton-Schulz on our side too", STEP_NAMES, None, [5, 3, 3, 2.5], "muon:orthogonalizer=newton-schulz/jordan5")
    share = {name: line["optimizer_milliseconds"] / line["milliseconds"] for name, line in own(results, "muon-share").items()}
    yield row("Muon's share of a 6/6/384 step at 16,384 tokens", "< 3 %", [figure(name[5:], value, 0.03, lambda v: f"{100 * v:.2f} %", False) for name, value in share.items()],
              max(share.values(), default=1), 0.03, command(results, "muon-share"), False)
    one = own(results, "one-thread")
    gain = {name: one[name]["milliseconds"] / lines[name]["milliseconds"] for name in STEP_NAMES if name in one and name in lines}
    yield row("two threads against one, training step", ">= 1.85x", [figure(name[5:], value, 1.85, times) for name, value in gain.items()],
              min(gain.values(), default=0), 1.85, command(results, "one-thread", "forward-backward"))
    yield from neighbour_goals(results)
    memory = {name: line["peak_memory_bytes"] / line["needed_bytes"] for key in ("memory", "memory-long") for name, line in own(results, key).items()}
    yield row("peak memory of a training step", "<= 1.3 times what it needs", [figure(name[5:], value, 1.3, times, False) for name, value in memory.items()],
              max(memory.values(), default=1), 1.3, command(results, "memory", "memory-long"), False)


GOALS = [product_goals, symmetric_goals, inverse_goals, orthogonalize_goals, attention_goals, step_goals]
