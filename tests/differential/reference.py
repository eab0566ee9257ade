# SPDX-License-Identifier: MIT
"""A network in PyTorch, in float64, and bounds of what rounding may change."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from layers import leaves

torch.set_num_threads(1)
FLOAT = 2.0**-24
DOUBLE = 2.0**-53


def flat_modules(module):
    for child in module:
        if isinstance(child, nn.Sequential):
            yield from flat_modules(child)
        else:
            yield child


class Reference:
    def __init__(self, layers, loss, smoothing):
        self.layers = layers
        self.leaves = [layer for _, layer in leaves(layers)]
        self.paths = [path for path, _ in leaves(layers)]
        self.module = nn.Sequential(*(layer.module() for layer in layers)).double()
        self.modules = list(flat_modules(self.module))
        self.loss, self.smoothing = loss, smoothing

    def draw(self, rng, gain):
        with torch.no_grad():
            for name, p in self.module.state_dict().items():
                fan_in = p[0].numel() if p.dim() > 1 else 4
                p.copy_((torch.randn(p.shape, generator=rng) * gain / math.sqrt(fan_in)).float())

    def parameters(self):
        values = list(self.module.state_dict().values())
        return torch.cat([v.reshape(-1) for v in values]) if values else torch.zeros(0, dtype=torch.float64)

    def places(self):
        """(offset, shape...) of each parameter, in the order of state_dict."""
        result, at = [], 0
        for p in self.module.state_dict().values():
            result.append([at, *p.shape])
            at += p.numel()
        return result

    def shapes(self, x):
        result = []
        for child in self.module:
            x = child(x)
            result.append(list(x.shape[1:]))
        return result

    def forward(self, x):
        self.values = [x]
        for m in self.modules:
            x = m(x)
            if x.requires_grad:
                x.retain_grad()
            self.values.append(x)
        return x

    def targets_of(self, y, target):
        flat = y.reshape(len(y), -1)
        if self.loss == "cross_entropy":
            t = F.one_hot(target, flat.shape[1]).to(y.dtype)
            return (1 - self.smoothing) * t + self.smoothing / flat.shape[1]
        if target.dim() == 1:
            return F.one_hot(target, flat.shape[1]).to(y.dtype)
        return target.reshape(len(y), -1)

    def loss_of(self, y, target, reduction="mean"):
        flat = y.reshape(len(y), -1)
        if self.loss == "cross_entropy":
            return nn.CrossEntropyLoss(label_smoothing=self.smoothing, reduction=reduction)(flat, target)
        t = self.targets_of(y, target)
        if reduction == "none":
            return ((flat - t) ** 2).mean(1)
        return nn.MSELoss(reduction=reduction)(flat, t)

    def gradients(self, x, target):
        """Loss, gradient of all parameters in a row; the values on the way are kept."""
        self.module.zero_grad()
        y = self.forward(x.detach().requires_grad_(True))
        loss = self.loss_of(y, target)
        loss.backward()
        grads = [p.grad.reshape(-1) for p in self.module.parameters()]
        return loss.item(), torch.cat(grads) if grads else torch.zeros(0, dtype=torch.float64)

    def longest_sum(self):
        return max(
            [self.values[-1][0].numel()]
            + [layer.terms(x, y) for layer, x, y in zip(self.leaves, self.values, self.values[1:])]
        )

    @torch.no_grad()
    def forward_errors(self, context):
        self.filtered_before = []
        errors = [torch.zeros_like(self.values[0])]
        for layer, m, x, y in zip(self.leaves, self.modules, self.values, self.values[1:]):
            self.filtered_before.append(context.filtered)
            errors.append(layer.error(m, x, errors[-1], y, context))
        return errors

    @torch.no_grad()
    def loss_error(self, y, ey, target, gamma):
        """Bounds for the loss of each image, and for the gradient of the mean with respect to the outputs."""
        n = len(y)
        z, e = y.reshape(n, -1), ey.reshape(n, -1)
        t = self.targets_of(y, target)
        if self.loss == "cross_entropy":
            p = torch.softmax(z, 1)
            top = z.amax(1, keepdim=True)
            mean_e = (p * e).sum(1, keepdim=True)
            lse = torch.logsumexp(z - top, 1)
            el = (
                (p * e).sum(1)
                + (t * e).sum(1)
                + gamma * (lse.abs() + 1 + (t * (top - z)).sum(1) + (p * (top - z)).sum(1))
            )
            eg = torch.minimum(p * torch.expm1((e + mean_e).clamp(max=50.0)), torch.full_like(p, 2.0))
            eg = (eg + gamma * (p * (2 + (top - z)) + t) + 1e-37) / n
        else:
            d = (z - t).abs()
            el = (2 * d * e + e * e + 2 * gamma * d * d).mean(1)
            eg = 2 / (z.shape[1] * n) * (e + gamma * d)
        return el, eg.reshape(y.shape)

    @torch.no_grad()
    def gradient_errors(self, errors, target, context):
        """Bounds of the loss and of each parameter's gradient; call gradients() before."""
        el, eg = self.loss_error(self.values[-1], errors[-1], target, context.gamma)
        parts = []
        for k in reversed(range(len(self.leaves))):
            context.filtered = self.filtered_before[k]
            x, y = self.values[k], self.values[k + 1]
            g = y.grad
            eg, own = self.leaves[k].back(self.modules[k], x, errors[k], y, errors[k + 1], g, eg, context)
            parts = own + parts
        eg = torch.cat([p.reshape(-1) for p in parts]) if parts else torch.zeros(0, dtype=torch.float64)
        return el.mean().item(), eg


def in_units(difference, unit):
    """The largest difference in units of its bound."""
    if difference.numel() == 0:
        return 0.0
    difference = difference.abs()
    ratio = torch.where(difference == 0, 0.0, difference / unit.clamp(min=1e-300))
    return float("inf") if ratio.isnan().any() else ratio.max().item()
