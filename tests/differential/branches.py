# SPDX-License-Identifier: MIT
"""Layers around others: their spelling, their PyTorch modules, how rounding errors pass through their joins; and random
networks of them.

A join has several inputs, and takes lists of them: `join(xs)` computes it, and `join_error` and `join_back` are what
`error` and `back` of layers.py are, the latter with a bound for each input.
"""

import math

import torch
from torch import nn

from layers import (
    AdaptiveAvgPool2d,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Block,
    Conv1d,
    Conv2d,
    Dropout,
    Dropout2d,
    Generator,
    Hardsigmoid,
    Identity,
    Layer,
    Linear,
    MaxPool1d,
    MaxPool2d,
    Sigmoid,
    Tanh,
    named_modules,
    out_size,
    sequential,
)


def product(values):
    result = values[0]
    for value in values[1:]:
        result = result * value
    return result


class Sum:
    @staticmethod
    def join(xs):
        return sum(xs[1:], xs[0])

    @staticmethod
    def join_error(xs, exs, y, c):
        return sum(exs) + c.gamma * sum(x.abs() for x in xs)

    @staticmethod
    def join_back(xs, exs, y, g, eg, c):
        return [eg for _ in xs]


class Product:
    """Factors of one pixel for each channel count for all of its pixels."""

    @staticmethod
    def join(xs):
        return product(xs)

    @staticmethod
    def join_error(xs, exs, y, c):
        exact = product([x.abs() for x in xs])
        return product([x.abs() + ex for x, ex in zip(xs, exs)]) - exact + c.gamma * exact

    @staticmethod
    def join_back(xs, exs, y, g, eg, c):
        result = []
        for n, x in enumerate(xs):
            others = [(v.abs(), e) for i, (v, e) in enumerate(zip(xs, exs)) if i != n]
            exact = product([g.abs(), *(v for v, _ in others)])
            e = product([g.abs() + eg, *(v + e for v, e in others)]) - exact + c.gamma * exact
            result.append(e if x.shape == y.shape else e.sum((2, 3), keepdim=True))
        return result


class Concatenation:
    @staticmethod
    def join(xs):
        return torch.cat(xs, 1)

    @staticmethod
    def join_error(xs, exs, y, c):
        return torch.cat(exs, 1)

    @staticmethod
    def join_back(xs, exs, y, g, eg, c):
        return list(eg.split([x.shape[1] for x in xs], 1))


class JoinModule(nn.Module):
    """Branches: the modules inside it, each on the same input."""

    def __init__(self, modules, join):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.join = join

    def forward(self, x):
        return self.join.join([module(x) for module in self.children()])


class ResidualModule(nn.Sequential):
    """Modules one after the other, and those of `shortcut` beside them."""

    def forward(self, x):
        y = x
        for name, module in self.named_children():
            if name != "shortcut":
                y = module(y)
        return y + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class Branches(Layer):
    """`ends(x, follow)` are the values at the ends of the branches on x; follow(layers, indices, x) walks."""

    def __init__(self, branches):
        self.branches = branches

    def children(self):
        return self.branches

    def cpp(self, rng=None):
        return f"{type(self).__name__}<{', '.join(branch.written(rng) for branch in self.branches)}>"

    def module(self):
        return JoinModule(named_modules(self.branches), self.join)

    def ends(self, x, follow):
        return [follow([n], x) for n in range(len(self.branches))]


class Add(Branches):
    join = Sum


class Multiply(Branches):
    join = Product


class Concat(Branches):
    join = Concatenation


class Residual(Branches):
    join = Sum

    def __init__(self, layers, shortcut=None):
        self.layers = layers
        self.shortcut = Block(shortcut) if shortcut else None
        if self.shortcut:
            self.shortcut.name = "shortcut"

    def children(self):
        return self.layers + ([self.shortcut] if self.shortcut else [])

    def cpp(self, rng=None):
        inside = [layer.written(rng) for layer in self.layers]
        if self.shortcut:
            inside.append(f"Shortcut<{', '.join(layer.written(rng) for layer in self.shortcut.layers)}>")
        return f"Residual<{', '.join(inside)}>"

    def module(self):
        module = ResidualModule(named_modules(self.layers))
        if self.shortcut:
            module.add_module("shortcut", sequential(self.shortcut.layers))
        return module

    def ends(self, x, follow):
        count = len(self.layers)
        return [follow(list(range(count)), x), follow([count], x) if self.shortcut else x]


class Repeat(Block):
    def __init__(self, count, layers):
        super().__init__(layers * count)
        self.count = count

    def cpp(self, rng=None):
        once = self.layers[: len(self.layers) // self.count]
        return f"Repeat<{self.count}, {', '.join(layer.written(rng) for layer in once)}>"


NAMES = ["stem", "body", "head", "a1", "_x", "conv-2", "B"]


class GraphGenerator(Generator):
    """Networks with branches, BatchNorm and Dropout."""

    def __init__(self, rng, names=True, **settings):
        """names: whether layers may be Named and repeated, which compilers print in other words."""
        super().__init__(rng, **settings)
        self.names = names
        self.depth = 0  # of branches in branches

    def layer(self, shape, last):
        rng = self.rng
        if len(shape) < 4 and rng.random() < 0.45 * self.graphs:
            kinds = ["batch_norm"] * 3 + ["dropout"] * 2 + ["residual", "concat", "add", "multiply"] * 2
            kind = rng.choice(kinds + ["repeat"] * self.names)
            made = getattr(self, kind)(shape)
            if made is not None:
                return made
        return super().layer(shape, last)

    def network(self):
        self.graphs = self.rng.random() < 0.85
        shape, layers = super().network()
        if self.names and self.graphs:
            self.give_names(layers)
        return shape, layers

    def give_names(self, layers, repeated=False):
        """Names for some layers, each once in a block, and none in what is repeated."""
        free = list(NAMES)
        for layer in layers:
            if self.rng.random() < 0.12 and free and not repeated and layer.name is None:
                layer.name = free.pop(self.rng.randrange(len(free)))
            self.give_names(layer.children(), repeated or isinstance(layer, Repeat))

    def batch_norm(self, shape):
        rng = self.rng
        options = dict(
            affine=rng.random() < 0.8,
            eps=rng.choice([1e-5, 1e-5, 1e-3, 0.1]),
            momentum=rng.choice([0.1, 0.1, 0.25, 0.01, 1.0]),
        )
        if len(shape) == 3:
            return BatchNorm2d(shape[0], lazy=rng.random() < 0.25, **options), shape
        if len(shape) <= 2:
            return BatchNorm1d(shape[0], **options), shape
        return self.norm(shape)

    def dropout(self, shape):
        kind = self.rng.choice([Dropout, Dropout2d]) if len(shape) == 3 else Dropout
        return kind(self.rng.choice([0.5, 0.5, 0.25, 0.1, 0.75, 0.3, 0.0, 1.0])), shape

    def channels_to(self, shape, channels, stride=1):
        """A layer that makes so many channels or features of the same, or every `stride`-th, pixel; None where that is
        too much work."""
        rng = self.rng
        if len(shape) == 1:
            if shape[0] * channels > min(self.parameters, self.multiply_adds):
                return None
            self.parameters -= shape[0] * channels
            self.multiply_adds -= shape[0] * channels
            return Linear(shape[0], channels, rng.random() < 0.7, rng.random() < 0.3), (channels,)
        if len(shape) > 3:
            return None
        cin, h, w = shape if len(shape) == 3 else (shape[0], 1, shape[1])
        kernel = rng.choice([1, 1, 3, 3, 3, 5])
        groups = cin if cin == channels and rng.random() < 0.3 else 1
        ho, wo = (h - 1) // stride + 1, (w - 1) // stride + 1
        parameters = channels * cin // groups * kernel * kernel
        work = parameters * ho * wo
        if parameters > self.parameters or work > self.multiply_adds or channels * ho * wo > self.most_elements:
            return None
        self.parameters -= parameters
        self.multiply_adds -= work
        if len(shape) == 2:
            one_row = (1, kernel), (0, kernel // 2), (1, stride), (1, 1)
            return Conv1d(cin, channels, *one_row, groups, rng.random() < 0.6), (channels, wo)
        layer = Conv2d(
            cin,
            channels,
            (kernel, kernel),
            (kernel // 2, kernel // 2),
            (stride, stride),
            groups=groups,
            bias=rng.random() < 0.6,
            lazy=rng.random() < 0.25,
        )
        return layer, (channels, ho, wo)

    def same(self, shape):
        """A layer that keeps the shape."""
        kind = self.rng.choice(["convolution"] * 3 + ["activation"] * 3 + ["batch_norm"] * 2)
        if self.rng.random() < 0.4:
            kind = self.rng.choice(["pool", "dropout", "branches", "norm", "identity"])
        if kind == "convolution":
            made = self.channels_to(shape, shape[0])
            if made is not None:
                return made[0]
        elif kind == "pool" and len(shape) == 2:
            return self.rng.choice([MaxPool1d, AvgPool1d])((1, 3), (1, 1), (0, 1))
        elif kind == "pool" and len(shape) == 3:
            size = self.rng.choice([3, 3, 5])
            return self.rng.choice([MaxPool2d, AvgPool2d])((size, size), (1, 1), (size // 2, size // 2))
        elif kind == "branches" and self.depth < 2:
            made = self.residual(shape, False)
            if made is not None:
                return made[0]
        elif kind in ("batch_norm", "norm", "dropout"):
            made = getattr(self, kind)(shape)
            if made is not None:
                return made[0]
        elif kind == "identity":
            return Identity()
        return self.activation(shape)[0]

    def several(self, shape, most=3):
        return [self.same(shape) for _ in range(self.rng.randint(1, most))]

    def branch(self, shape, channels, stride=1):
        """Layers from a shape to so many channels; None where that is too much work."""
        made = self.channels_to(shape, channels, stride)
        if made is None:
            return None
        before = self.several(shape, 2) if self.rng.random() < 0.3 else []
        return before + [made[0]] + (self.several(made[1], 2) if self.rng.random() < 0.6 else [])

    def nested(make):
        """A method that makes branches; inside it, there are branches to a certain depth."""

        def wrapped(self, *arguments):
            self.depth += 1
            try:
                return make(self, *arguments)
            finally:
                self.depth -= 1

        return wrapped

    def channels_of(self, shape):
        return self.rng.choice([shape[0], 1, 2, 3, 4, 5, 8, 9, 16, 17])

    @staticmethod
    def as_branch(layers):
        return layers[0] if len(layers) == 1 else Block(layers)

    @nested
    def residual(self, shape, may_change=True):
        rng = self.rng
        if not may_change or rng.random() < 0.5:
            return Residual(self.several(shape, 4)), shape
        channels = self.channels_of(shape)
        stride = rng.choice([1, 1, 2]) if len(shape) > 1 else 1
        main = self.branch(shape, channels, stride)
        made = self.channels_to(shape, channels, stride)
        if main is None or made is None:
            return None
        short = [made[0]] + ([self.batch_norm(made[1])[0]] if rng.random() < 0.5 else [])
        return Residual(main, short), made[1]

    @nested
    def concat(self, shape):
        branches, channels = [], 0
        for _ in range(self.rng.choice([2, 2, 2, 3, 4])):
            if self.rng.random() < 0.3:
                made, count = self.several(shape, 2), shape[0]
            else:
                count = self.channels_of(shape)
                made = self.branch(shape, count)
            if made is None or (channels + count) * math.prod(shape[1:]) > self.most_elements:
                return None
            branches.append(self.as_branch(made))
            channels += count
        return (Concat(branches), (channels, *shape[1:])) if channels <= 200 else None

    @nested
    def add(self, shape):
        channels = self.channels_of(shape)
        stride = self.rng.choice([1, 1, 2]) if len(shape) > 1 else 1
        branches = [self.branch(shape, channels, stride) for _ in range(self.rng.choice([2, 2, 3]))]
        if None in branches:
            return None
        return Add([self.as_branch(b) for b in branches]), self.after(shape, channels, stride)

    @nested
    def multiply(self, shape):
        rng = self.rng
        channels = self.channels_of(shape)
        branches = [self.branch(shape, channels) for _ in range(rng.choice([1, 1, 2]))]
        if rng.random() < 0.25 and channels == shape[0]:
            branches[0] = self.several(shape, 1)
        if len(shape) == 3 and (rng.random() < 0.6 or len(branches) == 1):
            # A factor of each channel, as in squeeze-excitation.
            made = self.channels_to((shape[0], 1, 1), channels)
            pool = rng.choice([AvgPool2d(shape[1:]), AdaptiveAvgPool2d((1, 1))])
            gate = None if made is None else [pool, made[0], rng.choice([Sigmoid, Sigmoid, Tanh, Hardsigmoid])()]
            branches.insert(rng.randint(0, len(branches)), gate)
        elif len(branches) == 1:
            branches.append(self.branch(shape, channels))
        if None in branches:
            return None
        return Multiply([self.as_branch(b) for b in branches]), self.after(shape, channels, 1)

    def repeat(self, shape):
        count = self.rng.choice([1, 2, 2, 3])
        parameters, work = self.parameters, self.multiply_adds
        layers = self.several(shape, 3)
        self.parameters -= (count - 1) * (parameters - self.parameters)
        self.multiply_adds -= (count - 1) * (work - self.multiply_adds)
        return Repeat(count, layers), shape

    @staticmethod
    def after(shape, channels, stride):
        return (channels, *((size - 1) // stride + 1 for size in shape[1:]))
