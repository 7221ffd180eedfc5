"""nanoGPT's published CPU setting in PyTorch: the losses that `train --preset nanogpt-cpu` is held against.

Model and training setting follow nanoGPT's README and train.py (4 layers, 4 heads, width 128, context 64, batch 12, learned positions,
LayerNorm and linear maps without bias, erf GELU, tied head, no dropout); the code is our own. Runs on Debian's python3-torch (1.13), where
attention is the explicit product, mask and softmax that nanoGPT uses below PyTorch 2. `--optimizer adamw` is nanoGPT's own; `--optimizer muon`
steps hidden matrices with Muon as KellerJordan/Muon publishes it (in float32), Q, K and V apart, and the rest with AdamW.

Prints one JSON object: median tokens per second over whole training steps after a warm-up, and with --validate the loss over the whole
validation split (last 10 % of the text, non-overlapping windows, the shorter last one included).
"""

import argparse
import dataclasses
import json
import math
import statistics
import time

import torch
from torch import nn

import models

SHAPE, BATCH, _ = models.MODELS["nanogpt-cpu"]
CONTEXT = SHAPE.context


def optimizers(model, name, learning_rate):
    if name == "adamw":
        rate = learning_rate or 1e-3
        groups = [dict(params=[w for w in model.parameters() if w.dim() == 2], weight_decay=0.1),
                  dict(params=[w for w in model.parameters() if w.dim() < 2], weight_decay=0.0)]
        return [torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99))], nanogpt_factor
    auxiliary = torch.optim.AdamW(model.others(), lr=3e-3, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)
    return [models.Muon(model.matrices(), lr=learning_rate or 0.01), auxiliary], half_linear_factor


def nanogpt_factor(step, steps, warmup=100, least=0.1):
    """nanoGPT: linear warm-up over 100 steps, then a cosine down to a tenth."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return least + (1 - least) * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def half_linear_factor(step, steps, warmup=20):
    """Linear warm-up over 20 steps, flat, linear decay over the last half."""
    return min(1.0, (step + 1) / warmup, 2 * (steps - step) / steps)


@torch.no_grad()
def validation_loss(model, tokens):
    predicted = len(tokens) - 1
    whole = predicted // CONTEXT * CONTEXT
    windows = [(tokens[:whole].view(-1, CONTEXT)[i:i + 64], tokens[1:whole + 1].view(-1, CONTEXT)[i:i + 64]) for i in range(0, whole // CONTEXT, 64)]
    if whole < predicted:
        windows.append((tokens[whole:predicted].view(1, -1), tokens[whole + 1:].view(1, -1)))
    return sum(model(x, y, "sum").item() for x, y in windows) / predicted


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", required=True, help="a text file")
    arguments.add_argument("--optimizer", choices=["adamw", "muon"], default="adamw")
    arguments.add_argument("--learning-rate", type=float, help="of the matrices; default 1e-3 (adamw, as nanoGPT), 0.01 (muon)")
    arguments.add_argument("--steps", type=int, default=200)
    arguments.add_argument("--warmup", type=int, default=30, help="steps that are not timed")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--seed", type=int, default=1337)
    arguments.add_argument("--validate", action="store_true", help="also the loss over the whole validation split (always with 2000 steps)")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    with open(options.data, encoding="utf-8", newline="") as file:
        text = file.read()
    number = {character: i for i, character in enumerate(sorted(set(text)))}
    tokens = torch.tensor([number[character] for character in text])
    train, validation = tokens[:int(0.9 * len(tokens))], tokens[int(0.9 * len(tokens)):]
    model = models.Gpt(dataclasses.replace(SHAPE, vocabulary=len(number)))
    steppers, factor = optimizers(model, options.optimizer, options.learning_rate)
    groups = [(group, group["lr"]) for stepper in steppers for group in stepper.param_groups]

    times, loss = [], None
    for step in range(options.steps):
        begin = time.perf_counter()
        for group, rate in groups:
            group["lr"] = rate * factor(step, options.steps)
        starts = torch.randint(len(train) - CONTEXT, (BATCH,)).tolist()
        inputs = torch.stack([train[s:s + CONTEXT] for s in starts])
        targets = torch.stack([train[s + 1:s + 1 + CONTEXT] for s in starts])
        loss = model(inputs, targets)
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        loss.backward()
        if options.optimizer == "adamw":
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        last = loss.item()
        if step >= options.warmup:
            times.append(time.perf_counter() - begin)

    report = {"kind": "peer", "peer": "pytorch " + torch.__version__, "optimizer": options.optimizer, "threads": options.threads, "steps": options.steps,
              "loss": last, "tokens_per_second": BATCH * CONTEXT / statistics.median(times)}
    if options.validate or options.steps >= 2000:
        report["val_loss"] = validation_loss(model, validation)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
