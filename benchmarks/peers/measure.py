"""Measures one case of `muonsharp bench`, by the same name, in PyTorch. Prints one JSON object: name, milliseconds (median over calls), calls.

Names: product-N, product-MxNxK[:abt|:atb], orthogonalize-RxC, orthogonalize-BxRxC (Muon's five Newton-Schulz steps, looped over a batch),
step-MODEL[-BxT] (MODEL as in models.py). --dtype is that of the Newton-Schulz steps; everything else is float32.
"""

import argparse
import json
import re
import statistics
import time

import torch

import models

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def sizes_of(text):
    return [int(size) for size in text.split("x")]


def product(name):
    numbers, _, form = name[len("product-"):].partition(":")
    sizes = sizes_of(numbers)
    m, n, k = sizes * 3 if len(sizes) == 1 else sizes
    a = torch.randn(k, m).t() if form == "atb" else torch.randn(m, k)
    b = torch.randn(n, k).t() if form == "abt" else torch.randn(k, n)
    c = torch.empty(m, n)
    return lambda: torch.mm(a, b, out=c)


def orthogonalize(name, dtype):
    *count, rows, columns = sizes_of(name[len("orthogonalize-"):].partition(":")[0])
    batch = [torch.randn(rows, columns) for _ in range(count[0] if count else 1)]
    return lambda: [models.newton_schulz(u, dtype=dtype) for u in batch]


def step(name, optimizer, dtype):
    match = re.fullmatch(r"step-(.+?)(?:-(\d+)x(\d+))?", name)
    shape, batch, length = models.MODELS[match[1]]
    if match[2]:
        batch, length = int(match[2]), int(match[3])
    model = models.Gpt(shape)
    if optimizer == "adamw":
        steppers = [models.adamw(model.parameters(), lr=3e-4)]
    else:
        steppers = [models.Muon(model.matrices(), lr=0.02, dtype=dtype), models.adamw(model.others(), lr=3e-3, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)]
    tokens = torch.randint(shape.vocabulary, (batch, length + 1))

    def run():
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        loss = model(tokens[:, :-1], tokens[:, 1:])
        loss.backward()
        for stepper in steppers:
            stepper.step()
        loss.item()

    return run


def case(options):
    if options.name.startswith("product-"):
        return product(options.name)
    if options.name.startswith("orthogonalize-"):
        return orthogonalize(options.name, DTYPES[options.dtype])
    return step(options.name, options.optimizer, DTYPES[options.dtype])


def seconds(run):
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("name")
    arguments.add_argument("--optimizer", choices=["adamw", "muon"], default="adamw")
    arguments.add_argument("--dtype", choices=DTYPES, default="float32")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--warmup", type=float, default=0.3, help="seconds, at least one call")
    arguments.add_argument("--seconds", type=float, default=1.0, help="measured, at least two calls")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)

    run, times, cold = case(options), [], 0.0
    while cold == 0 or cold < options.warmup:
        cold += seconds(run)
    while len(times) < 2 or sum(times) < options.seconds:
        times.append(seconds(run))
    print(json.dumps({"name": options.name, "peer": "PyTorch " + torch.__version__.partition("+")[0], "milliseconds": 1e3 * statistics.median(times), "calls": len(times)}))


if __name__ == "__main__":
    main()
