#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ctcnn-import refuses: each sentence, damaged files, and that nothing is written then. See README.md."""

import contextlib
import io
import os
import random
import shutil
import stat
import subprocess
import sys
import unittest.mock
import warnings

import numpy as np
import torch
from torch import nn

import command

MISSING = 77  # the exit status that skips the test
try:
    import onnx
    import safetensors.torch
    from onnx import TensorProto, helper, numpy_helper
    from imported import TOOLS
    from ctcnn_tools import compare, from_onnx, from_torch, importer
    from ctcnn_tools.network import Refusal
except ImportError:
    onnx = None


def rand(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def node(operator, *constants, **attributes):
    """A node behind the value before it: (operator, constants, attributes)."""
    return operator, constants, attributes


def model(shape, *nodes, opset=17, dtype=None, dims=None, outputs=1, inputs=1):
    """An ONNX model of nodes in a chain."""
    dtype = TensorProto.FLOAT if dtype is None else dtype
    value, made, tensors = "x", [], []
    for operator, constants, attributes in nodes:
        names = []
        for constant in constants:
            if not isinstance(constant, str):
                tensors.append(numpy_helper.from_array(np.asarray(constant), f"c{len(tensors)}"))
                constant = tensors[-1].name
            names.append(constant)
        first = attributes.pop("first", False)
        made.append(
            helper.make_node(
                operator,
                [*names, value] if first else [value, *names],
                [f"v{len(made)}"],
                f"n{len(made)}",
                **attributes,
            )
        )
        value = made[-1].output[0]
    graph = helper.make_graph(
        made,
        "graph",
        [helper.make_tensor_value_info(n, dtype, dims or ["batch", *shape]) for n in ("x", "x2", "x3")[:inputs]],
        [helper.make_tensor_value_info(f"v{len(made) - 1 - n}", dtype, ["a", "b"]) for n in range(outputs)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


CONV = node("Conv", rand(2, 2, 3, 3), pads=[1, 1, 1, 1]) if onnx else None
IMAGE = (2, 6, 6)


def onnx_cases():
    """(model, what the sentence has)"""
    yield model(IMAGE, node("LpPool", kernel_shape=[2, 2])), "node 'n0' (LpPool): ctcnn has no layer for it"
    yield model(IMAGE, CONV, node("Celu")), "node 'n1' (Celu): ctcnn has no layer for it. It has Conv2d"
    yield model(IMAGE, CONV, node("Add", "v0")), "node 'n1' (Add): it joins two computed values"
    yield model(IMAGE, CONV, node("Add", "x")), "(Add): it joins two computed values"
    yield model(IMAGE, CONV, node("Softmax", axis=2), node("Relu")), "(Relu): it follows a Softmax over axis 2"
    of_image = " of a value of shape (2, 6, 6) behind the batch axis: ctcnn has it for (C, L)"
    yield model(IMAGE, node("Conv", rand(2, 2, 3))), "a Conv1d" + of_image
    yield model(IMAGE, node("Conv", rand(2, 3, 3, 3))), "does not fit to 2 channels in 1 groups"
    yield model((2, 6), node("Conv", rand(2, 2, 3), rand(3))), "does not fit to 2 channels in 1 groups"
    yield model(IMAGE, node("ConvTranspose", rand(2, 2, 3, 3), rand(3))), "does not fit to 2 channels in 1 groups"
    yield model(IMAGE, node("Conv", rand(2, 2, 7, 7))), "its kernel reaches over 7 pixels, and there are 6"
    yield model(IMAGE, node("Conv", rand(2, 2, 3, 3), pads=[0, 0, -1, 0])), "negative padding removes pixels"
    yield model(IMAGE, node("Conv", rand(2, 2, 3, 3) * np.inf)), "0.weight has an element that is infinite or NaN"
    yield model(IMAGE, node("MaxPool", kernel_shape=[2, 2], dilations=[2, 2])), "its dilation is (2, 2)"
    yield model(IMAGE, node("MaxPool", kernel_shape=[2])), "MaxPool1d" + of_image
    yield model(
        IMAGE, node("MaxPool", kernel_shape=[3, 3], pads=[2, 2, 2, 2])
    ), "its padding 2 is more than half of its"
    yield model(IMAGE, node("MaxPool", kernel_shape=[2, 2], pads=[0, 0, 1, 1])), "its padding is (0, 0) before and"
    yield model(IMAGE, node("MaxPool", kernel_shape=[7, 7], ceil_mode=1)), "its kernel reaches over 7 pixels, and there"
    scales = np.array([1, 1, 2, 2], np.float32)
    resize = lambda s=scales, **options: model(IMAGE, node("Resize", "", s, **options))
    yield resize(mode="cubic"), "its mode is cubic, and ctcnn has Nearest and Bilinear"
    yield resize(mode="linear", coordinate_transformation_mode="asymmetric"), "its coordinates are asymmetric"
    yield resize(coordinate_transformation_mode="align_corners"), "its pixels are not repeated 2 times"
    yield resize(nearest_mode="floor"), "its pixels are not repeated 2 times with half_pixel"
    yield resize(np.array([1, 1, 2.5, 2.5], np.float32)), "its scale is (2.5, 2.5), and ctcnn's are whole"
    yield resize(np.array([1, 2, 2, 2], np.float32)), "it resizes other axes than the height and the width"
    yield model(IMAGE, node("ReduceMean", axes=[1])), "it reduces the axes [1] of 4"
    yield model(IMAGE, node("Gemm", rand(2, 2))), "a Linear on a value of shape (2, 6, 6)"
    yield model((4,), node("Gemm", rand(3, 2))), "its weight (2, 3) does not fit to 4 features"
    yield model((4,), node("Gemm", rand(4, 2), transA=1)), "so that images would mix"
    yield model((4,), node("Gemm", rand(4, 2), rand(3, 2))), "differs from image to image"
    yield model((4,), node("MatMul", rand(2, 4, 3))), "its weight has 3 axes"
    yield model((4,), node("MatMul", rand(3, 4), first=True)), "its first input is a constant"
    yield model((4,), node("Relu"), node("Mul", rand(4)), node("Relu")), "cannot be folded: move it next to one"
    yield model(IMAGE, node("Add", rand(2, 6, 6))), "its constant has the shape (2, 6, 6)"
    yield model((4,), node("Div", np.float32(1), first=True)), "it divides by the input"
    norm = [rand(2)] * 3 + [abs(rand(2))]
    yield model(IMAGE, node("BatchNormalization", *norm, training_mode=1)), "it is in training mode"
    yield model((4, 4), node("BatchNormalization", *[rand(4)] * 3, abs(rand(4)))), "it works on a value of shape (4, 4)"
    yield model((4,), node("Clip", np.float32(6), np.float32(0))), "it limits to 6.0 and 0.0, and the lower limit of"
    yield model((4,), node("LeakyRelu", alpha=-0.5)), "its slope is -0.5, and that of LeakyReLU is 0 or more"
    yield model((4,), node("Elu", alpha=-0.5)), "its alpha is -0.5, and that of ELU is 0 or more"
    yield model((4,), node("Selu", alpha=1.0)), "its alpha is 1.0 and its gamma 1.0507"
    yield model((4,), node("HardSigmoid")), "its alpha is 0.2 and its beta 0.5, and Hardsigmoid's are 1/6 and 0.5"
    yield model(IMAGE, node("PRelu", rand(6))), "its weight (6,) is neither one number nor one for each channel"
    yield model(IMAGE, node("Flatten", axis=2)), "its axis is 2, and ctcnn flattens all axes behind the batch"
    yield model(
        IMAGE, CONV, node("Reshape", np.array([0, 6, 3, 2, 2]))
    ), "ctcnn has features (F), sequences (C, L) and images (C, H, W)"
    yield model(IMAGE, node("Reshape", np.array([-1, 36]))), "in which the first axis is no longer the batch"
    yield model(IMAGE, node("Transpose", perm=[1, 0, 2, 3])), "moves the batch axis"
    yield model(IMAGE, CONV, node("Transpose", perm=[0, 2, 3, 1])), "the output has its axes permuted"
    nhwc = [CONV, node("Transpose", perm=[0, 2, 3, 1])]
    yield model(IMAGE, *nhwc, node("MaxPool", kernel_shape=[2, 2])), "of an image with its axes permuted"
    yield model(IMAGE, *nhwc, node("Mul", rand(2))), "it works on channels that are last"
    yield model(IMAGE, *nhwc, node("Flatten")), "the end behind a Flatten of an image with its channels last"
    yield model(IMAGE, node("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 1]), mode="reflect")), "it pads with reflect"
    yield model(IMAGE, node("Pad", np.array([0, 1, 0, 0, 0, 0, 0, 0]))), "it pads other axes than the height"
    yield model(IMAGE, node("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.float32(2))), "it pads with the value 2.0"
    yield model(IMAGE, node("Softmax", axis=0)), "it is over the images of a batch"
    yield model(IMAGE, CONV, node("Softmax"), opset=12), "it is over several axes, as before opset 13"
    yield model(IMAGE, node("Cast", to=10)), "it converts to float16"
    yield model(IMAGE, node("Dropout", np.float32(0.5), np.array(True))), "it is in training mode"
    yield model((4,), node("ArgMax", axis=1)), "predict their argmax: end the model before it"
    yield model((4,), node("Identity")), "nothing in the model is a layer of ctcnn"
    yield model((4,), node("Relu"), dtype=TensorProto.FLOAT16), "its input is float16, and ctcnn's is float"
    yield model((4,), node("Relu"), dtype=99), "its input is of the unknown type 99, and ctcnn's is float"
    yield model((4,), node("Relu"), dims=["batch"]), "its input has no axis behind the batch axis"
    yield model(
        (4,), node("Relu"), dims=["batch", "size"]
    ), "the sizes of its input are not fixed: give them as in --input"
    yield model((4,), node("Relu"), dims=["batch", 2**30]), "is too large"
    yield model(
        (4,), node("Relu"), node("Tanh"), outputs=2
    ), "it has 2 outputs (v1, v0), and a network of ctcnn has one"
    yield model((4,), node("Relu"), inputs=3), "it has 3 inputs (x, x2, x3), and a network of ctcnn has one"
    other = model((4,), node("Relu"))
    other.graph.node[0].domain = "com.microsoft"
    other.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    yield other, "it is an operator of 'com.microsoft', which is not ONNX's own"
    branch = model((4,), node("Relu"), node("Tanh"))
    branch.graph.node[1].input[0] = "x"
    branch.graph.node.append(helper.make_node("Add", ["v0", "v1"], ["y"]))
    branch.graph.output[0].name = "y"
    yield branch, "(Tanh): it reads 'x', which another node reads, too"
    constant = model((4,), node("Relu"))
    constant.graph.node[0].input[0] = "w"
    constant.graph.initializer.append(numpy_helper.from_array(rand(2, 4), "w"))
    yield constant, "it computes a constant"
    unread = model((4,), node("Relu"))
    unread.graph.output[0].name = "w"
    unread.graph.initializer.append(numpy_helper.from_array(rand(2, 4), "w"))
    yield unread, "its output does not depend on its input"
    large = model((4,), node("Add", "wide"))
    large.graph.node.insert(0, helper.make_node("Mul", ["u", "v"], ["wide"]))
    for name, shape in (("u", (1, 40000)), ("v", (40000, 1))):
        large.graph.initializer.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
    yield large, "it would make a constant of 1600000000 elements"
    filled = model((4,), node("Add", "wide"))
    filled.graph.node.insert(0, helper.make_node("ConstantOfShape", ["size"], ["wide"]))
    filled.graph.initializer.append(numpy_helper.from_array(np.array([1, 2**40]), "size"))
    yield filled, "it would make a constant of 1099511627776 elements"
    attribute = model(IMAGE, node("MaxPool", kernel_shape=[2, 2]))
    attribute.graph.node[0].attribute[0].ints.append(2)
    yield attribute, "its kernel has 3 axes"
    external = model((4,), node("Gemm", rand(4, 2)))
    external.graph.initializer[0].data_location = TensorProto.EXTERNAL
    external.graph.initializer[0].ClearField("raw_data")
    external.graph.initializer[0].external_data.add(key="location", value="weights.bin")
    yield external, "its weights are in another file, which is not next to it"


class Branch(nn.Module):
    def forward(self, x):
        return torch.relu(x) + x


class Square(nn.Module):
    def forward(self, x):
        return x * x


class Early(nn.Module):
    def forward(self, x):
        return x[:, 0] if x.sum() > 0 else x


def torch_cases():
    """(module, shape, what the sentence has)"""
    conv = nn.Conv2d(2, 2, 3)
    yield nn.Sequential(conv, nn.Mish()), IMAGE, "layer '1' (Mish, node 'mish'): aten.mish.default: ctcnn has no layer"
    inner = nn.Sequential(conv, nn.Sequential(nn.ReLU(), nn.RReLU()))
    yield inner, IMAGE, "layer '1.1' (RReLU, node 'rrelu'): aten.rrelu.default: ctcnn has no layer for it"
    yield Branch(), (4,), "it joins two computed values"
    yield Square(), (4,), "it joins a value with itself, and ctcnn-import makes chains of layers"
    yield Early(), (4,), "PyTorch cannot run or export it"
    yield nn.Linear(3, 2), (4,), "PyTorch cannot run or export it with an input of shape (8, 4)"
    yield nn.Linear(4, 2).half(), (4,), "its input is torch.float16, and ctcnn's is float: call model.float()"
    yield nn.Upsample(scale_factor=1.5), IMAGE, "its scale is (1.5, 1.5), and ctcnn's are whole numbers"
    yield nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), IMAGE, "it aligns the corners"
    yield nn.Upsample(scale_factor=2, mode="bicubic"), IMAGE, "aten.upsample_bicubic2d.vec: ctcnn has no layer for it"
    yield nn.AvgPool2d(2, divisor_override=3), IMAGE, "its divisor_override is not the size of the kernel"
    yield nn.AvgPool2d(2, ceil_mode=True, divisor_override=4), IMAGE, "it divides sums of windows over the end"
    yield nn.AdaptiveMaxPool2d(4), IMAGE, "its image (6, 6) is no multiple of the (4, 4) that it makes"
    yield nn.Conv3d(2, 2, 1), (2, 2, 3, 3), "aten.conv3d.default: ctcnn has no layer for it"
    yield nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"), IMAGE, "it pads with reflect"
    yield nn.ConstantPad2d(1, 3.0), IMAGE, "it pads with the value 3.0"
    yield nn.BatchNorm2d(2, track_running_stats=False), IMAGE, "it computes the statistics of the batch"
    negative = nn.BatchNorm2d(2)
    negative.running_var.fill_(-1)
    yield nn.Sequential(conv, negative), IMAGE, "0.weight has an element that is infinite or NaN"
    yield nn.Sequential(nn.ReLU(), nn.BatchNorm1d(4)), (4,), "cannot be folded: move it next to one"
    yield nn.Sequential(conv, nn.Unflatten(1, (1, 2))), IMAGE, "sequences (C, L) and images (C, H, W)"
    yield nn.Flatten(2), IMAGE, "it flattens the axes 2 to -1"
    yield nn.Sequential(conv, nn.Softmax(2), nn.ReLU()), IMAGE, "it follows a Softmax over axis 2"
    yield nn.LeakyReLU(-0.5), (4,), "its slope is -0.5, and that of LeakyReLU is 0 or more"
    yield nn.CELU(2.0), (4,), "ctcnn has no layer for it"
    yield nn.Sequential(nn.Dropout()), (4,), "nothing in the model is a layer of ctcnn"
    yield nn.MaxPool2d(2, return_indices=True), IMAGE, "it has 2 outputs"


class Elsewhere(nn.Linear):
    """A module on another device, that says where its input is."""

    def forward(self, x):
        return torch.tensor([x.device == self.weight.device])


class Check:
    def __init__(self, folder):
        self.folder, self.failures, self.count = folder, [], 0
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)

    def fail(self, text):
        self.failures.append(text)

    def call(self, what, *arguments):
        """main's exit status and what it says; anything but a status is a failure, as is a file of a failed call."""
        out = f"{self.folder}/out"
        self.count += 1
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            try:
                status = importer.main([*arguments, "-o", f"{out}/net"])
            except SystemExit as stop:
                status = stop.code
            except BaseException as error:
                self.fail(f"{what}: {type(error).__name__}: {error}")
                return 1, ""
        if status and os.listdir(out):
            self.fail(f"{what}: refused, and wrote {os.listdir(out)}")
        if not status and sorted(os.listdir(out)) != ["net.hpp", "net.safetensors"]:
            self.fail(f"{what}: imported, and wrote {os.listdir(out)}")
        return status, said.getvalue()

    def refused(self, what, sentence, *arguments):
        status, said = self.call(what, *arguments)
        if status not in (1, 2) or sentence not in said or status == 1 and said.count("\n") != 1:
            self.fail(f"{what}: status {status}, expected '{sentence}': {said}")
        if status == 1 and not said.startswith("ctcnn-import: "):
            self.fail(f"{what}: no ctcnn-import in {said}")


def sentences(check):
    """Every sentence, by the command line, and by import_model for modules."""
    file = f"{check.folder}/model.onnx"
    for made, sentence in onnx_cases():
        with open(file, "wb") as opened:
            opened.write(made.SerializeToString())
        check.refused(sentence, sentence, file, "--no-compare")
    for module, shape, sentence in torch_cases():
        training = [part.training for part in module.modules()]
        check.count += 1
        try:
            warnings.simplefilter("error", RuntimeWarning)  # of NumPy
            importer.import_model(module, shape, f"{check.folder}/module", compare=False)
            check.fail(f"{sentence}: imported")
        except Refusal as refusal:
            if sentence not in str(refusal):
                check.fail(f"expected '{sentence}': {refusal}")
        if training != [part.training for part in module.modules()]:
            check.fail(f"{sentence}: the module's mode has changed")
    if [name for name in os.listdir(check.folder) if name.startswith("module")]:
        check.fail("import_model wrote a file of a module that it refuses")


def command_lines(check, arguments):
    f = check.folder
    good = f"{f}/good.onnx"
    onnx.save(model((4,), node("Gemm", rand(4, 2))), good)
    net = nn.Sequential(nn.Linear(4, 2))
    weights = f"{f}/weights.safetensors"
    safetensors.torch.save_file(net.state_dict(), weights)
    python = f"{f}/mine.py"
    with open(python, "w") as file:
        file.write("import torch\ndef made():\n    return torch.nn.Sequential(torch.nn.Linear(4, 2))\n")
        file.write(
            "def other():\n    return torch.nn.Linear(4, 3)\nnumber = 3\ndef fails():\n    raise ValueError('no')\n"
        )
    configured = f"{f}/configured.py"
    with open(configured, "w") as file:
        file.write("from __future__ import annotations\nimport dataclasses, torch\n@dataclasses.dataclass\n")
        file.write("class Config:\n    size: int = 4\ndef made():\n    return torch.nn.Linear(Config().size, 2)\n")
    broken = f"{f}/broken.py"
    with open(broken, "w") as file:
        file.write("import nothing_of_this_name\n")
    ending = f"{f}/ending.py"
    with open(ending, "w") as file:
        file.write("import sys\nsys.exit(0)\n")
    for name in ("model.pt", "model.h5", "model", "model.tflite"):
        open(f"{f}/{name}", "w").close()
    check.refused("pt", "torch.export.save, and import the .pt2 file", f"{f}/model.pt")
    check.refused("h5", "convert it with tf2onnx", f"{f}/model.h5")
    check.refused("no ending", "its name must end with .onnx, .pt2 or .safetensors", f"{f}/model")
    check.refused("missing", "No such file or directory", f"{f}/missing.onnx")
    os.mkdir(f"{f}/dir.onnx")
    check.refused("a folder", "Is a directory", f"{f}/dir.onnx")
    check.refused("no model", "a safetensors file has weights and no layers", weights)
    check.refused("model and onnx", "--model is for .safetensors files", good, "--model", f"{python}:made")
    check.refused("no input", "--input is missing", weights, "--model", f"{python}:made")
    given = [weights, "--input", "4", "--no-compare", "--model"]
    check.refused("no python", "must be FILE.py:NAME", *given, "nothing")
    check.refused("no name", "there is no unknown in", *given, f"{python}:unknown")
    check.refused("fails", "fails with ValueError: no", *given, f"{python}:fails")
    check.refused("number", "fails with TypeError", *given, f"{python}:number")
    check.refused("broken", "ModuleNotFoundError: No module named 'nothing_of_this_name'", *given, f"{broken}:made")
    check.refused("ending", "ending.py ends the program (exit status 0) when it is run", *given, f"{ending}:made")
    check.refused("other tensors", "its tensors are not those of --model", *given, f"{python}:other")
    check.refused("bad shape", "'4,x' is no shape without batch axis, such as 3,224,224", good, "--input", "4,x")
    check.refused("other shape", "does not fit to the given (5,)", good, "--input", "5")
    check.refused("name", "'a b' is no name for a C++ type", good, "--name", "a b")
    check.refused("keyword", "'class' is no name for a C++ type", good, "--name", "class", "--no-compare")
    check.refused("quotation mark", "there is no compiler 'g++ ''", good, "--compiler", "g++ '")
    check.refused("compiler", "there is no compiler 'no-such-compiler'", good, "--compiler", "no-such-compiler")
    check.refused("headers", "there is no ctcnn/inference.hpp in", good, "--include", f)
    include = ["--include", arguments.include, "--compiler", arguments.compiler]
    check.refused(
        "failing compiler",
        "false does not compile the network (exit status 1)",
        good,
        *include[:2],
        "--compiler",
        "false",
    )

    without = unittest.mock.patch.dict(sys.modules, {"onnxruntime": None})
    failing = unittest.mock.patch("ctcnn_tools.from_onnx.ReferenceEvaluator", side_effect=RuntimeError("too old"))
    with without, failing:
        check.refused("no reference", "nothing here computes it", good, *include)

    def imported(what, *line, has=""):
        status, said = check.call(what, *line)
        if status != 0:
            check.fail(f"{what}: status {status}: {said}")

    imported("safetensors with --model", *given, f"{python}:made")
    linear = f"{f}/linear.safetensors"
    safetensors.torch.save_file(nn.Linear(4, 2).state_dict(), linear)
    imported("dataclass", linear, *given[1:], f"{configured}:made")
    imported("compared", good, *include)
    # What the standard output does not take is said in one line, and names that it has no characters for are escaped.
    line = [sys.executable, "-m", "ctcnn_tools.importer"]
    names = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    names |= {"PYTHONPATH": TOOLS, "PYTHONIOENCODING": "utf-8:strict"}
    odd = os.fsencode(f) + b"/odd\xff.onnx"
    shutil.copy(good, odd)
    done = subprocess.run([*line, odd, "--no-compare", "-o", f"{f}/odd"], capture_output=True, env=names)
    if done.returncode != 0 or not done.stdout.startswith(b"odd\\udcff.onnx: 1 layer") or done.stderr:
        check.fail(f"a name that is not UTF-8: {done}")
    for more in ([good, "--no-compare", "-o", f"{f}/full"], ["--help"]) if os.path.exists("/dev/full") else ():
        with open("/dev/full", "w") as full:
            done = subprocess.run([*line, *more], stdout=full, stderr=subprocess.PIPE, text=True, env=names)
        if done.returncode != 1 or "the standard output" not in done.stderr or done.stderr.count("\n") != 1:
            check.fail(f"a full disk: {done}")
    # The name of a compiler counts from this folder.
    with open(f"{f}/compiler", "w") as file:
        file.write(f'#!/bin/sh\nexec {arguments.compiler} "$@"\n')
    os.chmod(f"{f}/compiler", 0o755)
    imported("relative compiler", good, *include[:2], "--compiler", os.path.relpath(f"{f}/compiler"))
    open_sizes = f"{f}/open.onnx"
    onnx.save(model(IMAGE, CONV, dims=["batch", 2, "height", "width"]), open_sizes)
    imported("--input", open_sizes, "--input", "2,6,7", "--no-compare")
    # Wrong outputs are found, and nothing is written.
    reader = from_onnx.Reader(from_onnx.load(good))
    wrong = lambda: ("a wrong reference", lambda x: x @ rand(4, 2) * np.float32(1 + 3 * compare.TOLERANCE))
    check.count += 1
    try:
        importer.run(reader, wrong, f"{f}/wrong", "good.onnx", "Good", arguments.compiler, arguments.include, say=str)
        check.fail("outputs that differ are not found")
    except Refusal as refusal:
        if "compared with a wrong reference, the outputs differ by at most" not in str(refusal):
            check.fail(f"wrong outputs: {refusal}")
    if check.call("status of a name", good, "--name", "a b")[0] != 2:
        check.fail("a wrong --name has not the status 2")
    if [name for name in os.listdir(f) if name.startswith("wrong")]:
        check.fail("a network with wrong outputs was written")
    # A safetensors file is not overwritten by itself.
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        status = importer.main([weights, "-o", weights, "--model", f"{python}:made", "--input", "4"])
    if status != 1 or "it would be overwritten" not in said.getvalue():
        check.fail(f"overwritten: {status} {said.getvalue()}")
    # The reference gets its images where its parameters are.
    if not from_torch.reference(Elsewhere(4, 2, device="meta"))[1](rand(1, 4)):
        check.fail("a module on another device gets images on this one")
    # An infinite threshold has a spelling.
    spelled = from_torch.Reader(from_torch.export(nn.Softplus(threshold=float("inf")), (4,))).read().spelled()
    if spelled != ["SoftplusWith<1.0, 3.4028235e+38>"]:
        check.fail(f"a Softplus without a threshold: {spelled}")
    # A folder is no name of files.
    for folder in (f"{f}/", f"{f}/.", f"{f}/..", ""):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            status = importer.main([good, "-o", folder, "--no-compare"]) if folder else 1
            try:
                importer.import_model(net, (4,), folder, compare=False)
                check.fail(f"import_model writes files without a name: {folder}")
            except Refusal as refusal:
                said.write(str(refusal))
        if status != 1 or said.getvalue().count("is the name of a folder") != (2 if folder else 1):
            check.fail(f"-o {folder}: {status} {said.getvalue()}")
    # A system call that fails leaves the old files.
    for failing in ("os.fsync", "os.replace"):
        for path, data in ((f"{f}/old.hpp", "old"), (f"{f}/old.safetensors", "old")):
            with open(path, "w") as file:
                file.write(data)
        with unittest.mock.patch(failing, side_effect=OSError(28, "No space left on device")):
            with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
                status = importer.main([good, "-o", f"{f}/old", "--no-compare"])
        left = sorted(name for name in os.listdir(f) if "old" in name)
        told = "old.safetensors: No space left on device" in said.getvalue()
        if status != 1 or not told or left != ["old.hpp", "old.safetensors"]:
            check.fail(f"{failing}: {status} {said.getvalue()} {left}")
        if open(f"{f}/old.hpp").read() + open(f"{f}/old.safetensors").read() != "oldold":
            check.fail(f"{failing}: a file is new")
    # Where the header cannot be written, the weights are not either.
    os.mkdir(f"{f}/taken.hpp")
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        status = importer.main([good, "-o", f"{f}/taken", "--no-compare"])
    if status != 1 or "taken.hpp' is a folder or a device" not in said.getvalue():
        check.fail(f"taken: {status} {said.getvalue()}")
    if os.path.exists(f"{f}/taken.safetensors"):
        check.fail("the weights were written without the header")
    # Names may have the 255 bytes of file systems.
    longest = "ä" * 121 + "a"  # 255 bytes with .safetensors
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        status = importer.main([good, "-o", f"{f}/{longest}", "--no-compare"])
    if status != 0 or not os.path.exists(f"{f}/{longest}.hpp"):
        check.fail(f"a long name: {status} {said.getvalue()}")
    # The header holds no name that ends a comment, and the files have the usual permissions.
    odd = f"{f}/odd\nname\\.onnx"
    shutil.copy(good, odd)
    imported("odd name", odd, *include)
    mode = stat.S_IMODE(os.stat(f"{f}/out/net.hpp").st_mode)
    umask = os.umask(0)
    os.umask(umask)
    if mode != 0o666 & ~umask:
        check.fail(f"mode {mode:o}")


def damaged(check, count):
    """Files that end early, and files with other bytes: imported or refused with one line."""
    rng = random.Random(0)
    nodes = [CONV, node("Relu"), node("MaxPool", kernel_shape=[2, 2]), node("Flatten"), node("Gemm", rand(50, 3))]
    onnx_data = model(IMAGE, *nodes).SerializeToString()
    program = torch.export.export(nn.Sequential(nn.Linear(4, 2)), (torch.zeros(2, 4),))
    torch.export.save(program, f"{check.folder}/whole.pt2")
    with open(f"{check.folder}/whole.pt2", "rb") as file:
        pt2_data = file.read()
    refused = 0
    for kind, data, times in (("onnx", onnx_data, count), ("pt2", pt2_data, count // 10)):
        for n in range(times):
            bytes_ = bytearray(data)
            if n % 2:
                del bytes_[rng.randrange(len(bytes_)) :]
            else:
                for _ in range(rng.choice([1, 1, 2, 8])):
                    # Weights fill most of a file: more of the changes are to what is in front of and behind them.
                    place = rng.randrange(len(bytes_)) if rng.random() < 0.3 else rng.randrange(min(len(bytes_), 600))
                    bytes_[place] = rng.randrange(256)
            path = f"{check.folder}/damaged.{kind}"
            with open(path, "wb") as file:
                file.write(bytes_)
            status, said = check.call(f"damaged {kind} {n}", path, "--no-compare")
            refused += status
            if status not in (0, 1) or said.count("\n") != status:
                check.fail(f"damaged {kind} {n}: status {status}: {said}")
    return refused


def installed(check):
    """`pip install` of the folder makes the program ctcnn-import, which does what the module does."""
    copy, prefix = f"{check.folder}/tools", f"{check.folder}/prefix"
    shutil.copytree(TOOLS, copy)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*pip, "--prefix", prefix, copy], capture_output=True, text=True)
    if done.returncode != 0:
        check.fail(f"pip: {done.stderr[-500:]}")
        return
    (package,) = [folder for folder, _, _ in os.walk(prefix) if folder.endswith("/ctcnn_tools")]
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(package)}
    line = [
        f"{prefix}/bin/ctcnn-import",
        f"{check.folder}/good.onnx",
        "--no-compare",
        "-o",
        f"{check.folder}/by_program",
    ]
    done = subprocess.run(line, capture_output=True, text=True, env=environment)
    if done.returncode != 0 or not os.path.exists(f"{check.folder}/by_program.hpp"):
        check.fail(f"the installed program: {done.stdout} {done.stderr}")


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--count", type=int, default=400, help="of damaged files")
    arguments = command.parse(parser, lambda a: [a.compiler])
    if onnx is None or not hasattr(torch, "export"):
        print("skipped: this Python has no onnx or safetensors package, or a PyTorch without torch.export")
        return MISSING
    check = Check(f"{os.path.abspath(arguments.folder)}/refused")
    sentences(check)
    command_lines(check, arguments)
    installed(check)
    refused = damaged(check, arguments.count)
    for failure in check.failures:
        print(failure)
    print(f"{check.count} calls, {refused} damaged files refused: {len(check.failures)} failures")
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
