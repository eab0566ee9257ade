# SPDX-License-Identifier: MIT
"""The losses that ctcnn has, one class each: how it is spelled in C++, PyTorch's loss, what its targets are, and how
rounding errors of the outputs pass through it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def f32(number):
    """A number that float holds."""
    return float(np.float32(number))


def cpp_float(number):
    return f"{np.float32(number)}f"


class Loss:
    """`of` is PyTorch's mean, or the loss of each image; z has a row for each image. `error` bounds the loss of each
    image, and the derivative of the mean with respect to z, where z is off by at most e; where `context.kinks` is set,
    the slope of an element near a kink may be that of the other side."""

    labels = False  # whether the targets are labels, not tensors
    options = ()  # of C++: names and values as text

    def __init__(self, **settings):
        vars(self).update(settings)

    @property
    def name(self):
        return type(self).__name__

    def cpp(self):
        options = ", ".join(f".{name} = {value}" for name, value in self.options)
        return f"{self.type}{{{options}}}"

    def features(self):
        """What occurs in it, for sample.py."""
        return {f"{self.name} {name}" for name, _ in self.options} | {self.name}

    def targets(self, labels, numbers):
        """Its targets, from labels and normal numbers that were drawn."""
        return numbers

    def of(self, z, target, reduction="mean"):
        return self.module(reduction, z.dtype)(z, target.to(z.dtype)).mean(1 if reduction == "none" else ())

    def weights(self, target):
        """What each image weighs in the mean."""
        return torch.ones(len(target), dtype=torch.float64)

    def mean(self, per_image, target):
        return per_image.sum() / self.weights(target).sum()


class ByElement(Loss):
    """The mean of a function of d = output - target. `slope` is its derivative; `curve` how much that may change over a
    distance."""

    def error(self, z, e, target, context):
        d = z - target
        value, slope, bend = self.at(d, e, context)
        el = (slope.abs() + bend) * e + context.gamma * value
        return el.mean(1), (bend + context.gamma * slope.abs()) / z.numel()


class MSE(ByElement):
    type = "MSELoss"

    def module(self, reduction, dtype):
        return nn.MSELoss(reduction=reduction)

    def at(self, d, e, context):
        return 2 * d * d, 2 * d, 2 * e


class MSELabels(MSE):
    labels = True

    def targets(self, labels, numbers):
        return labels

    def one_hot(self, z, target):
        return F.one_hot(target, z.shape[1]).to(z.dtype)

    def of(self, z, target, reduction="mean"):
        return super().of(z, self.one_hot(z, target), reduction)

    def error(self, z, e, target, context):
        return super().error(z, e, self.one_hot(z, target), context)


def sign_may_change(d, e, context):
    return 2.0 * ((d.abs() <= e * (1 + 1e-6)) & (e > 0)) if context.kinks else torch.zeros_like(d)


class L1(ByElement):
    type = "L1Loss"

    def module(self, reduction, dtype):
        return nn.L1Loss(reduction=reduction)

    def at(self, d, e, context):
        return d.abs(), torch.sign(d), sign_may_change(d, e, context)


class SmoothL1(ByElement):
    type = "SmoothL1Loss"

    @property
    def options(self):
        return [("beta", cpp_float(self.beta))]

    def module(self, reduction, dtype):
        return nn.SmoothL1Loss(reduction=reduction, beta=self.beta)

    def at(self, d, e, context):
        if self.beta == 0:
            return d.abs(), torch.sign(d), sign_may_change(d, e, context)
        near = d.abs() <= self.beta + e
        bend = torch.where(near, (e / self.beta).clamp(max=2.0), torch.zeros_like(d))
        return d.abs() + self.beta, (d / self.beta).clamp(-1, 1), bend


class Huber(ByElement):
    type = "HuberLoss"

    @property
    def options(self):
        return [("delta", cpp_float(self.delta))]

    def module(self, reduction, dtype):
        return nn.HuberLoss(reduction=reduction, delta=self.delta)

    def at(self, d, e, context):
        near = d.abs() <= self.delta + e
        bend = torch.where(near, e.clamp(max=2 * self.delta), torch.zeros_like(d))
        return self.delta * (d.abs() + self.delta), d.clamp(-self.delta, self.delta), bend


class BCEWithLogits(Loss):
    type = "BCEWithLogitsLoss"
    pos_weight = None

    @property
    def options(self):
        return [("pos_weight", cpp_weights(self.pos_weight))] if self.pos_weight else []

    def module(self, reduction, dtype):
        return nn.BCEWithLogitsLoss(reduction=reduction, pos_weight=weight_row(self.pos_weight, dtype))

    def targets(self, labels, numbers):
        """Some are exactly 0 or 1."""
        return (0.5 + 0.4 * numbers).clamp(0, 1)

    def error(self, z, e, target, context):
        weight = 1.0 if self.pos_weight is None else weight_row(self.pos_weight, z.dtype)
        yes, no = weight * target, 1 - target
        up, down = no * torch.sigmoid(z), yes * torch.sigmoid(-z)
        value = no * F.softplus(z) + yes * F.softplus(-z)
        bend = torch.minimum((up + down) * torch.expm1(e.clamp(max=50.0)), (yes + no) * (e / 4).clamp(max=1.0))
        el = (up - down).abs() * e + bend * e + 2 * context.gamma * value
        return el.mean(1), (bend + context.gamma * (up + down) + 1e-37) / z.numel()


class BCEWithLogitsLabels(BCEWithLogits):
    """With one output: the labels are 0 and 1."""

    labels = True

    def targets(self, labels, numbers):
        return (numbers[:, 0] > 0).long()

    def of(self, z, target, reduction="mean"):
        return super().of(z, target[:, None], reduction)

    def error(self, z, e, target, context):
        return super().error(z, e, target[:, None].to(z.dtype), context)


class KLDiv(Loss):
    type = "KLDivLoss"
    log_target = False

    @property
    def options(self):
        return [("log_target", "true")] if self.log_target else []

    def targets(self, labels, numbers):
        """Some probabilities are 0."""
        if self.log_target:
            return torch.log_softmax(2 * numbers, 1)
        return F.normalize(numbers.clamp(min=0), 1, 1)

    def of(self, z, target, reduction="mean"):
        how = "none" if reduction == "none" else "batchmean"
        value = nn.KLDivLoss(reduction=how, log_target=self.log_target)(z, target.to(z.dtype))
        return value.sum(1) if reduction == "none" else value

    def error(self, z, e, target, context):
        t = target.exp() if self.log_target else target
        logarithm = target if self.log_target else torch.where(target > 0, target, 1.0).log()
        el = t * e + context.gamma * t * (2 * logarithm.abs() + z.abs() + self.log_target)
        return el.sum(1), (1 + self.log_target) * context.gamma * t / len(z)


class Classes(Loss):
    """Losses of labels with weights of classes, and a label that is left out."""

    labels = True
    weight = None
    ignore_index = None

    @property
    def options(self):
        result = [("weight", cpp_weights(self.weight))] if self.weight else []
        return result + ([("ignore_index", str(self.ignore_index))] if self.ignore_index is not None else [])

    def targets(self, labels, numbers):
        labels = labels.clone()
        if self.ignore_index is not None:
            # Every third image, so that each batch has some that count.
            labels[1::3] = self.ignore_index
        return labels

    def counts(self, target):
        """Which images count, and the weights of all labels."""
        kept = target != (-100 if self.ignore_index is None else self.ignore_index)
        own = torch.ones(len(target), dtype=torch.float64)
        if self.weight:
            own = weight_row(self.weight, torch.float64)[torch.where(kept, target, 0)]
        return kept, own * kept

    def weights(self, target):
        return self.counts(target)[1]

    def ignored(self):
        return {} if self.ignore_index is None else {"ignore_index": self.ignore_index}

    def of(self, z, target, reduction="mean"):
        return self.module(reduction, z.dtype)(z, target)


class NLL(Classes):
    type = "NLLLoss"

    def module(self, reduction, dtype):
        return nn.NLLLoss(weight_row(self.weight, dtype), reduction=reduction, **self.ignored())

    def error(self, z, e, target, context):
        kept, own = self.counts(target)
        at = torch.where(kept, target, 0)[:, None]
        el = own * (e.gather(1, at) + context.gamma * z.gather(1, at).abs())[:, 0]
        eg = torch.zeros_like(z).scatter(1, at, (context.gamma * own / own.sum())[:, None])
        return el, eg


class CrossEntropy(Classes):
    type = "CrossEntropyLoss"
    smoothing = 0.0

    @property
    def options(self):
        return super().options + ([("label_smoothing", cpp_float(self.smoothing))] if self.smoothing else [])

    def module(self, reduction, dtype):
        return nn.CrossEntropyLoss(
            weight_row(self.weight, dtype), reduction=reduction, label_smoothing=self.smoothing, **self.ignored()
        )

    def wanted(self, z, target):
        """The parts of the classes in each image's target, by weights."""
        kept, own = self.counts(target)
        t = F.one_hot(torch.where(kept, target, 0), z.shape[1]) * own[:, None] * (1 - self.smoothing)
        return t + self.spread(z) * kept[:, None]

    def spread(self, z):
        classes = z.shape[1]
        return self.smoothing / classes * weight_row(self.weight or [1.0] * classes, torch.float64)

    def error(self, z, e, target, context):
        gamma, t = context.gamma, self.wanted(z, target)
        whole = t.sum(1, keepdim=True)
        p = torch.softmax(z, 1)
        top = z.amax(1, keepdim=True)
        mean_e = (p * e).sum(1, keepdim=True)
        lse = torch.logsumexp(z - top, 1)
        el = whole[:, 0] * (p * e).sum(1) + (t * e).sum(1)
        el = el + gamma * (whole[:, 0] * (lse.abs() + 1 + (p * (top - z)).sum(1)) + (t * (top - z)).sum(1))
        eg = torch.minimum(p * torch.expm1((e + mean_e).clamp(max=50.0)), torch.full_like(p, 2.0))
        eg = whole * eg + gamma * (whole * p * (2 + (top - z)) + t) + 1e-37
        return el, eg / self.weights(target).sum()


class CrossEntropyProbabilities(CrossEntropy):
    labels = False

    def targets(self, labels, numbers):
        return torch.softmax(2 * numbers, 1)

    def weights(self, target):
        return Loss.weights(self, target)

    def of(self, z, target, reduction="mean"):
        return super().of(z, target.to(z.dtype), reduction)

    def wanted(self, z, target):
        return target * (1 - self.smoothing) * weight_row(self.weight or [1.0] * z.shape[1], z.dtype) + self.spread(z)


def cpp_weights(weights):
    return f"{{{', '.join(map(cpp_float, weights))}}}"


def weight_row(weights, dtype):
    return None if weights is None else torch.tensor(weights, dtype=dtype)


def drawn(rng, outputs):
    """A random loss for a network with so many outputs."""
    kinds = [MSE, L1, SmoothL1, Huber, BCEWithLogits]
    kinds += [BCEWithLogitsLabels] * 3 if outputs == 1 else [MSELabels, KLDiv, NLL, NLL, CrossEntropyProbabilities]
    kinds += [CrossEntropy] * 5 if outputs > 1 else []
    kind = rng.choice(kinds)
    weights = [f32(rng.uniform(0.25, 3)) for _ in range(outputs)] if rng.random() < 0.5 else None
    if kind is BCEWithLogits or kind is BCEWithLogitsLabels:
        return kind(pos_weight=weights)
    if kind is SmoothL1:
        return kind(beta=f32(rng.choice([1.0, 0.3, 2.5, 0.0])))
    if kind is Huber:
        return kind(delta=f32(rng.choice([1.0, 0.3, 2.5])))
    if kind is KLDiv:
        return kind(log_target=rng.random() < 0.5)
    if not issubclass(kind, Classes):
        return kind()
    settings = {"weight": weights}
    if issubclass(kind, CrossEntropy):
        settings["smoothing"] = f32(rng.choice([0.0, 0.0, 0.1, 0.5, 1.0]))
    if kind.labels and rng.random() < 0.4:
        # A class, or no class.
        settings["ignore_index"] = rng.choice([rng.randrange(min(outputs, 256)), 255])
    return kind(**settings)
