#!/bin/sh
# The same work in PyTorch and in `muonsharp bench`, alternating, several rounds; rewrites the tables of docs/PERFORMANCE.md.
#
#   benchmarks/run-peers.sh                        everything: half an hour to an hour
#   benchmarks/run-peers.sh --only orthogonalize   a part: steps, orthogonalize, products, own, or single names (step-nanogpt-cpu:muon); the rest is kept
#   benchmarks/run-peers.sh --quick                a smoke: a minute, tables are printed and not written
#   benchmarks/run-peers.sh --tables               measures nothing, writes the tables from what is kept
#
# Needs Debian's python3-torch and libopenblas0-pthread (apt-get install), or any Python with PyTorch named by PYTHON. Run it on a machine with nothing
# else to do: PyTorch's threads spin, and busy neighbours cost it far more than us.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
"$python" -c 'import torch' 2>/dev/null || { echo "run-peers.sh: PyTorch is missing: apt-get install python3-torch libopenblas0-pthread" >&2; exit 4; }
dotnet build -c Release src/MuonSharp.Cli >/dev/null
exec "$python" benchmarks/peers/compare.py "$@"
