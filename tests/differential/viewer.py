#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The model viewer Netron opens the files of random networks: its parsers find their layers and tensors. See README.md."""

import importlib.util
import json
import os
import random
import re
import shutil
import subprocess
import sys

import command
from layers import Generator
from reference import Reference
from right import FLAGS, cpp_of

MISSING = 77  # the exit status that skips the test

SOURCE = """#include <memory>
#include <string>
#include <ctcnn/inference.hpp>
#include <ctcnn/io/onnx.hpp>
#include <ctcnn/io/safetensors.hpp>
using namespace ctcnn;

template <typename Net>
void save(const std::string& path) {
    const auto net = std::make_unique<Net>();
    save_safetensors(*net, path + ".safetensors", {{"made", "by ctcnn"}});
    export_onnx(*net, path + ".onnx");
}
"""

OPERATORS = {
    "Conv2d": "Conv",
    "Linear": "Gemm",
    "MaxPool2d": "MaxPool",
    "AvgPool2d": "AveragePool",
    "ReLU": "Relu",
    "Sigmoid": "Sigmoid",
    "Tanh": "Tanh",
    "Flatten": "Flatten",
    "ZeroPad2d": "Pad",
    "Upsample": "Resize",
    "Unflatten": "Reshape",
    "Identity": "Identity",
    "LeakyReLU": "LeakyRelu",
    "ConvTranspose2d": "ConvTranspose",
    "Conv1d": "Conv",
    "MaxPool1d": "MaxPool",
    "AvgPool1d": "AveragePool",
    "LayerNorm": "LayerNormalization",
    "ELU": "Elu",
    "SELU": "Selu",
    "Softplus": "Softplus",
    "Hardtanh": "Clip",
    "ReLU6": "Clip",
    "Hardsigmoid": "HardSigmoid",
    "Hardswish": "HardSwish",
    "PReLU": "PRelu",
    "Softmax": "Softmax",
    "LogSoftmax": "LogSoftmax",
    "SiLU": "Sigmoid Mul",
}

# Inputs of operators that are no parameters.
CONSTANTS = re.compile(r"[.](groups|pads|scales|shape|(constant|filled)\d+b?)$")


def operators_of(module):
    """The operators that a module of PyTorch becomes, without the constants."""
    name = type(module).__name__
    if name == "GELU":
        return (["Mul Erf Add Mul Mul", "Mul Mul Mul Add Mul Tanh Add Mul Mul"][module.approximate == "tanh"]).split()
    if name == "AdaptiveAvgPool2d":
        return ["GlobalAveragePool" if module.output_size == (1, 1) else "AveragePool"]
    if name == "AdaptiveAvgPool1d":
        return ["GlobalAveragePool" if module.output_size == 1 else "AveragePool"]
    if name == "GroupNorm":
        return ["Reshape", "InstanceNormalization", "Reshape"] + ["Mul", "Add"] * module.affine
    if name == "Softplus" and module.beta != 1:
        return ["Mul", "Softplus", "Mul"]
    return OPERATORS.get(name, "").split()


def save(cases, arguments):
    """Saves the networks."""
    lines = [SOURCE, "int main(int, char** argv) {", "    const std::string folder = argv[1];"]
    lines += [f'    save<{cpp_of(c)}>(folder + "/{c["seed"]}");' for c in cases]
    path = f"{arguments.folder}/viewer"
    with open(path + ".cpp", "w") as file:
        file.write("\n".join(lines + ["}"]) + "\n")
    flags = [flag for flag in FLAGS if flag != "-fopenmp"]
    compiler = [*arguments.compiler.split(), *flags, "-I", arguments.include]
    subprocess.run([*compiler, path + ".cpp", "-o", path], check=True)
    subprocess.run([path, arguments.folder], check=True)


def opened(paths):
    """What Netron says of each file."""
    netron = os.path.dirname(importlib.util.find_spec("netron").origin)
    script = os.path.join(command.HERE, "netron.mjs")
    done = subprocess.run(["node", script, netron, *paths], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults_of(c, onnx, safetensors):
    """What Netron finds else than PyTorch in the two files of a network."""
    module = Reference(c["layers"]).module
    tensors = {name: list(tensor.shape) for name, tensor in module.state_dict().items()}
    nodes = [operator for m in module.modules() for operator in operators_of(m)]
    faults = []
    for model, format in ((onnx, "ONNX v8"), (safetensors, "Safetensors")):
        if "error" in model:
            faults.append(f"{model['file']}: {model['error']}")
            continue
        if model["format"] != format:
            faults.append(f"{model['file']}: the format {model['format']}")
        model["tensors"] = {k: v for k, v in model["tensors"].items() if not CONSTANTS.search(k)}
        # ONNX broadcasts weights of channels over pixels by axes of size 1 behind them.
        for name, shape in model["tensors"].items() if format == "ONNX v8" else ():
            while len(shape) > len(tensors.get(name, shape)) and shape[-1] == 1:
                shape.pop()
        if model["tensors"] != tensors:
            faults.append(f"{model['file']}: the tensors {model['tensors']}, expected {tensors}")
    if onnx.get("nodes", nodes) != nodes:
        faults.append(f"{onnx['file']}: the nodes {onnx['nodes']}, expected {nodes}")
    return faults


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seeds", type=command.seeds, required=True, help="of the networks, such as 1-10,15,17")
    parser.add_argument("--compiler", default="g++")
    arguments = command.parse(parser, lambda a: [a.compiler])
    if importlib.util.find_spec("netron") is None or shutil.which("node") is None:
        print("skipped: this Python has no netron package, or there is no node")
        return MISSING
    cases = []
    for seed in arguments.seeds:
        shape, layers = Generator(random.Random(seed), exported=True).network()
        cases.append({"seed": seed, "shape": shape, "layers": layers})
    save(cases, arguments)
    damaged = f"{arguments.folder}/damaged.onnx"
    with open(f"{arguments.folder}/{cases[0]['seed']}.onnx", "rb") as whole, open(damaged, "wb") as file:
        file.write(whole.read()[:60])
    models = opened([f"{arguments.folder}/{c['seed']}.{kind}" for c in cases for kind in ("onnx", "safetensors")])
    faults = [f for n, c in enumerate(cases) for f in faults_of(c, *models[2 * n : 2 * n + 2])]
    if "error" not in opened([damaged])[0]:
        faults.append("a damaged file is opened without an error")
    for fault in faults:
        print(fault)
    print(f"Netron opens the files of {len(cases)} networks: {len(faults)} failures")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
