"""The reference five-step Newton-Schulz in PyTorch: the peer that our default orthogonalizer is measured against.

The rule is KellerJordan/Muon's zeropower_via_newtonschulz5 (the code is our own): X / (norm + 1e-7), transposed if tall, then five times
A = X X^T, B = b A + c A A, X = a X + B X. Prints one JSON object a shape: the best and the median milliseconds a call; COUNTxROWSxCOLUMNS loops
over that many matrices, as the reference optimizer does.

    OPENBLAS_CORETYPE=SKYLAKEX python3 benchmarks/peers/orthogonalize.py [--threads 2] [--seconds 2] [--dtype float32] [SHAPE ...]
"""

import argparse
import json
import math
import statistics
import time

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5
SHAPES = ["256x1024", "768x768", "768x3072", "1024x4096", "72x128x128", "24x128x512"]


def orthogonalize(matrix, dtype):
    a, b, c = COEFFICIENTS
    x = matrix.to(dtype)
    tall = x.size(0) > x.size(1)
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(STEPS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


def measure(shape, dtype, seconds):
    sizes = [int(size) for size in shape.split("x")]
    count, rows, columns = sizes if len(sizes) == 3 else (1, *sizes)
    matrices = [torch.randn(rows, columns) for _ in range(count)]
    times = []
    deadline = time.perf_counter() + seconds
    while len(times) < 4 or time.perf_counter() < deadline:
        start = time.perf_counter()
        for matrix in matrices:
            orthogonalize(matrix, dtype)
        times.append(1e3 * (time.perf_counter() - start))
    times = times[1:]
    small, large = min(rows, columns), max(rows, columns)
    flops = count * STEPS * (4 * small * small * large + 2 * math.pow(small, 3))
    return {"shape": shape, "best_ms": min(times), "median_ms": statistics.median(times), "gflops_best": flops / min(times) / 1e6}


def main():
    parser = argparse.ArgumentParser(description="Times the reference five-step Newton-Schulz in PyTorch.")
    parser.add_argument("shapes", nargs="*", default=SHAPES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    with torch.no_grad():
        for shape in options.shapes or SHAPES:
            print(json.dumps(measure(shape, getattr(torch, options.dtype), options.seconds)), flush=True)


if __name__ == "__main__":
    main()
