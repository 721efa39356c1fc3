"""Compares `weightloom predict` with PyTorch on the same weights and inputs; see README.md.

    run.py BIN [--small] [NAME ...]
"""

import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
    import torchvision
except ImportError as error:
    print(f"{error}; install python3-torchvision")
    sys.exit(77)  # skipped

sys.dont_write_bytecode = True  # nothing is left in the source tree
from references import BERT, GPT2, Mixer, Recurrent, UNet

TOLERANCE = 1e-4
DTYPES = {torch.float32: "F32", torch.int64: "I64"}


class Case:
    """A network: `make` builds the reference, `plugin` and `settings` say the same to weightloom. The input is a batch of
    images [2, *shape], or of tokens where `words` is above 0."""

    def __init__(self, plugin, settings, make, shape, words=0):
        self.plugin, self.settings, self.make, self.shape, self.words = plugin, settings, make, shape, words

    def batch(self):
        if self.words:
            return torch.randint(self.words, (2, *self.shape))
        return torch.randn(2, *self.shape)


def vision(plugin, preset, name, size=224, **options):
    return Case(plugin, {"preset": preset, "size": size}, lambda: getattr(torchvision.models, name)(**options),
                (3, size, size))


# As published, at 224 x 224.
CASES = {
    "resnet18": vision("resnet", "imagenet-18", "resnet18"),
    "resnet50": vision("resnet", "imagenet-50", "resnet50"),
    "resnet101": vision("resnet", "imagenet-101", "resnet101"),
    "vgg16_bn": vision("vgg", "vgg16_bn", "vgg16_bn", init_weights=False),
    "densenet121": vision("densenet", "densenet121", "densenet121"),
    "mobilenet_v2": vision("mobilenet", "v2", "mobilenet_v2"),
    "mobilenet_v3_small": vision("mobilenet", "v3-small", "mobilenet_v3_small"),
    "mobilenet_v3_large": vision("mobilenet", "v3-large", "mobilenet_v3_large"),
    "efficientnet_b0": vision("efficientnet", "b0", "efficientnet_b0"),
    "convnext_tiny": vision("convnext", "tiny", "convnext_tiny"),
    "googlenet": vision("googlenet", "imagenet", "googlenet", aux_logits=False, transform_input=False,
                        init_weights=False),
    "shufflenet_v2_x1_0": vision("shufflenet", "x1_0", "shufflenet_v2_x1_0"),
    "swin_t": vision("swin", "tiny", "swin_t"),
    "vit_b_16": vision("vit", "b", "vit_b_16"),
    "vit_l_16": vision("vit", "l", "vit_l_16"),
    "mixer_s32": Case("mixer", {"preset": "s32"}, lambda: Mixer(224, 1000, 32, 512, 8, 256, 2048), (3, 224, 224)),
    "unet": Case("unet", {"preset": "classic", "channels": 3}, lambda: UNet(3, 2, 64, 4, False), (3, 256, 256)),
    "unet_bilinear": Case("unet", {"preset": "bilinear", "channels": 3}, lambda: UNet(3, 2, 64, 4, True),
                          (3, 256, 256)),
    "gpt2": Case("gpt", {"preset": "gpt2", "length": 128}, lambda: GPT2(50257, 1024, 768, 12, 12), (128,), 50257),
    "bert_base": Case("bert", {"preset": "base"}, lambda: BERT(30522, 512, 768, 12, 12, 3072), (128,), 30522),
    "minilm_l6": Case("bert", {"preset": "minilm-l6"}, lambda: BERT(30522, 512, 384, 6, 12, 1536, mean=True), (128,),
                      30522),
    "lstm": Case("lstm", {"preset": "text"},
                 lambda: Recurrent("lstm", 128, 1, True, 10, words=10000, features=64), (200,), 10000),
}

# Seconds each: small images, whose sizes fill neither windows nor strides, and small networks.
SMALL = {
    "small-resnet18": vision("resnet", "imagenet-18", "resnet18", 45),
    "small-densenet121": vision("densenet", "densenet121", "densenet121", 45),
    "small-mobilenet_v2": vision("mobilenet", "v2", "mobilenet_v2", 45),
    "small-mobilenet_v3_small": vision("mobilenet", "v3-small", "mobilenet_v3_small", 45),
    "small-efficientnet_b0": vision("efficientnet", "b0", "efficientnet_b0", 45),
    "small-googlenet": vision("googlenet", "imagenet", "googlenet", 45, aux_logits=False, transform_input=False,
                              init_weights=False),
    "small-shufflenet": vision("shufflenet", "x0_5", "shufflenet_v2_x0_5", 45),
    "small-convnext": Case("convnext", {"size": 40, "patch": 4, "depth": [1, 2], "width": [8, 12]},
                           lambda: small_convnext(), (3, 40, 40)),
    "small-swin": Case("swin", {"size": 60, "patch": 4, "window": 4, "depth": [2, 2], "heads": [2, 4], "width": 8},
                       lambda: torchvision.models.SwinTransformer([4, 4], 8, [2, 2], [2, 4], [4, 4], num_classes=10),
                       (3, 60, 60)),
    "small-vit": Case("vit", {"size": 32, "patch": 8, "width": 24, "depth": 2, "heads": 3, "mlp_ratio": 2},
                      lambda: torchvision.models.VisionTransformer(32, 8, 2, 3, 24, 48, num_classes=10), (3, 32, 32)),
    "small-vgg": Case("vgg", {"size": 32, "width": [4, 6], "depth": [1, 2], "classes": 5}, lambda: small_vgg(),
                      (3, 32, 32)),
    "small-mixer": Case("mixer", {"size": 16, "patch": 4, "width": 12, "depth": 2, "token_hidden": 8,
                                  "channel_hidden": 20}, lambda: Mixer(16, 10, 4, 12, 2, 8, 20), (3, 16, 16)),
    "small-unet": Case("unet", {"channels": 3, "size": 24, "depth": 3, "width": 4, "classes": 3},
                       lambda: UNet(3, 3, 4, 3, False), (3, 24, 24)),
    "small-unet_bilinear": Case("unet", {"channels": 1, "size": 22, "depth": 2, "width": 4, "up": "bilinear"},
                                lambda: UNet(1, 2, 4, 2, True), (1, 22, 22)),
    "small-gpt": Case("gpt", {"words": 50, "length": 9, "positions": 16, "width": 24, "depth": 2, "heads": 3},
                      lambda: GPT2(50, 16, 24, 2, 3), (9,), 50),
    "small-bert": Case("bert", {"words": 40, "length": 7, "positions": 12, "width": 16, "depth": 2, "heads": 4,
                                "hidden": 24, "classes": 3}, lambda: BERT(40, 12, 16, 2, 4, 24, classes=3), (7,), 40),
    "small-minilm": Case("bert", {"task": "embedding", "pooling": "mean", "words": 40, "length": 7, "positions": 12,
                                  "width": 16, "depth": 1, "heads": 2, "hidden": 24},
                         lambda: BERT(40, 12, 16, 1, 2, 24, mean=True), (7,), 40),
    "small-lstm": Case("lstm", {"channels": 2, "size": 9, "classes": 4, "width": 6, "depth": 2, "bidirectional": True},
                       lambda: Recurrent("lstm", 6, 2, True, 4, features=18), (2, 9, 9)),
    "small-gru": Case("lstm", {"cell": "gru", "words": 30, "length": 11, "embedding": 5, "width": 7, "classes": 4},
                      lambda: Recurrent("gru", 7, 1, False, 4, words=30, features=5), (11,), 30),
}


def small_convnext():
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt
    return ConvNeXt([CNBlockConfig(8, 12, 1), CNBlockConfig(12, None, 2)], num_classes=10)


def small_vgg():
    from torchvision.models.vgg import VGG, make_layers
    model = VGG(make_layers([4, "M", 6, 6, "M"], batch_norm=True), num_classes=5)
    model.avgpool, model.classifier = torch.nn.Identity(), torch.nn.Sequential(torch.nn.Linear(6 * 8 * 8, 5))
    return model


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
    """Fresh normalisation is the identity, fresh heads and scales are zero or nearly so: they would hide mistakes."""
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif "relative_position_bias_table" in name or "layer_scale" in name:
            tensor.normal_(0, 0.5)
        elif tensor.dtype == torch.float32 and (tensor.dim() == 1 or "head" in name):
            tensor.add_(torch.randn_like(tensor) * 0.05)


def compare(name, case, weightloom, folder):
    torch.manual_seed(0)
    model = case.make().eval()
    weights, inputs, outputs = (os.path.join(folder, file) for file in ("w.safetensors", "inputs.npy", "outputs.npy"))
    with torch.no_grad():
        randomise(model)
        batch = case.batch()
        expected = model(batch).numpy()
    write_safetensors(weights, model.state_dict())
    numpy.save(inputs, batch.float().numpy())
    count = sum(parameter.numel() for parameter in set(model.parameters()))
    if name.endswith(("minilm", "minilm_l6")):
        count -= sum(parameter.numel() for parameter in model.pooler.parameters())  # not used, so not described
    del model
    command = [weightloom, "predict", weights, inputs, "--arch", "org.weightloom." + case.plugin, "--out", outputs, "--json"]
    for key, value in case.settings.items():
        command += ["--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        print(f"FAILED  {name}: {run.stderr.strip()}")
        return False
    result, found = json.loads(run.stdout), numpy.load(outputs)
    error = float(numpy.abs(found - expected).max() / numpy.abs(expected).max())
    passed = found.shape == expected.shape and error < TOLERANCE and result["parameters"] == count
    print(f"{'ok' if passed else 'FAILED':6}  {name:24} relative error {error:.1e}  parameters {result['parameters']:,}"
          f" (PyTorch {count:,})", flush=True)
    return passed


def main():
    arguments = sys.argv[1:]
    weightloom = os.path.join(os.path.abspath(arguments.pop(0)), "weightloom")
    cases = SMALL if "--small" in arguments else CASES
    names = [name for name in arguments if name != "--small"] or list(cases)
    with tempfile.TemporaryDirectory() as folder:
        results = [compare(name, {**CASES, **SMALL}[name], weightloom, folder) for name in names]
    print(f"{sum(results)} of {len(results)} agree")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
