"""Networks in plain PyTorch that `weightloom`'s plugins are compared with, with the tensor names of the checkpoints that
people have of them. Written from the papers."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class DoubleConv(nn.Module):
    def __init__(self, channels, out, between):
        super().__init__()
        layers = []
        for a, b in ((channels, between), (between, out)):
            layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.double_conv = nn.Sequential(*layers)

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(channels, out, out))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, channels, out, bilinear):
        super().__init__()
        self.bilinear = bilinear
        if not bilinear:
            self.up = nn.ConvTranspose2d(channels, channels // 2, 2, stride=2)
        self.conv = DoubleConv(channels, out, channels // 2)

    def forward(self, x, beside):
        size = beside.shape[2:]
        x = F.interpolate(x, size, mode="bilinear", align_corners=True) if self.bilinear else self.up(x)
        return self.conv(torch.cat([beside, x], 1))


class UNet(nn.Module):
    def __init__(self, channels, classes, width, depth, bilinear):
        super().__init__()
        self.depth = depth
        widths = [width << k for k in range(depth + 1)]
        self.inc = DoubleConv(channels, width, width)
        for k in range(1, depth + 1):
            halved = bilinear and k == depth
            setattr(self, f"down{k}", Down(widths[k - 1], widths[k] // (2 if halved else 1)))
        for k in range(1, depth + 1):
            below = widths[depth - k + 1]
            setattr(self, f"up{k}", Up(below, below // (4 if bilinear and k < depth else 2), bilinear))
        self.outc = nn.Sequential()
        self.outc.add_module("conv", nn.Conv2d(width, classes, 1))

    def forward(self, x):
        seen = [self.inc(x)]
        for k in range(1, self.depth + 1):
            seen.append(getattr(self, f"down{k}")(seen[-1]))
        x = seen.pop()
        for k in range(1, self.depth + 1):
            x = getattr(self, f"up{k}")(x, seen.pop())
        return self.outc(x)


def attend(query, key, value, heads, causal=False):
    apart = lambda x: x.unflatten(-1, (heads, -1)).transpose(-3, -2)
    query, key, value = apart(query), apart(key), apart(value)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
    return (scores.softmax(-1) @ value).transpose(-3, -2).flatten(-2)


class Conv1D(nn.Module):
    """A linear layer that keeps its weight as [in, out], as GPT-2's checkpoints do."""

    def __init__(self, width, out):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(width, out) * 0.02), nn.Parameter(torch.zeros(out))

    def forward(self, x):
        return x @ self.weight + self.bias


class GPT2(nn.Module):
    def __init__(self, words, positions, width, depth, heads):
        super().__init__()
        self.heads = heads
        block = lambda: nn.ModuleDict({
            "ln_1": nn.LayerNorm(width),
            "attn": nn.ModuleDict({"c_attn": Conv1D(width, 3 * width), "c_proj": Conv1D(width, width)}),
            "ln_2": nn.LayerNorm(width),
            "mlp": nn.ModuleDict({"c_fc": Conv1D(width, 4 * width), "c_proj": Conv1D(4 * width, width)}),
        })
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(words, width), "wpe": nn.Embedding(positions, width),
            "h": nn.ModuleList([block() for _ in range(depth)]), "ln_f": nn.LayerNorm(width),
        })
        self.lm_head = nn.Linear(width, words, bias=False)
        self.lm_head.weight = self.transformer["wte"].weight

    def forward(self, tokens):
        x = self.transformer["wte"](tokens) + self.transformer["wpe"](torch.arange(tokens.shape[1]))
        for block in self.transformer["h"]:
            query, key, value = block["attn"]["c_attn"](block["ln_1"](x)).chunk(3, -1)
            x = x + block["attn"]["c_proj"](attend(query, key, value, self.heads, causal=True))
            hidden = block["mlp"]["c_fc"](block["ln_2"](x))
            hidden = 0.5 * hidden * (1 + torch.tanh(math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden**3)))
            x = x + block["mlp"]["c_proj"](hidden)
        return self.lm_head(self.transformer["ln_f"](x))


class BERT(nn.Module):
    """With the pooler, or with the mean of all tokens in its place; `classes`: with a head."""

    def __init__(self, words, positions, width, depth, heads, hidden, classes=0, mean=False):
        super().__init__()
        self.heads, self.mean, self.classes = heads, mean, classes
        norm = lambda: nn.LayerNorm(width, eps=1e-12)
        dense = lambda a, b: nn.ModuleDict({"dense": nn.Linear(a, b)})
        block = lambda: nn.ModuleDict({
            "attention": nn.ModuleDict({
                "self": nn.ModuleDict({part: nn.Linear(width, width) for part in ("query", "key", "value")}),
                "output": nn.ModuleDict({"dense": nn.Linear(width, width), "LayerNorm": norm()}),
            }),
            "intermediate": dense(width, hidden),
            "output": nn.ModuleDict({"dense": nn.Linear(hidden, width), "LayerNorm": norm()}),
        })
        parts = {
            "embeddings": nn.ModuleDict({
                "word_embeddings": nn.Embedding(words, width), "position_embeddings": nn.Embedding(positions, width),
                "token_type_embeddings": nn.Embedding(2, width), "LayerNorm": norm(),
            }),
            "encoder": nn.ModuleDict({"layer": nn.ModuleList([block() for _ in range(depth)])}),
            "pooler": dense(width, width),
        }
        if classes:
            self.bert, self.classifier = nn.ModuleDict(parts), nn.Linear(width, classes)
        for name, part in parts.items():
            if not classes:
                setattr(self, name, part)
        self.parts = lambda: parts

    def forward(self, tokens):
        embeddings, encoder, pooler = self.parts().values()
        x = embeddings["word_embeddings"](tokens) + embeddings["position_embeddings"](torch.arange(tokens.shape[1]))
        x = embeddings["LayerNorm"](x + embeddings["token_type_embeddings"](torch.zeros_like(tokens)))
        for block in encoder["layer"]:
            own, out = block["attention"]["self"], block["attention"]["output"]
            mixed = attend(own["query"](x), own["key"](x), own["value"](x), self.heads)
            x = out["LayerNorm"](x + out["dense"](mixed))
            hidden = F.gelu(block["intermediate"]["dense"](x))
            x = block["output"]["LayerNorm"](x + block["output"]["dense"](hidden))
        x = x.mean(1) if self.mean else torch.tanh(pooler["dense"](x[:, 0]))
        return self.classifier(x) if self.classes else x


class Recurrent(nn.Module):
    def __init__(self, cell, width, depth, bidirectional, classes, words=0, features=0):
        super().__init__()
        self.cell, self.words = cell, words
        if words:
            self.embedding = nn.Embedding(words, features)
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        setattr(self, cell, kind(features, width, depth, batch_first=True, bidirectional=bidirectional))
        self.fc = nn.Linear(width * (2 if bidirectional else 1), classes)

    def forward(self, x):
        x = self.embedding(x) if self.words else x.transpose(1, 2).flatten(2)
        states = getattr(self, self.cell)(x)[0]
        width = getattr(self, self.cell).hidden_size
        return self.fc(torch.cat([states[:, -1, :width], states[:, 0, width:]], -1))


class Mixer(nn.Module):
    def __init__(self, size, classes, patch, width, depth, tokens, channels):
        super().__init__()
        norm = lambda: nn.LayerNorm(width, eps=1e-6)
        mlp = lambda width, hidden: nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})
        self.stem = nn.ModuleDict({"proj": nn.Conv2d(3, width, patch, stride=patch)})
        self.blocks = nn.ModuleList([
            nn.ModuleDict({
                "norm1": norm(), "mlp_tokens": mlp((size // patch) ** 2, tokens), "norm2": norm(),
                "mlp_channels": mlp(width, channels),
            }) for _ in range(depth)
        ])
        self.norm, self.head = norm(), nn.Linear(width, classes)

    def forward(self, x):
        run = lambda mlp, x: mlp["fc2"](F.gelu(mlp["fc1"](x)))
        x = self.stem["proj"](x).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = x + run(block["mlp_tokens"], block["norm1"](x).transpose(1, 2)).transpose(1, 2)
            x = x + run(block["mlp_channels"], block["norm2"](x))
        return self.head(self.norm(x).mean(1))
