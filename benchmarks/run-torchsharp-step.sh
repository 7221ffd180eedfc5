#!/bin/sh
# A step of Muon over the matrices of two decoders, alternating in one process: MuonSharp's kernels over the memory of TorchSharp's tensors, the same package in torch operations, the original's
# program in torch operations, and the native optimizer.
#
#   benchmarks/run-torchsharp-step.sh [ROUNDS [THREADS]]    default 9 rounds on 2 threads; a third of them for GPT-2
#
# Linux on x64. The first run loads 128 MB of packages. Run it on a machine with nothing else to do.
set -eu
cd "$(dirname "$0")/.."
dotnet build -c Release benchmarks/peers/TorchSharp >/dev/null
exec env OMP_WAIT_POLICY=PASSIVE dotnet exec artifacts/bin/MuonSharp.TorchSharpPeer/release_linux-x64/MuonSharp.TorchSharpPeer.dll step "${1:-9}" "${2:-2}"
