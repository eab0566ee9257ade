# SPDX-License-Identifier: MIT
"""A network in PyTorch, in float64, and bounds of what rounding may change. It is walked as a graph, in the order in
which its layers run."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import losses
from branches import Branches
from layers import BatchNorm, Dropout, sequential

torch.set_num_threads(1)
FLOAT = 2.0**-24
DOUBLE = 2.0**-53


class Node:
    """A layer of a network that computes, in the order in which they run: what it reads, and its module. Value 0 is the
    input, value n + 1 what node n makes. A join, `layer`, reads several values and has no module."""

    def __init__(self, layer, module, inputs, path):
        self.layer, self.module, self.inputs, self.path = layer, module, inputs, path

    def of(self, xs):
        return self.layer.join(xs) if self.module is None else self.module(xs[0])


class Reference:
    def __init__(self, layers, loss=None):
        self.layers = layers
        self.module = sequential(layers).double().eval()
        for module in self.module.modules():
            if isinstance(module, nn.Hardsigmoid):  # PyTorch's has the slope 1/6 of float32 in float64, too.
                module.forward = lambda x: F.relu6(x + 3) / 6
        self.nodes = []
        self.follow(layers, self.module, (), range(len(layers)), 0)
        self.readers = [sum(node.inputs.count(v) for node in self.nodes) for v in range(len(self.nodes) + 1)]
        self.loss = loss or losses.MSE()
        self.dropouts = [n for n, node in enumerate(self.nodes) if isinstance(node.layer, Dropout)]
        self.norms = [node for node in self.nodes if isinstance(node.layer, BatchNorm)]
        self.training_differs = bool(self.dropouts or self.norms)

    def follow(self, layers, module, path, indices, value):
        """Adds the nodes of some layers, one after the other from a value on; returns the last one's value."""
        modules = list(module.children())
        for n in indices:
            layer, own = layers[n], path + (layers[n].name or str(n),)
            inside = layer.children()
            if isinstance(layer, Branches):
                ends = layer.ends(value, lambda chosen, x: self.follow(inside, modules[n], own, chosen, x))
                self.nodes.append(Node(layer.join, None, ends, own))
            elif inside:
                value = self.follow(inside, modules[n], own, range(len(inside)), value)
                continue
            else:
                self.nodes.append(Node(layer, modules[n], [value], own))
            value = len(self.nodes)
        return value

    def state(self):
        """The state_dict that ctcnn has: without the number of batches."""
        state = self.module.state_dict()
        return {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}

    def learned(self):
        return dict(self.module.named_parameters())

    def draw(self, rng, gain):
        with torch.no_grad():
            for name, p in self.state().items():
                fan_in = p[0].numel() if p.dim() > 1 else 4
                drawn = torch.randn(p.shape, generator=rng) * gain / math.sqrt(fan_in)
                p.copy_((0.25 + drawn * drawn if name.endswith("running_var") else drawn).float())

    @staticmethod
    def row(tensors):
        return torch.cat([t.detach().reshape(-1) for t in tensors] or [torch.zeros(0, dtype=torch.float64)])

    def parameters(self):
        return self.row(self.module.parameters()).clone()

    def buffers(self):
        return self.row(t for name, t in self.state().items() if name not in self.learned()).clone()

    def load(self, parameters, buffers):
        """Sets all that ctcnn has, from rows."""
        learned, rows = self.learned(), {True: parameters, False: buffers}
        with torch.no_grad():
            for name, tensor in self.state().items():
                row = rows[name in learned]
                tensor.copy_(row[: tensor.numel()].reshape(tensor.shape))
                rows[name in learned] = row[tensor.numel() :]

    def places(self):
        """(offset, shape...) of each tensor, in the order of state_dict. Buffers lie behind all parameters."""
        learned = self.learned()
        at = {True: 0, False: sum(p.numel() for p in learned.values())}
        result = []
        for name, p in self.state().items():
            result.append([at[name in learned], *p.shape])
            at[name in learned] += p.numel()
        return result

    def shapes(self, x):
        result = []
        self.module.eval()
        for child in self.module:
            x = child(x)
            result.append(list(x.shape[1:]))
        return result

    def forward(self, x):
        """Outputs; keeps all values, and what each node reads of them, so that each reader has a gradient."""
        self.values, self.read = [x], []
        for node in self.nodes:
            xs = [
                self.values[v].view_as(self.values[v]) if self.readers[v] > 1 else self.values[v] for v in node.inputs
            ]
            x = node.of(xs)
            for value in (*xs, x):
                if value.requires_grad:
                    value.retain_grad()
            self.read.append(xs)
            self.values.append(x)
        return x

    def keep_all(self):
        """No Dropout."""
        for n in self.dropouts:
            self.nodes[n].module.factors = torch.ones(())

    def mask(self, randomness, count, dtype=torch.float64):
        """The factors of all Dropout layers, for so many images."""
        for n in self.dropouts:
            node, value = self.nodes[n], self.values[n + 1]
            shape = value.shape[1 : 2 if node.layer.planes else None]
            kept = kept_by_dropout(randomness, n, count, shape.numel(), node.layer.p)
            factor = 1 / (1 - node.layer.p) if node.layer.p < 1 else 0.0
            kept = torch.from_numpy(kept).reshape(count, *shape, *[1] * (value.dim() - 1 - len(shape)))
            node.module.factors = kept.to(dtype) * factor

    def loss_of(self, y, target, reduction="mean"):
        return self.loss.of(y.reshape(len(y), -1), target, reduction)

    def gradients(self, x, target):
        """Loss of training, gradient of all parameters in a row; the values on the way are kept. `moved` is what the
        running statistics become; those of the module stay. nn.BatchNorm2d sums one by one, and may be off by 1e-12
        after 100,000 numbers: `moved` is computed anew, and must be what it has to that."""
        self.module.train()
        self.module.zero_grad()
        before = {k: v.clone() for k, v in self.module.state_dict().items()}
        y = self.forward(x.detach().requires_grad_(True))
        loss = self.loss_of(y, target)
        loss.backward()
        moved = self.buffers()
        self.module.load_state_dict(before)
        self.moved = self.row(
            t
            for node, xs in zip(self.nodes, self.read)
            if isinstance(node.layer, BatchNorm)
            for t in node.layer.moved(node.module, xs[0].detach())
        )
        assert torch.allclose(self.moved, moved, rtol=1e-9, atol=1e-12), "the running statistics are not PyTorch's"
        return loss.item(), self.row(p.grad for p in self.module.parameters())

    def infer(self, x):
        """Outputs of inference."""
        self.module.eval()
        with torch.no_grad():
            return self.forward(x)

    def longest_sum(self):
        return max(
            [self.values[-1][0].numel()]
            + [node.layer.terms(xs[0], y) for node, xs, y in zip(self.nodes, self.read, self.values[1:]) if node.module]
        )

    @torch.no_grad()
    def forward_errors(self, context):
        """Bounds of all values. Notes of each node whether a layer before it may have been filtered."""
        self.filtered_before, filtered = [], [False]
        errors = [torch.zeros_like(self.values[0])]
        for node, xs, y in zip(self.nodes, self.read, self.values[1:]):
            context.filtered = any(filtered[v] for v in node.inputs)
            self.filtered_before.append(context.filtered)
            exs = [errors[v] for v in node.inputs]
            if node.module is None:
                errors.append(node.layer.join_error(xs, exs, y, context))
            else:
                errors.append(node.layer.error(node.module, xs[0], exs[0], y, context))
            filtered.append(context.filtered)
        return errors

    @torch.no_grad()
    def moved_errors(self, errors, context):
        """Bounds of what the running statistics become."""
        result = []
        for n, node in enumerate(self.nodes):
            if isinstance(node.layer, BatchNorm):
                result += node.layer.moved_errors(node.module, self.read[n][0], errors[node.inputs[0]], context)
        return self.row(result)

    @torch.no_grad()
    def loss_error(self, y, ey, target, context):
        """Bounds for the loss of each image, and for the gradient of the mean with respect to the outputs."""
        n = len(y)
        el, eg = self.loss.error(y.reshape(n, -1), ey.reshape(n, -1), target, context)
        return el, eg.reshape(y.shape)

    @torch.no_grad()
    def gradient_errors(self, errors, target, context):
        """Bounds of the loss and of each parameter's gradient; call gradients() before. Where several layers read a
        value, their gradients are added, and each addition rounds."""
        el, eg = self.loss_error(self.values[-1], errors[-1], target, context)
        bounds = [0] * len(self.nodes) + [eg]
        parts = []
        for k in reversed(range(len(self.nodes))):
            node, xs = self.nodes[k], self.read[k]
            context.filtered = self.filtered_before[k]
            exs = [errors[v] for v in node.inputs]
            y, g, eg = self.values[k + 1], self.values[k + 1].grad, bounds[k + 1]
            if node.module is None:
                egs = node.layer.join_back(xs, exs, y, g, eg, context)
            else:
                egx, own = node.layer.back(node.module, xs[0], exs[0], y, errors[k + 1], g, eg, context)
                egs, parts = [egx], own + parts
            for v, x, egx in zip(node.inputs, xs, egs):
                bounds[v] = bounds[v] + egx + (context.gamma * x.grad.abs() if self.readers[v] > 1 else 0)
        return self.loss.mean(el, target).item(), self.row(parts)


def philox(seed, stream, positions):
    """Philox-4x32-10: four 32-bit numbers at each position of a stream.
    Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011"""
    low = np.uint64(0xFFFFFFFF)
    halves = lambda n: (np.uint64(n & 0xFFFFFFFF), np.uint64(n >> 32))
    positions = positions.astype(np.uint64)
    stream_low, stream_high = halves(stream)
    c = [positions & low, positions >> np.uint64(32), np.full_like(positions, stream_low),
         np.full_like(positions, stream_high)]  # fmt: skip
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        high = np.uint64(32)
        c = [(b >> high) ^ c[1] ^ np.uint64(k0), b & low, (a >> high) ^ c[3] ^ np.uint64(k1), a & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, -1)


def kept_by_dropout(randomness, layer, images, elements, p):
    """Which elements of each image are kept, (images, elements): those whose 32-bit number, as a fraction, is not below
    p. Image n's elements 4 i, ..., 4 i + 3 are the numbers at position n * 2^32 + i of the stream of (step, layer)."""
    seed, step = randomness
    blocks = (elements + 3) // 4
    positions = (np.arange(images, dtype=np.uint64)[:, None] << np.uint64(32)) + np.arange(blocks, dtype=np.uint64)
    numbers = philox(seed, 1 << 63 | step << 16 | layer, positions).reshape(images, 4 * blocks)[:, :elements]
    return numbers >= np.uint64(int(p * 2**32))


def in_units(difference, unit):
    """The largest difference in units of its bound."""
    if difference.numel() == 0:
        return 0.0
    difference = difference.abs()
    ratio = torch.where(difference == 0, 0.0, difference / unit.clamp(min=1e-300))
    return float("inf") if ratio.isnan().any() else ratio.max().item()
