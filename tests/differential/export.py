#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ONNX files: random networks that ctcnn exports, checked by the onnx package and run by ONNX Runtime. See README.md."""

import glob
import gzip
import os
import random
import re
import subprocess
import sys

import numpy as np
import torch

import command
from branches import GraphGenerator
from reference import Reference
from right import FLAGS, cpp_of

MISSING = 77  # the exit status that skips the test
try:
    import onnx
    import onnxruntime
except ImportError:
    onnx = None

BATCHES = [1, 7]
# How far apart the outputs of an image may be, relative to the largest of them: each is a sum of float32 that the other
# side adds in another order.
TOLERANCE = 1e-5
# How far LeNet's logits, which are below 20, may be from PyTorch's in float64: a few roundings of float32 at that size.
LOGIT_TOLERANCE = 1e-5

SOURCE = """#include <fstream>
#include <memory>
#include <string>
#include <ctcnn/inference.hpp>
#include <ctcnn/io/onnx.hpp>
#include <ctcnn/io/safetensors.hpp>
using namespace ctcnn;

/// Exports a network, also in double, and writes its outputs for the images of a file.
template <typename Net>
void run(const std::string& path) {
    const auto net = std::make_unique<Net>();
    load_safetensors(*net, path + ".safetensors");
    export_onnx(*net, path + ".onnx");
    const auto exact = std::make_unique<typename Net::template with_scalar<double>>();
    load_safetensors(*exact, path + ".safetensors", {.convert = true});
    export_onnx(*exact, path + ".double.onnx");

    std::ifstream images(path + ".images", std::ios::binary);
    std::ofstream outputs(path + ".outputs", std::ios::binary);
    typename Net::input_tensor image;
    while (images.read(reinterpret_cast<char*>(image.span().data()), Net::input_shape::size * sizeof(float))) {
        const auto output = (*net)(image);
        outputs.write(reinterpret_cast<const char*>(output.span().data()), Net::output_shape::size * sizeof(float));
    }
}
"""


LENET = """#include <fstream>
#include <ctcnn/ctcnn.hpp>
using namespace ctcnn;
using LeNet = Sequential<Input<1, 28, 28>,
                         Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Flatten, Linear<400, 120>, Sigmoid, Linear<120, 84>, Sigmoid, Linear<84, 10>>;

/// Trains a network, exports and saves it, and writes the test images and its outputs.
int main(int, char** argv) {
    const std::string path = argv[1];
    LeNet net{};
    initialize(net, XavierUniform{});
    fit(net, load_mnist(path, Split::train), SGD{.lr = 0.5f}, {.epochs = 10, .batch_size = 256});
    export_onnx(net, path + "/lenet.onnx");
    save_safetensors(net, path + "/lenet.safetensors");
    const auto test = load_mnist(path, Split::test);
    std::ofstream images(path + "/images", std::ios::binary);
    std::ofstream outputs(path + "/outputs", std::ios::binary);
    for (const auto& image : test.images()) {
        images.write(reinterpret_cast<const char*>(image.data()), sizeof(float) * 28 * 28);
        const Tensor<float, Shape<10>> output = net(image);
        outputs.write(reinterpret_cast<const char*>(output.data()), sizeof(float) * 10);
    }
    std::printf("%g", evaluate(net, test).accuracy);
}
"""


def compiled(source, name, arguments, flags):
    path = f"{arguments.folder}/{name}"
    with open(path + ".cpp", "w") as file:
        file.write(source)
    compiler = [*arguments.compiler.split(), *flags, "-I", arguments.include]
    subprocess.run([*compiler, path + ".cpp", "-o", path], check=True)
    return path


def build(cases, arguments):
    """The program that exports and runs the networks."""
    lines = [SOURCE, "int main(int, char** argv) {"]
    for c in cases:
        lines.append(f'    if (std::string(argv[1]) == "{c["seed"]}") run<{cpp_of(c)}>(argv[2]);')
    source = "\n".join(lines + ["}"]) + "\n"
    return compiled(source, "export", arguments, [flag for flag in FLAGS if flag != "-fopenmp"])


def checked(path):
    """The model of a file, after all checks of the onnx package, with the shapes that it infers."""
    onnx.checker.check_model(path, full_check=True)
    return onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True, data_prop=True)


def shape_of(value):
    """Sizes; the size of the batch is "batch", which the package calls unk__0 behind Resize."""
    return [dim.dim_param.replace("unk__0", "batch") or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def faults_of_model(model, reference, shape, dtype):
    """What is wrong with a model, apart from what it computes."""
    faults = []

    def same(what, got, expected):
        if got != expected:
            faults.append(f"{what} {got}, expected {expected}")

    state = {k: v.numpy().astype(dtype) for k, v in reference.state().items()}
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    constants = {name for name in tensors if name.endswith(CONSTANTS)}
    same("constants", constants, {name for node in model.graph.node for name in node.input if name.endswith(CONSTANTS)})
    tensors = {name: tensor for name, tensor in tensors.items() if name not in constants}
    same("tensors", list(tensors), list(state))
    same("other dtypes", {k for k, v in tensors.items() if v.dtype != dtype}, set())
    same("other bits", {k for k in state if state[k].tobytes() != tensors.get(k, np.zeros(0)).tobytes()}, set())
    same("external data", [t.name for t in model.graph.initializer if t.HasField("data_location")], [])
    same("versions", (model.ir_version, [(o.domain, o.version) for o in model.opset_import]), (8, [("", 17)]))
    same("input", [(v.name, shape_of(v)) for v in model.graph.input], [("input", ["batch", *shape])])
    # What the package infers behind each layer is what PyTorch computes.
    reference.infer(torch.zeros(1, *shape, dtype=torch.float64))
    expected = [["batch", *value.shape[1:]] for value in reference.values[1:]]
    inferred = {v.name: shape_of(v) for v in [*model.graph.value_info, *model.graph.output]}
    last = [node for node in model.graph.node if node.output[0].endswith("output")]  # of each layer
    same("shapes", [inferred.get(node.output[0]) for node in last], expected)
    names = [re.sub(r"\.node\d+$", "", node.name) for node in last]
    same("names", names, [".".join(node.path) for node in reference.nodes])
    same("output", [v.name for v in model.graph.output], ["output"])
    return faults


def faults_of_outputs(path, images, outputs, batches):
    """Where ONNX Runtime computes something else than ctcnn, and the largest difference."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    faults, worst = [], 0.0
    for batch in batches:
        (theirs,) = session.run(["output"], {"input": images[:batch]})
        theirs, ours = theirs.reshape(batch, -1), outputs[:batch]
        difference = np.abs(theirs - ours).max(1) / np.abs(ours).max(1).clip(min=1e-30)
        worst = max(worst, difference.max())
        if not difference.max() <= TOLERANCE:
            faults.append(f"outputs of a batch of {batch} differ by {difference.max():.3g} of the largest")
        if (theirs.argmax(1) != ours.argmax(1)).any():
            faults.append(f"another argmax in a batch of {batch}")
    return faults, worst


# Inputs of operators that are no parameters.
CONSTANTS = (".groups", ".pads", ".scales", ".shape")

# What must occur in the networks of a sample: an operator, and what a node or an attribute of it is like.
OCCURS = {
    "Conv without bias": ("Conv", lambda node, a: len(node.input) == 2),
    "Conv with bias": ("Conv", lambda node, a: len(node.input) == 3),
    "Conv, padded": ("Conv", lambda node, a: max(a["pads"]) > 0),
    "Conv, padded unequally": ("Conv", lambda node, a: len(set(a["pads"])) > 1),
    "Conv with strides": ("Conv", lambda node, a: len(set(a["strides"])) > 1),
    "Conv with dilations": ("Conv", lambda node, a: len(set(a["dilations"])) > 1),
    "Conv with groups": ("Conv", lambda node, a: a["group"] > 1),
    "Conv of a rectangle": ("Conv", lambda node, a: len(set(a["kernel_shape"])) > 1),
    "Conv with one axis": ("Conv", lambda node, a: len(a["kernel_shape"]) == 1),
    "MaxPool with one axis": ("MaxPool", lambda node, a: len(a["kernel_shape"]) == 1),
    "AveragePool with one axis": ("AveragePool", lambda node, a: len(a["kernel_shape"]) == 1),
    "ConvTranspose with strides": ("ConvTranspose", lambda node, a: max(a["strides"]) > 1),
    "ConvTranspose with output padding": ("ConvTranspose", lambda node, a: max(a["output_padding"]) > 0),
    "ConvTranspose with dilations": ("ConvTranspose", lambda node, a: max(a["dilations"]) > 1),
    "ConvTranspose with groups": ("ConvTranspose", lambda node, a: a["group"] > 1),
    "LayerNormalization": ("LayerNormalization", lambda node, a: len(node.input) == 3),
    "LayerNormalization without bias": ("LayerNormalization", lambda node, a: len(node.input) == 2),
    "LayerNormalization with epsilon": ("LayerNormalization", lambda node, a: a["epsilon"] > 1e-4),
    "Gemm without bias": ("Gemm", lambda node, a: len(node.input) == 2),
    "Gemm with bias": ("Gemm", lambda node, a: len(node.input) == 3),
    **{
        f"{pool}, {what}": (pool, condition)
        for pool in ("MaxPool", "AveragePool")
        for what, condition in {
            "padded": lambda node, a: max(a["pads"]) > 0,
            "overlapping": lambda node, a: a["strides"] < a["kernel_shape"],
            "of a rectangle": lambda node, a: len(set(a["kernel_shape"])) > 1,
            "with ceil_mode": lambda node, a: a.get("ceil_mode", 0) == 1,
        }.items()
    },
    "AveragePool without its padding": ("AveragePool", lambda node, a: a["count_include_pad"] == 0),
    **{
        f"Resize, {mode}": ("Resize", lambda node, a, mode=mode: a["mode"].decode() == mode)
        for mode in ("nearest", "linear")
    },
    **{
        operator: (operator, lambda node, a: True)
        for operator in "Relu Sigmoid Tanh Flatten LeakyRelu Elu Selu Softplus Clip HardSigmoid HardSwish Erf PRelu "
        "Softmax LogSoftmax Pad GlobalAveragePool Identity".split()
    },
    "a block": ("", lambda node, a: "." in node.name),
    "a sum": ("Sum", lambda node, a: True),
    "a concatenation": ("Concat", lambda node, a: a["axis"] == 1),
    "a product": ("Mul", lambda node, a: ".product" not in node.output[0]),
    "a product of three": ("Mul", lambda node, a: ".product" in node.output[0]),
    "BatchNorm": ("BatchNormalization", lambda node, a: "filled" not in node.input[1]),
    "BatchNorm with NoAffine": ("BatchNormalization", lambda node, a: "filled" in node.input[1]),
    "LayerNorm with NoAffine": ("LayerNormalization", lambda node, a: "filled" in node.input[1]),
    "GroupNorm": ("InstanceNormalization", lambda node, a: True),
    "Dropout": ("Identity", lambda node, a: True),
    "a named layer": ("", lambda node, a: not node.name.split(".")[-1].isdigit()),
}


def occurring(model):
    """The entries of OCCURS that a model has."""
    found = set()
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        for what, (operator, condition) in OCCURS.items():
            if operator in ("", node.op_type) and condition(node, attributes):
                found.add(what)
    return found


def examine(program, c, folder):
    """What is wrong with the files of one network, what occurs in it, and the largest difference of outputs."""
    from safetensors.torch import save_file

    reference = Reference(c["layers"])
    reference.draw(torch.Generator().manual_seed(c["seed"]), 1)
    path = f"{folder}/{c['seed']}"
    save_file({k: v.float().contiguous() for k, v in reference.state().items()}, path + ".safetensors")
    images = np.random.default_rng(c["seed"]).standard_normal((max(BATCHES), *c["shape"]), np.float32)
    images.tofile(path + ".images")
    done = subprocess.run([program, str(c["seed"]), path], capture_output=True, text=True)
    if done.returncode != 0:
        return [f"exit {done.returncode}: {done.stderr[-500:]}"], set(), 0
    try:
        model = checked(path + ".onnx")
        faults = faults_of_model(model, reference, c["shape"], np.float32)
        exact = checked(path + ".double.onnx")
        faults += [f"double: {fault}" for fault in faults_of_model(exact, reference, c["shape"], np.float64)]
        outputs = np.fromfile(path + ".outputs", np.float32).reshape(len(images), -1)
        other, worst = faults_of_outputs(path + ".onnx", images, outputs, BATCHES)
        return faults + other, occurring(model), worst
    except Exception as error:  # what the onnx package and ONNX Runtime say of a file that they refuse
        return [f"{type(error).__name__}: {error}"], set(), 0


def examine_lenet(arguments):
    """What is wrong with a LeNet that was trained: its faults, and what it is like."""
    folder = f"{arguments.folder}/lenet"
    os.makedirs(folder, exist_ok=True)
    for packed in glob.glob(f"{arguments.mnist}/*-ubyte.gz"):
        with gzip.open(packed) as data, open(f"{folder}/{os.path.basename(packed)[:-3]}", "wb") as file:
            file.write(data.read())
    program = compiled(LENET, "lenet_program", arguments, [*FLAGS, "-O2"])
    done = subprocess.run([program, folder], check=True, capture_output=True, text=True)
    images = np.fromfile(f"{folder}/images", np.float32).reshape(-1, 1, 28, 28)
    outputs = np.fromfile(f"{folder}/outputs", np.float32).reshape(-1, 10)
    checked(f"{folder}/lenet.onnx")
    faults, worst = faults_of_outputs(f"{folder}/lenet.onnx", images, outputs, [len(images)])
    print(
        f"LeNet, trained to an accuracy of {done.stdout}: its outputs for {len(images)} images differ by at most "
        f"{worst:.2g} of the largest"
    )
    if float(done.stdout) < 0.9:
        faults.append("it is not trained")
    return faults + faults_of_lenet_in_torch(f"{folder}/lenet.safetensors", images, outputs)


def faults_of_lenet_in_torch(path, images, outputs):
    """Where PyTorch, with the weights of a safetensors file, computes something else than ctcnn."""
    from safetensors.torch import load_file

    nn = torch.nn
    lenet = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10)),
    )
    lenet.load_state_dict(load_file(path))
    with torch.no_grad():
        theirs = lenet.double()(torch.from_numpy(images).double()).numpy()
    worst = np.abs(theirs - outputs).max()
    others = int((theirs.argmax(1) != outputs.argmax(1)).sum())
    print(f"LeNet in PyTorch, in float64, by safetensors: logits of {len(images)} images differ by at most {worst:.2g}")
    return [f"PyTorch: {worst:.3g}, {others} other argmax"] if not worst <= LOGIT_TOLERANCE or others else []


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seeds", type=command.seeds, required=True, help="of the networks, such as 1-10,15,17")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--mnist", help="the folder of MNIST's .gz files: a LeNet is trained on it and exported, too")
    arguments = command.parse(parser, lambda a: [a.compiler])
    try:
        import safetensors.torch
    except ImportError:
        safetensors = None
    if onnx is None or safetensors is None:
        print("skipped: this Python has no onnx, onnxruntime or safetensors package")
        return MISSING
    cases = []
    for seed in arguments.seeds:
        shape, layers = GraphGenerator(random.Random(seed), exported=True).network()
        cases.append({"seed": seed, "shape": shape, "layers": layers})
    program = build(cases, arguments)
    failures, found, largest = 0, set(), 0.0
    for c in cases:
        faults, occurs, worst = examine(program, c, arguments.folder)
        found |= occurs
        largest = max(largest, worst)
        for fault in faults:
            failures += 1
            print(f"seed {c['seed']}: {fault}\n    {cpp_of(c)}")
    for fault in examine_lenet(arguments) if arguments.mnist else []:
        failures += 1
        print(f"LeNet: {fault}")
    missing = sorted(set(OCCURS) - found)
    if missing:
        failures += 1
        print(f"in none of the networks: {', '.join(missing)}")
    print(
        f"{len(cases)} networks exported; the outputs of ONNX Runtime {onnxruntime.__version__} differ by at most "
        f"{largest:.2g} of the largest: {failures} failures"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
