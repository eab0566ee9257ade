#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The networks of examples/networks: a step of training of each, against PyTorch. See README.md."""

import json
import sys

import torch

import command
import losses
import right
import training
from branches import Concat, Multiply, Repeat, Residual
from layers import (
    AdaptiveAvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Block,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    ZeroPad2d,
)
from reference import Reference


def conv(inputs, outputs, kernel=3, stride=1, groups=1, bias=False):
    """Padded so that all pixels stay, or every `stride`-th."""
    return Conv2d(
        inputs, outputs, (kernel, kernel), (kernel // 2, kernel // 2), (stride, stride), groups=groups, bias=bias
    )


def pointwise(inputs, outputs, stride=1):
    return conv(inputs, outputs, 1, stride, bias=True)


def normed(inputs, outputs, kernel=3, stride=1, groups=1):
    return [conv(inputs, outputs, kernel, stride, groups), BatchNorm2d(outputs)]


def separable(inputs, outputs, stride=1):
    return Block([*normed(inputs, inputs, 3, stride, inputs), ReLU(), *normed(inputs, outputs, 1), ReLU()])


def classifier(features, classes):
    return [AdaptiveAvgPool2d((1, 1)), Flatten(), Linear(features, classes)]


def two(inputs, outputs, stride=1):
    """The two convolutions of a residual block."""
    return [*normed(inputs, outputs, 3, stride), ReLU(), *normed(outputs, outputs)]


def resnet8():
    half = lambda c, n: Block([Residual(two(c, n, 2), [pointwise(c, n, 2)]), ReLU()])
    stem = [*normed(3, 16), ReLU(), Residual(two(16, 16)), ReLU()]
    return (3, 32, 32), [*stem, half(16, 32), half(32, 64), *classifier(64, 10)]


def ds_cnn():
    stem = [ZeroPad2d((1, 1, 4, 5)), Conv2d(1, 64, (10, 4), stride=(2, 2), bias=False), BatchNorm2d(64), ReLU()]
    middle = [Dropout(0.2), Repeat(4, [separable(64, 64)]), Dropout(0.4)]
    return (1, 49, 10), [*stem, Block([*middle, *classifier(64, 12)])]


def mobilenet():
    stem = [*normed(3, 8, 3, 2), ReLU(), separable(8, 16)]
    steps = [(16, 32, 2), (32, 32), (32, 64, 2), (64, 64), (64, 128, 2)]
    middle = [*(separable(*step) for step in steps), Repeat(5, [separable(128, 128)])]
    return (3, 96, 96), [*stem, *middle, separable(128, 256, 2), separable(256, 256), *classifier(256, 2)]


def autoencoder():
    dense = lambda inputs, outputs: Block([Linear(inputs, outputs), BatchNorm1d(outputs), ReLU()])
    three = lambda: Repeat(3, [dense(128, 128)])
    return (640,), [dense(640, 128), three(), dense(128, 8), dense(8, 128), three(), Linear(128, 640)]


def resnet20():
    block = lambda c: Block([Residual(two(c, c)), ReLU()])
    half = lambda c, n: Block([Residual(two(c, n, 2), normed(c, n, 1, 2)), ReLU()])
    first = [*normed(3, 16), ReLU(), Repeat(3, [block(16)])]
    rest = [half(16, 32), Repeat(2, [block(32)]), half(32, 64), Repeat(2, [block(64)])]
    return (3, 32, 32), [*first, *rest, *classifier(64, 10)]


def unet():
    twice = lambda c, n: Block([*normed(c, n), ReLU(), *normed(n, n), ReLU()])
    up = lambda c: ConvTranspose2d(2 * c, c, (2, 2), (2, 2), (0, 0), (0, 0), (1, 1), 1, True)
    level = lambda c, *inside: Concat([Identity(), Block([MaxPool2d((2, 2)), *inside, up(c)])])
    deep = level(16, twice(16, 32))
    return (1, 32, 32), [twice(1, 8), level(8, twice(8, 16), deep, twice(32, 16)), twice(16, 8), pointwise(8, 1)]


def inception():
    def block(inputs, out1, before3, out3, before5, out5, pool):
        to = lambda n, m, kernel: [conv(n, m, kernel, bias=True), ReLU()]
        branches = [
            to(inputs, out1, 1),
            to(inputs, before3, 1) + to(before3, out3, 3),
            to(inputs, before5, 1) + to(before5, out5, 5),
            [MaxPool2d((3, 3), (1, 1), (1, 1))] + to(inputs, pool, 1),
        ]
        return Concat([Block(branch) for branch in branches])

    stem = [conv(1, 16, bias=True), ReLU(), MaxPool2d((2, 2))]
    blocks = [block(16, 8, 8, 16, 4, 8, 8), MaxPool2d((2, 2)), block(40, 16, 16, 32, 8, 16, 16)]
    return (1, 28, 28), [*stem, *blocks, *classifier(80, 10)]


def squeeze_excite():
    gate = Block([AdaptiveAvgPool2d((1, 1)), pointwise(16, 4), ReLU(), pointwise(4, 16), Sigmoid()])
    main = Residual([*two(16, 16), Multiply([Identity(), gate])])
    return (1, 28, 28), [*normed(1, 16, 3, 2), ReLU(), main, ReLU(), *classifier(16, 10)]


# The type of each in its header.
NETWORKS = {
    resnet8: "ResNet8",
    ds_cnn: "DSCNN",
    mobilenet: "MobileNetV1",
    autoencoder: "Autoencoder",
    resnet20: "ResNet20",
    unet: "UNet",
    inception: "InceptionNet",
    squeeze_excite: "SqueezeExciteNet",
}


def case(make, seed, images):
    """A step of a batch in float, with the weights behind it, and its gradients in double."""
    shape, layers = make()
    rng = torch.Generator().manual_seed(seed)
    classifies = isinstance(layers[-1], Linear) and make is not autoencoder
    loss = losses.CrossEntropy() if classifies else losses.MSE()
    reference = Reference(layers, loss)
    for module in reference.module.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            with torch.no_grad():
                module.running_mean.normal_(0, 0.1, generator=rng)
                module.running_var.uniform_(0.5, 1.5, generator=rng)
        elif getattr(module, "weight", None) is not None:
            torch.nn.init.kaiming_uniform_(module.weight, nonlinearity="relu", generator=rng)
            if module.bias is not None:
                torch.nn.init.uniform_(module.bias, -0.1, 0.1, generator=rng)
    x = torch.rand(images, *shape, generator=rng)
    reference.load(reference.parameters().float().double(), reference.buffers().float().double())
    outputs = reference.infer(x[:1].double()).numel()
    return {
        "seed": seed,
        "shape": shape,
        "layers": layers,
        "cpp": NETWORKS[make],
        "header": f"../../examples/networks/{make.__name__}.hpp",
        "reference": reference,
        "loss": loss,
        "double": True,
        "style": "pixels",
        "x": x,
        "targets": loss.targets(
            torch.randint(0, min(outputs, 256), (images,), generator=rng), torch.rand(images, outputs, generator=rng)
        ),
        "batches": [images],
        "fit_batch": images,
        "fit_images": images,
        "fit_seed": seed,
        "training": training.Training(training.SGD(0.1, momentum=0.9, weight_decay=1e-4), steps=1),
    }


def too_far(sizes):
    """The bounds are those of the worst case, and grow with each BatchNorm in training: behind several they are wide.
    Besides, errors must be about as small as PyTorch's in float32, and in double far below what float could do. Among
    millions of inputs of ReLU, one is closer to 0 than what float is off by, and has the slope of the other side: that
    moves a gradient by up to a thousandth of the largest one."""
    result = []
    for what, (error, _) in sizes.items():
        kind = what.removeprefix("step_")
        if what.startswith("double_"):
            allowed = 1e-10
        elif kind == "moved":
            allowed = 1e-5
        elif kind == "grad":
            allowed = 1e-2
        elif f"torch_{kind}" in sizes:
            allowed = 10 * sizes[f"torch_{kind}"][0] + 1e-6
        else:
            continue
        if not error <= allowed:
            result.append(f"{what}: off by {error:.1e} of the largest number; allowed {allowed:.1e}")
    return result


def main():
    names = [make.__name__ for make in NETWORKS]
    parser = command.parser(__doc__)
    parser.add_argument("--networks", default=",".join(names), help="such as resnet8,unet; default: all")
    parser.add_argument("--images", type=int, default=17, help="of the batch; default 17: lanes of a tile stay empty")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", action="append", help="NAME=COMPILER FLAGS...")
    parser.add_argument("--threads", default="1,3", help="numbers of threads whose bits must be the same")
    parser.add_argument("--results", help="file to which a line of JSON is added for each network and configuration")
    parser.set_defaults(units=False)
    arguments = command.parse(parser, lambda a: [config.split("=", 1)[-1] for config in right.configs(a)])
    wanted = arguments.networks.split(",")
    if not set(wanted) <= set(names):
        parser.error(f"the networks are {', '.join(names)}")
    failed = 0
    for make in NETWORKS:
        if make.__name__ not in wanted:
            continue
        for config in right.configs(arguments):
            (line,) = right.examine([case(make, arguments.seed, arguments.images)], config, arguments)
            with open(arguments.results or f"{arguments.folder}/networks.jsonl", "a") as file:
                file.write(json.dumps({"network": make.__name__, **line}) + "\n")
            line["failures"] += too_far(line.get("sizes", {}))
            failed += len(line["failures"])
            print(
                f"{make.__name__} {line['config']}: {line['comparisons']} comparisons, "
                f"{line['compile_seconds']:.0f} s to compile; the largest error and bound, beside the largest number:"
            )
            for what, (error, allowed) in line.get("sizes", {}).items():
                print(f"    {what:24} {error:.1e} {allowed:.1e}")
            for failure in line["failures"]:
                print(f"    FAILED {failure}")
            sys.stdout.flush()
    print(f"{len(wanted)} networks, {len(right.configs(arguments))} builds of each: {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
