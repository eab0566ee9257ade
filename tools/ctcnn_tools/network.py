# SPDX-License-Identifier: MIT
"""A network of ctcnn as layers with weights, and the builder that puts it together, one operation after the other."""

import collections
import math

import numpy as np

HAS = (
    "Conv2d, Linear, MaxPool2d, AvgPool2d, Flatten, ReLU, Sigmoid, Tanh, LeakyReLU, ELU, SELU, GELU, SiLU, Softplus, "
    "Hardtanh, Hardsigmoid, Hardswish, ReLU6, PReLU, Softmax and LogSoftmax"
)
MOST_ELEMENTS = 2**28  # of a value between layers
MOST_ADDED = 64  # zeros that a kernel may get on one axis for the sake of unequal padding


CHAIN = "the layers of a network of ctcnn are a chain, and there is no layer for branches"


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
        self.input_order = None  # the model's input is the network's with its axes permuted like this
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
            self.note("padding with no convolution behind it is a Conv2d with Kernel<1> and a group per channel")
            self.depthwise(np.ones(self.shape[0]), None)

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
        padding, sizes = [], []
        for axis in (0, 1):
            p, added, size = self.equal_padding(
                before[axis],
                weight.shape[2 + axis],
                pads[axis],
                pads[axis + 2],
                stride[axis],
                dilation[axis],
                MOST_ADDED,
            )
            if any(added):
                widths = [(0, 0)] * 4
                widths[2 + axis] = added
                weight = np.pad(weight, widths)
                self.note("unequal padding is a larger kernel with zeros and equal padding")
            padding.append(p)
            sizes.append(size)
        layer = Conv2d(weight, bias, tuple(stride), tuple(padding), tuple(dilation), groups)
        self.append(layer, (weight.shape[0], *sizes))

    @staticmethod
    def equal_padding(size, kernel, begin, end, stride, dilation, most_added):
        """Padding that is the same at both ends, zeros that the kernel gets at its ends, and the size of the output."""

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
        raise Refusal(
            f"its padding is {begin} at one end and {end} at the other, and ctcnn's is the same at both: export the "
            "model "
            "with equal padding"
        )

    def pool(self, name, kernel, stride, pads, dilation=(1, 1), counts_padding=True, ceil=False):
        """name: MaxPool2d or AvgPool2d."""
        self.image(name)
        if min(*kernel, *stride, *dilation) < 1 or min(pads) < 0:
            raise Refusal("a size, stride or dilation is below 1, or padding below 0")
        if max(dilation) > 1:
            raise Refusal(f"its dilation is {dilation}, and pools of ctcnn have none: use dilation 1")
        if name == "AvgPool2d" and any(self.pad) and counts_padding and not ceil and self.affine is None:
            pads = tuple(a + b for a, b in zip(self.pad, pads))
            size, self.pad = self.unpadded(), (0, 0, 0, 0)
        else:
            self.flush(name)
            size = self.shape[1:]
        padding, sizes = [], []
        for axis in (0, 1):
            begin, end = pads[axis], pads[axis + 2]
            p, _, out = self.equal_padding(size[axis], kernel[axis], begin, end, stride[axis], 1, 0)
            if ceil:
                rounded_up = -(-(size[axis] + begin + end - kernel[axis]) // stride[axis]) + 1
                if (rounded_up - 1) * stride[axis] >= size[axis] + begin:
                    rounded_up -= 1  # a window that begins in the padding at the end
                if rounded_up != out:
                    raise Refusal(
                        "its output size is rounded up, and ctcnn rounds down: export the model with ceil_mode 0, or "
                        "pad "
                        "its input"
                    )
            reaches = (out - 1) * stride[axis] + kernel[axis] - p > size[axis]
            if name == "AvgPool2d" and not counts_padding and (p > 0 or reaches):
                raise Refusal(
                    "it does not count padding (count_include_pad is 0), and AvgPool2d counts padding as zeros: export "
                    "the model with count_include_pad 1, or without padding"
                )
            if p > kernel[axis] // 2:
                raise Refusal(f"its padding {p} is more than half of its kernel {kernel[axis]}, which ctcnn refuses")
            padding.append(p)
            sizes.append(out)
        options = [pair("Kernel", kernel)]
        options += [pair("Stride", stride)] if tuple(stride) != tuple(kernel) else []
        options += [pair("Padding", padding)] if max(padding) > 0 else []
        self.append(Plain(f"{name}<{', '.join(options)}>"), (self.shape[0], *sizes))

    def adaptive_pool(self, name, sizes):
        self.image(name)
        kernel = []
        for size, out in zip(self.shape[1:], sizes):
            if out is None:
                out = size
            if out < 1 or size % out:
                raise Refusal(
                    f"{size} pixels are no multiple of the {out} that it makes of them: choose sizes that divide"
                )
            kernel.append(size // out)
        self.pool(name, kernel, kernel, (0, 0, 0, 0))

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
        elif not self.layers and self.affine is None and not any(self.pad) and self.order is None:
            self.input_shape = self.shape = dims
            self.note(f"a reshape of the input is left out: the network's input is {dims}, with the same elements")
        else:
            raise Refusal(
                f"it changes {self.seen} to {dims}, and ctcnn can only flatten to one axis behind the batch axis"
            )

    def transpose(self, order):
        """Permutes the axes behind the batch axis: the model goes on with axis order[i] as its axis i."""
        if len(order) != len(self.shape) or self.tail is not None or self.columns is not None:
            raise Refusal("it permutes axes of a flattened value, or of a Softmax")
        if self.affine is not None and all(len(set(v)) == 1 for v in self.affine):
            # One scale for all channels: the same in any order of the axes.
            self.affine = tuple(np.full(self.shape[order[0]], v[0]) for v in self.affine)
        elif any(self.pad) or self.affine is not None:
            self.flush("Transpose")
        if not self.layers and self.order is None and self.input_order is None and len(order) == 3:
            # The network begins behind it.
            self.input_shape = self.shape = tuple(self.shape[axis] for axis in order)
            self.input_order = tuple(order)
            if self.input_order != tuple(range(len(order))):
                self.note(f"a Transpose of the input is left out: the network's input is {self.shape}")
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
