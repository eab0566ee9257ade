# SPDX-License-Identifier: MIT
"""The layers that ctcnn has, one class each: how it is spelled in C++, its PyTorch module, and how rounding errors pass
through it; and random networks of them. README.md says how to add a layer.

Errors are bounded to first order. `error(module, x, ex, y, context)` is the bound of |y - exact y| where x is off by at
most ex, and each sum by context.gamma times the sum of its absolute products.
`back(module, x, ex, y, ey, g, eg, context)` is the same for the gradients: those with respect to x, and those of the
parameters.
"""

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
    training_differs = False  # whether it computes something else in training than in inference

    def spelled(self, rng=None):
        """The layer, with its name if it has one."""
        text = self.cpp(rng)
        return f'Named<"{self.name}", {text}>' if self.name else text

    def children(self):
        """Layers inside it."""
        return []

    def tensors(self):
        """The names in its state_dict."""
        own = ["weight"] + (["bias"] if self.bias else []) if self.parameters else []
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
        egw = by_w(ex, g.abs()) + by_w(x.abs(), eg) + c.gamma * sums
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
        egw = g.abs().T @ ex + (eg + c.gamma * g.abs()).T @ x.abs()
        parts = [egw]
        if m.bias is not None:
            parts.append((eg + c.gamma * g.abs()).sum(0))
        return egx, parts

    def terms(self, x, y):
        return max(self.fin, x.shape[0])


class Pool(Layer):
    def __init__(self, kernel, stride=None, padding=(0, 0), text=None):
        self.kernel, self.stride, self.padding, self.text = kernel, stride, padding, text

    def cpp(self, rng=None):
        if self.text is None:
            options = [pair_text("Kernel", self.kernel, rng)]
            if self.stride is not None:
                options.append(pair_text("Stride", self.stride, rng))
            if self.padding != (0, 0) or rng.random() < 0.1:
                options.append(pair_text("Padding", self.padding, rng))
            rng.shuffle(options)
            self.text = f"{type(self).__name__}<{', '.join(options)}>"
        return self.text


class MaxPool2d(Pool):
    def module(self):
        return nn.MaxPool2d(self.kernel, self.stride, self.padding)

    def apply(self, x):
        return F.max_pool2d(x, self.kernel, self.stride, self.padding)

    def error(self, m, x, ex, y, c):
        return self.apply(ex)

    def back(self, m, x, ex, y, ey, g, eg, c):
        egx = vjp(self.apply, x, eg)
        if c.kinks:
            b, ch, h, w = x.shape
            ph, pw = self.padding
            padded = F.pad(x, (pw, pw, ph, ph), value=float("-inf"))
            widths = F.pad(ex, (pw, pw, ph, ph))
            stride = self.stride or self.kernel
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
        return nn.AvgPool2d(self.kernel, self.stride, self.padding)

    def apply(self, x):
        return F.avg_pool2d(x, self.kernel, self.stride, self.padding)

    def error(self, m, x, ex, y, c):
        return self.apply(ex) + c.gamma * self.apply(x.abs())

    def back(self, m, x, ex, y, ey, g, eg, c):
        return vjp(self.apply, x, eg + c.gamma * g.abs()), []

    def terms(self, x, y):
        return self.kernel[0] * self.kernel[1]


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


class Flatten(Plain):
    def module(self):
        return nn.Flatten()

    def error(self, m, x, ex, y, c):
        return ex.reshape(y.shape)

    def back(self, m, x, ex, y, ey, g, eg, c):
        return eg.reshape(x.shape), []


class BatchNorm(Layer):
    """Of n elements of a channel, mean and variance are off by
        em = mean(ex) + gamma mean|x|,
        ev = mean(2 |d| ed + ed^2) + gamma (v + 2 rms(d) rms(x)),  d = x - mean, ed = ex + em + gamma |d|.
    The last term is what the means of tiles are off by, times how far they lie from the mean of all. 1 / sqrt(v + eps) is
    bounded at v - ev, which holds to all orders. Normalised elements are at most sqrt(n - 1), so their error is at most
    twice that where the variance is all noise. Forward multiplies x and the mean by the scale before they are
    subtracted, and is off by gamma (|scale x| + |scale mean| + |bias|) more; backward subtracts first. Its bound is that
    of a sum of products: g - mean(g) - x' mean(g x')."""

    parameters = True
    buffers = ("running_mean", "running_var")
    training_differs = True

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

    def moved(self, m, x, ex, c):
        """The running statistics behind a step, and their bounds. The variance is computed from 1 / deviation, so that
        it is off by gamma eps, too."""
        mean, v, em, ev = (t.flatten() for t in self.moments(x, ex, c))
        count = x.numel() // x.shape[1]
        sample = count / max(count - 1, 1)
        old_mean, old_var = m.running_mean, m.running_var
        p = self.momentum
        means = (1 - p) * old_mean + p * mean
        variances = (1 - p) * old_var + p * v * sample
        e_mean = p * em + c.gamma * (old_mean.abs() + mean.abs())
        e_var = p * sample * (ev + 2 * c.gamma * (v + self.eps)) + c.gamma * (old_var + v * sample)
        return [means, variances], [e_mean, e_var]

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
    training_differs = True
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
        return f"Sequential<{', '.join(layer.spelled(rng) for layer in self.layers)}>"

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


class Generator:
    """filtered: only convolutions that may be filtered with fewer multiplications: stride 1, no dilation."""

    def __init__(self, rng, most_elements=12000, most_multiply_adds=1500000, most_parameters=60000, filtered=False):
        self.rng = rng
        self.filtered = filtered
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
            ho = out_size(h, kernel[0], step[0], padding[0])
            wo = out_size(w, kernel[1], step[1], padding[1])
            if ho < 1 or wo < 1 or c * ho * wo > self.most_elements:
                continue
            return (rng.choice([MaxPool2d, AvgPool2d])(kernel, stride, padding), (c, ho, wo))
        return None

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
        return self.rng.choice([ReLU, ReLU, Sigmoid, Tanh])(), shape

    def flatten(self, shape):
        size = 1
        for dim in shape:
            size *= dim
        return Flatten(), (size,)

    def layer(self, shape, last):
        rng = self.rng
        kinds = {
            3: ["conv"] * 5 + ["pool"] * 3 + ["activation"] * 3 + ["flatten"],
            1: ["linear"] * 5 + ["activation"] * 3 + ["flatten"],
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
