#!/bin/sh
# The same work in TorchSharp (libtorch 2.10) and by us, alternating, several rounds; prints a table for each group, in Markdown, and its progress to the error stream.
#
#   benchmarks/run-torchsharp.sh                       all groups
#   benchmarks/run-torchsharp.sh product               products: squares, a linear layer of GPT-2 and its gradients, sums of 128
#   benchmarks/run-torchsharp.sh orthogonalize         a matrix by Muon's default here and by Newton-Schulz's five steps there, in float32 and in bfloat16
#   benchmarks/run-torchsharp.sh conv                  airbench94's six convolutions at batch 512, forward and backward
#   benchmarks/run-torchsharp.sh airbench94            training steps of that network at batch 2000, and what an epoch of 25 takes
#   benchmarks/run-torchsharp.sh generate              GPT-2 124M, a token more behind 64, with a cache of keys and values
#   benchmarks/run-torchsharp.sh step                  training steps of nanogpt-cpu, 6/6/384 and GPT-2 124M at 4x64 and 1x1024, with AdamW and with Muon
#   benchmarks/run-torchsharp.sh check conv            only that both sides compute the same of the same weights, which comes first in each run
#
# Options behind the groups: --rounds N (default 5), --threads N (default 2), --batch N (images of conv and airbench94), --only NAMES (of the groups' work, with commas), --quick (a smoke: one round,
# trial lengths), --vector-bits 256 (no side uses wider vectors, as on a processor with AVX2 alone; variables of both programs, of oneDNN and of MKL see to it).
#
# Each side runs in processes of its own, one after the other, with nothing else at work: in one process OpenMP's threads would spin against ours. TorchSharp is taken in its fastest way: a
# trial of each form (channels-last or contiguous images, ways to multiply by a vector, optimizers) with each of four settings (as installed; OMP_WAIT_POLICY=PASSIVE; memory that is kept and in
# large pages; both), then the two fastest alternate with us, and the faster of the medians counts.
#
# Linux on x64. The first run loads 128 MB of packages and writes 480 MB below artifacts/. Run it on a machine with nothing else to do.
set -eu
cd "$(dirname "$0")/.."
verb=run
if [ "${1:-}" = check ]; then
    verb=check
    shift
fi
dotnet build -c Release src/MuonSharp.Cli >/dev/null
dotnet build -c Release benchmarks/peers/TorchSharp >/dev/null
exec dotnet exec artifacts/bin/MuonSharp.TorchSharpPeer/release_linux-x64/MuonSharp.TorchSharpPeer.dll "$verb" "$@" --tool artifacts/bin/MuonSharp.Cli/release/muonsharp.dll
