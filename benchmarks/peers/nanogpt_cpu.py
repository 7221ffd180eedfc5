"""nanoGPT's published CPU setting in PyTorch: the peer that `train --preset nanogpt-cpu` is measured against.

Model and training setting follow nanoGPT's README and train.py (4 layers, 4 heads, width 128, context 64, batch 12, learned positions,
LayerNorm and linear maps without bias, erf GELU, tied head, no dropout); the code is our own. Runs on Debian's python3-torch (1.13), where
attention is the explicit product, mask and softmax that nanoGPT uses below PyTorch 2. `--optimizer adamw` is nanoGPT's own; `--optimizer muon`
steps hidden matrices with Muon as KellerJordan/Muon publishes it (in float32), Q, K and V apart, and the rest with AdamW.

Prints one JSON object: median tokens per second over whole training steps after a warm-up, and with --validate the loss over the whole
validation split (last 10 % of the text, non-overlapping windows, the shorter last one included).
"""

import argparse
import json
import math
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

LAYERS, HEADS, WIDTH, CONTEXT, BATCH = 4, 4, 128, 64, 12


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return F.layer_norm(x, (WIDTH,), self.weight, None, 1e-5)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.fused = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, WIDTH, bias=False)
        self.register_buffer("visible", torch.tril(torch.ones(CONTEXT, CONTEXT, dtype=torch.bool)))

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = (part.view(batch, length, HEADS, -1).transpose(1, 2) for part in self.fused(x).split(WIDTH, dim=2))
        logits = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        logits = logits.masked_fill(~self.visible[:length, :length], float("-inf"))
        y = F.softmax(logits, dim=-1) @ v
        return self.output(y.transpose(1, 2).contiguous().view(batch, length, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.mlp_norm = Norm(), Norm()
        self.attention = Attention()
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.down(F.gelu(self.up(self.mlp_norm(x))))


class Gpt(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = Norm()
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                residual = name.endswith(("output.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * LAYERS) if residual else 0.02)

    def forward(self, inputs, targets, reduction="mean"):
        x = self.tokens(inputs) + self.positions(torch.arange(inputs.size(1)))
        for block in self.blocks:
            x = block(x)
        logits = self.norm(x) @ self.tokens.weight.t()
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1), reduction=reduction)


def newton_schulz(u, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = u / (u.norm() + 1e-7)
    tall = x.size(0) > x.size(1)
    if tall:
        x = x.t()
    for _ in range(steps):
        gram = x @ x.t()
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.t() if tall else x


class Muon(torch.optim.Optimizer):
    """KellerJordan's rule: momentum as a moving average, Nesterov, five Newton-Schulz steps, sqrt(max(1, rows / columns))."""

    def __init__(self, weights, lr, momentum=0.95):
        super().__init__(weights, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["m"] = torch.zeros_like(weight)
                m, beta = state["m"], group["momentum"]
                m.lerp_(weight.grad, 1 - beta)
                update = weight.grad.lerp(m, beta)
                parts = 3 if weight.size(0) == 3 * WIDTH else 1  # the fused Q, K, V are three matrices
                for w, u in zip(weight.chunk(parts), update.chunk(parts)):
                    w.add_(newton_schulz(u), alpha=-group["lr"] * math.sqrt(max(1, u.size(0) / u.size(1))))


def optimizers(model, name, learning_rate):
    matrices = [w for n, w in model.named_parameters() if n.startswith("blocks") and w.dim() == 2]
    others = [w for n, w in model.named_parameters() if not (n.startswith("blocks") and w.dim() == 2)]
    if name == "adamw":
        rate = learning_rate or 1e-3
        groups = [dict(params=[w for w in model.parameters() if w.dim() == 2], weight_decay=0.1),
                  dict(params=[w for w in model.parameters() if w.dim() < 2], weight_decay=0.0)]
        return [torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99))], nanogpt_factor
    auxiliary = torch.optim.AdamW(others, lr=3e-3, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)
    return [Muon(matrices, lr=learning_rate or 0.01), auxiliary], half_linear_factor


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
    model = Gpt(len(number))
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
