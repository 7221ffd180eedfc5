"""Reads the weights and the tokenizer of a run with nothing but Python.

    python3 samples/python/load_run.py runs/mine

prints every tensor's name, shape and root mean square. Import it to use them:

    from load_run import load_run
    run = load_run("runs/mine")
    run.tensors["model.embed_tokens.weight"].shape, .values      # values: array of floats, row by row
    run.text([0, 5, 2])                                          # token numbers to text

With NumPy: numpy.array(tensor.values).reshape(tensor.shape); with PyTorch: torch.tensor(...) of that.
"""

import json
import math
import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Tensor:
    shape: tuple
    values: array


@dataclass
class Run:
    step: int
    tensors: dict
    tokenizer: dict
    config: dict

    def text(self, tokens):
        """The text of token numbers, for a character or byte tokenizer."""
        if self.tokenizer["kind"] == "byte":
            return bytes(tokens).decode("utf-8", errors="replace")
        return "".join(self.tokenizer["characters"][token] for token in tokens)


def read_safetensors(path):
    """A length, a JSON header of that length, then the numbers of all tensors, little-endian."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{name}: F32 is what a run writes; {entry['dtype']} came")
        begin, end = entry["data_offsets"]
        values = array("f", data[8 + length + begin : 8 + length + end])
        if sys.byteorder == "big":
            values.byteswap()
        tensors[name] = Tensor(tuple(entry["shape"]), values)
    return tensors


def load_run(folder):
    """The newest checkpoint of a run's folder."""
    folder = Path(folder)
    latest = (folder / "checkpoints" / "latest").read_text().strip()
    return Run(
        int(latest.rpartition("-")[2]),
        read_safetensors(folder / "checkpoints" / latest / "model.safetensors"),
        json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")),
        json.loads((folder / "config.json").read_text(encoding="utf-8")),
    )


if __name__ == "__main__":
    run = load_run(sys.argv[1])
    print(f"step {run.step}")
    for name, tensor in sorted(run.tensors.items()):
        square = sum(value * value for value in tensor.values) / max(1, len(tensor.values))
        print(f"{name} {'x'.join(map(str, tensor.shape))} {math.sqrt(square):.6g}")
