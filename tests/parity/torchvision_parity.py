"""Compares `weightloom predict` with torchvision on the same weights and images; see README.md."""

import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy
import torch
import torchvision

NETWORKS = {
    "resnet18": ("resnet", ["style=imagenet", "depth=18"]),
    "resnet101": ("resnet", ["style=imagenet", "depth=101"]),
    "vit_b_16": ("vit", ["patch=16", "width=768", "depth=12", "heads=12"]),
    "vit_l_16": ("vit", ["patch=16", "width=1024", "depth=24", "heads=16"]),
}
COMMON = ["channels=3", "size=224", "classes=1000"]
DTYPES = {torch.float32: "F32", torch.int64: "I64"}


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())


def randomise(model):
    """Fresh normalisation is the identity and fresh heads are zero: both would hide mistakes."""
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif tensor.dtype == torch.float32 and (tensor.dim() == 1 or "head" in name):
            tensor.add_(torch.randn_like(tensor) * 0.05)


def compare(name, folder):
    architecture, settings = NETWORKS[name]
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval()
    weights, images, logits = (os.path.join(folder, file) for file in ("w.safetensors", "images.npy", "logits.npy"))
    with torch.no_grad():
        randomise(model)
        batch = torch.randn(2, 3, 224, 224)
        expected = model(batch).numpy()
    write_safetensors(weights, model.state_dict())
    numpy.save(images, batch.numpy())
    command = [os.environ.get("WEIGHTLOOM", "weightloom"), "predict", weights, images, "--arch", architecture, "--out", logits, "--json"]
    for setting in settings + COMMON:
        command += ["--set", setting]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    error = float(numpy.abs(numpy.load(logits) - expected).max() / numpy.abs(expected).max())
    count = sum(parameter.numel() for parameter in model.parameters())
    passed = error < 1e-4 and result["parameters"] == count
    print(f"{'ok' if passed else 'FAILED':6}  {name:10} relative error {error:.1e}, parameters {result['parameters']} (torchvision {count})")
    return passed


def main():
    names = sys.argv[1:] or list(NETWORKS)
    with tempfile.TemporaryDirectory() as folder:
        results = [compare(name, folder) for name in names]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
