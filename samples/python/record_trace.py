"""Records a run of a PyTorch optimizer as a trace that `muonsharp replay` follows.

    python3 samples/python/record_trace.py trace.safetensors
    muonsharp replay trace.safetensors

records ten steps of torch.optim.AdamW and torch.optim.SGD on a small network. To record a run of yours, make a Recorder of the parameters, call `gradients()` after every
backward pass and `weights()` after the steps to compare, and `write(...)` with the settings at the end. docs/trace.md says what the settings are called.
"""

import json
import struct
import sys

import torch


class Recorder:
    def __init__(self, named_parameters):
        self.parameters = dict(named_parameters)
        self.tensors = {}
        self.step = 0
        self._keep("initial", self.parameters)

    def gradients(self):
        """Before the optimizer's step. A parameter without a gradient has none in the trace."""
        self.step += 1
        self._keep(f"gradient/{self.step}", {name: p.grad for name, p in self.parameters.items() if p.grad is not None})

    def weights(self):
        """After the optimizer's step."""
        self._keep(f"expected/{self.step}", self.parameters)

    def write(self, path, groups, source):
        config = json.dumps({"steps": self.step, "groups": groups})
        header = {"__metadata__": {"format": "muonsharp-trace/1", "source": source, "config": config}}
        data = bytearray()
        for name, tensor in self.tensors.items():
            values = struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist())
            header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
            data += values
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + data)

    def _keep(self, prefix, tensors):
        for name, tensor in tensors.items():
            self.tensors[f"{prefix}/{name}"] = tensor.detach().clone()


def main(path):
    torch.manual_seed(1)
    torch.set_default_dtype(torch.float64)
    network = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.float().double())  # the trace starts from what it can hold
    weights = [(name, p) for name, p in network.named_parameters() if name.endswith("weight")]
    biases = [(name, p) for name, p in network.named_parameters() if name.endswith("bias")]
    adamw = torch.optim.AdamW([p for _, p in weights], lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    sgd = torch.optim.SGD([p for _, p in biases], lr=0.05, momentum=0.9, nesterov=True)
    recorder = Recorder(network.named_parameters())
    for _ in range(10):
        x = torch.randn(32, 6)
        adamw.zero_grad()
        sgd.zero_grad()
        torch.nn.functional.mse_loss(network(x), torch.sin(x[:, :3])).backward()
        for parameter in network.parameters():
            parameter.grad.copy_(parameter.grad.float().double())
        recorder.gradients()
        adamw.step()
        sgd.step()
        recorder.weights()

    groups = [
        {"optimizer": "adamw", "preset": "torch", "parameters": [name for name, _ in weights], "learning_rate": 0.01, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8},
        {"optimizer": "sgd", "parameters": [name for name, _ in biases], "learning_rate": 0.05, "weight_decay": 0, "momentum": 0.9, "nesterov": True},
    ]
    recorder.write(path, groups, f"samples/python/record_trace.py, torch {torch.__version__.split('+')[0]}")


if __name__ == "__main__":
    main(sys.argv[1])
