# SPDX-License-Identifier: MIT
"""The layers that ctcnn has, one class each: how it is spelled in C++, its PyTorch module, and how rounding errors pass
through it; and random networks of them. README.md says how to add a layer.

Errors are bounded to first order, and to second where two are multiplied: where an exact gradient is 0, the product of
two errors is all there is. `error(module, x, ex, y, context)` is the bound of |y - exact y| where x is off by at
most ex, and each sum by context.gamma times the sum of its absolute products.
`back(module, x, ex, y, ey, g, eg, context)` is the same for the gradients: those with respect to x, and those of the
parameters.
"""

import math
import types
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

REACH = 7  # minimal filtering computes up to 6 + 7 - 1 neighbouring elements from the same products


def vjp(function, point, seed):
    point = point.detach().requires_grad_(True)
    with torch.enable_grad():
        value = function(point)
    (result,) = torch.autograd.grad(value, point, seed)
    return result.detach()


def pair_text(name, pair, rng):
    a, b = pair
    return f"{name}<{a}>" if a == b and rng.random() < 0.8 else f"{name}<{a}, {b}>"


class Context:
    """gamma: what a sum is off by, relative to its absolute products.
    loose: whether minimal filtering is allowed for, which spreads the error of one element over its neighbours.
    kinks: whether an element near a kink may fall on either side."""

    def __init__(self, gamma, loose, kinks):
        self.gamma, self.loose, self.kinks = gamma, loose, kinks
        self.filtered = False  # whether a layer before may have been filtered: then equal elements need not be equal


class Layer:
    parameters = False  # whether it has `weight`, and with `bias` that, too
    buffers = ()  # names of what is not learned
    name = None  # in place of its index
    exported = True  # whether it has an ONNX operator

    def written(self, rng=None):
        """The layer, with its name if it has one."""
        text = self.cpp(rng)
        return f'Named<"{self.name}", {text}>' if self.name else text

    def children(self):
        """Layers inside it."""
        return []

    def tensors(self):
        """The names in its state_dict."""
        own = ["weight"] + (["bias"] if getattr(self, "bias", False) else []) if self.parameters else []
        return own + list(self.buffers)

    def module(self):
        raise NotImplementedError

    def terms(self, x, y):
        """The longest sum: forward, and for a parameter's gradient."""
        return 1


class Conv2d(Layer):
    parameters = True

    def __init__(
        self,
        cin,
        cout,
        kernel,
        padding=(0, 0),
        stride=(1, 1),
        dilation=(1, 1),
        groups=1,
        bias=True,
        lazy=False,
        text=None,
    ):
        self.cin, self.cout, self.kernel, self.padding, self.stride = cin, cout, kernel, padding, stride
        self.dilation, self.groups, self.bias, self.lazy, self.text = dilation, groups, bias, lazy, text

    def cpp(self, rng=None):
        if self.text is None:
            options = [pair_text("Kernel", self.kernel, rng)]
            if self.padding != (0, 0) or rng.random() < 0.1:
                options.append(pair_text("Padding", self.padding, rng))
            if self.stride != (1, 1) or rng.random() < 0.1:
                options.append(pair_text("Stride", self.stride, rng))
            if self.dilation != (1, 1) or rng.random() < 0.1:
                options.append(pair_text("Dilation", self.dilation, rng))
            if self.groups != 1 or rng.random() < 0.1:
                options.append(f"Groups<{self.groups}>")
            if not self.bias:
                options.append("NoBias")
            rng.shuffle(options)
            sizes = [self.cout] if self.lazy else [self.cin, self.cout]
            self.text = f"{'LazyConv2d' if self.lazy else 'Conv2d'}<{', '.join(map(str, sizes + options))}>"
        return self.text

    def module(self):
        return nn.Conv2d(
            self.cin, self.cout, self.kernel, self.stride, self.padding, self.dilation, self.groups, self.bias
        )

    def apply(self, x, w):
        return F.conv2d(x, w, None, self.stride, self.padding, self.dilation, self.groups)

    def may_be_filtered(self):
        return self.stride == (1, 1) and self.dilation == (1, 1) and max(self.kernel) >= 2

    def spread(self, e, context):
        if not (context.loose and self.may_be_filtered()):
            return e
        h, w = min(REACH, e.shape[2]), min(REACH, e.shape[3])
        return F.max_pool2d(e, (2 * h + 1, 2 * w + 1), 1, (h, w))

    def error(self, m, x, ex, y, c):
        w = m.weight.abs()
        sums = self.apply(x.abs(), w)
        if m.bias is not None:
            sums = sums + m.bias.abs().reshape(1, -1, 1, 1)
        c.filtered |= self.may_be_filtered()
        return self.apply(ex, w) + c.gamma * self.spread(sums, c)

    def back(self, m, x, ex, y, ey, g, eg, c):
        w = m.weight.abs()
        by_x = lambda seed: vjp(lambda v: self.apply(v, w), x.abs(), seed)
        by_w = lambda v, seed: vjp(lambda u: self.apply(v, u), w, seed)
        egx = by_x(eg) + c.gamma * self.spread(by_x(g.abs()), c)
        # A piece of a row multiplies sums of its elements: also those that no element of the kernel has together.
        sums = by_w(self.spread(x.abs(), c), g.abs())
        if c.loose and self.may_be_filtered():
            sums = sums.amax((2, 3), keepdim=True).expand_as(sums)
        egw = by_w(ex, g.abs() + eg) + by_w(x.abs(), eg) + c.gamma * sums
        parts = [egw]
        if m.bias is not None:
            parts.append(eg.sum((0, 2, 3)) + c.gamma * g.abs().sum((0, 2, 3)))
        return egx, parts

    def terms(self, x, y):
        return max(self.cin // self.groups * self.kernel[0] * self.kernel[1], y.shape[0] * y.shape[2] * y.shape[3])


class Linear(Layer):
    parameters = True

    def __init__(self, fin, fout, bias=True, lazy=False, text=None):
        self.fin, self.fout, self.bias, self.lazy, self.text = fin, fout, bias, lazy, text

    def cpp(self, rng=None):
        if self.text is None:
            arguments = ([] if self.lazy else [self.fin]) + [self.fout] + ([] if self.bias else ["NoBias"])
            self.text = f"{'LazyLinear' if self.lazy else 'Linear'}<{', '.join(map(str, arguments))}>"
        return self.text

    def module(self):
        return nn.Linear(self.fin, self.fout, self.bias)

    def error(self, m, x, ex, y, c):
        w = m.weight.abs()
        sums = F.linear(x.abs(), w)
        if m.bias is not None:
            sums = sums + m.bias.abs()
        return F.linear(ex, w) + c.gamma * sums

    def back(self, m, x, ex, y, ey, g, eg, c):
        w = m.weight.abs()
        egx = (eg + c.gamma * g.abs()) @ w
        egw = (g.abs() + eg).T @ ex + (eg + c.gamma * g.abs()).T @ x.abs()
        parts = [egw]
        if m.bias is not None:
            parts.append((eg + c.gamma * g.abs()).sum(0))
        return egx, parts

    def terms(self, x, y):
        return max(self.fin, x.shape[0])


class Pool(Layer):
    def __init__(self, kernel, stride=None, padding=(0, 0), text=None, ceil=False, counts_padding=True):
        self.kernel, self.stride, self.padding, self.text = kernel, stride, padding, text
        self.ceil, self.counts_padding = ceil, counts_padding

    def cpp(self, rng=None):
        if self.text is None:
            options = [pair_text("Kernel", self.kernel, rng)]
            if self.stride is not None:
                options.append(pair_text("Stride", self.stride, rng))
            if self.padding != (0, 0) or rng.random() < 0.1:
                options.append(pair_text("Padding", self.padding, rng))
            options += ["CeilMode"] * self.ceil + ["NoCountPadding"] * (not self.counts_padding)
            rng.shuffle(options)
            self.text = f"{type(self).__name__}<{', '.join(options)}>"
        return self.text


class MaxPool2d(Pool):
    def module(self):
        return nn.MaxPool2d(self.kernel, self.stride, self.padding, ceil_mode=self.ceil)

    def apply(self, x):
        return F.max_pool2d(x, self.kernel, self.stride, self.padding, ceil_mode=self.ceil)

    def error(self, m, x, ex, y, c):
        return self.apply(ex)

    def back(self, m, x, ex, y, ey, g, eg, c):
        egx = vjp(self.apply, x, eg)
        if c.kinks:
            b, ch, h, w = x.shape
            ph, pw = self.padding
            stride = self.stride or self.kernel
            # Behind the image, as far as the last window reaches.
            ends = [
                max(p, (out - 1) * s + k - size - p)
                for p, out, s, k, size in zip(self.padding, y.shape[2:], stride, self.kernel, (h, w))
            ]
            padded = F.pad(x, (pw, ends[1], ph, ends[0]), value=float("-inf"))
            widths = F.pad(ex, (pw, ends[1], ph, ends[0]))
            fold = dict(kernel_size=self.kernel, stride=stride)
            size = padded.shape[2:]
            # unfold multiplies by one-hot weights nowhere, so infinities stay where they are.
            v = F.unfold(padded.reshape(b * ch, 1, *size), **fold)
            e = F.unfold(widths.reshape(b * ch, 1, *size), **fold)
            top = v.amax(1, keepdim=True)
            top_e = e.gather(1, v.argmax(1, keepdim=True))
            near = v + e >= top - top_e
            if not c.filtered:
                near &= v != top  # elements that are equal here are equal there, and the first one counts
            first = torch.zeros_like(near).scatter(1, v.argmax(1, keepdim=True), True)
            others = near & ~first
            several = others.any(1, keepdim=True)
            weight = (several & (others | first)).double() * g.reshape(b * ch, 1, -1).abs()
            extra = F.fold(weight, output_size=size, **fold).reshape(b, ch, *size)
            egx = egx + extra[:, :, ph : ph + h, pw : pw + w]
        return egx, []


class AvgPool2d(Pool):
    def module(self):
        return nn.AvgPool2d(self.kernel, self.stride, self.padding, self.ceil, self.counts_padding)

    def apply(self, x):
        return F.avg_pool2d(x, self.kernel, self.stride, self.padding, self.ceil, self.counts_padding)

    def error(self, m, x, ex, y, c):
        return self.apply(ex) + c.gamma * self.apply(x.abs())

    def back(self, m, x, ex, y, ey, g, eg, c):
        return vjp(self.apply, x, eg + c.gamma * g.abs()), []

    def terms(self, x, y):
        return self.kernel[0] * self.kernel[1]


class Resizing(Layer):
    """Moves and resizes images by sums with weights that are not negative. moves: forward only moves pixels."""

    moves = False

    def cpp(self, rng=None):
        if self.text is None:
            self.text = self.spelled(rng)
        return self.text

    def apply(self, x):
        return self.module()(x)

    def error(self, m, x, ex, y, c):
        return self.apply(ex) if self.moves else self.apply(ex) + c.gamma * self.apply(x.abs())

    def back(self, m, x, ex, y, ey, g, eg, c):
        return vjp(self.apply, x, eg + c.gamma * g.abs()), []


class AdaptiveAvgPool2d(Resizing):
    def __init__(self, size, text=None):
        self.size, self.text = size, text

    def spelled(self, rng):
        a, b = self.size
        return f"AdaptiveAvgPool2d<{a}>" if a == b and rng.random() < 0.8 else f"AdaptiveAvgPool2d<{a}, {b}>"

    def module(self):
        return nn.AdaptiveAvgPool2d(self.size)

    def terms(self, x, y):
        return math.prod(-(-n // out) + 1 for n, out in zip(x.shape[2:], y.shape[2:]))


class AdaptiveAvgPool1d(Resizing):
    def __init__(self, size, text=None):
        self.size, self.text = size, text

    def spelled(self, rng):
        return f"AdaptiveAvgPool1d<{self.size}>"

    def module(self):
        return nn.AdaptiveAvgPool1d(self.size)

    def terms(self, x, y):
        return -(-x.shape[2] // self.size) + 1


class Upsample(Resizing):
    def __init__(self, scale, bilinear, text=None):
        self.scale, self.bilinear, self.text = scale, bilinear, text
        self.moves = not bilinear

    def spelled(self, rng):
        options = [pair_text("Scale", self.scale, rng)]
        options += ["Bilinear"] if self.bilinear else ["Nearest"] * (rng.random() < 0.5)
        rng.shuffle(options)
        return f"Upsample<{', '.join(options)}>"

    def module(self):
        return nn.Upsample(scale_factor=self.scale, mode="bilinear" if self.bilinear else "nearest")

    def terms(self, x, y):
        return 4 * self.scale[0] * self.scale[1] if self.bilinear else self.scale[0] * self.scale[1]


class ZeroPad2d(Resizing):
    moves = True

    def __init__(self, sides, text=None):
        self.sides, self.text = sides, text  # left, right, top, bottom

    def spelled(self, rng):
        sizes = self.sides[:1] if len(set(self.sides)) == 1 and rng.random() < 0.8 else self.sides
        return f"ZeroPad2d<{', '.join(map(str, sizes))}>"

    def module(self):
        return nn.ZeroPad2d(self.sides)

    def back(self, m, x, ex, y, ey, g, eg, c):
        return vjp(self.apply, x, eg), []


class Unflatten(Layer):
    def __init__(self, size, text=None):
        self.size, self.text = size, text or f"Unflatten<{', '.join(map(str, size))}>"

    def cpp(self, rng=None):
        return self.text

    def module(self):
        return nn.Unflatten(1, self.size)

    def error(self, m, x, ex, y, c):
        return ex.reshape(y.shape)

    def back(self, m, x, ex, y, ey, g, eg, c):
        return eg.reshape(x.shape), []


class OneRow:
    """A layer of sequences as one of images of one row; the first axis of kernel, stride, ... is of size 1 (or 0)."""

    def cpp(self, rng=None):
        if self.text is None:
            options = [f"Kernel<{self.kernel[1]}>"]
            for name, default in (("Padding", 0), ("Stride", None), ("Dilation", 1), ("Groups", 1)):
                value = getattr(self, name.lower(), default)
                value = value[1] if isinstance(value, tuple) else value
                default = self.default_stride() if name == "Stride" else default
                if value is not None and (value != default or hasattr(self, name.lower()) and rng.random() < 0.1):
                    options.append(f"{name}<{value}>")
            if not getattr(self, "bias", True):
                options.append("NoBias")
            rng.shuffle(options)
            sizes = [self.cin, self.cout] if hasattr(self, "cin") else []
            self.text = f"{type(self).__name__}<{', '.join(map(str, sizes + options))}>"
        return self.text

    def default_stride(self):
        return 1 if hasattr(self, "cin") else self.kernel[1]

    def arguments(self):
        pairs = (self.kernel, self.stride, self.padding) + ((self.dilation,) if hasattr(self, "dilation") else ())
        return [pair and pair[1] for pair in pairs]

    @staticmethod
    def flat(m):
        if getattr(m, "weight", None) is None:
            return m
        return types.SimpleNamespace(weight=m.weight.unsqueeze(2), bias=m.bias)

    def error(self, m, x, ex, y, c):
        return super().error(self.flat(m), *(v.unsqueeze(2) for v in (x, ex, y)), c).squeeze(2)

    def back(self, m, x, ex, y, ey, g, eg, c):
        egx, parts = super().back(self.flat(m), *(v.unsqueeze(2) for v in (x, ex, y, ey, g, eg)), c)
        return egx.squeeze(2), [part.squeeze(2) if part.dim() == 4 else part for part in parts]

    def terms(self, x, y):
        return super().terms(x.unsqueeze(2), y.unsqueeze(2))


class Conv1d(OneRow, Conv2d):
    def module(self):
        return nn.Conv1d(self.cin, self.cout, *self.arguments(), self.groups, self.bias)


class MaxPool1d(OneRow, MaxPool2d):
    def module(self):
        return nn.MaxPool1d(*self.arguments())


class AvgPool1d(OneRow, AvgPool2d):
    def module(self):
        return nn.AvgPool1d(*self.arguments())


class ConvTranspose2d(Layer):
    parameters = True

    def __init__(self, cin, cout, kernel, stride, padding, output_padding, dilation, groups, bias, text=None):
        self.cin, self.cout, self.kernel, self.stride, self.padding = cin, cout, kernel, stride, padding
        self.output_padding, self.dilation, self.groups, self.bias, self.text = (
            output_padding,
            dilation,
            groups,
            bias,
            text,
        )

    def cpp(self, rng=None):
        if self.text is None:
            options = [pair_text("Kernel", self.kernel, rng)]
            for name, value, default in (
                ("Stride", self.stride, 1),
                ("Padding", self.padding, 0),
                ("OutputPadding", self.output_padding, 0),
                ("Dilation", self.dilation, 1),
            ):
                if value != (default, default) or rng.random() < 0.1:
                    options.append(pair_text(name, value, rng))
            if self.groups != 1 or rng.random() < 0.1:
                options.append(f"Groups<{self.groups}>")
            if not self.bias:
                options.append("NoBias")
            rng.shuffle(options)
            self.text = f"ConvTranspose2d<{', '.join(map(str, [self.cin, self.cout] + options))}>"
        return self.text

    def module(self):
        return nn.ConvTranspose2d(
            self.cin,
            self.cout,
            self.kernel,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.bias,
            self.dilation,
        )

    def apply(self, x, w):
        return F.conv_transpose2d(
            x, w, None, self.stride, self.padding, self.output_padding, self.groups, self.dilation
        )

    def error(self, m, x, ex, y, c):
        w = m.weight.abs()
        sums = self.apply(x.abs(), w)
        if m.bias is not None:
            sums = sums + m.bias.abs().reshape(1, -1, 1, 1)
        return self.apply(ex, w) + c.gamma * sums

    def back(self, m, x, ex, y, ey, g, eg, c):
        w = m.weight.abs()
        by_x = lambda seed: vjp(lambda v: self.apply(v, w), x.abs(), seed)
        by_w = lambda v, seed: vjp(lambda u: self.apply(v, u), w, seed)
        rounded = eg + c.gamma * g.abs()
        parts = [by_w(ex, g.abs() + eg) + by_w(x.abs(), rounded)]
        if m.bias is not None:
            parts.append(rounded.sum((0, 2, 3)))
        return by_x(rounded), parts

    def terms(self, x, y):
        outputs = y.shape[0] * y.shape[2] * y.shape[3]
        return max(
            self.cin // self.groups * self.kernel[0] * self.kernel[1],
            self.cout // self.groups * self.kernel[0] * self.kernel[1],
            x.shape[0] * x.shape[2] * x.shape[3],
            outputs if self.bias else 0,
        )


class Norm(Layer):
    """What layers that normalise within one image share; `groups` is their number."""

    def grouped(self, v):
        return v.reshape(len(v), self.groups, -1)

    def of_element(self, parameter, x):
        """A parameter with the axes of x."""
        if self.own_weights:
            return parameter.unsqueeze(0)
        return parameter.reshape(1, -1, *[1] * (x.dim() - 2))

    def state(self, m, x, ex, c):
        """1 / sqrt(variance + eps), the normalised elements, and bounds of their errors, in groups."""
        x, ex = self.grouped(x), self.grouped(ex)
        mean = lambda v: v.mean(2, keepdim=True)
        d = x - mean(x)
        ed = ex + mean(ex) + c.gamma * (mean(x.abs()) + d.abs())
        v = mean(d * d) + m.eps
        ev = mean(2 * d.abs() * ed + ed * ed) + c.gamma * v
        r = v.rsqrt()
        er = (v - ev).clamp(min=m.eps).rsqrt() - r + c.gamma * r
        exh = ed * r + (d.abs() + ed) * er
        # No normalised element is larger than the root of their number.
        exh = exh.clamp(max=2 * math.sqrt(x.shape[2]))
        return r, er, d * r, exh

    def error(self, m, x, ex, y, c):
        _, _, xh, exh = self.state(m, x, ex, c)
        xh, exh = xh.abs().reshape(x.shape), exh.reshape(x.shape)
        if m.weight is None:
            return exh + c.gamma * xh
        w = self.of_element(m.weight.abs(), x)
        result = w * exh + c.gamma * w * xh
        return result if m.bias is None else result + c.gamma * self.of_element(m.bias.abs(), x)

    def back(self, m, x, ex, y, ey, g, eg, c):
        r, er, xh, exh = self.state(m, x, ex, c)
        w = 1 if m.weight is None else self.of_element(m.weight, x)
        s = self.grouped(g * w)
        es = self.grouped(eg * abs(w)) + c.gamma * s.abs()
        mean = lambda v: v.mean(2, keepdim=True)
        a, b = mean(s), mean(s * xh)
        ea = mean(es) + c.gamma * mean(s.abs())
        eb = mean(es * xh.abs() + (s.abs() + es) * exh) + c.gamma * mean((s * xh).abs())
        inner = s - a - xh * b
        sizes = s.abs() + a.abs() + (xh * b).abs()
        e_inner = es + ea + xh.abs() * eb + exh * (b.abs() + eb) + c.gamma * sizes
        egx = ((r + er) * e_inner + er * inner.abs()).reshape(x.shape)
        if m.weight is None:
            return egx, []
        xh, exh = xh.abs().reshape(x.shape), exh.reshape(x.shape)
        over = [0] if self.own_weights else [axis for axis in range(x.dim()) if axis != 1]
        egw = eg * xh + (g.abs() + eg) * exh + c.gamma * g.abs() * xh
        parts = [egw.sum(over)]
        if m.bias is not None:
            parts.append((eg + c.gamma * g.abs()).sum(over))
        return egx, parts

    def terms(self, x, y):
        return max(x[0].numel() // self.groups, x.shape[0] if self.own_weights else x.numel() // x.shape[1])


class GroupNorm(Norm):
    own_weights = False

    def __init__(self, groups, channels, eps=1e-5, affine=True):
        self.groups, self.channels, self.eps, self.affine = groups, channels, eps, affine
        self.parameters = self.bias = affine
        arguments = [str(groups), str(channels)] + ([f"Eps<{eps}>"] if eps != 1e-5 else [])
        self.text = f"GroupNorm<{', '.join(arguments + ([] if affine else ['NoAffine']))}>"

    def cpp(self, rng=None):
        return self.text

    def module(self):
        return nn.GroupNorm(self.groups, self.channels, self.eps, self.affine)


class LayerNorm(Norm):
    own_weights = True
    groups = 1

    def __init__(self, shape, named, eps=1e-5, affine=True, bias=True):
        self.sizes, self.named, self.eps, self.affine = list(shape), named, eps, affine
        self.parameters, self.bias = affine, affine and bias
        self.without_bias = not bias
        options = [f"Shape<{', '.join(map(str, shape))}>"] if named else []
        options += [f"Eps<{eps}>"] if eps != 1e-5 else []
        self.text = f"LayerNorm<{', '.join(options + ([] if bias else ['NoBias']) + ([] if affine else ['NoAffine']))}>"

    def cpp(self, rng=None):
        return self.text

    def module(self):
        return nn.LayerNorm(self.sizes, self.eps, self.affine, not self.without_bias)


class Plain(Layer):
    def cpp(self, rng=None):
        return type(self).__name__


class ReLU(Plain):
    def module(self):
        return nn.ReLU()

    def error(self, m, x, ex, y, c):
        return torch.where(x > -ex, ex, 0.0)

    def back(self, m, x, ex, y, ey, g, eg, c):
        egx = torch.where(x > 0, eg, 0.0)
        if c.kinks:
            egx = egx + torch.where((x.abs() <= ex) & (ex > 0), g.abs() + eg, 0.0)
        return egx, []


class Sigmoid(Plain):
    tiny = 1e-37

    def module(self):
        return nn.Sigmoid()

    def error(self, m, x, ex, y, c):
        slope = y * (1 - y)
        return torch.minimum(slope * torch.expm1(ex.clamp(max=50.0)), torch.ones_like(y)) + c.gamma * y + self.tiny

    def back(self, m, x, ex, y, ey, g, eg, c):
        slope = y * (1 - y)
        return eg * slope + (g.abs() + eg) * ((1 - 2 * y).abs() * ey + ey * ey) + c.gamma * g.abs() * slope, []


class Tanh(Plain):
    def module(self):
        return nn.Tanh()

    def error(self, m, x, ex, y, c):
        slope = 1 - y * y
        return (
            torch.minimum(slope * torch.expm1((2 * ex).clamp(max=50.0)) / 2, torch.full_like(y, 2.0))
            + c.gamma * y.abs()
        )

    def back(self, m, x, ex, y, ey, g, eg, c):
        slope = 1 - y * y
        return eg * slope + (g.abs() + eg) * (2 * y.abs() * ey + ey * ey) + c.gamma * g.abs() * slope, []


class Function(Plain):
    """A function of each element: its largest slope, a bound of the second derivative where there is one, and the jumps
    of the slope at its kinks, {place: jump}."""

    steepest, curve, jumps = 1.0, 0.0, {}
    tiny = 1e-37
    far = 0.0  # the slope is computed with factors of the size of x, up to this

    def near_kink(self, x, ex, k):
        return ((x - k).abs() <= ex) & (ex > 0)

    def rough(self, x, y):
        """What a few roundings are relative to."""
        return y.abs()

    def slope(self, m, x):
        return vjp(m, x, torch.ones_like(x)).abs()

    def error(self, m, x, ex, y, c):
        passed = self.slope(m, x) * ex + self.curve / 2 * ex * ex
        for k in self.jumps:
            passed = torch.where(self.near_kink(x, ex, k), self.steepest * ex, passed)
        return torch.minimum(passed, self.steepest * ex) + c.gamma * self.rough(x, y) + self.tiny

    def back(self, m, x, ex, y, ey, g, eg, c):
        slope = self.slope(m, x)
        change = torch.minimum(self.curve * ex, torch.full_like(ex, 2 * self.steepest))
        rounding = slope + (0 if self.curve == 0 else self.steepest * (1 + x.abs().clamp(max=self.far)))
        egx = eg * slope + (g.abs() + eg) * change + c.gamma * g.abs() * rounding
        for k, jump in self.jumps.items() if c.kinks else ():
            egx = egx + torch.where(self.near_kink(x, ex, k), jump * (g.abs() + eg), 0.0)
        return egx, []


class LeakyReLU(Function):
    def __init__(self, slope=0.01):
        self.negative_slope = slope
        self.jumps = {0: abs(1 - slope)}

    def cpp(self, rng=None):
        return "LeakyReLU<>" if self.negative_slope == 0.01 else f"LeakyReLU<{self.negative_slope}>"

    def module(self):
        return nn.LeakyReLU(self.negative_slope)


class ELU(Function):
    curve = 1.0

    def __init__(self, alpha=1.0):
        self.alpha = alpha
        self.steepest = max(1.0, alpha)
        self.curve = alpha
        self.jumps = {0: abs(1 - alpha)}

    def cpp(self, rng=None):
        return "ELU" if self.alpha == 1 else f"ELUWith<{self.alpha}>"

    def module(self):
        return nn.ELU(self.alpha)


class SELU(Function):
    steepest, curve, jumps = 1.7581, 1.7581, {0: 0.7075}

    def module(self):
        return nn.SELU()


class GELU(Function):
    steepest, curve, far = 1.13, 0.8, 20.0

    def module(self):
        return nn.GELU()

    def rough(self, x, y):
        return x.abs()


class GELUTanh(GELU):
    def module(self):
        return nn.GELU("tanh")


class SiLU(Function):
    steepest, curve, far, tiny = 1.1, 0.5, 20.0, 1e-35

    def module(self):
        return nn.SiLU()


class Softplus(Function):
    """PyTorch's own threshold of 20: lower ones are jumps."""

    def __init__(self, beta=1.0):
        self.beta = beta
        self.curve = beta / 4

    def cpp(self, rng=None):
        return "Softplus" if self.beta == 1 else f"SoftplusWith<{self.beta}>"

    def module(self):
        return nn.Softplus(self.beta)

    def error(self, m, x, ex, y, c):
        return super().error(m, x, ex, y, c) + 2.1e-9 / self.beta * ((self.beta * x - 20).abs() <= self.beta * ex)

    def back(self, m, x, ex, y, ey, g, eg, c):
        egx, parts = super().back(m, x, ex, y, ey, g, eg, c)
        near = (self.beta * x - 20).abs() <= self.beta * ex + 2.1e-9
        return egx + torch.where(near, 2.1e-9 * (g.abs() + eg), 0.0), parts


class Hardtanh(Function):
    def __init__(self, low=-1.0, high=1.0):
        self.low, self.high = low, high
        self.jumps = {low: 1, high: 1}

    def cpp(self, rng=None):
        return "Hardtanh" if (self.low, self.high) == (-1, 1) else f"HardtanhWith<{self.low}, {self.high}>"

    def module(self):
        return nn.Hardtanh(self.low, self.high)


class ReLU6(Function):
    jumps = {0: 1, 6: 1}

    def module(self):
        return nn.ReLU6()


class Hardsigmoid(Function):
    # Rounding may take a sum just above -3 to 0, or one just below 3 to 6.
    steepest, jumps = 1 / 6, {-3: 1 / 6, 3: 1 / 6}

    def module(self):
        return nn.Hardsigmoid()

    def rough(self, x, y):
        return y.abs() + 1

    def near_kink(self, x, ex, k):
        return (x - k).abs() <= ex + 1e-6


class Hardswish(Function):
    steepest, curve, jumps = 1.5, 1 / 3, {-3: 0.5, 3: 0.5}

    def module(self):
        return nn.Hardswish()

    def rough(self, x, y):
        return x.abs()


class PReLU(Layer):
    parameters, bias = True, False

    def __init__(self, count=1):
        self.count = count

    def cpp(self, rng=None):
        self.text = "PReLU<>" if self.count == 1 else f"PReLU<{self.count}>"
        return self.text

    def module(self):
        return nn.PReLU(self.count)

    def slope(self, m, x):
        w = m.weight.reshape(-1, *[1] * (x.dim() - 2)) if self.count > 1 else m.weight
        return w, torch.where(x > 0, 1.0, w.abs())

    def error(self, m, x, ex, y, c):
        w, slope = self.slope(m, x)
        near = (x.abs() <= ex) & (ex > 0)
        return torch.where(near, torch.maximum(w.abs(), torch.ones_like(w)), slope) * ex + c.gamma * y.abs()

    def back(self, m, x, ex, y, ey, g, eg, c):
        w, slope = self.slope(m, x)
        near = (x.abs() <= ex) & (ex > 0)
        egx = slope * (eg + c.gamma * g.abs())
        if c.kinks:
            egx = egx + torch.where(near, (1 - w).abs() * (g.abs() + eg), 0.0)
        below = torch.where((x <= 0) | near, (x.abs() + ex) * eg + ex * g.abs() + c.gamma * (x * g).abs(), 0.0)
        if self.count == 1:
            return egx, [below.sum().reshape(1)]
        return egx, [below.transpose(0, 1).reshape(self.count, -1).sum(1)]

    def terms(self, x, y):
        return x.numel() // self.count


class Softmax(Plain):
    log = False

    def module(self):
        return nn.Softmax(1)

    def passed(self, ex):
        """The relative error of the powers and their sum."""
        return torch.expm1((ex + ex.amax(1, keepdim=True)).clamp(max=50.0))

    def error(self, m, x, ex, y, c):
        relative = self.passed(ex) + c.gamma * (2 + x.amax(1, keepdim=True) - x)
        return torch.minimum(y * relative, torch.ones_like(y)) + 1e-37

    def back(self, m, x, ex, y, ey, g, eg, c):
        inner = (y * g).sum(1, keepdim=True)
        e_inner = (ey * (g.abs() + eg) + y * eg + c.gamma * (y * g).abs()).sum(1, keepdim=True)
        both = eg + e_inner + c.gamma * (g.abs() + inner.abs())
        return ey * (g - inner).abs() + (y + ey) * both, []

    def terms(self, x, y):
        return x.shape[1]


class LogSoftmax(Softmax):
    def module(self):
        return nn.LogSoftmax(1)

    def error(self, m, x, ex, y, c):
        top = x.amax(1, keepdim=True)
        lse = torch.logsumexp(x - top, 1, keepdim=True)
        return ex + ex.amax(1, keepdim=True) + c.gamma * (1 + (x - top).abs() + lse + y.abs())

    def back(self, m, x, ex, y, ey, g, eg, c):
        p = y.exp()
        ep = Softmax.error(self, m, x, ex, p, c)
        total = g.sum(1, keepdim=True)
        e_total = (eg + c.gamma * g.abs()).sum(1, keepdim=True)
        rounding = c.gamma * (g.abs() + p * total.abs())
        return eg + ep * total.abs() + (p + ep) * e_total + rounding, []


class Flatten(Plain):
    def module(self):
        return nn.Flatten()

    def error(self, m, x, ex, y, c):
        return ex.reshape(y.shape)

    def back(self, m, x, ex, y, ey, g, eg, c):
        return eg.reshape(x.shape), []


class Identity(Plain):
    def module(self):
        return nn.Identity()

    def error(self, m, x, ex, y, c):
        return ex

    def back(self, m, x, ex, y, ey, g, eg, c):
        return eg, []


class BatchNorm(Layer):
    """Of n elements of a channel, mean and variance are off by
        em = mean(ex) + gamma mean|x|,
        ev = mean(2 |d| ed + ed^2) + gamma (v + 2 rms(d) rms(x)),  d = x - mean, ed = ex + em + gamma |d|.
    The last term is what the means of tiles are off by, times how far they lie from the mean of all: at most rms(d).
    1 / sqrt(v + eps) is bounded at v - ev, which holds to all orders. Normalised elements are at most sqrt(n - 1), and
    their error is at most twice sqrt(n) where the variance is all noise. Forward multiplies x and the mean by the
    scale before they are subtracted, and is off by gamma (|scale x| + |scale mean| + |bias|) more; backward subtracts
    first. Its bound is that of a sum of products: g - mean(g) - x' mean(g x')."""

    parameters = True
    buffers = ("running_mean", "running_var")

    def __init__(self, channels, affine=True, eps=1e-5, momentum=0.1, lazy=False, text=None):
        self.channels, self.eps, self.momentum, self.lazy, self.text = channels, eps, momentum, lazy, text
        self.parameters = self.bias = affine

    def cpp(self, rng=None):
        if self.text is None:
            name = ("Lazy" if self.lazy else "") + type(self).__name__
            options = [f"Eps<{self.eps}>"] if self.eps != 1e-5 or rng.random() < 0.1 else []
            options += [f"Momentum<{self.momentum}>"] if self.momentum != 0.1 or rng.random() < 0.1 else []
            options += [] if self.parameters else ["NoAffine"]
            rng.shuffle(options)
            self.text = f"{name}<{', '.join(([] if self.lazy else [str(self.channels)]) + options)}>"
        return self.text

    def module(self):
        module = getattr(nn, type(self).__name__)
        return module(self.channels, eps=self.eps, momentum=self.momentum, affine=self.parameters)

    def moments(self, x, ex, c):
        """Mean and variance of the batch with their bounds, of each channel."""
        axes = tuple(i for i in range(x.dim()) if i != 1)
        mean = lambda v: v.mean(axes, keepdim=True)
        m = mean(x)
        d = x - m
        v = mean(d * d)
        em = mean(ex) + c.gamma * mean(x.abs())
        ed = ex + em + c.gamma * d.abs()
        ev = mean(2 * d.abs() * ed + ed * ed) + c.gamma * (v + 2 * (v * mean(x * x)).sqrt())
        return m, v, em, ev

    def of_channels(self, x, values):
        """Values of each channel, so that they go with x; 1 where there are none."""
        if values is None:
            return torch.ones((), dtype=x.dtype)
        return values.reshape(1, -1, *[1] * (x.dim() - 2))

    def normalised(self, x, ex, c):
        """x', 1 / deviation, and their bounds."""
        m, v, em, ev = self.moments(x, ex, c)
        inverse = (v + self.eps).rsqrt()
        einverse = ((v - ev).clamp(min=0) + self.eps).rsqrt() - inverse + c.gamma * inverse
        d = (x - m).abs()
        e = (ex + em + c.gamma * d) * (inverse + einverse) + d * einverse
        count = x.numel() // x.shape[1]
        return (x - m) * inverse, inverse, e.clamp(max=2 * count**0.5), einverse, m

    def error(self, m, x, ex, y, c):
        w = self.of_channels(x, m.weight).abs()
        bias = self.of_channels(x, m.bias).abs() if m.bias is not None else 0
        if m.training:
            _, inverse, e, _, mean = self.normalised(x, ex, c)
        else:
            mean, inverse = self.of_channels(x, m.running_mean), self.of_channels(x, (m.running_var + m.eps).rsqrt())
            e = ex * inverse
        return w * e + c.gamma * (w * inverse * (x.abs() + mean.abs()) + bias)

    def back(self, m, x, ex, y, ey, g, eg, c):
        w = self.of_channels(x, m.weight).abs()
        n, inverse, en, einverse, _ = self.normalised(x, ex, c)
        axes = tuple(i for i in range(x.dim()) if i != 1)
        total = lambda v: v.sum(axes, keepdim=True)
        count = x.numel() // x.shape[1]
        size, n_size = g.abs(), n.abs()
        s1, s2 = total(g) / count, total(g * n) / count
        es1 = (total(eg) + c.gamma * total(size)) / count
        es2 = (total(eg * n_size + (size + eg) * en) + c.gamma * total(size * n_size)) / count
        inside = eg + es1 + n_size * es2 + en * (s2.abs() + es2)
        inside = inside + c.gamma * (size + s1.abs() + n_size * s2.abs())
        egx = w * ((inverse + einverse) * inside + einverse * (g - s1 - n * s2).abs())
        return egx, [es2.flatten() * count, es1.flatten() * count] if self.parameters else []

    def moved(self, m, x):
        """The running statistics behind a step."""
        axes = tuple(i for i in range(x.dim()) if i != 1)
        variance = x.var(axes, correction=min(1, x.numel() // x.shape[1] - 1))
        p = self.momentum
        return [(1 - p) * m.running_mean + p * x.mean(axes), (1 - p) * m.running_var + p * variance]

    def moved_errors(self, m, x, ex, c):
        """Their bounds. The variance is computed from 1 / deviation, so that it is off by gamma eps, too."""
        mean, v, em, ev = (t.flatten() for t in self.moments(x, ex, c))
        count = x.numel() // x.shape[1]
        sample = count / max(count - 1, 1)
        old_mean, old_var = m.running_mean, m.running_var
        p = self.momentum
        e_mean = p * em + c.gamma * (old_mean.abs() + mean.abs())
        e_var = p * sample * (ev + 2 * c.gamma * (v + self.eps)) + c.gamma * (old_var + v * sample)
        return [e_mean, e_var]

    def terms(self, x, y):
        return min(16, len(x)) * x[0, 0].numel()  # of a tile


class BatchNorm2d(BatchNorm):
    pass


class BatchNorm1d(BatchNorm):
    pass


class Masked(nn.Module):
    """Dropout whose factors, 0 or 1 / (1 - p), are given."""

    def forward(self, x):
        return x * self.factors.to(x.dtype) if self.training else x


class Dropout(Layer):
    planes = False

    def __init__(self, p):
        self.p = p

    def cpp(self, rng=None):
        return f"{type(self).__name__}<{self.p}>"

    def module(self):
        return Masked()

    def error(self, m, x, ex, y, c):
        return m.factors * (ex + c.gamma * x.abs()) if m.training else ex

    def back(self, m, x, ex, y, ey, g, eg, c):
        return (m.factors * (eg + c.gamma * g.abs()) if m.training else eg), []


class Dropout2d(Dropout):
    planes = True


class Block(Layer):
    """A Sequential inside another."""

    def __init__(self, layers):
        self.layers = layers

    def children(self):
        return self.layers

    def cpp(self, rng=None):
        return f"Sequential<{', '.join(layer.written(rng) for layer in self.layers)}>"

    def module(self):
        return sequential(self.layers)


def named_modules(layers):
    """The modules of layers, by the names that they have in a state_dict."""
    return OrderedDict((layer.name or str(index), layer.module()) for index, layer in enumerate(layers))


def sequential(layers):
    return nn.Sequential(named_modules(layers))


def leaves(layers, path=()):
    """(path, layer) of each layer that has none inside it."""
    for index, layer in enumerate(layers):
        if layer.children():
            yield from leaves(layer.children(), path + (index,))
        else:
            yield path + (index,), layer


def all_layers(layers):
    """Those, and the ones around them."""
    for layer in layers:
        yield layer
        yield from all_layers(layer.children())


# Random networks.

CHANNELS = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 70]
SIDES = {
    "tiny": [1, 1, 2, 3, 4, 5],
    "small": [5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 17],
    "large": [15, 16, 17, 19, 24, 28, 31, 32, 33],
    "wide": [1, 2, 3, 31, 33, 47, 48, 49, 64, 65, 79, 96, 97],
}
WIDTHS = [1, 2, 3, 5, 7, 8, 10, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 80, 96, 97]


def out_size(size, kernel, stride, padding, dilation=1):
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def out_size_ceil(size, kernel, stride, padding):
    """Where the last window may hang over the end, if it begins inside the image or the padding before it."""
    out = -(-(size + 2 * padding - kernel) // stride) + 1
    return out - 1 if (out - 1) * stride >= size + padding else out


class Generator:
    """filtered: only convolutions that may be filtered with fewer multiplications: stride 1, no dilation.
    exported: only layers that ONNX has an operator for."""

    def __init__(
        self,
        rng,
        most_elements=12000,
        most_multiply_adds=1500000,
        most_parameters=60000,
        filtered=False,
        exported=False,
    ):
        self.rng = rng
        self.filtered, self.exported = filtered, exported
        self.most_elements = most_elements
        self.multiply_adds = self.most_multiply_adds = most_multiply_adds
        self.parameters = most_parameters

    def pair(self, choose):
        """Most pairs are square."""
        a = choose()
        return (a, a) if self.rng.random() < 0.65 else (a, choose())

    def conv(self, shape):
        rng = self.rng
        cin, h, w = shape
        for _ in range(60):
            kernel = self.pair(lambda: rng.choice([1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 6, 7, 8, 9, 11, 17]))
            padding = rng.choice(
                [
                    (0, 0),
                    (kernel[0] // 2, kernel[1] // 2),
                    self.pair(lambda: rng.choice([0, 1, 1, 2, 3, 4])),
                    (kernel[0] - 1, kernel[1] - 1),
                    (rng.randint(0, 9), rng.randint(0, 9)),
                ]
            )
            stride = self.pair(lambda: rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 4, 5]))
            dilation = self.pair(lambda: rng.choice([1, 1, 1, 1, 1, 2, 3, 4]))
            if self.filtered:
                kernel = self.pair(lambda: rng.choice([2, 3, 3, 3, 4, 5, 5, 6, 7]))
                padding = rng.choice([(0, 0), (kernel[0] // 2, kernel[1] // 2)])
                stride = dilation = (1, 1)
            groups = rng.choice([1, 1, 1, cin, rng.choice([g for g in range(1, cin + 1) if cin % g == 0])])
            cout = rng.choice(CHANNELS)
            if cout % groups:
                cout = groups * rng.choice([1, 1, 2, 3])
            ho = out_size(h, kernel[0], stride[0], padding[0], dilation[0])
            wo = out_size(w, kernel[1], stride[1], padding[1], dilation[1])
            parameters = cout * (cin // groups) * kernel[0] * kernel[1]
            if (
                ho < 1
                or wo < 1
                or cout > 70
                or cout * ho * wo > self.most_elements
                or cin * (h + 2 * padding[0]) * (w + 2 * padding[1]) > 2 * self.most_elements
                or parameters > self.parameters
                or parameters * ho * wo > self.multiply_adds
            ):
                continue
            self.parameters -= parameters
            self.multiply_adds -= parameters * ho * wo
            return (
                Conv2d(cin, cout, kernel, padding, stride, dilation, groups, rng.random() < 0.75, rng.random() < 0.25),
                (cout, ho, wo),
            )
        return None

    def pool(self, shape):
        rng = self.rng
        c, h, w = shape
        for _ in range(60):
            kernel = self.pair(lambda: rng.choice([1, 2, 2, 2, 2, 3, 3, 3, 4, 5, 7, 9, 16]))
            padding = rng.choice(
                [
                    (0, 0),
                    (rng.randint(0, kernel[0] // 2), rng.randint(0, kernel[1] // 2)),
                    (kernel[0] // 2, kernel[1] // 2),
                ]
            )
            stride = None if rng.random() < 0.5 else self.pair(lambda: rng.choice([1, 1, 2, 2, 3, 4, 6]))
            step = stride or kernel
            ceil = rng.random() < 0.25
            size = out_size_ceil if ceil else out_size
            ho = size(h, kernel[0], step[0], padding[0])
            wo = size(w, kernel[1], step[1], padding[1])
            if ho < 1 or wo < 1 or c * ho * wo > self.most_elements:
                continue
            if rng.random() < 0.5:
                return MaxPool2d(kernel, stride, padding, ceil=ceil), (c, ho, wo)
            return AvgPool2d(kernel, stride, padding, ceil=ceil, counts_padding=rng.random() < 0.7), (c, ho, wo)
        return None

    def adaptive(self, shape):
        rng = self.rng
        c, h, w = shape
        divisors = lambda n: [d for d in range(1, n + 1) if n % d == 0]
        size = rng.choice([(1, 1), (rng.choice(divisors(h)), rng.choice(divisors(w)))])
        if not self.exported and rng.random() < 0.5:
            size = self.pair(lambda: rng.choice([1, 2, 3, 4, 5, 6, 7, 9, 13]))
        return (AdaptiveAvgPool2d(size), (c, *size)) if c * size[0] * size[1] <= self.most_elements else None

    def adaptive1d(self, shape):
        rng = self.rng
        c, length = shape
        size = rng.choice([1, rng.choice([d for d in range(1, length + 1) if length % d == 0])])
        if not self.exported and rng.random() < 0.5:
            size = rng.choice([1, 2, 3, 4, 5, 6, 7, 9, 13])
        return (AdaptiveAvgPool1d(size), (c, size)) if c * size <= self.most_elements else None

    def resize(self, shape):
        rng = self.rng
        c, h, w = shape
        for _ in range(20):
            if rng.random() < 0.5:
                sides = rng.choice([(1, 1, 1, 1), (0, 1, 0, 1), tuple(rng.randint(0, 4) for _ in range(4))])
                layer, out = ZeroPad2d(sides), (c, h + sides[2] + sides[3], w + sides[0] + sides[1])
            else:
                scale = self.pair(lambda: rng.choice([1, 2, 2, 2, 3, 4, 5]))
                layer, out = Upsample(scale, rng.random() < 0.6), (c, h * scale[0], w * scale[1])
            if math.prod(out) <= self.most_elements:
                return layer, out
        return None

    def unflatten(self, shape):
        divisors = [d for d in range(1, shape[0] + 1) if shape[0] % d == 0]
        c = self.rng.choice(divisors)
        h = self.rng.choice([d for d in divisors if shape[0] // c % d == 0])
        size = (c, h, shape[0] // c // h)
        return Unflatten(size), size

    def identity(self, shape):
        return Identity(), shape

    def conv1d(self, shape):
        made = self.conv((shape[0], 1, shape[1]))  # whose height is not used
        if made is None:
            return None
        conv = made[0]
        one_row = [(1, conv.kernel[1]), (0, conv.padding[1]), (1, conv.stride[1]), (1, conv.dilation[1])]
        return Conv1d(conv.cin, conv.cout, *one_row, conv.groups, conv.bias), (made[1][0], made[1][2])

    def pool1d(self, shape):
        made = self.pool((shape[0], 1, shape[1]))
        if made is None:
            return None
        kind = MaxPool1d if isinstance(made[0], MaxPool2d) else AvgPool1d
        stride = made[0].stride and (1, made[0].stride[1])
        # It has no CeilMode.
        width = out_size(shape[1], made[0].kernel[1], (stride or made[0].kernel)[1], made[0].padding[1])
        layer = kind((1, made[0].kernel[1]), stride, (0, made[0].padding[1]))
        return (layer, (shape[0], width)) if width > 0 else None

    def transposed(self, shape):
        rng = self.rng
        cin, h, w = shape
        for _ in range(60):
            kernel = self.pair(lambda: rng.choice([1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7]))
            stride = self.pair(lambda: rng.choice([1, 1, 2, 2, 2, 3, 4]))
            padding = self.pair(lambda: rng.choice([0, 0, 1, 1, 2, 3, 5]))
            dilation = self.pair(lambda: rng.choice([1, 1, 1, 1, 2, 3]))
            # ONNX Runtime wants less than the stride.
            most = stride if self.exported else map(max, stride, dilation)
            output_padding = tuple(rng.choice([0, rng.randrange(size)]) for size in most)
            groups = rng.choice([1, 1, 1, cin, rng.choice([g for g in range(1, cin + 1) if cin % g == 0])])
            cout = rng.choice(CHANNELS)
            if cout % groups:
                cout = groups * rng.choice([1, 1, 2, 3])
            ho, wo = (
                (n - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + output_padding[i] + 1
                for i, n in enumerate((h, w))
            )
            parameters = cin * (cout // groups) * kernel[0] * kernel[1]
            if (
                min(ho, wo) < 1
                or cout > 70
                or cout * ho * wo > self.most_elements
                or parameters > self.parameters
                or parameters * h * w > self.multiply_adds
            ):
                continue
            self.parameters -= parameters
            self.multiply_adds -= parameters * h * w
            options = (kernel, stride, padding, output_padding, dilation, groups)
            return ConvTranspose2d(cin, cout, *options, rng.random() < 0.75), (cout, ho, wo)
        return None

    def norm(self, shape):
        rng = self.rng
        size = math.prod(shape)
        eps = rng.choice([1e-5, 1e-5, 1e-5, 1e-3, 0.25])
        # PyTorch refuses groups of one element where the batch is one image.
        groups = [g for g in range(1, shape[0] + 1) if shape[0] % g == 0 and size > g]
        if groups and rng.random() < 0.6:
            return GroupNorm(rng.choice(groups), shape[0], eps, rng.random() < 0.8), shape
        if 2 * size > self.parameters:
            return None
        self.parameters -= 2 * size
        return LayerNorm(shape, rng.random() < 0.5, eps, rng.random() < 0.8, rng.random() < 0.8), shape

    def linear(self, shape):
        rng = self.rng
        for _ in range(30):
            fout = rng.choice(WIDTHS)
            if shape[0] * fout > min(self.parameters, self.multiply_adds):
                continue
            self.parameters -= shape[0] * fout
            self.multiply_adds -= shape[0] * fout
            return Linear(shape[0], fout, rng.random() < 0.75, rng.random() < 0.3), (fout,)
        return None

    def activation(self, shape):
        rng = self.rng
        if rng.random() < 0.5:
            return rng.choice([ReLU, ReLU, Sigmoid, Tanh])(), shape
        kind = rng.choice(
            [LeakyReLU, ELU, SELU, GELU, GELUTanh, SiLU, Softplus, Hardtanh, ReLU6, Hardsigmoid, Hardswish]
            + [PReLU, PReLU, Softmax, LogSoftmax]
        )
        options = {LeakyReLU: [(0.25,), (0.0,)], ELU: [(0.5,), (1.5,)], Softplus: [(2.0,), (0.5,)]}
        options |= {Hardtanh: [(-2.0, 0.5), (0.25, 3.0)], PReLU: [(shape[0],)]}
        return kind(*(rng.choice(options[kind]) if kind in options and rng.random() < 0.5 else ())), shape

    def flatten(self, shape):
        size = 1
        for dim in shape:
            size *= dim
        return Flatten(), (size,)

    def layer(self, shape, last):
        rng = self.rng
        kinds = {
            3: ["conv"] * 5
            + ["pool"] * 3
            + ["activation"] * 3
            + ["flatten", "transposed", "norm", "adaptive", "resize", "identity"],
            2: ["conv1d"] * 5 + ["pool1d"] * 3 + ["activation"] * 3 + ["flatten", "norm", "adaptive1d"],
            1: ["linear"] * 5 + ["activation"] * 3 + ["flatten", "norm", "identity", "unflatten"],
        }.get(len(shape), ["activation", "flatten"])
        if self.filtered and len(shape) == 3:
            kinds = ["conv"] * 5 + ["activation"] * 2 + ["pool"]
        kind = rng.choice(kinds)
        if last and len(shape) != 1 and rng.random() < 0.3:
            kind = "flatten"
        return getattr(self, kind)(shape)

    def network(self):
        """(input shape, layers)."""
        rng = self.rng
        kind = 1 if self.filtered else rng.random()
        if kind < 0.12:
            shape = (rng.choice(WIDTHS + [70, 97, 200, 257]),)
        elif kind < 0.15:
            shape = tuple(rng.randint(1, 7) for _ in range(rng.choice([2, 4])))
        elif kind < 0.25:
            shape = (rng.choice(CHANNELS), rng.choice(WIDTHS + [128, 150]))
        else:
            sides = (
                SIDES["small" if rng.random() < 0.5 else "large"]
                if self.filtered
                else SIDES[rng.choice(["tiny", "tiny", "small", "small", "small", "large", "wide"])]
            )
            while True:
                shape = (rng.choice(CHANNELS), rng.choice(sides), rng.choice(sides))
                if shape[0] * shape[1] * shape[2] <= self.most_elements:
                    break
        first, layers = shape, []
        length = rng.choice([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12])
        while len(layers) < length:
            made = self.layer(shape, len(layers) + 1 == length)
            if made is None:
                if not layers or rng.random() < 0.5:
                    made = self.activation(shape)
                else:
                    break
            layers.append(made[0])
            shape = made[1]
        # Blocks around some neighbours, also blocks in blocks.
        for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 3])):
            a = rng.randrange(len(layers))
            b = rng.randint(a + 1, len(layers))
            layers[a:b] = [Block(layers[a:b])]
        return first, layers
