#!/usr/bin/env python3
"""Imports checkpoints that PyTorch itself wrote, and compares every value with what PyTorch reads; and exports them again,
for PyTorch to read.

    apt-get install python3-torch
    python3 tests/parity/checkpoint_parity.py build/release/bin
"""

import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError as error:
    print(f"{error}; install python3-torch")
    sys.exit(77)  # skipped

DTYPES = {
    "F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
    "C64": torch.complex64,
}


def read_safetensors(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + at for at in entry["data_offsets"])
        raw = bytearray(data[begin:end])
        dtype = DTYPES[entry["dtype"]]
        tensors[name] = (torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)).view(entry["shape"])
    return tensors


def checkpoints():
    """Names with what is saved, whether in the old way, and the state dict that is meant."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Linear(8, 4))
    state = network.state_dict()
    optimizer = torch.optim.AdamW(network.parameters())
    network[2](torch.ones(8)).sum().backward()
    optimizer.step()
    base = torch.arange(24.0).view(4, 6)
    views = {
        "transposed": base.t(), "row": base[1], "expanded": base[0].expand(5, 6), "shared": base[:2],
        "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 3), "half": base.half(), "bfloat16": base.bfloat16(),
        "long": torch.arange(5), "bool": torch.tensor([True, False]), "complex": torch.complex(base, base),
        "strided": base[::2, 1::2], "double": base.double(), "char": base.to(torch.int8),
        "short": base.to(torch.int16), "int": base.int(), "byte": base.byte(), "channels_last":
        torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    }
    parameters = {name: torch.nn.Parameter(value) for name, value in state.items() if value.is_floating_point()}
    for legacy in (False, True):
        kind = "legacy" if legacy else "zip"
        yield f"plain-{kind}", state, legacy, state
        yield f"views-{kind}", views, legacy, views
        yield f"parameters-{kind}", parameters, legacy, parameters
        yield f"nested-{kind}", {"state_dict": state, "epoch": 3, "optimizer": optimizer.state_dict()}, legacy, state
    yield "large-zip", {"w": torch.randn(300, 1000)}, False, None


def main():
    os.environ["PATH"] = os.path.abspath(sys.argv[1]) + os.pathsep + os.environ["PATH"]
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        zoo = os.path.join(folder, "zoo")
        run = lambda *words: subprocess.run(["weightloom", "zoo", *words], check=True, capture_output=True)
        run("init", zoo)
        for name, saved, legacy, meant in checkpoints():
            path, out = os.path.join(folder, name + ".pt"), os.path.join(folder, name + ".safetensors")
            torch.save(saved, path, _use_new_zipfile_serialization=not legacy)
            run("import", path, "--zoo", zoo)
            run("export", name, "--zoo", zoo, "--out", out)
            found, wanted = read_safetensors(out), meant or saved
            run("export", name, "--zoo", zoo, "--out", out + ".pt")
            back = torch.load(out + ".pt")
            same = all(torch.equal(back[key], found[key]) for key in found) and found.keys() == back.keys()
            same = same and found.keys() == wanted.keys() and all(
                found[key].dtype == value.dtype and found[key].shape == value.shape and
                torch.equal(found[key], value.detach()) for key, value in wanted.items())
            print(f"{name:20} {len(found):4} tensors  {'equal' if same else 'DIFFERENT'}")
            failures += not same
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
