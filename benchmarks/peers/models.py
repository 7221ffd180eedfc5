"""GPT in PyTorch, and Muon as its author publishes it: what the peers of `muonsharp bench` train. The code is our own.

The model is GPT-2's form (learned positions, pre-norm LayerNorm, fused Q K V, tied head, no dropout), as `muonsharp bench` has it. Where PyTorch brings
an attention kernel (from version 2 on) it is used; before, attention is the explicit product, mask and softmax that nanoGPT uses there.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    layers: int
    heads: int
    width: int
    context: int
    vocabulary: int = 65
    biases: bool = False
    approximate: str = "none"  # of GELU


GPT2 = Shape(12, 12, 768, 1024, 50257, biases=True, approximate="tanh")
NANOGPT = Shape(6, 6, 384, 256)
MODELS = {"nanogpt-cpu": (Shape(4, 4, 128, 64), 12, 64), "nanogpt-384": (NANOGPT, 8, 256), "nanogpt": (NANOGPT, 64, 256), "gpt2-124m": (GPT2, 4, 64)}


class Norm(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.width))
        self.bias = nn.Parameter(torch.zeros(shape.width)) if shape.biases else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Attention(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.heads, self.width = shape.heads, shape.width
        self.fused = nn.Linear(shape.width, 3 * shape.width, bias=shape.biases)
        self.output = nn.Linear(shape.width, shape.width, bias=shape.biases)
        self.register_buffer("visible", torch.tril(torch.ones(shape.context, shape.context, dtype=torch.bool)))

    def forward(self, x):
        batch, length, _ = x.shape
        q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.fused(x).split(self.width, dim=2))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            logits = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            logits = logits.masked_fill(~self.visible[:length, :length], float("-inf"))
            y = F.softmax(logits, dim=-1) @ v
        return self.output(y.transpose(1, 2).contiguous().view(batch, length, self.width))


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.attention_norm, self.mlp_norm = Norm(shape), Norm(shape)
        self.attention = Attention(shape)
        self.up = nn.Linear(shape.width, 4 * shape.width, bias=shape.biases)
        self.down = nn.Linear(4 * shape.width, shape.width, bias=shape.biases)
        self.approximate = shape.approximate

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.down(F.gelu(self.up(self.mlp_norm(x)), approximate=self.approximate))


class Gpt(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.positions = nn.Embedding(shape.context, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                residual = name.endswith(("output.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * shape.layers) if residual else 0.02)

    def forward(self, inputs, targets, reduction="mean"):
        x = self.tokens(inputs) + self.positions(torch.arange(inputs.size(1)))
        for block in self.blocks:
            x = block(x)
        logits = self.norm(x) @ self.tokens.weight.t()
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1), reduction=reduction)

    def matrices(self):
        """The hidden matrices: what Muon steps."""
        return [weight for name, weight in self.named_parameters() if name.startswith("blocks") and weight.dim() == 2]

    def others(self):
        return [weight for name, weight in self.named_parameters() if not (name.startswith("blocks") and weight.dim() == 2)]


def newton_schulz(u, steps=5, dtype=torch.float32):
    """Muon's five steps; in bfloat16 as the reference has it, or in float32."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = u.to(dtype)
    tall = x.size(0) > x.size(1)
    if tall:
        x = x.t()
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.t()
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.t() if tall else x


class Muon(torch.optim.Optimizer):
    """KellerJordan's rule: momentum as a moving average, Nesterov, five Newton-Schulz steps, sqrt(max(1, rows / columns))."""

    def __init__(self, weights, lr, momentum=0.95, dtype=torch.float32):
        super().__init__(weights, dict(lr=lr, momentum=momentum))
        self.dtype = dtype

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
                parts = 3 if weight.size(0) == 3 * weight.size(1) else 1  # the fused Q, K, V are three matrices
                for w, u in zip(weight.chunk(parts), update.chunk(parts)):
                    w.add_(newton_schulz(u, dtype=self.dtype).to(w.dtype), alpha=-group["lr"] * math.sqrt(max(1, u.size(0) / u.size(1))))


def adamw(groups, **options):
    """AdamW, fused where this PyTorch has that for processors."""
    try:
        return torch.optim.AdamW(groups, fused=True, **options)
    except (RuntimeError, TypeError):
        return torch.optim.AdamW(groups, **options)
