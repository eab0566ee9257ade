#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wrong networks: each must be refused with one short error that says what and where. See README.md."""

import functools
import json
import os
import random
import re
import subprocess
import sys

import torch

import command
from branches import Branches, GraphGenerator, Residual
from layers import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    BatchNorm,
    BatchNorm2d,
    Block,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    GroupNorm,
    Layer,
    LayerNorm,
    Linear,
    Norm,
    OneRow,
    Pool,
    PReLU,
    Unflatten,
    Upsample,
    ZeroPad2d,
    leaves,
)
from reference import Reference

COMPUTING = (AdaptiveAvgPool1d, AdaptiveAvgPool2d, BatchNorm, Conv2d, ConvTranspose2d, Dropout, Linear, Norm, Pool, PReLU)
COMPUTING += (Unflatten, Upsample, ZeroPad2d)
OF_SEQUENCES = (AdaptiveAvgPool1d, OneRow)
TOO_LARGE = [2147483648, 4294967296, 9223372036854775807]
FLAGS = "-std=c++20 -Wall -Wextra -DCTCNN_WITH_ZLIB=0"


def put(layers, path, replacement):
    """The layers with those at `path` replaced by the list `replacement`."""
    head, *rest = path
    if not rest:
        return layers[:head] + replacement + layers[head + 1 :]
    around = layers[head]
    inside = put(around.children(), rest, replacement)
    if isinstance(around, Residual) and around.shortcut:
        changed = Residual(inside[:-1], inside[-1].layers)
    else:
        changed = type(around)(inside)
    return layers[:head] + [changed] + layers[head + 1 :]


def around(layers, path):
    """The layer around the one at `path`, or None."""
    for index in path[:-2]:
        layers = layers[index].children()
    return layers[path[-2]] if len(path) > 1 else None


class Text(Layer):
    """A layer, or what stands in its place, as it is written."""

    def __init__(self, text):
        self.text = text

    def cpp(self, rng=None):
        return self.text


def arriving(shape, layers):
    """The shape that arrives at each leaf."""
    reference = Reference(layers)
    reference.infer(torch.zeros(2, *shape, dtype=torch.float64))
    computing = [xs[0] for node, xs in zip(reference.nodes, reference.read) if node.module is not None]
    return {path: tuple(x.shape[1:]) for (path, _), x in zip(leaves(layers), computing)}


def options_of(layer):
    """A layer as it is spelled: (name, list of sizes, list of options)."""
    name, inside = re.fullmatch(r"(\w+)<(.*)>", layer.cpp()).groups()
    arguments = [a.strip() for a in re.findall(r"\w+<[^<>]*>|\w+", inside)]
    sizes = [a for a in arguments if a.isdigit()]
    return name, sizes, arguments[len(sizes) :]


def joined(name, sizes, options):
    return f"{name}<{', '.join(sizes + options)}>"


def with_option(layer, option, value, rng):
    name, sizes, options = options_of(layer)
    options = [o for o in options if not o.startswith(option)]
    options.insert(rng.randint(0, len(options)), value)
    return joined(name, sizes, options)


def one_or_both(rng, option, bad, good):
    return rng.choice([f"{option}<{bad}>", f"{option}<{bad}, {good}>", f"{option}<{good}, {bad}>"])


def broken(layer, shape, rng):
    """A way to break a layer that works on `shape`: (reason, its text, wanted or None, axis or None)."""
    name, sizes, options = options_of(layer)
    ways = []

    def way(reason, text, wanted=None, axis=None):
        ways.append((reason, text, wanted, axis))

    if isinstance(layer, (ConvTranspose2d, OneRow, Norm)):
        more_ways(layer, shape, rng, way)
    elif isinstance(layer, (Conv2d, Pool)):
        c, h, w = shape
        conv = isinstance(layer, Conv2d)
        way("zero_kernel", with_option(layer, "Kernel", one_or_both(rng, "Kernel", 0, 2), rng))
        way("zero_stride", with_option(layer, "Stride", one_or_both(rng, "Stride", 0, 2), rng))
        way("missing_kernel", joined(name, sizes, [o for o in options if not o.startswith("Kernel")]))
        big = rng.choice(TOO_LARGE)
        for option in ["Kernel", "Stride", "Padding"] + (["Dilation"] if conv else []):
            way("number_too_large", with_option(layer, option, one_or_both(rng, option, big, 1), rng))
        again = rng.choice(options)
        way("repeated_option", joined(name, sizes, options + [again]))
        way("repeated_option", joined(name, sizes, ["Kernel<2>"] + options))
        way(
            "unknown_option",
            joined(name, sizes, options + [rng.choice(["int", "ReLU", "Flatten", "Shape<3>", "Input<3>"])]),
        )
        if conv:
            ph, pw = layer.padding
            way("zero_dilation", with_option(layer, "Dilation", one_or_both(rng, "Dilation", 0, 2), rng))
            way("zero_groups", with_option(layer, "Groups", "Groups<0>", rng))
            way("zero_channels", joined(name, sizes[:-1] + ["0"], options))
            way(
                "number_too_large",
                joined(name, sizes[:-1] + ["2147483648"], [o for o in options if not o.startswith("Groups")]),
            )
            if not layer.lazy:
                way("zero_channels", joined(name, ["0", sizes[1]], options))
                for wrong in (c + layer.groups, c - layer.groups):
                    if wrong > 0:
                        way("in_channels", joined(name, [str(wrong), sizes[1]], options), wrong)
                way(
                    "in_channels",
                    joined(name, [str(c + 1), sizes[1]], [o for o in options if not o.startswith("Groups")]),
                    c + 1,
                )
            bad = [g for g in range(2, max(c, layer.cout) + 2) if c % g or layer.cout % g]
            way("groups_divide", with_option(layer, "Groups", f"Groups<{rng.choice(bad)}>", rng))
            # Too large by one, with all dilations that make it so.
            for axis, size, p, own in ((0, h, ph, layer.kernel[1]), (1, w, pw, layer.kernel[0])):
                reach = size + 2 * p
                d = rng.choice([d for d in range(1, reach + 1) if reach % d == 0])
                k = reach // d + 1
                kernel, dilation = (
                    ((k, own), (d, layer.dilation[1])) if axis == 0 else ((own, k), (layer.dilation[0], d))
                )
                text = [o for o in options if not o.startswith(("Kernel", "Dilation"))]
                text += [f"Kernel<{kernel[0]}, {kernel[1]}>", f"Dilation<{dilation[0]}, {dilation[1]}>"]
                way("kernel_too_large", joined(name, sizes, text), axis=("height", "width")[axis])
        else:
            ph, pw = layer.padding
            kh, kw = layer.kernel
            way("pooling_padding", with_option(layer, "Padding", f"Padding<{kh // 2 + 1}, {pw}>", rng), axis="height")
            way("pooling_padding", with_option(layer, "Padding", f"Padding<{ph}, {kw // 2 + 1}>", rng), axis="width")
            # With CeilMode a window may hang over by less than its stride, which is the kernel unless it is given.
            for axis, kernel in (("height", (h + 2 * ph + 1, kw)), ("width", (kh, w + 2 * pw + 1))):
                over = layer.ceil and layer.stride is not None
                steps = layer.stride or kernel
                kernel = tuple(k + (s - 1) * (k > o) * over for k, s, o in zip(kernel, steps, layer.kernel))
                text = with_option(layer, "Kernel", f"Kernel<{kernel[0]}, {kernel[1]}>", rng)
                if layer.ceil and layer.stride is None:
                    text = re.sub(r"CeilMode, |, CeilMode", "", text)
                way("kernel_too_large", text, axis=axis)
            unknown = ["Dilation<1>", "Dilation<2>", "Groups<1>", "NoBias", "Scale<2>"]
            unknown += ["NoCountPadding"] * (name == "MaxPool2d")
            way("unknown_option", joined(name, sizes, options + [rng.choice(unknown)]))
    elif isinstance(layer, Upsample):
        way("zero_size", with_option(layer, "Scale", one_or_both(rng, "Scale", 0, 2), rng))
        way("missing_scale", joined(name, sizes, [o for o in options if not o.startswith("Scale")]))
        way(
            "number_too_large",
            with_option(layer, "Scale", one_or_both(rng, "Scale", rng.choice(TOO_LARGE), 1), rng),
        )
        way("repeated_option", joined(name, sizes, options + ["Scale<2>"]))
        way("repeated_option", joined(name, sizes, ["Nearest", "Bilinear"] + options))
        unknown = rng.choice(["Kernel<2>", "CeilMode", "int", "Stride<2>"])
        way("unknown_option", joined(name, sizes, options + [unknown]))
    elif isinstance(layer, AdaptiveAvgPool2d):
        way("zero_size", f"{name}<{rng.choice(['0', '0, 1', '1, 0'])}>")
        way("number_too_large", f"{name}<{rng.choice(TOO_LARGE)}>")
    elif isinstance(layer, AdaptiveAvgPool1d):
        way("zero_size", f"{name}<0>")
        way("number_too_large", f"{name}<{rng.choice(TOO_LARGE)}>")
    elif isinstance(layer, ZeroPad2d):
        big = rng.choice(TOO_LARGE)
        way("number_too_large", f"{name}<{rng.choice([f'{big}', f'{big}, 0, 1, 1', f'0, 0, 0, {big}'])}>")
    elif isinstance(layer, Unflatten):
        (f,) = shape
        c, h, w = layer.size
        way("zero_size", f"{name}<{rng.choice([f'0, {h}, {w}', f'{c}, 0, {w}', f'{c}, {h}, 0'])}>")
        way("unflatten_size", f"{name}<{c + 1}, {h}, {w}>", (c + 1) * h * w)
        way("unflatten_size", f"{name}<{c}, {h}, {2 * w}>", 2 * f)
    elif isinstance(layer, BatchNorm):
        c = shape[0]
        reason = "in_features" if len(shape) == 1 else "in_channels"
        for wrong in () if layer.lazy else (c + 1, c - 1, 2 * c):
            if wrong > 0:
                way(reason, joined(name, [str(wrong)], options), wrong)
        if not layer.lazy:
            way("zero_channels", joined(name, ["0"], options))
            way("number_too_large", joined(name, [str(rng.choice(TOO_LARGE))], options))
        way("repeated_option", joined(name, sizes, ["NoAffine", "NoAffine"]))
        way("repeated_option", joined(name, sizes, ["Eps<0.25>", "Momentum<0.5>", "Eps<0.5>"]))
        way("unknown_option", joined(name, sizes, options + [rng.choice(["Kernel<1>", "NoBias", "int", "ReLU"])]))
    elif isinstance(layer, Dropout):
        for wrong in ("1.5", "-0.25", "2.0"):
            way("bad_probability", joined(name, [wrong], []))
    elif isinstance(layer, Linear):
        (f,) = shape
        if not layer.lazy:
            for wrong in (f + 1, f - 1, f * 2):
                if wrong > 0:
                    way("in_features", joined(name, [str(wrong), sizes[1]], options), wrong)
            way("zero_channels", joined(name, ["0", sizes[1]], options))
        way("zero_channels", joined(name, sizes[:-1] + ["0"], options))
        way("number_too_large", joined(name, sizes[:-1] + [str(rng.choice(TOO_LARGE))], options))
        way("repeated_option", joined(name, sizes, ["NoBias", "NoBias"]))
        way(
            "unknown_option",
            joined(name, sizes, options + [rng.choice(["Kernel<1>", "Groups<2>", "Stride<1>", "float", "Tanh"])]),
        )
    elif isinstance(layer, PReLU):
        way("zero_channels", "PReLU<0>")
        way("number_too_large", f"PReLU<{rng.choice(TOO_LARGE)}>")
        way("in_channels", f"PReLU<{shape[0] + 1}>", shape[0] + 1)
    # Each reason as often as the others.
    reason = rng.choice(sorted({w[0] for w in ways}))
    return rng.choice([w for w in ways if w[0] == reason])


def more_ways(layer, shape, rng, way):
    """The ways to break a transposed convolution, or a layer of sequences or one that normalises."""
    name, sizes, options = options_of(layer)
    twice = {"LayerNorm": ["NoBias", "NoBias"], "GroupNorm": ["NoAffine", "NoAffine"]}
    way("repeated_option", joined(name, sizes, options + twice.get(name, options[:1])))
    way("unknown_option", joined(name, sizes, options + [rng.choice(["int", "ReLU", "Momentum<0.1>", "Input<3>"])]))
    if isinstance(layer, LayerNorm):
        other = list(shape)
        other[rng.randrange(len(other))] += 1
        rest = [o for o in options if not o.startswith("Shape")]
        way("normalized_shape", joined(name, [], [f"Shape<{', '.join(map(str, other))}>"] + rest))
        way("normalized_shape", joined(name, [], [f"Shape<{', '.join(map(str, (1, *shape)))}>"] + rest))
        return
    if isinstance(layer, GroupNorm):
        c = shape[0]
        bad = rng.choice([g for g in range(2, c + 2) if c % g])
        way("groups_divide", joined(name, [str(bad), str(c)], options))
        way("zero_groups", joined(name, ["0", str(c)], options))
        way("zero_channels", joined(name, [sizes[0], "0"], options))
        way("number_too_large", joined(name, ["1", str(rng.choice(TOO_LARGE))], options))
        way("in_channels", joined(name, [sizes[0], str(c + layer.groups)], options), c + layer.groups)
        return
    row, conv = isinstance(layer, OneRow), hasattr(layer, "cin")
    size = lambda option, bad: f"{option}<{bad}>" if row else one_or_both(rng, option, bad, 1)
    way("zero_kernel", with_option(layer, "Kernel", size("Kernel", 0), rng))
    way("zero_stride", with_option(layer, "Stride", size("Stride", 0), rng))
    way("missing_kernel", joined(name, sizes, [o for o in options if not o.startswith("Kernel")]))
    for option in ["Kernel", "Stride", "Padding"]:
        way("number_too_large", with_option(layer, option, size(option, rng.choice(TOO_LARGE)), rng))
    if row:
        way("unknown_option", with_option(layer, "Kernel", "Kernel<1, 1>", rng))
        reach = shape[1] + 2 * layer.padding[1]
        rest = [o for o in options if not o.startswith(("Kernel", "Dilation"))]
        way("kernel_too_large", joined(name, sizes, rest + [f"Kernel<{reach + 1}>"]))
        if not conv:
            way("pooling_padding", with_option(layer, "Padding", f"Padding<{layer.kernel[1] // 2 + 1}>", rng))
    if conv:
        c = shape[0]
        way("zero_dilation", with_option(layer, "Dilation", size("Dilation", 0), rng))
        way("zero_groups", with_option(layer, "Groups", "Groups<0>", rng))
        way("zero_channels", joined(name, ["0", sizes[1]], options))
        way("zero_channels", joined(name, [sizes[0], "0"], options))
        way("in_channels", joined(name, [str(c + layer.groups), sizes[1]], options), c + layer.groups)
        bad = [g for g in range(2, max(c, layer.cout) + 2) if c % g or layer.cout % g]
        way("groups_divide", with_option(layer, "Groups", f"Groups<{rng.choice(bad)}>", rng))
    if isinstance(layer, ConvTranspose2d):
        for axis in (0, 1):
            padding = list(layer.output_padding)
            padding[axis] = max(layer.stride[axis], layer.dilation[axis])
            text = f"OutputPadding<{padding[0]}, {padding[1]}>"
            way("output_padding", with_option(layer, "OutputPadding", text, rng), axis=("height", "width")[axis])
            whole = (shape[1 + axis] - 1) * layer.stride[axis] + layer.output_padding[axis] + 1
            whole += layer.dilation[axis] * (layer.kernel[axis] - 1)
            padding = list(layer.padding)
            padding[axis] = (whole + 1) // 2
            text = f"Padding<{padding[0]}, {padding[1]}>"
            way("transposed_padding", with_option(layer, "Padding", text, rng), axis=("height", "width")[axis])


def join_fault(shape, rng):
    """Branches that do not fit each other, on a shape: (reason, text, shapes that they make)."""
    c, *pixels = shape
    o = rng.choice([c, 1, 2, 5])
    make = lambda n: f"Conv2d<{c}, {n}, Kernel<1>>" if pixels else f"Linear<{c}, {n}>"
    of = lambda n: (n, *pixels)
    a, b = make(o), make(o + 1)
    ways = [
        ("branch_shapes", f"Add<{a}, {b}>", [of(o), of(o + 1)]),
        ("branch_shapes", f"Add<{a}, {a}, {b}>", [of(o), of(o), of(o + 1)]),
        ("branch_shapes", f"Residual<{make(c + 1)}>", [of(c + 1), shape]),
        ("branch_shapes", f"Residual<ReLU, {b}, Shortcut<{a}, Tanh>>", [of(o + 1), of(o)]),
        ("multiply_shapes", f"Multiply<{a}, Sequential<Tanh, {b}>>", [of(o), of(o + 1)]),
    ]
    for text in ("Concat<ReLU>", f"Add<{a}>", "Multiply<>", "Residual<>", f"Residual<Shortcut<{make(c)}>>"):
        ways.append(("too_few_branches", text, []))
    if pixels:
        half = tuple((size - 1) // 2 + 1 for size in pixels)
        flat = (c * pixels[0] * pixels[1],)
        ways.append(("concat_shapes", "Concat<Flatten, ReLU>", [flat, shape]))
        ways.append(("branch_shapes", "Add<ReLU, Sequential<Sigmoid, Flatten>>", [shape, flat]))
        if half != tuple(pixels):
            step = f"Conv2d<{c}, {o}, Kernel<1>, Stride<2>>"
            ways.append(("concat_shapes", f"Concat<{b}, {step}>", [of(o + 1), (o, *half)]))
            ways.append(("branch_shapes", f"Residual<{step}, Shortcut<{a}>>", [(o, *half), of(o)]))
            pixel = f"Sequential<AvgPool2d<Kernel<{pixels[0]}, {pixels[1]}>>, {b}>"
            ways.append(("multiply_shapes", f"Multiply<{a}, {pixel}>", [of(o), (o + 1, 1, 1)]))
    reason = rng.choice(sorted({w[0] for w in ways}))
    return rng.choice([w for w in ways if w[0] == reason])


def words(path, last):
    text = last
    for index in reversed(path):
        text = f"in_block<{index}, {text}>"
    return text


def case(seed):
    """{net, reason, words that the message must hold, layer and arriving shape if it is one layer's fault}"""
    rng = random.Random(seed)
    while True:
        generator = GraphGenerator(rng, names=False, most_elements=8000)
        shape, layers = generator.network()
        for _, layer in leaves(layers):
            layer.cpp(rng)
        arrive = arriving(shape, layers)
        computing = [(path, layer) for path, layer in leaves(layers) if isinstance(layer, COMPUTING)]
        if not computing:
            continue
        show = lambda s: f"Shape<{', '.join(map(str, s))}>"
        spell = lambda inside, s=shape: (
            f"Sequential<{', '.join(['Input<' + ', '.join(map(str, s)) + '>'] + [layer.cpp() for layer in inside])}>"
        )
        path, layer = rng.choice(computing)
        block, index = path[:-1], path[-1]
        kind = rng.choice(
            ["broken"] * 34
            + ["rank"] * 4
            + ["join"] * 10
            + ["name"] * 3
            + [
                "input",
                "option",
                "type",
                "network",
                "empty_block",
                "zero_input",
                "no_layers",
                "large_input",
                "missing_input",
            ]
        )
        # Layers are put before this one: not where there is one layer for each branch, or a Shortcut would begin so.
        holder = around(layers, path)
        single = isinstance(holder, Branches) and not isinstance(holder, Residual)
        if single and kind not in ("broken", "join", "name") or kind == "input" and getattr(holder, "name", None):
            continue
        if kind in ("rank", "join") and len(arrive[path]) not in (1, 3) or kind == "rank" and type(layer) is Dropout:
            continue
        if kind == "rank" and isinstance(layer, (Norm, PReLU)):
            kind = "broken"  # it works on any rank
        result = {"seed": seed, "kind": kind, "layer": None, "arrives": None, "wanted": None, "axis": None, "makes": []}
        if kind == "broken":
            reason, text, wanted, axis = broken(layer, arrive[path], rng)
            result.update(
                net=spell(put(layers, list(path), [Text(text)])),
                reason=reason,
                layer=text,
                arrives=show(arrive[path]),
                wanted=wanted,
                axis=axis,
                place=words(block, f"at_layer<{index}, {text}>"),
            )
        elif kind == "rank":
            flat = 1
            for d in arrive[path]:
                flat *= d
            if isinstance(layer, BatchNorm) and not isinstance(layer, BatchNorm2d):
                new = Text(f"BatchNorm2d<{arrive[path][0]}>")
                result.update(
                    net=spell(put(layers, list(path), [new])),
                    reason="image_rank",
                    layer=new.text,
                    arrives=show(arrive[path]),
                    place=words(block, f"at_layer<{index}, {new.text}>"),
                )
            elif isinstance(layer, (Linear, Unflatten)) or isinstance(layer, OF_SEQUENCES) and rng.random() < 0.5:
                # An image in place of features, or of a sequence.
                new = [Text(f"Conv2d<{arrive[path][0]}, 3, Kernel<1>>")]
                result.update(
                    net=spell(put(layers, list(path), new)),
                    reason="image_rank",
                    layer=new[0].text,
                    arrives=show(arrive[path]),
                    place=words(block, f"at_layer<{index}, {new[0].text}>"),
                )
            elif isinstance(layer, OF_SEQUENCES) or rng.random() < 0.5:
                result.update(
                    net=spell(put(layers, list(path), [Flatten(), layer])),
                    reason="sequence_rank" if isinstance(layer, OF_SEQUENCES) else "image_rank",
                    layer=layer.cpp(),
                    arrives=show((flat,)),
                    place=words(block, f"at_layer<{index + 1}, {layer.cpp()}>"),
                )
            else:
                new = Text(
                    rng.choice(
                        [
                            f"Linear<{flat}, 7>",
                            f"Linear<{arrive[path][-1]}, 7>",
                            "LazyLinear<7, NoBias>",
                            *[f"BatchNorm1d<{flat}>"] * (len(arrive[path]) > 2),
                        ]
                    )
                )
                result.update(
                    net=spell(put(layers, list(path), [new])),
                    reason="feature_rank",
                    layer=new.text,
                    arrives=show(arrive[path]),
                    place=words(block, f"at_layer<{index}, {new.text}>"),
                )
        elif kind == "join":
            reason, text, makes = join_fault(arrive[path], rng)
            result.update(
                net=spell(put(layers, list(path), [Text(text)])),
                reason=reason,
                layer=text,
                arrives=show(arrive[path]),
                makes=[show(made) for made in makes],
                place=words(block, f"at_layer<{index}, {text}>"),
            )
        elif kind == "name":
            twice = 'Sequential<Named<"a", ReLU>, Tanh, Named<"a", Tanh>>'
            text = rng.choice(['Named<"", ReLU>', 'Named<"a.b", Tanh>', 'Named<"12", ReLU>', twice])
            # Compilers print a name as an array of characters.
            place = "".join(f"in_block<{i}, " for i in block) + f"at_layer<{index}, Named<"
            result.update(
                net=spell(put(layers, list(path), [Text(text)])),
                reason="bad_name",
                arrives=show(arrive[path]),
                place=words(path, "the_sequence") if text == twice else place,
            )
        elif kind in ("input", "option", "type", "network", "empty_block"):
            text = {
                "input": f"Input<{', '.join(map(str, arrive[path]))}>",
                "option": rng.choice(["Stride<2>", "Kernel<3>", "NoBias", "Groups<2>"]),
                "type": rng.choice(["int", "float", "void", "Shape<3>"]),
                "network": f"Sequential<Input<{', '.join(map(str, arrive[path]))}>, ReLU>",
                "empty_block": "Sequential<>",
            }[kind]
            reason = {"input": "misplaced_input", "empty_block": "empty_network"}.get(kind, "not_a_layer")
            place = words(block, f"at_layer<{index}, {text}>") if kind != "empty_block" else words(path, "the_sequence")
            changed = put(layers, list(path), [Text(text), layer])
            if kind == "input" and isinstance(holder, Block) and index == 0:
                # A block that begins with Input is a network inside a network.
                inner = changed
                for i in block:
                    inner = inner[i].children()
                reason, place = "not_a_layer", words(
                    block[:-1], f"at_layer<{block[-1]}, Sequential<{', '.join(l.cpp() for l in inner)}>>"
                )
            result.update(net=spell(changed), reason=reason, arrives=show(arrive[path]), place=place)
        elif kind == "zero_input":
            bad = list(shape)
            bad[rng.randrange(len(bad))] = 0
            if rng.random() < 0.2:
                bad = []
            result.update(
                net=spell(layers, bad).replace("Input<>", "Input<>"),
                reason="zero_input",
                arrives=show(bad),
                place="the_sequence",
            )
        elif kind == "no_layers":
            result.update(
                net=f"Sequential<Input<{', '.join(map(str, shape))}>>",
                reason="empty_network",
                arrives=show(shape),
                place="the_sequence",
            )
        elif kind == "large_input":
            bad = list(shape)
            bad[rng.randrange(len(bad))] = rng.choice(TOO_LARGE)
            result.update(net=spell(layers, bad), reason="number_too_large", arrives=show(bad), place="the_sequence")
        else:
            text = f"Sequential<{', '.join(l.cpp() for l in layers)}>"
            result.update(net=text, reason="missing_input", arrives=None, place=text)
        return result


USES = {
    "create": "    Net net{};\n    static_cast<void>(net);\n",
    "call": """    Net net{};
    const Net::input_tensor image{};
    const auto output = net(image);
    Workspace<Net> workspace{};
    static_cast<void>(net(image, workspace).size() + predict(net, image) + output.size());
""",
    "shapes": """    static_assert(Net::layer_count >= 1 && Net::parameter_bytes <= 1024 * 1024 * 1024);
    using After = Net::shape_after<0>;
    static_cast<void>(Net::output_shape::size + Net::input_shape::size + After::size + Net::parameter_count);
""",
    "layers": """    Net net{};
    net.parameters()[0] = 1;
    static_cast<void>(net.layer<0>());
    Net::with_scalar<double> fine{};
    static_cast<void>(fine.parameters().size());
""",
    "train": """    Net net{};
    initialize(net, XavierUniform{}, 1);
    const std::vector<Net::input_tensor> images(3);
    const std::vector<std::uint8_t> labels(3);
    const auto result = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    SGD{.lr = 0.1f}.step(net.parameters(), result.gradients.parameters());
    static_cast<void>(static_cast<double>(result.loss));
""",
    "fit": """    Net net{};
    const Dataset<Shape<1, 28, 28>> data(std::vector<Tensor<float, Shape<1, 28, 28>>>(3), std::vector<std::uint8_t>(3));
    fit(net, data, SGD{.lr = 0.1f}, {.epochs = 1});
    static_cast<void>(evaluate(net, data).accuracy);
""",
    "summary": "    static_cast<void>(summary<Net>().size());\n",
}


def normal(text):
    """The text without spaces and namespaces; compilers write numbers and default arguments in different ways."""
    text = re.sub(r"\s+", "", re.sub(r"\b(\w+::)+", "", text))
    text = re.sub(r"(?<![\w.])\d+(\.\d+(e[-+]?\d+)?|e[-+]?\d+)", lambda number: f"{float(number[0]):.6g}", text)
    text = text.replace("LeakyReLU<>", "LeakyReLU<0.01>").replace("PReLU<>", "PReLU<1>")
    text = re.sub(r"\b(Dropout(2d)?)<>", r"\1<0.5>", text)
    return re.sub(r"SoftplusWith<([^,<>]*)>", r"SoftplusWith<\1,20>", text)


def judge(c, text, compiler):
    """What is wrong with a compiler's message."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\berror:", line)]
    problems = []
    if len(errors) != 1:
        problems.append(f"{len(errors)} errors")
    if len(lines) > (12 if "clang" not in compiler else 24):  # clang quotes more of the source
        problems.append(f"{len(lines)} lines")
    if errors and f"[{c['reason']}]" not in errors[0]:
        problems.append(f"not [{c['reason']}]: {errors[0][:300]}")
    flat = normal(text)
    if normal(c["place"]) not in flat:
        problems.append(f"no {c['place']}")
    if c["arrives"] is not None and normal(f"received<{c['arrives']}>") not in flat:
        problems.append(f"no received<{c['arrives']}>")
    if c["wanted"] is not None and f"wanted<{c['wanted']}>" not in flat:
        problems.append(f"no wanted<{c['wanted']}>")
    for n, shape in enumerate(c["makes"]):
        if normal(f"branch_makes<{n}, {shape}>") not in flat:
            problems.append(f"no branch_makes<{n}, {shape}>")
    if "warning:" in text:
        problems.append("a warning, too")
    return problems, len(lines)


@functools.cache
def precompiled(words, folder):
    """Options that include the library, precompiled: compilers say the same of a source, in a quarter of the time."""
    header = f"{folder}/library_{os.path.basename(words[0])}.hpp"
    with open(header, "w") as file:
        file.write("#include <ctcnn/ctcnn.hpp>\n")
    subprocess.run([*words, "-x", "c++-header", header, "-o", header + ".gch"], check=True)
    return ["-include", header]


def compiled(compiler, arguments, path, text):
    """What the compiler says of a source text."""
    with open(path, "w") as file:
        file.write(text)
    words = (*compiler.split(), *arguments.flags.split(), "-I", arguments.include)
    return subprocess.run(
        [*words, *precompiled(words, arguments.folder), "-fsyntax-only", path], capture_output=True, text=True
    )


def concepts(cases, compiler, arguments):
    """WellFormed and Accepts must say no, without an error. What they do instead."""
    lines = ["#include <ctcnn/ctcnn.hpp>", "using namespace ctcnn;"]
    for c in cases:
        inside = re.fullmatch(r"Sequential<(.*)>", c["net"]).group(1)
        if c["kind"] != "missing_input":
            lines.append(f"static_assert(!WellFormed<{inside}>, \"seed {c['seed']}\");")
        if c["layer"]:
            lines.append(f"static_assert(!Accepts<{c['layer']}, {c['arrives']}>, \"layer of seed {c['seed']}\");")
    path = f"{arguments.folder}/concepts{cases[0]['seed']}.cpp"
    done = compiled(compiler, arguments, path, "\n".join(lines) + "\n")
    if done.returncode == 0 and not done.stderr.strip():
        return []
    return [f"{path}: WellFormed or Accepts says yes, or fails: {done.stderr[:3000]}"]


def use_of(seed):
    return random.Random(seed * 7 + 1).choice(sorted(USES))


def refusal(c, compiler, arguments):
    """Uses a wrong network. A record of how it is refused."""
    use = use_of(c["seed"])
    text = (
        "#include <ctcnn/ctcnn.hpp>\n#include <vector>\nusing namespace ctcnn;\n"
        f"using Net = {c['net']};\nint main() {{\n{USES[use]}}}\n"
    )
    done = compiled(compiler, arguments, f"{arguments.folder}/wrong{c['seed']}.cpp", text)
    failures, count = judge(c, done.stderr, compiler)
    record = {key: c[key] for key in ("seed", "kind", "reason", "net")}
    return {**record, "use": use, "compiler": compiler, "lines": count, "failures": failures}


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seeds", type=command.seeds, required=True, help="such as 1-10,15,17")
    parser.add_argument("--compiler", action="append", help="may be given several times; default g++")
    parser.add_argument("--flags", default=FLAGS)
    parser.add_argument("--results", help="file to which a line of JSON is added for each network and compiler")
    parser.add_argument("--concepts-only", action="store_true", help="only ask WellFormed and Accepts")
    arguments = command.parse(parser, lambda a: a.compiler or ["g++"])
    cases = [case(seed) for seed in arguments.seeds]
    failed = 0
    for compiler in arguments.compiler or ["g++"]:
        for failure in concepts(cases, compiler, arguments):
            failed += 1
            print(f"{compiler}: {failure}", flush=True)
        for c in [] if arguments.concepts_only else cases:
            line = refusal(c, compiler, arguments)
            with open(arguments.results or f"{arguments.folder}/wrong.jsonl", "a") as file:
                file.write(json.dumps(line) + "\n")
            if line["failures"]:
                failed += 1
                print(
                    f"seed {c['seed']} {compiler} {line['use']} {c['reason']}: {line['failures']}\n    {c['net']}",
                    flush=True,
                )
    print(f"{len(cases)} wrong networks, {len(arguments.compiler or [0])} compilers: {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
