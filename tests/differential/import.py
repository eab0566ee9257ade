#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random networks, and models as other tools write them, through ctcnn-import: from PyTorch, .pt2 files and ONNX files,
and from the ONNX files that ctcnn exports. See README.md."""

import collections
import contextlib
import io
import logging
import random
import re
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import command
from layers import Block, Conv2d, Generator, Linear

MISSING = 77  # the exit status that skips the test
try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from imported import Program, exported
    from ctcnn_tools import compare, from_onnx, from_torch
    from ctcnn_tools.network import Refusal
except ImportError:
    onnx = None
try:
    import onnxscript
except ImportError:
    onnxscript = None  # torch.onnx.export has its older form alone

# How far apart the outputs may be, relative to the largest: each is a sum of float32 that the other side adds in
# double, and BatchNorm scales it.
TOLERANCE = 1e-5
BATCH = 3


# Random modules -------------------------------------------------------------------------------------------------------


def norm(kind, size):
    made = kind(size)
    with torch.no_grad():
        made.running_mean.normal_()
        made.running_var.uniform_(0.3, 3)
        made.weight.uniform_(0.5, 2)
        made.bias.normal_()
    return made


def module_of(layers, shape, rng):
    """The layers as modules, with others between them that are folded or left out; and the shape behind them."""
    modules = []
    for layer in layers:
        if isinstance(layer, Block):
            module, shape = module_of(layer.layers, shape, rng)
            modules.append(module)
            continue
        module = layer.module()
        with torch.no_grad():
            for p in module.parameters():
                p.normal_(0, (p[0].numel() if p.dim() > 1 else 4) ** -0.5)
            shape = tuple(module(torch.zeros(2, *shape)).shape[1:])
        modules.append(module)
        # Behind these it can always be folded.
        if isinstance(layer, (Conv2d, Linear)) and len(shape) in (1, 2, 3) and rng.random() < 0.4:
            modules.append(norm(nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d, shape[0]))
        if rng.random() < 0.2:
            kinds = [nn.Dropout, nn.Identity] + ([nn.Dropout2d] if len(shape) == 3 else [])
            modules.append(rng.choice(kinds)())
    return nn.Sequential(*modules), shape


class Constants(nn.Module):
    """Constants on either side, and integers."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.register_buffer("largest", torch.tensor(255))
        self.register_buffer("each", torch.tensor([0.5, -2.0]).view(2, 1, 1))

    def forward(self, x):
        x = torch.relu(torch.add(self.each, self.conv(x / self.largest), alpha=2))
        return torch.sub(self.each, 1 - x, alpha=3)


class Functional(nn.Module):
    """A module whose forward is written by hand."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding="same", bias=False)
        self.norm = norm(nn.BatchNorm2d, 6)
        self.depthwise = nn.Conv2d(6, 6, 4, padding="same", groups=6)
        self.fc = nn.Linear(6 * 4, 8)
        self.out = nn.Linear(8, 4)

    def forward(self, x):
        x = F.relu(self.norm(self.conv((x - 0.5) / 0.25)))
        x = F.max_pool2d(torch.tanh(self.depthwise(x)), 2)
        x = F.adaptive_avg_pool2d(x, (2, 2)).view(x.size(0), -1)
        x = F.dropout(torch.sigmoid(self.fc(x)), 0.5, self.training)
        return F.log_softmax(self.out(x), dim=1)


UNEVEN = (3, 7)  # no divisors of the images


def hand_written():
    """(name, module, shape)"""
    torch.manual_seed(0)
    yield "functional", Functional(), (3, 9, 12)
    # BatchNorm on the input, behind a pool, behind a function, and on features.
    yield "norms", nn.Sequential(
        *(norm(nn.BatchNorm2d, 2), nn.Conv2d(2, 4, 3, padding=1), nn.MaxPool2d(2), norm(nn.BatchNorm2d, 4)),
        *(nn.Conv2d(4, 6, 3, groups=2), nn.ReLU(), norm(nn.BatchNorm2d, 6), nn.Flatten(), nn.Linear(24, 5, bias=False)),
        *(nn.Tanh(), norm(nn.BatchNorm1d, 5), nn.Dropout(), nn.Linear(5, 3), nn.Softmax(1)),
    ), (2, 8, 8)
    yield "pads", nn.Sequential(
        *(
            nn.ZeroPad2d((1, 2, 0, 1)),
            nn.Conv2d(1, 2, 3, stride=2),
            nn.ZeroPad2d(1),
            nn.AvgPool2d(3, 2),
            nn.ZeroPad2d(1),
        ),
        *(nn.ReLU(), nn.AvgPool2d(2, 1, 1, count_include_pad=False, divisor_override=4)),
        *(nn.AdaptiveMaxPool2d(1), nn.Flatten()),
    ), (1, 10, 9)
    # What moves and resizes, and pools of all kinds; windows of different sizes, which are imported and not exported.
    yield "resizes", nn.Sequential(
        *(nn.Upsample(scale_factor=(2, 3)), nn.ZeroPad2d((1, 2, 0, 1)), nn.ReLU(), nn.Identity()),
        *(nn.Upsample(scale_factor=2, mode="bilinear"), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ZeroPad2d((0, 1, 0, 0))),
        *(nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), nn.Conv2d(2, 3, 3, padding="same")),
        *(nn.AvgPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d(2, 1, 1, count_include_pad=False)),
        *(nn.ZeroPad2d((0, 90, 0, 0)), nn.Conv2d(3, 2, 3, stride=7), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        *(nn.Linear(2, 12), nn.Unflatten(1, (3, 2, 2)), nn.Conv2d(3, 2, 2)),
    ), (2, 5, 4)
    yield "uneven means", nn.Sequential(nn.Conv2d(1, 2, 2), nn.AdaptiveAvgPool2d(UNEVEN), nn.Flatten()), (1, 6, 8)
    yield "softmax of the input", nn.Sequential(nn.Softmax(1), nn.Unflatten(1, (3, 2, 2)), nn.Conv2d(3, 2, 1)), (12,)
    yield "wide pads", nn.Sequential(nn.Conv2d(1, 2, 3), nn.ZeroPad2d(2), nn.AvgPool2d(2)), (1, 6, 6)
    yield "constants", Constants(), (1, 6, 6)
    yield "mean", nn.Sequential(nn.Conv2d(1, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)), (1, 6, 7)
    yield "sequences", nn.Sequential(
        *(nn.Conv1d(2, 4, 3, padding=1, bias=False), norm(nn.BatchNorm1d, 4), nn.ReLU(), nn.AdaptiveAvgPool1d(5)),
        *(nn.Conv1d(4, 3, 2), nn.AdaptiveMaxPool1d(2), nn.Flatten(), nn.Linear(6, 12), nn.Unflatten(1, (3, 4))),
        *(nn.Conv1d(3, 5, 2), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(5, 2)),
    ), (2, 15)
    yield "double", nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2)).double(), (4,)
    yield "deep", nn.Sequential(
        nn.Sequential(nn.Sequential(nn.Linear(4, 3))), nn.Sequential(nn.Sequential(nn.ReLU()))
    ), (4,)


def onnx_of(module, images, path, dynamo, preserve, dynamic):
    """Writes an ONNX file as torch does. preserve: BatchNorm stays a node of its own."""
    options = {"dynamo": dynamo}
    if dynamo:
        options["dynamic_shapes"] = ({0: torch.export.Dim("batch")},) if dynamic else None
    else:
        options["dynamic_axes"] = {"input": {0: "batch"}} if dynamic else None
        options["input_names"] = ["input"]
        if preserve:
            options |= {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (images,), path, verbose=False, **options)


def forms(module, images, path, seed):
    """(name, reader) of each form in which a module is imported."""
    shape = tuple(images.shape[1:])
    program = from_torch.export(module, shape)
    yield "module", from_torch.Reader(program)
    torch.export.save(program, path + ".pt2")
    yield "pt2", from_torch.Reader(from_torch.load(path + ".pt2"))
    if any(isinstance(m, nn.AdaptiveAvgPool2d) and m.output_size == UNEVEN for m in module.modules()):
        return  # ONNX has no operator for it.
    preserve, dynamic = seed % 2 == 0, seed % 3 == 0
    onnx_of(module, images, path + ".onnx", False, preserve, dynamic)
    yield "onnx", from_onnx.Reader(from_onnx.load(path + ".onnx"))
    if onnxscript is not None and seed % 5 == 0:  # it takes seconds
        onnx_of(module, images, path + ".dynamo.onnx", True, preserve, dynamic)
        yield "dynamo", from_onnx.Reader(from_onnx.load(path + ".dynamo.onnx"))


# ONNX models as other tools write them ------------------------------------------------------------------------------


class Graph:
    """An ONNX model, node after node."""

    def __init__(self, shape, dtype=TensorProto.FLOAT if onnx else None, opset=17):
        self.rng = np.random.default_rng(len(shape))
        self.inputs = [helper.make_tensor_value_info("x", dtype, ["batch", *shape])]
        self.dtype, self.opset = dtype, opset
        self.nodes, self.constants, self.value = [], [], "x"

    def constant(self, value):
        value = np.asarray(value)
        if value.dtype == np.float64 and self.dtype == TensorProto.FLOAT:
            value = value.astype(np.float32)
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def random(self, *shape):
        return self.rng.standard_normal(shape) / max(1, np.prod(shape[1:])) ** 0.5

    def add(self, operator, *constants, first=False, **attributes):
        names = [self.constant(c) if not isinstance(c, str) else c for c in constants]
        inputs = [*names, self.value] if first else [self.value, *names]
        self.value = f"v{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, inputs, [self.value], name=f"{operator}_{self.value}", **attributes)
        )
        return self

    def model(self):
        outputs = [helper.make_tensor_value_info(self.value, self.dtype, ["batch", "features"])]
        graph = helper.make_graph(self.nodes, "graph", self.inputs, outputs, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)


def keras():
    """As tf2onnx writes a Keras model: channels last, MatMul and Add, SAME padding."""
    g = Graph((9, 8, 3))
    g.add("Mul", np.float32(1 / 255)).add("Transpose", perm=[0, 3, 1, 2])
    g.add("Conv", g.random(4, 3, 3, 3), g.random(4), strides=[2, 2], auto_pad="SAME_UPPER").add("Relu")
    g.add("Conv", g.random(4, 1, 2, 2), group=4, auto_pad="SAME_LOWER").add("Add", g.random(1, 4, 1, 1))
    g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2], auto_pad="VALID")
    g.add("Transpose", perm=[0, 2, 3, 1]).add("Reshape", np.array([-1, 2 * 2 * 4]))
    g.add("MatMul", g.random(16, 6)).add("Add", g.random(6)).add("Relu")
    return g.add("MatMul", g.random(6, 3)).add("Add", g.random(3)).add("Softmax", axis=-1)


def gemms():
    g = Graph((6,))
    g.add("Gemm", g.random(6, 5), g.random(1, 5), alpha=0.5, beta=2.0).add("Tanh").add("Mul", g.random(5))
    g.add("Gemm", g.random(4, 5), g.random(1), transB=1).add("Sub", g.random(4)).add("Div", g.random(1) + 2)
    g.add("Clip", np.float32(0)).add("Dropout").add("Identity").add("Cast", to=TensorProto.FLOAT)
    return g.add("Sub", np.float32(1), first=True).add("Gemm", g.random(4, 3))


def flat_input():
    """A flat input that becomes an image, and a shape that is computed, as older exports of PyTorch have it."""
    g = Graph((72,))
    g.add("Reshape", np.array([0, 2, 6, 6])).add(
        "Conv", g.random(4, 1, 3, 3), group=2, dilations=[2, 2], pads=[3, 0, 1, 2]
    )
    value = g.value
    g.nodes.append(helper.make_node("Shape", [value], ["shape"]))
    g.nodes.append(helper.make_node("Gather", ["shape", g.constant(np.array(0))], ["size"]))
    g.nodes.append(helper.make_node("Unsqueeze", ["size", g.constant(np.array([0]))], ["sizes"]))
    g.nodes.append(helper.make_node("Concat", ["sizes", g.constant(np.array([-1]))], ["target"], axis=0))
    return g.add("Reshape", "target").add("Gemm", g.random(4 * 6 * 4, 2))


def flat_pixels():
    """A flat input of pixels with their channels last."""
    g = Graph((40,))
    g.add("Reshape", np.array([-1, 5, 4, 2])).add("Transpose", perm=[0, 3, 1, 2]).add("Conv", g.random(3, 2, 3, 3))
    return g.add("Relu")


def scaled():
    """One scale for all channels before a Transpose."""
    g = Graph((2, 5, 6))
    g.add("Conv", g.random(3, 2, 3, 3)).add("Relu").add("Mul", np.float32(0.5)).add("Add", np.float32(2))
    return g.add("Transpose", perm=[0, 2, 3, 1]).add("Flatten").add("Gemm", g.random(36, 2))


def reduced():
    g = Graph((2, 5, 6))
    g.add("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 1])).add("Conv", g.random(3, 2, 2, 2), pads=[0, 1, 1, 0]).add("Sigmoid")
    return (
        g.add("Add", g.random(3, 1, 1)).add("Conv", g.random(4, 3, 1, 1)).add("ReduceMean", axes=[-1, -2], keepdims=0)
    )


def squeezed():
    g = Graph((2, 5, 6), TensorProto.DOUBLE)
    g.add("ReduceMax", axes=[2, 3]).add("Squeeze", np.array([2, 3])).add("Gemm", g.random(2, 3), g.random(3))
    return g.add("LogSoftmax", axis=1)


def resized():
    """Whole scales as several tools write them: sizes, and coordinates that round to the same pixels."""
    g = Graph((1, 3, 4))
    half = dict(mode="nearest", coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_floor")
    g.add("Resize", "", "", np.array([BATCH, 1, 9, 8]), **half)
    g.add("Relu").add("Resize", "", np.array([1, 1, 1, 2], np.float32), mode="linear")
    g.add("Pad", np.array([0, 0, 0, 1, 0, 0, 2, 0])).add("Tanh")
    return g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER").add("Flatten")


def ceiled():
    g = Graph((2, 7, 9))
    g.add("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[0, 1, 0, 1])
    g.add("AveragePool", kernel_shape=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1).add("GlobalAveragePool")
    return g.add("Flatten").add("BatchNormalization", *(abs(g.random(2)) for _ in range(4))).add("Gemm", g.random(2, 2))


def broadcast():
    """A scale and a bias of fewer axes than those that are normalised."""
    g = Graph((2, 3, 4))
    g.add("LayerNormalization", g.random(4), g.random(2, 1, 1), axis=1).add("Flatten")
    return g.add("Gemm", g.random(24, 2))


def open_batch():
    """A batch of any size that is written as -1."""
    g = Graph((4,))
    model = g.add("Gemm", g.random(4, 3)).model()
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = -1
    return model


def function():
    """Layers in a function of the model's own."""
    g = Graph((4,))
    weight = g.constant(g.random(4, 3))
    body = [helper.make_node("MatMul", ["a", "w"], ["b"]), helper.make_node("Relu", ["b"], ["c"])]
    imports = [helper.make_opsetid("", 17)]
    g.nodes.append(helper.make_node("dense", ["x", weight], ["y"], domain="mine"))
    g.value = "y"
    model = g.model()
    model.functions.append(helper.make_function("mine", "dense", ["a", "w"], ["c"], body, imports))
    model.opset_import.append(helper.make_opsetid("mine", 1))
    return model


OTHERS = [keras, gemms, flat_input, flat_pixels, scaled, reduced, squeezed, resized, ceiled, broadcast, open_batch]
OTHERS.append(function)

# What must occur in the networks of a sample.
OCCURS = {
    "BatchNorm folded",
    "Dropout left out",
    "Identity left out",
    "note: a BatchNorm or scale that has no convolution next to it",
    "ZeroPad2d",
    "Upsample",
    "Bilinear",
    "CeilMode",
    "NoCountPadding",
    "AdaptiveAvgPool2d",
    "Unflatten",
    "note: unequal padding",
    "note: Softmax at the end",
    "note: LogSoftmax at the end",
    "note: a reshape of the input",
    "note: a Transpose of the input",
    "a block",
}


def occurring(builder):
    found = {f"{kind} folded" for kind in builder.folded} | {f"{kind} left out" for kind in builder.left_out}
    found |= {what for what in OCCURS for note in builder.notes if f"note: {note}".startswith(what)}
    found |= OCCURS & set(re.findall(r"\w+", " ".join(builder.spelled())))
    return found | ({"a block"} if any(isinstance(layer, list) for layer in builder.tree()) else set())


def flat(layers):
    return [leaf for layer in layers for leaf in (flat(layer) if isinstance(layer, list) else [layer])]


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seeds", type=command.seeds, required=True, help="of the networks, such as 1-10,15,17")
    parser.add_argument("--compiler", default="g++")
    arguments = command.parse(parser, lambda a: [a.compiler])
    if onnx is None or not hasattr(torch, "export"):
        print("skipped: this Python has no onnx or safetensors package, or a PyTorch without torch.export")
        return MISSING
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")  # padding="same" of an even kernel is slow
    program = Program(f"{arguments.folder}/networks", arguments)
    cases, failures, found = [], [], set()

    def add(name, reader, images, expected, tolerance=TOLERANCE):
        try:
            builder = reader.read()
        except Refusal as refusal:
            failures.append(f"{name}: {refusal}")
            return
        found.update(occurring(builder))
        cases.append((name, program.add(builder, compare.to_network(builder, images)), builder, expected, tolerance))

    modules = [(name, module, shape, 5 * index) for index, (name, module, shape) in enumerate(hand_written())]
    for seed in arguments.seeds:
        shape, layers = Generator(random.Random(seed), exported=True).network()
        torch.manual_seed(seed)
        modules.append((f"seed {seed}", module_of(layers, shape, random.Random(seed))[0], shape, seed))
    for index, (name, module, shape, seed) in enumerate(modules):
        dtype = next((p.dtype for p in module.parameters()), torch.float32)
        images = torch.randn(BATCH, *shape, dtype=dtype)
        module.train()
        for form, reader in forms(module.eval(), images, f"{arguments.folder}/{index}", seed):
            with torch.no_grad():
                rounded = module(images).numpy()
                expected = module.double()(images.double()).numpy()
            module.to(dtype)
            # Outputs that cancel, such as means of normalised pixels, are off by as much in PyTorch.
            tolerance = max(TOLERANCE, 8 * compare.difference(rounded, expected))
            add(f"{name}, {form}", reader, images.numpy(), expected, tolerance)
    for other in OTHERS:
        model = other()
        model = model if isinstance(model, onnx.ModelProto) else model.model()
        path = f"{arguments.folder}/{other.__name__}.onnx"
        onnx.save(model, path)
        reader = from_onnx.Reader(from_onnx.load(path))
        shape = (BATCH, *reader.model_shape)
        images = np.random.default_rng(1).standard_normal(shape).astype(reader.dtype)
        add(other.__name__, reader, images, from_onnx.reference(model)[1](images))

    program.run()
    largest = 0.0
    for name, run, builder, expected, tolerance in cases:
        difference = compare.difference(program.outputs(run, builder), expected)
        largest = max(largest, difference if tolerance == TOLERANCE else 0)
        if not difference <= tolerance:
            text = f"{name}: the outputs differ by {difference:.3g} of the largest"
            failures.append(f"{text}\n    {', '.join(builder.spelled())}")
        # What ctcnn exports is imported as the same network.
        if not exported(", ".join(builder.spelled())):
            continue
        try:
            again = from_onnx.Reader(from_onnx.load(f"{program.runs[run][1]}.ours.onnx")).read()
        except Refusal as refusal:
            failures.append(f"{name}: exported, it is refused: {refusal}\n    {', '.join(builder.spelled())}")
            continue
        bits = lambda b: [(k.rpartition(".")[2], v.shape, v.tobytes()) for k, v in b.state().items()]
        if builder.spelled(flat(builder.tree())) != again.spelled() or bits(builder) != bits(again):
            texts = "\n    ".join(", ".join(b.spelled()) for b in (builder, again))
            failures.append(f"{name}: exported and imported it is another network\n    {texts}")
    missing = sorted(OCCURS - found)
    if missing:
        failures.append(f"in none of the networks: {', '.join(missing)}")
    print("\n".join(failures), end="\n" if failures else "")
    kinds = collections.Counter(name.partition(", ")[2] or "by other tools" for name, *_ in cases)
    print(
        f"imported: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}; {len(program.types)} types; the outputs "
        f"differ by at most {largest:.2g} of the largest: {len(failures)} failures"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
