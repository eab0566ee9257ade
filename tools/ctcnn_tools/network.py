# SPDX-License-Identifier: MIT
"""A network of ctcnn as layers with weights, and the builder that puts it together, one operation after the other."""

import collections
import math

import numpy as np

HAS = (
    "Conv2d, Linear, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, ZeroPad2d, Upsample, Flatten, Unflatten, ReLU, Sigmoid, "
    "Tanh, LeakyReLU, ELU, SELU, GELU, SiLU, Softplus, Hardtanh, Hardsigmoid, Hardswish, ReLU6, PReLU, Softmax, "
    "LogSoftmax, ConvTranspose2d, LayerNorm, GroupNorm, Conv1d, MaxPool1d, AvgPool1d and AdaptiveAvgPool1d"
)
MOST_ELEMENTS = 2**28  # of a value between layers
MOST_ADDED = 64  # zeros that a kernel may get on one axis for the sake of unequal padding


CHAIN = "ctcnn-import makes chains of layers: write a network with branches in C++, with Residual, Add or Concat"


class Refusal(Exception):
    """Why a model cannot be imported, and what to do."""


def pair(name, values):
    a, b = values
    return f"{name}<{a}>" if a == b else f"{name}<{a}, {b}>"


def real(value):
    """A number as an argument of a template: 1 of float32 that was 0.1 is 0.1."""
    text = str(np.float32(value))
    return text if any(c in text for c in ".e") else text + ".0"


class Conv2d:
    def __init__(self, weight, bias, stride, padding, dilation, groups):
        self.weight, self.bias = weight, bias
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups

    def cpp(self):
        out, channels, *kernel = self.weight.shape
        options = [channels * self.groups, out, pair("Kernel", kernel)]
        options += [pair("Padding", self.padding)] if max(self.padding) > 0 else []
        options += [pair("Stride", self.stride)] if max(self.stride) > 1 else []
        options += [pair("Dilation", self.dilation)] if max(self.dilation) > 1 else []
        options += [f"Groups<{self.groups}>"] if self.groups > 1 else []
        options += ["NoBias"] if self.bias is None else []
        return f"Conv2d<{', '.join(map(str, options))}>"


class Conv1d(Conv2d):
    """Its options are numbers."""

    def cpp(self):
        out, channels, kernel = self.weight.shape
        options = [channels * self.groups, out, f"Kernel<{kernel}>"]
        options += [f"Padding<{self.padding}>"] if self.padding > 0 else []
        options += [f"Stride<{self.stride}>"] if self.stride > 1 else []
        options += [f"Dilation<{self.dilation}>"] if self.dilation > 1 else []
        options += [f"Groups<{self.groups}>"] if self.groups > 1 else []
        options += ["NoBias"] if self.bias is None else []
        return f"Conv1d<{', '.join(map(str, options))}>"


class ConvTranspose2d:
    def __init__(self, weight, bias, stride, padding, output_padding, dilation, groups):
        self.weight, self.bias, self.stride, self.padding = weight, bias, stride, padding
        self.output_padding, self.dilation, self.groups = output_padding, dilation, groups

    def cpp(self):
        channels, out, *kernel = self.weight.shape
        options = [channels, out * self.groups, pair("Kernel", kernel)]
        options += [pair("Stride", self.stride)] if max(self.stride) > 1 else []
        options += [pair("Padding", self.padding)] if max(self.padding) > 0 else []
        options += [pair("OutputPadding", self.output_padding)] if max(self.output_padding) > 0 else []
        options += [pair("Dilation", self.dilation)] if max(self.dilation) > 1 else []
        options += [f"Groups<{self.groups}>"] if self.groups > 1 else []
        options += ["NoBias"] if self.bias is None else []
        return f"ConvTranspose2d<{', '.join(map(str, options))}>"


class Norm:
    """GroupNorm or LayerNorm, by its name and its sizes."""

    def __init__(self, name, sizes, eps, weight, bias):
        self.name, self.sizes, self.eps, self.weight, self.bias = name, sizes, eps, weight, bias

    def cpp(self):
        options = [*self.sizes] + ([f"Eps<{self.eps!r}>"] if self.eps != 1e-5 else [])
        options += ["NoAffine"] if self.weight is None else ["NoBias"] if self.bias is None else []
        return f"{self.name}<{', '.join(map(str, options))}>"


class Linear:
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def cpp(self):
        out, features = self.weight.shape
        return f"Linear<{features}, {out}{', NoBias' if self.bias is None else ''}>"


class PReLU:
    bias = None

    def __init__(self, weight):
        self.weight = weight

    def cpp(self):
        return f"PReLU<{self.weight.size}>" if self.weight.size > 1 else "PReLU<>"


class Plain:
    """A layer without weights, by its spelling."""

    weight = bias = None

    def __init__(self, text):
        self.text = text

    def cpp(self):
        return self.text


def scaled(layer, scale, shift):
    """Folds x * scale + shift, for each output channel, into the Conv2d or Linear before it."""
    layer.weight = layer.weight * scale.reshape(-1, *[1] * (layer.weight.ndim - 1))
    bias = (0 if layer.bias is None else layer.bias * scale) + shift
    layer.bias = None if layer.bias is None and not shift.any() else bias


class Builder:
    """Takes the operations of a model in their order, on one value, and makes layers of them.

    Weights are kept in double and rounded once, in `state`. `shape` is that of the value, without the batch axis;
    `order` is the permutation that the model sees of it, if it sees one: (1, 2, 0) is (H, W, C)."""

    def __init__(self, input_shape):
        self.input_shape = self.shape = tuple(int(n) for n in input_shape)
        self.input_view = None  # the shape that the model first makes of its input
        self.input_order = None  # and then the network's input is that with its axes permuted like this
        self.layers = []  # (path in nested Sequentials or (), layer)
        self.path = ()
        self.order = None
        self.columns = None  # where the features of a flattened value lie that the model saw in another order
        self.affine = None  # (scale, shift) for each channel, not yet in a layer
        self.pad = (0, 0, 0, 0)  # zeros around, not yet in a layer: top, left, bottom, right
        self.tail = None  # ("softmax" or "log_softmax", axis) behind the network
        self.tail_path = ()
        self.notes = []
        self.folded, self.left_out = collections.Counter(), collections.Counter()

    @property
    def seen(self):
        return self.shape if self.order is None else tuple(self.shape[axis] for axis in self.order)

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def append(self, layer, shape):
        self.layers.append((self.path, layer))
        if math.prod(shape) > MOST_ELEMENTS:
            raise Refusal(f"its output would have {math.prod(shape)} elements; at most {MOST_ELEMENTS} are supported")
        self.shape = tuple(shape)

    def place_tail(self):
        """Makes a layer of a Softmax behind which there is another one."""
        if self.tail is None:
            return
        (kind, axis), self.tail = self.tail, None
        if axis != 0:
            raise Refusal(
                f"it follows a Softmax over axis {axis + 1}, and ctcnn has Softmax over the channels or features: "
                "axis 1"
            )
        self.layers.append((self.tail_path, Plain("Softmax" if kind == "softmax" else "LogSoftmax")))

    def image(self, what):
        self.place_tail()
        if len(self.shape) != 3:
            raise Refusal(
                f"{what} of a value of shape {self.shape} behind the batch axis: ctcnn has it for images (C, H, W)"
            )
        if self.order is not None:
            raise Refusal(
                f"{what} of an image with its axes permuted: ctcnn has (C, H, W). Export the model with its channels "
                "first"
            )

    # What is not yet in a layer.

    def flush(self, what):
        """Makes layers of what is left over from the operations before."""
        self.place_tail()
        if self.columns is not None:
            raise Refusal(
                f"{what} behind a Flatten of an image with its channels last: only a Linear can be permuted. "
                "Export the model with its channels first"
            )
        if self.affine is not None:
            scale, shift = self.affine
            if len(self.shape) != 3:
                raise Refusal(
                    "a BatchNorm, or a scale, is neither behind a Conv2d or Linear nor before a Linear, so that it "
                    "cannot be folded: move it next to one"
                )
            self.affine = None
            self.note(
                "a BatchNorm or scale that has no convolution next to it is a Conv2d with Kernel<1> and a group per "
                "channel"
            )
            bias = shift if shift.any() else None
            self.depthwise(scale, bias)
        if any(self.pad):
            top, left, bottom, right = self.pad
            self.pad = (0, 0, 0, 0)
            sides = (left, right, top, bottom) if len({top, left, bottom, right}) > 1 else (top,)
            self.append(Plain(f"ZeroPad2d<{', '.join(map(str, sides))}>"), self.shape)

    def depthwise(self, scale, bias):
        self.conv2d(scale.reshape(-1, 1, 1, 1), bias, (1, 1), (0, 0, 0, 0), (1, 1), self.shape[0])

    def channels_first(self):
        if self.order is not None or self.columns is not None:
            raise Refusal("it works on channels that are last: export the model with its channels first")

    def scale(self, scale, shift):
        """x * scale + shift; both are scalars, or have the channels' (features') size."""
        self.place_tail()
        self.channels_first()
        if not self.shape:
            raise Refusal("the input has no axis but the batch")
        scale, shift = (np.broadcast_to(np.asarray(v, np.float64), self.shape[:1]) for v in (scale, shift))
        if any(self.pad):
            self.flush("it")
        if self.affine is not None:
            self.affine = (self.affine[0] * scale, self.affine[1] * scale + shift)
        elif self.layers and isinstance(self.layers[-1][1], (Conv2d, Linear)):
            scaled(self.layers[-1][1], scale, shift)
        elif len(self.shape) in (1, 3):
            self.affine = (scale, shift)
        else:
            raise Refusal(
                f"it works on a value of shape {self.shape}; ctcnn can scale images (C, H, W) and features (F)"
            )

    def scale_by(self, value, scale, shift):
        """x * scale(value) + shift(value); the value is a constant of the model that has the axes of images or "
        "features."""
        self.channels_first()
        value = np.asarray(value, np.float64)
        shape = (1,) * (len(self.shape) + 1 - value.ndim) + value.shape
        channels = self.shape[0]
        if (
            value.ndim > len(self.shape) + 1
            or shape[0] != 1
            or math.prod(shape[2:]) != 1
            or shape[1] not in (1, channels)
        ):
            raise Refusal(
                f"its constant has the shape {value.shape}: ctcnn folds one number, or one for each channel (C, 1, "
                "1) or feature (F)"
            )
        value = value.reshape(-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.scale(scale(value), shift(value))

    def zero_pad(self, pads):
        self.image("padding")
        if min(pads) < 0:
            raise Refusal("negative padding removes pixels, which no layer of ctcnn does")
        if self.affine is not None:
            self.flush("padding")
        self.pad = tuple(a + b for a, b in zip(self.pad, pads))
        self.shape = (self.shape[0], self.shape[1] + pads[0] + pads[2], self.shape[2] + pads[1] + pads[3])

    def unpadded(self):
        """The height and width before the padding that is not yet in a layer."""
        return (self.shape[1] - self.pad[0] - self.pad[2], self.shape[2] - self.pad[1] - self.pad[3])

    # Layers.

    def conv2d(self, weight, bias, stride, pads, dilation, groups):
        """pads: top, left, bottom, right."""
        self.image("a convolution")
        weight = np.asarray(weight, np.float64)
        bias = None if bias is None else np.asarray(bias, np.float64).reshape(-1)
        if min(pads) < 0:
            raise Refusal("negative padding removes pixels, which no layer of ctcnn does")
        if min(*stride, *dilation, groups, *weight.shape) < 1:
            raise Refusal("a size, stride, dilation or number of groups is below 1")
        if (
            weight.shape[1] * groups != self.shape[0]
            or weight.shape[0] % groups
            or (bias is not None and bias.size != weight.shape[0])
        ):
            raise Refusal(f"its weight {weight.shape} does not fit to {self.shape[0]} channels in {groups} groups")
        pads = tuple(a + b for a, b in zip(self.pad, pads))
        if self.affine is not None:
            scale, shift = self.affine
            if shift.any() and any(pads):
                self.flush("a convolution")  # padding is zero behind the shift
            else:
                self.affine = None
                per_group = scale.reshape(groups, 1, -1), shift.reshape(groups, 1, -1)
                grouped = weight.reshape(groups, weight.shape[0] // groups, weight.shape[1], -1)
                added = (grouped * per_group[1][..., None]).sum((2, 3)).reshape(-1)
                weight = (grouped * per_group[0][..., None]).reshape(weight.shape)
                bias = (0 if bias is None else bias) + added if bias is not None or shift.any() else None
        before, self.pad = self.unpadded(), (0, 0, 0, 0)
        equal = [
            self.equal_padding(
                before[axis], weight.shape[2 + axis], pads[axis], pads[axis + 2], stride[axis], dilation[axis]
            )
            for axis in (0, 1)
        ]
        if None in equal:
            self.pad_now(before, pads)
            return self.conv2d(weight, bias, stride, (0, 0, 0, 0), dilation, groups)
        padding, sizes = [], []
        for axis, (p, added, size) in enumerate(equal):
            if any(added):
                widths = [(0, 0)] * 4
                widths[2 + axis] = added
                weight = np.pad(weight, widths)
                self.note("unequal padding is a larger kernel with zeros and equal padding")
            padding.append(p)
            sizes.append(size)
        layer = Conv2d(weight, bias, tuple(stride), tuple(padding), tuple(dilation), groups)
        self.append(layer, (weight.shape[0], *sizes))

    def pad_now(self, size, pads):
        """A ZeroPad2d on an image of `size` pixels."""
        self.pad = pads
        self.shape = (self.shape[0], size[0] + pads[0] + pads[2], size[1] + pads[1] + pads[3])
        self.flush("padding")

    @staticmethod
    def equal_padding(size, kernel, begin, end, stride, dilation, most_added=MOST_ADDED):
        """Padding that is the same at both ends, zeros that the kernel gets at its ends, and the size of the output;
        None where the kernel would get too many."""

        def out_size(both, k):
            return (size + both - dilation * (k - 1) - 1) // stride + 1

        out = out_size(begin + end, kernel)
        if out < 1:
            raise Refusal(
                f"its kernel reaches over {dilation * (kernel - 1) + 1} pixels, and there are {size + begin + end}"
            )
        for added in range(min(abs(end - begin) // dilation + 1, most_added) + 1):
            in_front = added if end > begin else 0
            padding = begin + in_front * dilation
            if out_size(2 * padding, kernel + added) == out:
                return padding, (in_front, added - in_front), out
        return None

    def pool(self, name, kernel, stride, pads, dilation=(1, 1), counts_padding=True, ceil=False):
        """name: MaxPool2d or AvgPool2d."""
        self.image(name)
        if min(*kernel, *stride, *dilation) < 1 or min(pads) < 0:
            raise Refusal("a size, stride or dilation is below 1, or padding below 0")
        if max(dilation) > 1:
            raise Refusal(f"its dilation is {dilation}, and pools of ctcnn have none: use dilation 1")
        both = tuple(a + b for a, b in zip(self.pad, pads))
        fits = all(p <= k // 2 for p, k in zip(both, kernel))
        if name == "AvgPool2d" and any(self.pad) and fits and counts_padding and not ceil and self.affine is None:
            pads = both
            size, self.pad = self.unpadded(), (0, 0, 0, 0)
        else:
            self.flush(name)
            size = self.shape[1:]
        sizes = tuple(
            self.windows(size[n], kernel[n], stride[n], pads[n], pads[n + 2], ceil) for n in (0, 1)
        )
        for n in (0, 1):
            if sizes[n] < 1:
                there = size[n] + pads[n] + pads[n + 2]
                raise Refusal(f"its kernel reaches over {kernel[n]} pixels, and there are {there}")
        equal = {
            mode: tuple(self.windows(size[n], kernel[n], stride[n], pads[n], pads[n], mode) for n in (0, 1))
            for mode in (False, True)
        }
        # Windows over the end see the same pixels, however much padding is there. It counts in means only.
        counts = name == "AvgPool2d" and counts_padding
        if sizes not in equal.values() or counts and pads[:2] != pads[2:] and (ceil or sizes != equal[False]):
            if not counts:
                raise Refusal(
                    f"its padding is {pads[:2]} before and {pads[2:]} behind the image, and ctcnn's is the same: "
                    "export the model with equal padding"
                )
            self.pad_now(size, pads)
            return self.pool(name, kernel, stride, (0, 0, 0, 0), dilation, counts_padding, ceil)
        padding = pads[:2]
        for p, k in zip(padding, kernel):
            if p > k // 2:
                raise Refusal(f"its padding {p} is more than half of its kernel {k}, which ctcnn refuses")
        options = [pair("Kernel", kernel)]
        options += [pair("Stride", stride)] if tuple(stride) != tuple(kernel) else []
        options += [pair("Padding", padding)] if max(padding) > 0 else []
        options += ["CeilMode"] if sizes != equal[False] else []
        options += ["NoCountPadding"] if name == "AvgPool2d" and not counts_padding and max(padding) > 0 else []
        self.append(Plain(f"{name}<{', '.join(options)}>"), (self.shape[0], *sizes))

    @staticmethod
    def windows(size, kernel, stride, begin, end, ceil):
        """How many windows a pool has on an axis; below 1 where the kernel does not fit."""
        rest = size + begin + end - kernel
        count = -(-rest // stride) + 1 if ceil else rest // stride + 1
        if ceil and (count - 1) * stride >= size + begin:
            count -= 1  # a window that begins in the padding at the end
        return count if rest >= 0 or ceil else 0

    def global_pool(self, name):
        """name: AvgPool or MaxPool, of each channel as a whole."""
        if len(self.shape) == 2:
            self.adaptive_pool1d(name + "1d", 1)
        else:
            self.adaptive_pool(name + "2d", (1, 1))

    def adaptive_pool1d(self, name, out):
        self.sequence(name)
        length = self.shape[1]
        if out < 1:
            raise Refusal(f"it makes {out} elements of each channel: choose a size of 1 or more")
        if name == "AvgPool1d" and (out == 1 or length % out):
            self.append(Plain(f"AdaptiveAvgPool1d<{out}>"), (self.shape[0], out))
        elif length % out == 0:
            self.pool1d(name, length // out, length // out, (0, 0))
        else:
            raise Refusal(
                f"its sequence of {length} is no multiple of the {out} that it makes of it: choose one that divides it"
            )

    def adaptive_pool(self, name, sizes):
        self.image(name)
        sizes = tuple(size if out is None else out for size, out in zip(self.shape[1:], sizes))
        if min(sizes) < 1:
            raise Refusal(f"it makes {sizes[0]} x {sizes[1]} pixels: choose sizes of 1 or more")
        even = not any(size % out for size, out in zip(self.shape[1:], sizes))
        if name == "AvgPool2d" and (sizes == (1, 1) or not even):
            self.flush(name)
            text = "AdaptiveAvgPool2d<1>" if sizes == (1, 1) else pair("AdaptiveAvgPool2d", sizes)
            self.append(Plain(text), (self.shape[0], *sizes))
        elif even:
            kernel = [size // out for size, out in zip(self.shape[1:], sizes)]
            self.pool(name, kernel, kernel, (0, 0, 0, 0))
        else:
            raise Refusal(
                f"its image {self.shape[1:]} is no multiple of the {sizes} that it makes of it: choose sizes that "
                "divide"
            )

    def upsample(self, scale, bilinear):
        """scale: of the height and the width."""
        self.image("Upsample")
        if min(scale) < 1 or any(n != int(n) for n in scale):
            raise Refusal(f"its scale is {tuple(scale)}, and ctcnn's are whole numbers: choose whole ones")
        scale = tuple(int(n) for n in scale)
        if scale == (1, 1):
            self.left_out["Upsample by 1"] += 1
            return
        self.flush("Upsample")
        options = [pair("Scale", scale)] + ["Bilinear"] * bilinear
        c, h, w = self.shape
        self.append(Plain(f"Upsample<{', '.join(options)}>"), (c, h * scale[0], w * scale[1]))

    def conv_transpose2d(self, weight, bias, stride, padding, output_padding, dilation, groups):
        """weight: (in, out / groups, height, width)."""
        self.flush("a transposed convolution")
        self.image("a transposed convolution")
        weight = np.asarray(weight, np.float64)
        bias = None if bias is None else np.asarray(bias, np.float64).reshape(-1)
        if min(*stride, *dilation, groups, *weight.shape) < 1 or min(*padding, *output_padding) < 0:
            raise Refusal("a size, stride, dilation or number of groups is below 1, or padding below 0")
        if (
            weight.shape[0] != self.shape[0]
            or weight.shape[0] % groups
            or (bias is not None and bias.size != weight.shape[1] * groups)
        ):
            raise Refusal(f"its weight {weight.shape} does not fit to {self.shape[0]} channels in {groups} groups")
        sizes = tuple(
            (self.shape[1 + i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (weight.shape[2 + i] - 1) + 1
            for i in (0, 1)
        )
        sizes = tuple(size + more for size, more in zip(sizes, output_padding))
        if min(sizes) < 1 or any(more >= max(s, d) for more, s, d in zip(output_padding, stride, dilation)):
            raise Refusal(f"its output would be of size {sizes}, or its output padding is not below stride or dilation")
        layer = ConvTranspose2d(weight, bias, stride, padding, output_padding, dilation, groups)
        self.append(layer, (weight.shape[1] * groups, *sizes))

    def sequence(self, what):
        self.flush(what)
        if len(self.shape) != 2 or self.order is not None:
            raise Refusal(f"{what} of a value of shape {self.seen} behind the batch axis: ctcnn has it for (C, L)")

    def equal_row(self, kernel, pads, stride, dilation, most_added):
        found = self.equal_padding(self.shape[1], kernel, *pads, stride, dilation, most_added)
        if found is None:
            raise Refusal(
                f"its padding is {pads[0]} at one end and {pads[1]} at the other, and ctcnn's is the same at both: "
                "export the model with equal padding"
            )
        return found

    def conv1d(self, weight, bias, stride, pads, dilation, groups):
        """pads: at the begin and at the end."""
        self.sequence("a Conv1d")
        weight = np.asarray(weight, np.float64)
        bias = None if bias is None else np.asarray(bias, np.float64).reshape(-1)
        if min(stride, dilation, groups, *weight.shape) < 1 or min(pads) < 0:
            raise Refusal("a size, stride, dilation or number of groups is below 1, or padding below 0")
        if (
            weight.shape[1] * groups != self.shape[0]
            or weight.shape[0] % groups
            or (bias is not None and bias.size != weight.shape[0])
        ):
            raise Refusal(f"its weight {weight.shape} does not fit to {self.shape[0]} channels in {groups} groups")
        padding, added, size = self.equal_row(weight.shape[2], pads, stride, dilation, MOST_ADDED)
        if any(added):
            weight = np.pad(weight, [(0, 0), (0, 0), added])
            self.note("unequal padding is a larger kernel with zeros and equal padding")
        self.append(Conv1d(weight, bias, stride, padding, dilation, groups), (weight.shape[0], size))

    def pool1d(self, name, kernel, stride, pads, dilation=1, counts_padding=True, ceil=False):
        """name: MaxPool1d or AvgPool1d."""
        self.sequence(name)
        if dilation != 1 or ceil:
            raise Refusal(
                "it has a dilation, or its output size is rounded up, which pools of sequences of ctcnn have not"
            )
        padding, _, size = self.equal_row(kernel, pads, stride, 1, 0)
        if padding > kernel // 2 or name == "AvgPool1d" and padding > 0 and not counts_padding:
            raise Refusal("its padding is more than half of its kernel, or not counted, which ctcnn refuses")
        options = [f"Kernel<{kernel}>"] + ([f"Stride<{stride}>"] if stride != kernel else [])
        options += [f"Padding<{padding}>"] if padding > 0 else []
        self.append(Plain(f"{name}<{', '.join(options)}>"), (self.shape[0], size))

    def norm(self, name, sizes, eps, weight, bias, shape):
        self.flush(name)
        self.channels_first()
        if eps < 0:
            raise Refusal("its epsilon is below 0")
        if weight is None and bias is not None:
            weight = np.ones(shape)
        weight, bias = (None if v is None else np.asarray(v, np.float64).reshape(shape) for v in (weight, bias))
        if name == "GroupNorm" and weight is not None and bias is None:
            bias = np.zeros(shape)
        self.append(Norm(name, sizes, float(eps), weight, bias), self.shape)

    def layer_norm(self, shape, eps, weight, bias):
        """shape: that of the axes that are normalised."""
        if tuple(shape) != self.seen:
            raise Refusal(
                f"it normalises axes of the sizes {tuple(shape)} of {self.seen}, and LayerNorm of ctcnn normalises all "
                "axes behind the batch axis"
            )
        self.norm("LayerNorm", [], eps, weight, bias, self.shape)

    def group_norm(self, groups, eps, weight, bias):
        if groups < 1 or self.shape[0] % groups:
            raise Refusal(f"its {groups} groups do not divide {self.shape[0]} channels")
        self.norm("GroupNorm", [groups, self.shape[0]], eps, weight, bias, self.shape[:1])

    def linear(self, weight, bias):
        """weight: (out, in)."""
        self.place_tail()
        weight = np.asarray(weight, np.float64)
        if len(self.shape) != 1:
            raise Refusal(
                f"a Linear on a value of shape {self.shape} behind the batch axis: ctcnn has it for features (F). "
                "Put a "
                "Flatten before it"
            )
        if weight.shape[1] != self.shape[0] or min(weight.shape) < 1:
            raise Refusal(f"its weight {weight.shape} does not fit to {self.shape[0]} features")
        if bias is not None:
            bias = np.asarray(bias, np.float64)
            if bias.size not in (1, weight.shape[0]):
                raise Refusal(f"its bias has {bias.size} elements for {weight.shape[0]} outputs")
            bias = np.broadcast_to(bias.reshape(-1), weight.shape[:1])
        if self.affine is not None:
            scale, shift = self.affine
            self.affine = None
            bias = (0 if bias is None else bias) + weight @ shift if bias is not None or shift.any() else None
            weight = weight * scale
        if self.columns is not None:
            permuted = np.empty_like(weight)
            permuted[:, self.columns] = weight
            weight, self.columns = permuted, None
        self.append(Linear(weight, bias), weight.shape[:1])

    def activation(self, name):
        if self.order is None or self.affine is not None or any(self.pad):
            self.flush(name)
        self.place_tail()
        self.append(Plain(name), self.shape)

    def leaky_relu(self, slope):
        if slope < 0:
            raise Refusal(f"its slope is {slope}, and that of LeakyReLU is 0 or more")
        self.activation("LeakyReLU<>" if np.float32(slope) == np.float32(0.01) else f"LeakyReLU<{real(slope)}>")

    def elu(self, alpha):
        if alpha < 0:
            raise Refusal(f"its alpha is {alpha}, and that of ELU is 0 or more")
        self.activation("ELU" if alpha == 1 else f"ELUWith<{real(alpha)}>")

    def softplus(self, beta=1.0, threshold=20.0):
        if beta <= 0:
            raise Refusal(f"its beta is {beta}, and that of Softplus is above 0")
        threshold = min(threshold, float(np.finfo(np.float32).max))
        options = [real(beta)] + ([real(threshold)] if threshold != 20 else [])
        self.activation("Softplus" if (beta, threshold) == (1, 20) else f"SoftplusWith<{', '.join(options)}>")

    def clamp(self, low, high):
        """Either limit may be None or infinite."""
        low, high = -math.inf if low is None else low, math.inf if high is None else high
        largest = float(np.finfo(np.float32).max)
        if low == 0 and high >= largest:
            self.activation("ReLU")
        elif not low < high:
            raise Refusal(f"it limits to {low} and {high}, and the lower limit of Hardtanh is below the upper one")
        elif low == 0 and high == 6:
            self.activation("ReLU6")
        elif (low, high) == (-1, 1):
            self.activation("Hardtanh")
        else:
            low, high = max(low, -largest), min(high, largest)
            self.activation(f"HardtanhWith<{real(low)}, {real(high)}>")

    def prelu(self, weight):
        self.flush("PReLU")
        self.channels_first()
        weight = np.asarray(weight, np.float64).reshape(-1)
        if weight.size not in (1, self.shape[0]):
            raise Refusal(f"its {weight.size} weights do not fit to {self.shape[0]} channels")
        self.append(PReLU(weight), self.shape)

    def flatten(self, explicit=True):
        """explicit: a layer of the model, not only a reshape."""
        if self.tail is not None and len(self.shape) != 1:
            self.place_tail()
        if len(self.shape) == 1 and not explicit or self.tail is not None:
            return
        size = math.prod(self.shape)
        if any(self.pad):
            self.flush("Flatten")
        if self.order is not None:
            columns = np.arange(size).reshape(self.shape).transpose(self.order).reshape(-1)
            self.columns = None if (columns == np.arange(size)).all() else columns
            self.order = None
        if self.affine is not None:  # For each feature, the affine of its channel.
            self.affine = tuple(np.repeat(v, size // self.shape[0]) for v in self.affine)
        self.append(Plain("Flatten"), (size,))

    def reshape(self, dims):
        """To other sizes behind the batch axis."""
        dims = tuple(dims)
        if math.prod(dims) != math.prod(self.shape):
            raise Refusal(f"{self.seen} cannot become {dims}")
        if dims == self.seen:
            return
        if len(dims) == 1:
            self.flatten(explicit=False)
        elif not self.layers and (self.affine, self.tail, self.order) == (None,) * 3 and not any(self.pad):
            self.input_shape = self.shape = dims
            if self.input_order is None:
                self.input_view = dims
            self.note(f"a reshape of the input is left out: the network's input is {dims}, with the same elements")
        elif len(dims) in (2, 3) and min(dims) > 0:
            self.flatten(explicit=False)
            self.flush("Unflatten")
            self.append(Plain(f"Unflatten<{', '.join(map(str, dims))}>"), dims)
        else:
            raise Refusal(
                f"it changes {self.seen} to {dims}, and ctcnn has features (F), sequences (C, L) and images (C, H, W)"
            )

    def transpose(self, order):
        """Permutes the axes behind the batch axis: the model goes on with axis order[i] as its axis i."""
        if len(order) != len(self.shape) or self.tail is not None or self.columns is not None:
            raise Refusal("it permutes axes of a flattened value, or of a Softmax")
        # One scale for all channels is the same in any order of the axes.
        if any(self.pad) or self.affine is not None and any(len(set(v)) > 1 for v in self.affine):
            self.flush("Transpose")
        if not self.layers and self.order is None and self.input_order is None and len(order) == 3:
            # The network begins behind it.
            self.input_shape = self.shape = tuple(self.shape[axis] for axis in order)
            self.input_order = tuple(order)
            if self.affine is not None:
                self.affine = tuple(np.full(self.shape[0], v[0]) for v in self.affine)
            if self.input_order != tuple(range(len(order))):
                self.notes.clear()  # of a reshape
                two = self.input_view is not None
                what = "a reshape and a Transpose of the input are" if two else "a Transpose of the input is"
                self.note(f"{what} left out: the network's input is {self.shape}")
            return
        before = self.order or tuple(range(len(self.shape)))
        after = tuple(before[axis] for axis in order)
        self.order = None if after == tuple(range(len(after))) else after

    def softmax(self, kind, axis):
        """axis: counted behind the batch axis."""
        self.flush("Softmax")
        if self.order is not None:
            raise Refusal("its value has its axes permuted: export the model with its channels first")
        self.tail, self.tail_path = (kind, axis), self.path

    def finish(self):
        if self.affine is not None or any(self.pad) or self.columns is not None:
            tail, self.tail = self.tail, None
            self.flush("the end")
            self.tail = tail
        if self.order is not None:
            raise Refusal("the output has its axes permuted: export the model with its channels first")
        if not self.layers:
            raise Refusal("nothing in the model is a layer of ctcnn")
        if self.tail is not None:
            self.note(
                f"{'Softmax' if self.tail[0] == 'softmax' else 'LogSoftmax'} at the end is left out: the network's "
                "outputs are the logits, in the same order; CrossEntropyLoss, predict and probabilities expect them"
            )
        return self

    # What is written.

    def tree(self):
        """The layers as nested lists, where they come from nested Sequentials."""

        def nested(layers, depth):
            result, inner = [], {}
            for path, layer in layers:
                if len(path) <= depth + 1:
                    result.append(layer)
                    continue
                key = path[: depth + 1]
                if not (result and isinstance(result[-1], tuple) and result[-1][0] == key):
                    result.append((key, []))
                result[-1][1].append((path, layer))
            return [nested(item[1], depth + 1) if isinstance(item, tuple) else item for item in result]

        return nested(self.layers, 0)

    def state(self):
        """Names as in the state_dict of the torch.nn.Sequential, and float32 arrays."""
        state = {}

        def add(layers, prefix):
            for index, layer in enumerate(layers):
                name = f"{prefix}{index}"
                if isinstance(layer, list):
                    add(layer, name + ".")
                    continue
                for which in ("weight", "bias"):
                    value = getattr(layer, which)
                    if value is not None:
                        with np.errstate(over="ignore"):
                            state[f"{name}.{which}"] = np.ascontiguousarray(value, np.float32)
                        if not np.isfinite(state[f"{name}.{which}"]).all():
                            raise Refusal(
                                f"{name}.{which} has an element that is infinite or NaN as float32: is the model "
                                "trained?"
                            )

        add(self.tree(), "")
        return state

    def spelled(self, layers=None):
        """The arguments of the outermost Sequential, one a layer."""
        layers = self.tree() if layers is None else layers
        return [
            f"Sequential<{', '.join(self.spelled(layer))}>" if isinstance(layer, list) else layer.cpp()
            for layer in layers
        ]
