#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Single layers on random shapes, right and wrong ones: ctcnn must accept exactly what PyTorch accepts, with the same
resulting shape. See README.md."""

import math
import random
import re
import subprocess
import sys
import warnings

import torch
from torch import nn

import command
from branches import Concatenation, JoinModule

warnings.simplefilter("ignore")


class SameShapes:
    """Unlike PyTorch, ctcnn adds equal shapes alone."""

    @staticmethod
    def join(xs):
        if any(x.shape != xs[0].shape for x in xs):
            raise ValueError("other shapes")
        return sum(xs[1:], xs[0])


def one(rng):
    """(how ctcnn spells it, how PyTorch makes it, the shape that arrives)."""
    side = lambda: rng.choice([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33])
    shape = (rng.choice([1, 2, 3, 4, 6, 8]), side(), side())
    kinds = ["conv", "conv", "conv", "pool", "pool", "linear", "plain", "resize", "transposed", "row", "norm"]
    kind = rng.choice(kinds + ["batch_norm", "dropout", "branches"])
    two = lambda choose: (choose(), choose())
    option = lambda name, pair: f"{name}<{pair[0]}, {pair[1]}>"
    if rng.random() < 0.08:
        shape = rng.choice([(shape[0],), shape[:2], shape + (2,)])
    if kind == "conv":
        c = shape[0] if rng.random() < 0.9 else rng.randint(1, 8)
        kernel = two(lambda: rng.choice([1, 2, 3, 4, 5, 7, 9, 11]))
        padding = two(lambda: rng.choice([0, 0, 1, 2, 3, 5, 20]))
        stride = two(lambda: rng.choice([1, 1, 2, 3, 7, 40]))
        dilation = two(lambda: rng.choice([1, 1, 2, 3, 5, 16]))
        groups = rng.choice([1, 1, 1, 2, 3, 4, c])
        out = rng.choice([1, 2, 3, 4, 6, 12])
        text = (
            f"Conv2d<{c}, {out}, {option('Kernel', kernel)}, {option('Padding', padding)}, {option('Stride', stride)}, "
            f"{option('Dilation', dilation)}, Groups<{groups}>>"
        )
        return text, lambda: nn.Conv2d(c, out, kernel, stride, padding, dilation, groups), shape
    if kind == "pool":
        kernel = two(lambda: rng.choice([1, 2, 3, 4, 5, 7, 8, 12]))
        padding = tuple(rng.choice([0, 0, k // 2, k // 2, k // 2 + 1, rng.randint(0, k)]) for k in kernel)
        stride = two(lambda: rng.choice([1, 2, 3, 4, 9, 50]))
        name = rng.choice(["MaxPool2d", "AvgPool2d"])
        ceil = rng.random() < 0.4
        return (
            f"{name}<{option('Kernel', kernel)}, {option('Stride', stride)}, {option('Padding', padding)}"
            f"{', CeilMode' * ceil}>",
            lambda: getattr(nn, name)(kernel, stride, padding, ceil_mode=ceil),
            shape,
        )
    if kind == "resize":
        which = rng.choice(["scale", "pad", "mean", "unflatten"])
        if which == "scale":
            scale = two(lambda: rng.choice([1, 2, 3, 7]))
            mode = rng.choice(["nearest", "bilinear"])
            text = f"Upsample<{option('Scale', scale)}, {mode.capitalize()}>"
            return text, lambda: nn.Upsample(scale_factor=scale, mode=mode), shape
        if which == "pad":
            sides = tuple(rng.randint(0, 5) for _ in range(4))
            return f"ZeroPad2d<{', '.join(map(str, sides))}>", lambda: nn.ZeroPad2d(sides), shape
        if which == "mean":
            size = two(lambda: rng.choice([1, 2, 3, 7, 40]))
            if rng.random() < 0.3:
                return f"AdaptiveAvgPool1d<{size[0]}>", lambda: nn.AdaptiveAvgPool1d(size[0]), shape[:2]
            return f"AdaptiveAvgPool2d<{size[0]}, {size[1]}>", lambda: nn.AdaptiveAvgPool2d(size), shape
        size = tuple(rng.randint(1, 3) for _ in range(rng.choice([2, 3, 3])))
        product = math.prod(size)
        shape = rng.choice([(product,), (product,), (product + 1,), (product, 2)])
        return f"Unflatten<{', '.join(map(str, size))}>", lambda: nn.Unflatten(1, size), shape
    if kind == "transposed":
        c = shape[0] if rng.random() < 0.9 else rng.randint(1, 8)
        kernel = two(lambda: rng.choice([1, 2, 3, 4, 5]))
        stride = two(lambda: rng.choice([1, 1, 2, 3, 7]))
        padding = two(lambda: rng.choice([0, 0, 1, 2, 3, 5, 20]))
        more = two(lambda: rng.choice([0, 0, 1, 2]))
        dilation = two(lambda: rng.choice([1, 1, 2, 3]))
        groups, out = rng.choice([1, 1, 2, 3, c]), rng.choice([1, 2, 3, 4, 6, 12])
        text = (
            f"ConvTranspose2d<{c}, {out}, {option('Kernel', kernel)}, {option('Stride', stride)}, "
            f"{option('Padding', padding)}, {option('OutputPadding', more)}, {option('Dilation', dilation)}, "
            f"Groups<{groups}>>"
        )
        return text, lambda: nn.ConvTranspose2d(c, out, kernel, stride, padding, more, groups, True, dilation), shape
    if kind == "row":
        shape = shape[:2] if rng.random() < 0.9 else shape
        kernel, stride = rng.choice([1, 2, 3, 4, 5, 7, 12]), rng.choice([1, 1, 2, 3, 40])
        padding = rng.choice([0, 0, 1, kernel // 2, kernel // 2 + 1])
        name = rng.choice(["Conv1d", "Conv1d", "MaxPool1d", "AvgPool1d"])
        options = f"Kernel<{kernel}>, Stride<{stride}>, Padding<{padding}>"
        if name == "Conv1d":
            c, out = shape[0] if rng.random() < 0.9 else rng.randint(1, 8), rng.choice([1, 2, 3, 4])
            return f"Conv1d<{c}, {out}, {options}>", lambda: nn.Conv1d(c, out, kernel, stride, padding), shape
        return f"{name}<{options}>", lambda: getattr(nn, name)(kernel, stride, padding), shape
    if kind == "norm":
        shape = shape[: rng.randint(1, 3)]
        if rng.random() < 0.4:
            sizes = tuple(n + (rng.random() < 0.1) for n in shape)
            return f"LayerNorm<Shape<{', '.join(map(str, sizes))}>>", lambda: nn.LayerNorm(sizes), shape
        c = shape[0] if rng.random() < 0.9 else rng.randint(1, 8)
        groups = rng.choice([1, 1, 2, 3, 4, c])
        return f"GroupNorm<{groups}, {c}>", lambda: nn.GroupNorm(groups, c), shape
    if kind == "batch_norm":
        name = rng.choice(["BatchNorm2d", "BatchNorm1d"])
        shape = shape[: rng.randint(1, 2)] if name == "BatchNorm1d" and rng.random() < 0.8 else shape
        c = shape[0] if rng.random() < 0.8 else rng.randint(1, 8)
        return f"{name}<{c}>", lambda: getattr(nn, name)(c), shape
    if kind == "dropout":
        name, p = rng.choice(["Dropout", "Dropout2d"]), rng.choice([0.0, 0.5, 1.0, 1.25, -0.5])
        return f"{name}<{p}>", lambda: getattr(nn, name)(p), shape
    if kind == "branches":
        one_of = lambda: (rng.choice([2, 2, 3]), rng.choice([1, 3]), rng.choice([0, 1, 1]), rng.choice([1, 1, 1, 2]))
        branches = [one_of() for _ in range(rng.choice([1, 2, 2, 2, 3]))]
        name = rng.choice(["Concat", "Add"])
        spelled = [
            f"Conv2d<{shape[0]}, {out}, Kernel<{kernel}>, Padding<{padding}>, Stride<{stride}>>"
            for out, kernel, padding, stride in branches
        ]

        def make():
            modules = [nn.Conv2d(shape[0], out, kernel, stride, padding) for out, kernel, padding, stride in branches]
            return JoinModule(dict(zip("012", modules)), SameShapes if name == "Add" else Concatenation)

        return f"{name}<{', '.join(spelled)}>", make, shape
    if kind == "linear":
        shape = (rng.choice([1, 2, 3, 16, 17]),) if rng.random() < 0.9 else shape
        fin = shape[0] if rng.random() < 0.7 else rng.randint(1, 20)
        fout = rng.randint(1, 20)
        return f"Linear<{fin}, {fout}>", lambda: nn.Linear(fin, fout), shape
    if rng.random() < 0.25:
        count = rng.choice([0, 1, shape[0], shape[0], rng.randint(1, 8)])
        return f"PReLU<{count}>", lambda: nn.PReLU(count), shape
    if rng.random() < 0.2:
        kind = rng.choice(["Softmax", "LogSoftmax"])
        return kind, lambda: getattr(nn, kind)(1), shape
    name = rng.choice(["ReLU", "Sigmoid", "Tanh", "Flatten", "Identity", "LeakyReLU<>", "ELU", "SELU", "GELU", "SiLU"])
    name = rng.choice([name, "Softplus", "Hardtanh", "ReLU6", "Hardsigmoid", "Hardswish"])
    if rng.random() < 0.3:
        shape = rng.choice([(5,), (2, 3), (2, 3, 4, 5)])
    return name, lambda: getattr(nn, name.removesuffix("<>"))(), shape


# What a random search finds too seldom, spelled out: (ctcnn, PyTorch, shape).
EDGES = [
    ("Conv2d<1, 1, Kernel<1>, Padding<1000>>", lambda: nn.Conv2d(1, 1, 1, padding=1000), (1, 1, 1)),
    ("Conv2d<1, 1, Kernel<1>, Dilation<2147483647>>", lambda: nn.Conv2d(1, 1, 1, dilation=2147483647), (1, 3, 3)),
    ("Conv2d<1, 1, Kernel<1>, Stride<2147483647>>", lambda: nn.Conv2d(1, 1, 1, stride=2147483647), (1, 3, 3)),
    ("Conv2d<1, 1, Kernel<1>, Stride<2147483648>>", lambda: nn.Conv2d(1, 1, 1, stride=2147483648), (1, 3, 3)),
    ("Conv2d<1, 1, Kernel<1>, Dilation<2147483648>>", lambda: nn.Conv2d(1, 1, 1, dilation=2147483648), (1, 3, 3)),
    (
        "Conv2d<1, 1, Kernel<2>, Dilation<2147483647>, Padding<1073741824>>",
        lambda: nn.Conv2d(1, 1, 2, dilation=2147483647, padding=1073741824),
        (1, 3, 3),
    ),
    ("MaxPool2d<Kernel<1>, Stride<2147483647>>", lambda: nn.MaxPool2d(1, 2147483647), (1, 3, 3)),
    ("MaxPool2d<Kernel<1>, Stride<2147483648>>", lambda: nn.MaxPool2d(1, 2147483648), (1, 3, 3)),
    ("MaxPool2d<Kernel<100>, Padding<50>, Stride<1>>", lambda: nn.MaxPool2d(100, 1, 50), (1, 1, 1)),
    ("AvgPool2d<Kernel<100>, Padding<50>, Stride<1>>", lambda: nn.AvgPool2d(100, 1, 50), (1, 1, 1)),
    ("MaxPool2d<Kernel<3>, Padding<1>>", lambda: nn.MaxPool2d(3, padding=1), (1, 1, 1)),
    ("AvgPool2d<Kernel<2>, Padding<1>, Stride<3>>", lambda: nn.AvgPool2d(2, 3, 1), (1, 2, 2)),
    ("MaxPool2d<Kernel<2>, Padding<1>, Stride<3>>", lambda: nn.MaxPool2d(2, 3, 1), (1, 2, 2)),
    ("MaxPool2d<Kernel<2>, Padding<1>>", lambda: nn.MaxPool2d(2, padding=1), (3, 4, 4)),
    ("MaxPool2d<Kernel<3>, CeilMode>", lambda: nn.MaxPool2d(3, ceil_mode=True), (1, 1, 1)),
    ("MaxPool2d<Kernel<3>, Stride<2>, CeilMode>", lambda: nn.MaxPool2d(3, 2, ceil_mode=True), (1, 1, 1)),
    ("AvgPool2d<Kernel<2>, Padding<1>, Stride<3>, CeilMode>", lambda: nn.AvgPool2d(2, 3, 1, True), (1, 4, 5)),
    ("AvgPool2d<Kernel<1>, Stride<7>, CeilMode>", lambda: nn.AvgPool2d(1, 7, ceil_mode=True), (1, 7, 8)),
    ("AdaptiveAvgPool2d<0>", lambda: nn.AdaptiveAvgPool2d(0), (1, 3, 3)),
    ("Linear<3, 0>", lambda: nn.Linear(3, 0), (3,)),
    ("Linear<0, 3>", lambda: nn.Linear(0, 3), (0,)),
    ("Conv2d<2, 0, Kernel<1>>", lambda: nn.Conv2d(2, 0, 1), (2, 3, 3)),
    ("Linear<4, 2>", lambda: nn.Linear(4, 2), (3, 5, 4)),
    ("Linear<4, 2>", lambda: nn.Linear(4, 2), (3, 4)),
    ("Conv2d<1, 1, Kernel<3>, Padding<1>>", lambda: nn.Conv2d(1, 1, 3, padding=1), (1, 1, 1)),
    ("Conv2d<4, 8, Kernel<1>, Groups<4>>", lambda: nn.Conv2d(4, 8, 1, groups=4), (4, 1, 1)),
    ("Flatten", lambda: nn.Flatten(), (7,)),
    ("Flatten", lambda: nn.Flatten(), (1, 1, 1)),
]


def documented(text, shape):
    """Why ctcnn refuses on purpose what PyTorch accepts, or None."""
    if re.match(r"(Concat|Add)<[^<]*<[^<]*<[^<]*<[^<]*<[^<]*$", text):
        return "too_few_branches"
    if text.startswith("Linear") and len(shape) != 1:
        return "feature_rank: Linear works on features alone"
    if text.startswith("Unflatten") and len(shape) != 1:
        return "feature_rank: Unflatten works on features alone"
    if text == "AdaptiveAvgPool2d<0>":
        return "zero_size: nothing is of size 0"
    if 0 in shape or re.match(r"(Linear|Conv2d|PReLU)<(\d+, )?0[,>]", text):
        return "zero_channels, zero_input: nothing is of size 0"
    if any(int(n) > 2147483647 for n in re.findall(r"\d+", text)):
        return "number_too_large"
    padding = re.search(r"Padding<(\d+)(?:, (\d+))?>", text)
    if padding and len(shape) == 3:
        height = int(padding[1])
        width = int(padding[2] or height)
        if shape[0] * (shape[1] + 2 * height) * (shape[2] + 2 * width) > 2**63 // 8:
            return "number_too_large: the padded image is more than memory can hold"
    return None


def torch_says(make, shape, device):
    """The resulting shape, or None."""
    try:
        with torch.no_grad():
            return tuple(make().to(device)(torch.zeros(2, *shape, device=device)).shape[1:])
    except (RuntimeError, ValueError, ZeroDivisionError, OverflowError, TypeError, IndexError):
        return None


SOURCE = """#include <ctcnn/ctcnn.hpp>
using namespace ctcnn;
template <typename Layer, typename In, typename Out>
constexpr bool leads_to() {
    if constexpr (WellFormed<In, Layer>) {
        return typename Sequential<In, Layer>::output_shape{} == Out{};
    } else {
        return true;  // What Accepts says is asserted beside this.
    }
}
"""


def differences(cases, compiler, include, path):
    """Compiles what PyTorch says of the cases, (ctcnn, PyTorch, shape) each, as assertions.
    Returns those that fail, how many cases both accept, and how many ctcnn refuses as documented."""
    lines = SOURCE.splitlines()
    accepted, on_purpose = 0, 0
    for text, make, shape in cases:
        small = all(n < 5000 for n in map(int, re.findall(r"\d+", text.replace("2d", ""))))
        answer = torch_says(make, shape, "cpu" if small else "meta")
        if len(shape) != 3 and "2d" in text:
            answer = None  # PyTorch takes the batch for channels then
        if answer is not None and documented(text, shape):
            answer = None
            on_purpose += 1
        sizes = lambda numbers: ", ".join(map(str, numbers))
        lines.append(f"static_assert({'' if answer else '!'}Accepts<{text}, Shape<{sizes(shape)}>>);")
        if answer:
            accepted += 1
            lines.append(f"static_assert(leads_to<{text}, Input<{sizes(shape)}>, Shape<{sizes(answer)}>>());")
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    no_limit = "-ferror-limit=0" if "clang" in compiler else "-fmax-errors=0"
    flags = ["-std=c++20", "-DCTCNN_WITH_ZLIB=0", "-fsyntax-only", no_limit, "-I", include]
    done = subprocess.run([*compiler.split(), *flags, path], capture_output=True, text=True)
    failing = []
    for line in done.stderr.splitlines():
        found = re.match(r"(.*):(\d+):\d+:.*error:", line)
        if found and found.group(1) == path:
            failing.append(lines[int(found.group(2)) - 1])
        elif "error:" in line:
            failing.append(line)
    if done.returncode != 0 and not failing:
        failing.append(f"{compiler} failed: {done.stderr[-1000:]}")
    return failing, accepted, on_purpose


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many random pairs of a layer and a shape")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compiler", default="g++")
    arguments = command.parse(parser, lambda a: [a.compiler])
    rng = random.Random(arguments.seed)
    cases = EDGES + [one(rng) for _ in range(arguments.count)]
    path = f"{arguments.folder}/agree{arguments.seed}.cpp"
    failing, accepted, on_purpose = differences(cases, arguments.compiler, arguments.include, path)
    for line in failing:
        print(line)
    print(
        f"{len(cases)} layers on shapes, {accepted} accepted by PyTorch and ctcnn, {on_purpose} accepted by PyTorch "
        f"and refused as documented: {len(failing)} failures"
    )
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
