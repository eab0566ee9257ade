# SPDX-License-Identifier: MIT
"""What trains a network: optimizers, groups of parameters, averages, clipping and schedules; how each is spelled in
C++, PyTorch's own, and bounds of what rounding may change in the parameters, given the gradients."""

import math

import torch
from torch import nn
from torch.optim import lr_scheduler

from losses import cpp_float, f32

UNIT = 2.0**-24


def cpp_struct(name, fields):
    return f"{name}{{{', '.join(f'.{field} = {value}' for field, value in fields)}}}"


def cpp_bool(value):
    return "true" if value else "false"


class Optimizer:
    """Settings are those of PyTorch. `momentum_name` is what OneCycle cycles."""

    momentum_name = "momentum"
    defaults = {}
    floats = ("weight_decay", "momentum", "dampening", "eps")

    def __init__(self, lr, **settings):
        self.lr = lr and f32(lr)  # None: a rate that fits the gradients
        self.settings = {**self.defaults, **settings}
        for name in self.floats:
            if name in self.settings:
                self.settings[name] = f32(self.settings[name])

    @property
    def name(self):
        return type(self).__name__

    def like(self, factor, **settings):
        """The same with other settings."""
        return type(self)(self.lr * factor, **{**self.settings, **settings})

    def cpp(self):
        fields = [("lr", cpp_float(self.lr))]
        for name, value in sorted(self.settings.items(), key=lambda item: self.order.index(item[0])):
            if name == "betas":
                value = f"{{{value[0]!r}, {value[1]!r}}}"
            elif isinstance(value, bool):
                value = cpp_bool(value)
            elif isinstance(value, float):
                value = cpp_float(value) if name in self.floats else repr(value)
            elif name == "adamw":
                value = value.cpp()
            fields.append((name, value))
        return cpp_struct(self.name, fields)

    def features(self):
        result = {self.name}
        for name, value in self.settings.items():
            if name in ("momentum", "dampening", "weight_decay", "nesterov", "centered", "adjust_lr_fn"):
                result.add(f"{self.name} {name} {value if isinstance(value, str) else value > 0}")
        return result

    def groups(self, tensors):
        """The param_groups of PyTorch for some tensors; each has a function of bounds."""
        return [{"params": tensors, "lr": self.lr, "bound": self.bound, **self.settings}]


def root_error(value, error):
    """What a root is off by."""
    return torch.minimum(error / value.sqrt().clamp(min=1e-300), error.sqrt())


class State:
    """Bounds of a tensor: what the parameters, the optimizer's numbers and the average are off by, and how large the
    sums of the numbers' magnitudes are."""

    def __init__(self, p):
        self.p = torch.zeros_like(p)
        self.average = torch.zeros_like(p)
        self.numbers = {}

    def get(self, name):
        return self.numbers.get(name, torch.zeros_like(self.p))


def decayed(group, before, g, errors, gamma):
    """Magnitude and bound of a gradient with weight decay."""
    size = g.abs() + group["weight_decay"] * before.abs()
    return size, errors.gradient + group["weight_decay"] * errors.p + 2 * gamma * size


class SGD(Optimizer):
    torch_type = torch.optim.SGD
    order = ["momentum", "dampening", "weight_decay", "nesterov"]
    defaults = {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}

    @staticmethod
    def drawn(rng):
        momentum = rng.choice([0.0, 0.9, 0.5])
        nesterov = momentum > 0 and rng.random() < 0.4
        dampening = rng.choice([0.0, 0.5, 0.9]) if momentum > 0 and not nesterov else 0.0
        decay = rng.choice([0.0, 5e-4, 0.1])
        return SGD(None, momentum=momentum, dampening=dampening, weight_decay=decay, nesterov=nesterov)

    @staticmethod
    def bound(group, state, before, g, errors, gamma, step):
        size, error = decayed(group, before, g, errors, gamma)
        keep = group["momentum"]
        v = keep * errors.get("v") + size * (1 + abs(group["dampening"]))
        ev = keep * errors.get("ev") + error + 3 * gamma * v
        errors.numbers.update(v=v, ev=ev)
        if group["nesterov"]:
            v, ev = size + keep * v, error + keep * ev + 2 * gamma * (size + keep * v)
        return group["lr"] * (ev + 3 * gamma * v)


class Adam(Optimizer):
    torch_type = torch.optim.Adam
    momentum_name = "betas"
    order = ["betas", "eps", "weight_decay"]
    defaults = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}
    decays = [0.0, 1e-2]

    @classmethod
    def drawn(cls, rng):
        betas = rng.choice([0.9, 0.5]), rng.choice([0.999, 0.9])
        return cls(rng.choice([1e-3, 1e-2]), betas=betas, weight_decay=rng.choice(cls.decays))

    @staticmethod
    def bound(group, state, before, g, errors, gamma, step):
        size, error = decayed(group, before, g, errors, gamma)
        return Adam.update(group, state, size, error, errors, gamma, step)

    @staticmethod
    def update(group, state, size, error, errors, gamma, step):
        b1, b2 = group["betas"]
        m = b1 * errors.get("m") + (1 - b1) * size
        em = b1 * errors.get("em") + (1 - b1) * error + 4 * gamma * (b1 * errors.get("m") + (1 - b1) * size)
        v = state["exp_avg_sq"]
        ev = b2 * errors.get("ev") + 2 * (1 - b2) * size * error + 4 * gamma * (v + (1 - b2) * size * size) + 1e-44
        errors.numbers.update(m=m, em=em, ev=ev)
        scale = 1 / math.sqrt(1 - b2**step)
        divisor = v.sqrt() * scale + group["eps"]
        least = (divisor - root_error(v, ev) * scale - 3 * gamma * divisor).clamp(min=group["eps"] * (1 - 4 * gamma))
        mean = state["exp_avg"].abs()
        part = (mean + em) / least - mean / divisor + 4 * gamma * mean / divisor
        return group["lr"] / (1 - b1**step) * part


class AdamW(Adam):
    torch_type = torch.optim.AdamW
    defaults = {**Adam.defaults, "weight_decay": 1e-2}
    decays = [0.0, 1e-2, 0.5]

    @staticmethod
    def bound(group, state, before, g, errors, gamma, step):
        shrunk = 3 * gamma * group["lr"] * group["weight_decay"] * before.abs() + gamma * before.abs()
        return shrunk + Adam.update(group, state, g.abs(), errors.gradient, errors, gamma, step)


class RMSprop(Optimizer):
    torch_type = torch.optim.RMSprop
    order = ["alpha", "eps", "weight_decay", "momentum", "centered"]
    defaults = {"alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "centered": False}

    @staticmethod
    def drawn(rng):
        return RMSprop(
            rng.choice([1e-3, 1e-2]),
            alpha=rng.choice([0.99, 0.9]),
            eps=rng.choice([1e-8, 1e-3]),
            weight_decay=rng.choice([0.0, 1e-2]),
            momentum=rng.choice([0.0, 0.9]),
            centered=rng.random() < 0.5,
        )

    @staticmethod
    def bound(group, state, before, g, errors, gamma, step):
        size, error = decayed(group, before, g, errors, gamma)
        alpha, keep = group["alpha"], group["momentum"]
        share = 1 - alpha
        v = state["square_avg"]
        ev = alpha * errors.get("ev") + 2 * share * size * error + 4 * gamma * (v + share * size * size) + 1e-44
        variance, error_of = v, ev
        if group["centered"]:
            mean = state["grad_avg"]
            m = alpha * errors.get("m") + share * size
            em = alpha * errors.get("em") + share * error + 4 * gamma * (m + share * size)
            errors.numbers.update(m=m, em=em)
            variance = (v - mean * mean).clamp(min=0)
            error_of = ev + 2 * m * em + 2 * gamma * mean * mean
        errors.numbers.update(ev=ev)
        divisor = variance.sqrt() + group["eps"]
        least = ((variance - error_of).clamp(min=0).sqrt() + group["eps"]) * (1 - 2 * gamma)
        largest = size / divisor
        scaled = (size + error) / least - largest + 3 * gamma * largest
        b = keep * errors.get("b") + largest
        eb = keep * errors.get("eb") + scaled + 3 * gamma * b
        errors.numbers.update(b=b, eb=eb)
        return group["lr"] * (eb + 3 * gamma * b)


class ByHand(torch.optim.Optimizer):
    """An optimizer that PyTorch has not, or not in float64: a function of group, state, parameter and gradient."""

    def __init__(self, groups):
        cycled = "momentum" if "momentum" in groups[0] else "betas"
        super().__init__(groups, {"lr": 0.0, cycled: groups[0][cycled]})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                group["update"](group, self.state[p], p, p.grad)


class Lion(Optimizer):
    """As in lion_pytorch. Source: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023."""

    torch_type = ByHand
    momentum_name = "betas"
    order = ["betas", "weight_decay"]
    defaults = {"betas": (0.9, 0.99), "weight_decay": 0.0}

    @staticmethod
    def drawn(rng):
        betas = rng.choice([0.9, 0.5]), rng.choice([0.99, 0.9])
        return Lion(rng.choice([1e-4, 1e-3]), betas=betas, weight_decay=rng.choice([0.0, 0.1]))

    def groups(self, tensors):
        return [{**super(Lion, self).groups(tensors)[0], "update": self.update}]

    @staticmethod
    def update(group, state, p, g):
        b1, b2 = group["betas"]
        mean = state.setdefault("mean", torch.zeros_like(p))
        state["direction"] = b1 * mean + (1 - b1) * g
        p.mul_(1 - group["lr"] * group["weight_decay"]).add_(torch.sign(state["direction"]), alpha=-group["lr"])
        mean.mul_(b2).add_(g, alpha=1 - b2)

    @staticmethod
    def bound(group, state, before, g, errors, gamma, step):
        """A direction near 0 may have the other sign, or none."""
        b1, b2 = group["betas"]
        size = b1 * errors.get("m") + (1 - b1) * g.abs()
        error = b1 * errors.get("em") + (1 - b1) * errors.gradient + 4 * gamma * size + 1e-44 * (size > 0)
        m = b2 * errors.get("m") + (1 - b2) * g.abs()
        em = b2 * errors.get("em") + (1 - b2) * errors.gradient + 4 * gamma * m
        errors.numbers.update(m=m, em=em)
        turned = (state["direction"].abs() <= error) & (size > 0)
        return group["lr"] * (2.0 * turned + 3 * gamma) + 3 * gamma * before.abs()


def orthogonalized(m, steps=5):
    """Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024."""
    a, b, c = 3.4445, -4.7750, 2.0315
    turned = m.shape[0] > m.shape[1]
    x = m.T if turned else m
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if turned else x


class Muon(Optimizer):
    """torch.optim.Muon, which rounds to bfloat16, in the numbers of the tensors; with AdamW for what is no matrix."""

    torch_type = ByHand
    order = ["weight_decay", "momentum", "nesterov", "ns_steps", "adjust_lr_fn", "adamw"]
    defaults = {"weight_decay": 0.1, "momentum": 0.95, "nesterov": True, "ns_steps": 5}

    @staticmethod
    def drawn(rng):
        return Muon(
            rng.choice([1e-3, 2e-2]),
            weight_decay=rng.choice([0.0, 0.1]),
            momentum=rng.choice([0.95, 0.5]),
            nesterov=rng.random() < 0.5,
            ns_steps=rng.choice([5, 5, 3]),
            adjust_lr_fn=rng.choice(["AdjustLR::original", "AdjustLR::match_rms_adamw"]),
            adamw=AdamW.drawn(rng),
        )

    def like(self, factor, **settings):
        return super().like(factor, adamw=self.settings["adamw"].like(factor, **settings), **settings)

    def groups(self, tensors):
        matrices = [p for p in tensors if p.kind == "weight" and p.dim() > 1]
        others = [p for p in tensors if not any(p is m for m in matrices)]
        result = [{"params": matrices, "lr": self.lr, "bound": self.bound, "update": self.update, **self.settings}]
        result += self.settings["adamw"].groups(others)
        result[1].update(update=self.update_adamw, momentum=result[1]["betas"][0])
        return result

    @staticmethod
    def rate(group, p):
        rows, columns = p.shape[0], p[0].numel()
        if group["adjust_lr_fn"] == "AdjustLR::original":
            return group["lr"] * math.sqrt(max(1.0, rows / columns))
        return group["lr"] * 0.2 * math.sqrt(max(rows, columns))

    @staticmethod
    def update(group, state, p, g):
        velocity = state.setdefault("velocity", torch.zeros_like(p))
        velocity.lerp_(g, 1 - group["momentum"])
        u = g.lerp(velocity, group["momentum"]) if group["nesterov"] else velocity.clone()
        state["u"], state["turned"] = u, orthogonalized(u.flatten(1), group["ns_steps"]).reshape(u.shape)
        p.mul_(1 - group["lr"] * group["weight_decay"]).add_(state["turned"], alpha=-Muon.rate(group, p))

    @staticmethod
    def update_adamw(group, state, p, g):
        b1, b2 = group["betas"] = group["momentum"], group["betas"][1]  # OneCycle sets the momentum.
        mean = state.setdefault("exp_avg", torch.zeros_like(p))
        square = state.setdefault("exp_avg_sq", torch.zeros_like(p))
        number = state["step"] = state.get("step", 0) + 1
        p.mul_(1 - group["lr"] * group["weight_decay"])
        mean.lerp_(g, 1 - b1)
        square.mul_(b2).addcmul_(g, g, value=1 - b2)
        divisor = square.sqrt() / math.sqrt(1 - b2**number) + group["eps"]
        p.addcdiv_(mean, divisor, value=-group["lr"] / (1 - b1**number))

    @staticmethod
    def bound(group, state, before, g, errors, gamma, step):
        """The iteration amplifies errors: what float makes of it in PyTorch, four times; from a matrix whose elements
        are off by what they may be off by."""
        keep = group["momentum"]
        v = keep * errors.get("v") + (1 - keep) * g.abs()
        ev = keep * errors.get("ev") + (1 - keep) * errors.gradient + 4 * gamma * v
        errors.numbers.update(v=v, ev=ev)
        error = ev + 4 * gamma * (g.abs() + v)
        signs = torch.where(torch.arange(g.numel()) * 2654435761 % 4294967296 < 2147483648, 1.0, -1.0).reshape(g.shape)
        off = orthogonalized((state["u"] + signs * error).float().flatten(1), group["ns_steps"]).double()
        most = (off.reshape(g.shape) - state["turned"]).abs().max()
        size = state["turned"].abs().max()
        rate = Muon.rate(group, before)
        return rate * (4 * most + 3 * gamma * size) + 3 * gamma * before.abs()


OPTIMIZERS = [SGD, Adam, AdamW, RMSprop, Lion, Muon]


class Schedule:
    """`cpp` is its text; `torch` makes PyTorch's for an optimizer and a number of steps, or of epochs."""

    def __init__(self, name, cpp, torch_schedule, per_epoch=False, values=None):
        self.name, self.inner, self.torch, self.per_epoch, self.values = name, cpp, torch_schedule, per_epoch, values

    def cpp(self):
        return f"PerEpoch{{{self.inner}}}" if self.per_epoch and self.values is None else self.inner


def draw_schedule(rng, kind, steps):
    """One of a kind, for so many steps or epochs."""
    number = lambda low, high: rng.randint(low, max(low, high))
    gamma = rng.choice([0.1, 0.5, 0.9])
    if kind == "OneCycle":
        anneal, cycle, phases = rng.choice(["cos", "linear"]), rng.random() < 0.6, rng.random() < 0.3
        pct, div, final = rng.choice([0.3, 0.1, 0.5, 0.34]), rng.choice([25.0, 10.0]), rng.choice([1e4, 100.0])
        base, most = rng.choice([0.85, 0.5]), rng.choice([0.95, 0.9])
        pct = 0.3 if pct * steps == 1 else pct  # PyTorch divides by 0.
        fields = [("pct_start", pct), ("anneal_strategy", f"Anneal::{anneal}"), ("cycle_momentum", cpp_bool(cycle)),
                  ("base_momentum", base), ("max_momentum", most), ("div_factor", div), ("final_div_factor", final),
                  ("three_phase", cpp_bool(phases))]  # fmt: skip
        make = lambda optimizer, n: lr_scheduler.OneCycleLR(
            optimizer, [group["lr"] for group in optimizer.param_groups], total_steps=n, pct_start=pct,
            anneal_strategy=anneal, cycle_momentum=cycle, base_momentum=base, max_momentum=most, div_factor=div,
            final_div_factor=final, three_phase=phases)  # fmt: skip
        return Schedule(f"OneCycle {anneal} {cycle}", cpp_struct("OneCycle", fields), make)
    if kind == "StepLR":
        size = number(1, steps // 3)
        make = lambda optimizer, n: lr_scheduler.StepLR(optimizer, size, gamma)
        return Schedule(kind, cpp_struct(kind, [("step_size", size), ("gamma", gamma)]), make)
    if kind == "MultiStepLR":
        milestones = sorted(number(1, steps) for _ in range(rng.randint(1, 3)))
        make = lambda optimizer, n: lr_scheduler.MultiStepLR(optimizer, milestones, gamma)
        text = ", ".join(map(str, milestones))
        return Schedule(kind, cpp_struct(kind, [("milestones", f"{{{text}}}"), ("gamma", gamma)]), make)
    if kind == "ExponentialLR":
        gamma = rng.choice([0.99, 0.9, 0.5])
        make = lambda optimizer, n: lr_scheduler.ExponentialLR(optimizer, gamma)
        return Schedule(kind, cpp_struct(kind, [("gamma", gamma)]), make)
    if kind == "LinearLR":
        start, end, length = rng.choice([1 / 3, 0.01, 1.0]), rng.choice([1.0, 0.5, 0.0]), number(1, steps)
        make = lambda optimizer, n: lr_scheduler.LinearLR(optimizer, start, end, length)
        fields = [("start_factor", start), ("end_factor", end), ("total_iters", length)]
        return Schedule(kind, cpp_struct(kind, fields), make)
    if kind == "CosineAnnealingLR":
        length, least = rng.choice([0, number(1, steps)]), rng.choice([0.0, 1e-5])
        make = lambda optimizer, n: lr_scheduler.CosineAnnealingLR(optimizer, length or n, least)
        return Schedule(kind, cpp_struct(kind, [("T_max", length), ("eta_min", least)]), make)
    if kind == "SequentialLR":
        milestones = sorted({number(1, steps - 1) for _ in range(rng.randint(1, 2))})
        kinds = [rng.choice(["LinearLR", "StepLR", "ExponentialLR", "CosineAnnealingLR"]) for _ in range(3)]
        parts = [draw_schedule(rng, kinds[k], steps) for k in range(len(milestones) + 1)]
        ends = lambda n: [*milestones, n]
        make = lambda optimizer, n: lr_scheduler.SequentialLR(
            optimizer,
            [part.torch(optimizer, end - start) for part, start, end in zip(parts, [0, *milestones], ends(n))],
            milestones,
        )
        texts = ", ".join(part.cpp() for part in parts), ", ".join(map(str, milestones))
        return Schedule(kind, f"SequentialLR{{{{{texts[0]}}}, {{{texts[1]}}}}}", make)
    # ReduceLROnPlateau, with losses that are given.
    mode, relative = rng.choice(["min", "max"]), rng.random() < 0.5
    patience, cooldown, least = rng.randint(0, 3), rng.randint(0, 2), rng.choice([0.0, 1e-4])
    threshold = rng.choice([1e-4, 0.1])
    values = [round(rng.uniform(0.5, 2) * 0.97**k, 6) for k in range(steps)]
    fields = [("mode", f"PlateauMode::{mode}"), ("factor", gamma), ("patience", patience), ("threshold", threshold),
              ("threshold_mode", f"ThresholdMode::{'rel' if relative else 'abs'}"), ("cooldown", cooldown),
              ("min_lr", least), ("metric", f"harness::Values{{{{{', '.join(map(repr, values))}}}}}")]  # fmt: skip
    make = lambda optimizer, n: lr_scheduler.ReduceLROnPlateau(
        optimizer, mode, gamma, patience, threshold, "rel" if relative else "abs", cooldown, least)  # fmt: skip
    return Schedule("ReduceLROnPlateau", cpp_struct("ReduceLROnPlateau", fields), make, True, values)


SCHEDULES = ["OneCycle", "OneCycle", "StepLR", "MultiStepLR", "ExponentialLR", "LinearLR", "CosineAnnealingLR",
             "SequentialLR", "ReduceLROnPlateau"]  # fmt: skip


def kind_of(module, name):
    if isinstance(module, (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm)):
        return "norm"
    return "other" if isinstance(module, nn.PReLU) else name


class Group:
    """Some parameters, by kinds or by a name, with settings of their own: other rates or no decay; or frozen."""

    def __init__(self, kinds, name, how):
        self.kinds, self.name, self.how = kinds, name, how

    def selects(self, tensor):
        return tensor.kind in self.kinds or (self.name and f"{tensor.path}.".startswith(f"{self.name}."))

    def cpp(self, optimizer):
        which = [f"ParameterKind::{kind}" for kind in self.kinds] + ([f'"{self.name}"'] if self.name else [])
        if self.how == "frozen":
            return f"freeze<{', '.join(which)}>()"
        return f"group<{', '.join(which)}>({self.of(optimizer).cpp()})"

    def of(self, optimizer):
        if self.how == "no decay":
            return optimizer.like(1, weight_decay=0.0)
        return optimizer.like(self.how)


def draw_groups(rng, names):
    if rng.random() < 0.55:
        return []
    result = []
    for _ in range(rng.randint(1, 3)):
        how = rng.choice(["no decay", "frozen", 0.5, 0.1])
        if how == "no decay":
            result.append(Group(["bias", "norm"], None, how))
        elif names and rng.random() < 0.7:
            parts = rng.choice(names).split(".")
            result.append(Group([], ".".join(parts[: rng.randint(1, len(parts))]), how))
        else:
            result.append(Group([rng.choice(["weight", "bias", "norm", "other"])], None, how))
    return result


class Training:
    """An optimizer, with all around it, for a network."""

    def __init__(self, optimizer, steps=4, schedule=None, groups=(), average=None, clip=None):
        self.optimizer, self.steps, self.schedule, self.groups = optimizer, steps, schedule, groups
        self.average = average  # ("EMA", decay) or ("SWA", start, every)
        self.clip = clip  # ("norm" or "value", part of what the first gradient has)
        self.limit = 0.0

    def features(self):
        result = self.optimizer.features() | {f"schedule {self.schedule and self.schedule.name}"}
        result.add(f"per epoch {bool(self.schedule and self.schedule.per_epoch)}")
        result |= {f"group {group.how if isinstance(group.how, str) else 'rate'}" for group in self.groups}
        result |= {f"group by name {bool(group.name)}" for group in self.groups}
        return result | {f"average {self.average and self.average[0]}", f"clip {self.clip and self.clip[0]}"}

    def settle(self, reference, gradient):
        """The numbers that depend on a gradient: a rate of SGD whose first step moves no tensor by more than about a
        hundredth, or less in a long training; and limits of the gradient."""
        if self.optimizer.lr is None:
            part = 0.01 if self.steps < 10 else 0.002
            sizes = [(p.detach().abs().max().item(), p.grad.abs().max().item()) for p in reference.module.parameters()]
            rates = [part * size / slope for size, slope in sizes if slope > 1e-30]
            self.optimizer.lr = f32(min([0.1, *rates]))
        if self.clip and gradient.numel():
            kind, part = self.clip
            whole = gradient.norm() if kind == "norm" else gradient.abs().max()
            self.limit = f32(min(whole.item() * part, 1e38))

    def cpp(self):
        text = self.optimizer.cpp()
        if self.groups:
            text = f"ParameterGroups({', '.join([text, *(group.cpp(self.optimizer) for group in self.groups)])})"
        return f"{self.average[0]}({', '.join([text, *map(repr, self.average[1:])])})" if self.average else text

    def options(self):
        fields = [(f"clip_grad_{self.clip[0]}", cpp_float(self.limit))] if self.limit else []
        return cpp_struct("FitOptions", fields + ([("schedule", self.schedule.cpp())] if self.schedule else []))

    def tensors(self, reference, row):
        """The network's tensors, from a row of all numbers, for PyTorch's optimizers."""
        result = []
        for name, p in reference.module.named_parameters():
            tensor = nn.Parameter(row[: p.numel()].reshape(p.shape).clone())
            row = row[p.numel() :]
            owner, _, own = name.rpartition(".")
            tensor.path, tensor.kind = name, kind_of(reference.module.get_submodule(owner), own)
            result.append(tensor)
        return result

    def torch_optimizer(self, tensors):
        """PyTorch's, and the tensors that it trains. The last group that selects a tensor has it; frozen ones none."""
        chosen = [[], *([] for _ in self.groups)]
        for tensor in tensors:
            of = [n for n, group in enumerate(self.groups, 1) if group.selects(tensor)]
            if not any(self.groups[n - 1].how == "frozen" for n in of):
                chosen[of[-1] if of else 0].append(tensor)
        groups = []
        for n, some in enumerate(chosen):
            if n == 0 or self.groups[n - 1].how != "frozen":
                optimizer = self.groups[n - 1].of(self.optimizer) if n else self.optimizer
                groups += [group for group in optimizer.groups(some) if group["params"]]
        return self.optimizer.torch_type(groups) if groups else None, [p for some in chosen for p in some]

    def torch_schedule(self, optimizer, steps, per_epoch):
        """A function that is called behind each step, from 1 on."""
        if optimizer is None or self.schedule is None:
            return lambda step: None
        schedule, epochs = self.schedule, -(-steps // per_epoch)
        scheduler = schedule.torch(optimizer, epochs if schedule.per_epoch else steps)

        def advance(step):
            if step == steps or (schedule.per_epoch and step % per_epoch):
                return
            if schedule.values is not None:
                scheduler.step(schedule.values[step // per_epoch - 1])
            else:
                scheduler.step()

        return advance

    def follow(self, reference, begin, gradients, per_epoch):
        """All parameters behind each step, and their average, in rows; each with a bound. From ctcnn's own gradients,
        which are rows."""
        gamma = 4 * UNIT
        tensors = self.tensors(reference, begin)
        optimizer, trained = self.torch_optimizer(tensors)
        averages = [p.detach().clone() for p in tensors]
        errors = [State(p) for p in tensors]
        advance = self.torch_schedule(optimizer, self.steps, per_epoch)
        for step, row in enumerate(gradients, 1):
            for p in tensors:
                p.grad, row = row[: p.numel()].reshape(p.shape).clone(), row[p.numel() :]
            if self.limit and trained:
                if self.clip[0] == "norm":
                    nn.utils.clip_grad_norm_(trained, self.limit)
                else:
                    nn.utils.clip_grad_value_(trained, self.limit)
            befores = [p.detach().clone() for p in tensors]
            if optimizer is not None:
                optimizer.step()
                of = {id(p): group for group in optimizer.param_groups for p in group["params"]}
                for p, before, e in zip(tensors, befores, errors):
                    if id(p) in of:
                        group = of[id(p)]
                        e.gradient = 4 * gamma * p.grad.abs() if self.limit and self.clip[0] == "norm" else 0 * p.grad
                        e.p = e.p + group["bound"](group, optimizer.state[p], before, p.grad, e, gamma, step)
                        e.p = e.p + gamma * p.detach().abs()
            share = self.share(step)
            for p, average, e in zip(tensors, averages, errors):
                if share:
                    average.lerp_(p.detach(), share)
                    e.average = (1 - share) * e.average + share * e.p
                    e.average = e.average + gamma * (average.abs() + 3 * share * (average.abs() + p.detach().abs()))
            yield (
                reference.row(tensors),
                reference.row(e.p for e in errors),
                reference.row(averages) if self.averages(step) else None,
                reference.row(e.average for e in errors),
            )
            advance(step)

    def share(self, step):
        """What the parameters are of the average behind a step."""
        if self.average is None:
            return 0
        if self.average[0] == "EMA":
            return 1 if step == 1 else 1 - self.average[1]
        _, start, every = self.average
        return 1 / self.averages(step) if step > start and (step - start) % every == 0 else 0

    def averages(self, step):
        """How many averages there have been."""
        if self.average is None:
            return 0
        return step if self.average[0] == "EMA" else max(0, step - self.average[1]) // self.average[2]

    def factors(self, steps, per_epoch):
        """What the schedule makes of the rate, and of the momentum, in each step."""
        name = self.optimizer.momentum_name
        defaults = {"lr": self.optimizer.lr, name: (0.25, 0.5) if name == "betas" else 0.25}
        kind = torch.optim.Adam if name == "betas" else torch.optim.SGD
        optimizer = kind([nn.Parameter(torch.zeros(1, dtype=torch.float64))], **defaults)
        advance = self.torch_schedule(optimizer, steps, per_epoch)
        group = optimizer.param_groups[0]
        for step in range(1, steps + 1):
            optimizer.step()
            momentum = group["betas"][0] if name == "betas" else group["momentum"]
            yield group["lr"] / self.optimizer.lr, momentum
            advance(step)


def drawn(rng, names, steps, per_epoch):
    """A random training of a network whose parameters have these names."""
    optimizer = rng.choice(OPTIMIZERS).drawn(rng)
    schedule = None
    if rng.random() < 0.75:
        per_epoch_too = rng.random() < 0.25
        kind = rng.choice(SCHEDULES)
        of_epochs = per_epoch_too or kind == "ReduceLROnPlateau"
        schedule = draw_schedule(rng, kind, -(-steps // per_epoch) if of_epochs else steps)
        schedule.per_epoch = of_epochs
    average = rng.choice([None, None, ("EMA", rng.choice([0.9, 0.999])), ("SWA", rng.randint(0, 2), rng.randint(1, 2))])
    clip = rng.choice([None, None, ("norm", rng.choice([0.3, 0.8, 3.0])), ("value", rng.choice([0.2, 0.7]))])
    return Training(optimizer, steps, schedule, draw_groups(rng, names), average, clip)
