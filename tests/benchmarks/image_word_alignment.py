#!/usr/bin/python3
"""Does an alignment of images with word vectors, learned from some classes, know others?

    tests/benchmarks/image_word_alignment.py WORDS DATA INSTRUCTIONS

WORDS is what `weightloom words build --out` makes, DATA a folder with mnist, fashion-mnist (or Debian's package
dataset-fashion-mnist) and the PNG form of cifar10, INSTRUCTIONS is tests/language/instructions.tsv. Each class is the
mean and the deviation of its images at 14 x 14, a ridge regression leads from there to the vector of its name. Needs
Debian's python3-numpy and python3-pil.
"""
import glob
import gzip
import json
import os
import re
import struct
import sys

import numpy as np
from PIL import Image

IMAGES = 6000
NAMES = {
    "mnist": "zero one two three four five six seven eight nine".split(),
    "fashion-mnist": "t-shirt trouser pullover dress coat sandal shirt sneaker bag boot".split(),
    "cifar10": "airplane automobile bird cat deer dog frog horse ship truck".split(),
}


def read_idx(path):
    raw = (gzip.open if path.endswith(".gz") else open)(path, "rb").read()
    shape = struct.unpack(">" + "I" * raw[3], raw[4 : 4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)[:IMAGES]


def halved(images):
    images = images.astype(np.float32)
    return images.reshape(len(images), 14, 2, 14, 2).mean((2, 4)).reshape(len(images), -1)


def read_sets(data):
    sets = {}
    for name in ("mnist", "fashion-mnist"):
        folder = f"{data}/{name}" if os.path.isdir(f"{data}/{name}") else f"/usr/share/datasets/{name}"
        images, labels = (glob.glob(f"{folder}/**/train-{part}*", recursive=True)[0] for part in ("images", "labels"))
        sets[name] = (halved(read_idx(images)), read_idx(labels))
    batch = np.array(Image.open(f"{data}/cifar10/data_batch_1.png").convert("RGB")).reshape(-1, 32, 32, 3)[:IMAGES]
    grey = batch[:, 2:30, 2:30].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    with open(f"{data}/cifar10/train_lables.json", encoding="utf-8") as file:
        sets["cifar10"] = (halved(grey), np.array(json.load(file))[:IMAGES])
    return sets


def read_words(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        blob = file.read()
    part = lambda name: blob[slice(*header[name]["data_offsets"])]
    index = {term: i for i, term in enumerate(part("terms").decode().split("\n")[:-1])}
    vectors = np.frombuffer(part("vectors"), np.int8).reshape(header["vectors"]["shape"]).astype(np.float32)
    return index, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.frombuffer(part("rarity"), np.float32)


def ridge(inputs, targets, share):
    """Regression in the space of examples: there are fewer of them than of inputs."""
    centre, mean = inputs.mean(0), targets.mean(0)
    kernel = (inputs - centre) @ (inputs - centre).T
    weights = np.linalg.solve(kernel + share * np.trace(kernel) / len(inputs) * np.eye(len(inputs)), targets - mean)
    return lambda other: (other - centre) @ (inputs - centre).T @ weights + mean


def cosine(a, b):
    return a @ b.T / np.linalg.norm(a, axis=1, keepdims=True) / np.linalg.norm(b, axis=1)


def main(words, data, instructions):
    index, vectors, rarity = read_words(words)
    looks, names, of = [], [], []
    for name, (images, labels) in read_sets(data).items():
        images = (images - images.mean()) / images.std()
        for c, word in enumerate(NAMES[name]):
            own = images[labels == c]
            looks.append(np.concatenate([own.mean(0), own.std(0)]))
            names.append(vectors[index[word]])
            of.append(name)
    looks, names, of = np.array(looks), np.array(names), np.array(of)
    everything = np.arange(len(of))

    with open(instructions, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t")[:2] for line in file]
    lines = [(text, right.split("[")[0]) for text, right in lines if right.split("[")[0] in NAMES]

    def meaning(text):
        known = [index[word] for word in re.findall(r"[a-z'-]+", text.lower()) if word in index]
        return (vectors[known] * rarity[known, None]).sum(0)[None] if known else None

    def nearest(text, directions):
        said = meaning(text)
        return None if said is None else max(NAMES, key=lambda name: cosine(said, directions[of == name]).max())

    for share in (0.01, 0.1, 1):
        guess = ridge(looks, names, share)
        known = sum(cosine(guess(looks[i : i + 1]), names).argmax() == i for i in everything)
        unseen = 0
        for i in everything:
            others, rivals = everything[everything != i], everything[of == of[i]]
            found = cosine(ridge(looks[others], names[others], share)(looks[i : i + 1]), names[rivals])
            unseen += rivals[found.argmax()] == i
        right = 0
        for held_out in NAMES:
            there = of != held_out
            directions = ridge(looks[there], names[there], share)(looks)
            right += sum(nearest(text, directions) == name for text, name in lines if name == held_out)
        print(f"ridge {share}: classes it was aligned on {known} of {len(of)}; one it never saw, among the ten of its "
              f"set: {unseen} of {len(of)}; instructions about a set it never saw: {right} of {len(lines)}")
    right = sum(nearest(text, names) == name for text, name in lines)
    print(f"the names of the classes in place of images: {right} of {len(lines)}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
