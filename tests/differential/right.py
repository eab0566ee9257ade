#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random right networks: ctcnn against PyTorch. See README.md."""

import json
import os
import random
import struct
import subprocess
import sys
import time
import traceback

import numpy as np
import torch

import command
from branches import GraphGenerator
from layers import BatchNorm, Context, leaves
from reference import DOUBLE, FLOAT, Reference, in_units

BATCHES = [1, 2, 15, 16, 17, 33, 100]
FLAGS = ["-std=c++20", "-fopenmp", "-DCTCNN_WITH_ZLIB=0"]


def case(seed, network=None, style=None, filtered=False):
    """Everything about one random network, from its seed alone. `network`, its shape and layers, and `style`, that of
    the images, may be given."""
    rng = random.Random(seed)
    generator = GraphGenerator(rng, filtered=filtered, most_multiply_adds=3000000 if filtered else 1500000)
    shape, layers = network or generator.network()
    torch_rng = torch.Generator().manual_seed(seed)
    c = {"seed": seed, "shape": shape, "layers": layers}
    probe = Reference(layers, "mse", 0)
    outputs = probe.infer(torch.zeros(2, *shape, dtype=torch.float64))[0].numel()
    kind = rng.choice((["cross_entropy"] * 3 if outputs > 1 else []) + ["mse_labels", "mse"])
    if kind == "mse_labels" and outputs == 1:
        kind = "mse"  # A network with one output has no labels under MSELoss.
    c["loss"] = kind
    c["outputs"] = outputs
    c["smoothing"] = rng.choice([0.0, 0.0, 0.1, 0.5, 1.0]) if kind == "cross_entropy" else 0.0
    c["adam"] = rng.random() < 0.4
    c["double"] = rng.random() < 0.35
    reference = Reference(layers, "mse" if kind.startswith("mse") else kind, float(np.float32(c["smoothing"])))
    reference.draw(torch_rng, rng.choice([0.5, 1, 1, 1.5, 3]))
    c["reference"] = reference
    batches = sorted(set(rng.sample(BATCHES, 3) + [rng.choice([33, 100])]))
    if any(isinstance(node.layer, BatchNorm) and xs[0][0, 0].numel() == 1 for node, xs in zip(probe.nodes, probe.read)):
        batches = [b for b in batches if b > 1]  # There is no variance of one element.
    c["batches"] = batches
    n = max(batches)
    drawn = rng.choice(["normal"] * 4 + ["pixels", "large", "huge", "small", "whole", "sparse"])
    c["style"] = style = style or drawn
    x = torch.randn(n, *shape, generator=torch_rng)
    if style == "pixels":
        x = torch.rand(n, *shape, generator=torch_rng)
    elif style in ("large", "huge", "small"):
        x = x * {"large": 1e2, "huge": 1e4, "small": 1e-3}[style]
    elif style == "whole":
        x = torch.randint(-2, 3, x.shape, generator=torch_rng).float()
    elif style == "spiky":  # neighbours of very different size: what filtering with fewer multiplications likes least
        x = x * 10 ** (torch.rand(x.shape, generator=torch_rng) * 8 - 4)
    elif style == "sparse":
        x = x * (torch.rand(x.shape, generator=torch_rng) < 0.3)
    c["x"] = x.float()
    c["labels"] = torch.randint(0, min(outputs, 256), (n,), generator=torch_rng)
    c["targets"] = torch.randn(n, outputs, generator=torch_rng).float()
    # Batches of training: large enough for several threads, where there is enough work in the network.
    work = max(1, generator.most_multiply_adds - generator.multiply_adds)
    elements = int(np.prod(shape))
    batch = min(max(80, 2000000 // work), 1200, max(80, 3000000 // elements)) + rng.randint(0, 40)
    c["fit_batch"] = batch
    c["fit_images"] = 2 * batch + max(2, rng.randint(1, batch))
    c["fit_steps"] = 4
    c["schedule"] = rng.random() < 0.5
    c["linear"] = rng.random() < 0.3
    c["pct_start"] = rng.choice([0.3, 0.1, 0.5, 0.34])
    c["div"] = rng.choice([25.0, 10.0])
    c["final_div"] = rng.choice([1e4, 100.0])
    # Draws of their own, so that those behind them stay as they are.
    cycle = random.Random(f"{seed} cycle")
    c["cycle_momentum"] = cycle.random() < 0.6
    c["three_phase"] = cycle.random() < 0.3
    c["fit_seed"] = cycle.getrandbits(64)
    if c["adam"]:
        c["optimizer"] = [
            rng.choice([1e-3, 1e-2]),
            rng.choice([0.9, 0.5]),
            rng.choice([0.999, 0.9]),
            rng.choice([0.0, 1e-2]),
            0,
        ]
    else:
        momentum = rng.choice([0.0, 0.9, 0.5])
        c["optimizer"] = [None, momentum, 0.0, rng.choice([0.0, 5e-4, 0.1]), int(momentum > 0 and rng.random() < 0.5)]
    return c


def target_of(c, b):
    return c["labels"][:b] if c["loss"] != "mse" else c["targets"][:b].double()


def write_input(c, path):
    reference = c["reference"]
    if c["optimizer"][0] is None:
        # A step that moves no tensor by more than about a hundredth.
        n = min(16, len(c["x"]))
        reference.keep_all()
        reference.gradients(c["x"][:n].double(), target_of(c, n))
        sizes = [(p.detach().abs().max().item(), p.grad.abs().max().item()) for p in reference.module.parameters()]
        rates = [0.01 * size / slope for size, slope in sizes if slope > 1e-30]
        c["optimizer"][0] = float(np.float32(min(rates, default=0.1)))
    words = struct.pack("<I", len(c["batches"])) + b"".join(struct.pack("<I", b) for b in c["batches"])
    words += struct.pack(
        "<9I3f",
        c["fit_images"],
        c["fit_batch"],
        c["fit_steps"],
        c["fit_seed"] & 0xFFFFFFFF,
        c["fit_seed"] >> 32,
        c["schedule"],
        c["linear"],
        c["cycle_momentum"],
        c["three_phase"],
        c["pct_start"],
        c["div"],
        c["final_div"],
    )
    words += struct.pack("<4fI", *c["optimizer"])
    p = torch.cat([reference.parameters(), reference.buffers()]).float()
    targets = c["targets"] if c["loss"] == "mse" else torch.zeros(0)
    words += struct.pack("<f4I", c["smoothing"], len(c["x"]), p.numel(), c["x"].numel(), targets.numel())
    for array in (p, c["x"], targets):
        words += array.contiguous().numpy().astype("<f4").tobytes()
    words += c["labels"].numpy().astype("<u4").tobytes()
    with open(path, "wb") as file:
        file.write(words)


def cpp_of(c):
    if "cpp" in c:
        return c["cpp"]
    rng = random.Random(c["seed"])
    return f"Sequential<Input<{', '.join(map(str, c['shape']))}>, {', '.join(layer.written(rng) for layer in c['layers'])}>"


def source_of(cases):
    headers = ["harness.hpp", *(c["header"] for c in cases if "header" in c)]
    lines = [*(f'#include "{header}"' for header in headers), "using namespace ctcnn;", ""]
    calls = []
    for c in cases:
        name = f"Net{c['seed']}"
        lines.append(f"using {name} = {cpp_of(c)};")
        views = []
        for path, layer in leaves(c["layers"]):
            access = "net" + "".join(f".template layer<{i}>()" for i in path)
            views += [f"note({access}.{name});" for name in layer.tensors()]
        loss = "CrossEntropyLoss" if c["loss"] == "cross_entropy" else "MSELoss"
        target = "tensors" if c["loss"] == "mse" else "labels"
        lines.append(f"void run{c['seed']}(const std::string& folder) {{")
        lines.append(
            f"    harness::run<{name}, {loss}, harness::Target::{target}, {'Adam' if c['adam'] else 'SGD'}, "
            f"{'true' if c['double'] else 'false'}>(folder + \"/{c['seed']}\","
        )
        lines.append(
            f"        []([[maybe_unused]] auto& net, [[maybe_unused]] const auto& note) {{ {' '.join(views)} }});"
        )
        lines.append("}")
        calls.append(f"    run{c['seed']}(argv[1]);")
    return "\n".join(lines + ["int main(int, char** argv) {"] + calls + ["}"]) + "\n"


def read_output(data):
    result = {"place": []}
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, kind, count = data[at:end].decode().split()
        array = np.frombuffer(data, "<" + kind, int(count), end + 1)
        at = end + 1 + array.nbytes
        if name == "place":
            result["place"].append(array.tolist())
        else:
            result[name] = array
    return result


def differing(a, b):
    """The names of the sections that two outputs do not share, with how many numbers differ."""
    try:
        a, b = read_output(a), read_output(b)
        return {
            k: int((a[k] != b[k]).sum()) if len(a[k]) == len(b[k]) else "length"
            for k in a
            if k != "place" and a[k].tobytes() != b[k].tobytes()
        }
    except (ValueError, KeyError):
        return "an output that ends too soon"


class Check:
    """Compares one output with the reference, and notes how far off it is: without `units`, only in parts of the
    largest number, which takes less than half the time."""

    def __init__(self, c, out, looser, units=True):
        self.c, self.out, self.looser, self.in_units = c, out, looser, units
        self.failures, self.comparisons, self.numbers, self.units = [], 0, 0, {}
        self.sizes = {}  # the largest error and the largest bound, in parts of the largest number

    def require(self, condition, what):
        self.comparisons += 1
        if not condition:
            self.failures.append(what)

    def near(self, what, got, expected, unit_strict, unit_loose, allowed):
        got = torch.as_tensor(np.array(got, dtype=np.float64)).reshape(-1)
        expected = torch.as_tensor(expected, dtype=torch.float64).detach().reshape(-1)
        self.comparisons += 1
        self.numbers += got.numel()
        if got.shape != expected.shape:
            self.failures.append(f"{what}: {tuple(got.shape)} numbers instead of {tuple(expected.shape)}")
            return
        difference = (got - expected).abs()
        as_tensor = lambda u: torch.as_tensor(u, dtype=torch.float64).reshape(-1).expand_as(expected)
        strict = in_units(difference, as_tensor(unit_strict) + 1e-42)
        loose = in_units(difference, as_tensor(unit_loose) + 1e-42)
        key = what.rstrip("0123456789")
        self.units[key] = [max(a, b) for a, b in zip(self.units.get(key, [0, 0]), [strict, loose])]
        if got.numel():
            size = expected.abs().max().item() + 1e-300
            sizes = [v.max().item() / size for v in (difference, as_tensor(allowed))]
            self.sizes[key] = [max(a, b) for a, b in zip(self.sizes.get(key, [0, 0]), sizes)]
        bad = ~(difference <= as_tensor(allowed) * self.looser + 1e-42)
        if bad.any():
            i = int((difference / (as_tensor(allowed) + 1e-42)).nan_to_num(1e300).argmax())
            self.failures.append(
                f"{what}: {int(bad.sum())} of {len(bad)} off, worst at {i}: {got[i].item():.9g} instead of "
                f"{expected[i].item():.9g}, allowed {as_tensor(allowed)[i].item():.3g}, "
                f"{strict:.3g} / {loose:.3g} units"
            )

    def all(self):
        c, out, reference = self.c, self.out, self.c["reference"]
        if "exception" in out:
            self.failures.append("an exception")
        x = c["x"].double()
        shapes = reference.shapes(x[:2])
        counts = out["counts"].tolist()
        self.require(counts[0] == len(shapes), f"layer_count {counts[0]}")
        self.require(counts[1] == reference.parameters().numel(), f"parameter_count {counts[1]}")
        if not self.failures:
            for i, shape in enumerate(shapes):
                found = out[f"shape{i}"].tolist()
                self.require(found == shape, f"shape_after<{i}>: {found}, torch {shape}")
            places = reference.places()
            self.require(out["place"] == places, f"places of parameters {out['place']}, torch {places}")
            names = "".join(map(chr, out["names"].tolist())).splitlines()
            self.require(names == list(reference.state()), f"names {names}, torch {list(reference.state())}")
            offsets, own = out["name_offsets"].tolist(), [place[0] for place in places]
            self.require(offsets == own, f"offsets of names {offsets}, torch {own}")
            y, whole = reference.infer(x[:2]), reference.module(x[:2])
            self.require(torch.equal(y, whole), "the reference as a graph is not its module")
        if self.failures:
            return self  # There is nothing to compare the rest with.
        for prefix, eps in (("", FLOAT), ("double_", DOUBLE)):
            if prefix + "outputs" not in out:
                continue
            self.numbers_of(prefix, eps, x)
        if "step_loss1" in out:
            self.training(x)
        return self

    def contexts(self, eps):
        """For a unit, a unit with neighbours, and what is allowed; without units, the last thrice. The reference has
        computed something before."""
        allowed = eps * (24 + self.c["reference"].longest_sum() ** 0.5)
        units = [Context(eps, False, False), Context(eps, True, False)] if self.in_units else []
        return [*units, Context(allowed, True, True)]

    def thrice(self, bounds):
        return bounds if self.in_units else bounds * 3

    def numbers_of(self, prefix, eps, x):
        c, out, reference = self.c, self.out, self.c["reference"]
        for b in c["batches"]:
            self.step(prefix, b, eps, x[:b], target_of(c, b), b)
        y = reference.infer(x)
        contexts = self.contexts(eps)
        errors = [reference.forward_errors(context)[-1] for context in contexts]
        self.near(prefix + "outputs", out[prefix + "outputs"], y, *self.thrice(errors))
        if prefix == "":
            target = target_of(c, len(x))
            self.per_image = reference.loss_of(y, target, "none").detach()
            self.loss_bounds = self.thrice(
                [reference.loss_error(y, e, target, context.gamma)[0].detach() for e, context in zip(errors, contexts)]
            )
            self.y, self.ey = y.detach().reshape(len(y), -1), errors[-1].reshape(len(y), -1)
            self.torch_outputs = y, self.thrice(errors)
            self.of_torch(x, target)

    def step(self, prefix, batch, eps, x, target, number):
        """A step of training: loss, gradients and running statistics. `batch` ends the names of its numbers, `number`
        is that of its randomness."""
        c, out, reference = self.c, self.out, self.c["reference"]
        reference.mask((c["fit_seed"], number), len(x))
        value, gradient = reference.gradients(x, target)
        losses, bounds, moved = [], [], []
        contexts = self.contexts(eps)
        for context in contexts:
            errors = reference.forward_errors(context)
            loss, bound = reference.gradient_errors(errors, target, context)
            losses.append([loss + (8 if context is contexts[-1] else 1) * eps * abs(value)])
            bounds.append(bound)
            moved.append(reference.moved_errors(errors, context))
        losses, bounds, moved = map(self.thrice, (losses, bounds, moved))
        self.near(f"{prefix}loss{batch}", out[f"{prefix}loss{batch}"], [value], *losses)
        self.near(f"{prefix}grad{batch}", out[f"{prefix}grad{batch}"], gradient, *bounds)
        self.near(f"{prefix}moved{batch}", out[f"{prefix}moved{batch}"], reference.moved, *moved)
        self.torch_step = value, losses, gradient, bounds

    def of_torch(self, x, target):
        """What PyTorch in float32 is off by, in the same units, for comparison; never a failure of ctcnn."""
        reference = self.c["reference"]
        before = {k: v.detach().clone() for k, v in reference.module.state_dict().items()}
        for p in reference.module.parameters():
            p.grad = None
        reference.module.float().eval()
        failures, comparisons, numbers = list(self.failures), self.comparisons, self.numbers
        y, errors = self.torch_outputs
        self.near("torch_outputs", reference.module(x.float()).detach().numpy(), y, *errors)
        value, losses, gradient, bounds = self.torch_step
        loss = reference.loss_of(reference.module.train()(x.float()), target if target.dim() == 1 else target.float())
        self.near("torch_loss", [loss.item()], [value], *losses)
        if any(True for _ in reference.module.parameters()):
            loss.backward()
            g32 = torch.cat([p.grad.reshape(-1) for p in reference.module.parameters()])
            self.near("torch_grad", g32.numpy(), gradient, *bounds)
        self.torch_failures = self.failures[len(failures) :]
        self.failures, self.comparisons, self.numbers = failures, comparisons, numbers
        for p in reference.module.parameters():
            p.grad = None
        reference.module.double()
        reference.module.load_state_dict(before)

    def steps(self, x):
        """The first and the last step of training, from ctcnn's own parameters and running statistics before them."""
        c, out, reference = self.c, self.out, self.c["reference"]
        begin = reference.parameters(), reference.buffers()
        target = target_of(c, len(x))
        for step in sorted({1, min(2, c["fit_steps"]), c["fit_steps"]}):
            if step > 1:
                tensors = [out[f"step_{what}{step - 1}"].astype(np.float64) for what in ("parameters", "moved")]
                reference.load(*map(torch.from_numpy, tensors))
            per_epoch = -(-c["fit_images"] // c["fit_batch"])
            first = (step - 1) % per_epoch * c["fit_batch"]
            index = torch.arange(first, min(first + c["fit_batch"], c["fit_images"])) % len(x)
            self.step("step_", step, FLOAT, x[index], target[index], step)
        reference.load(*begin)

    def predictions(self, index):
        """predict and evaluate, of these images."""
        c, out, n = self.c, self.out, len(self.c["x"])
        predicted = torch.as_tensor(out["predicted"].astype(np.int64))
        best = self.y.max(1).values[index]
        chosen = self.y.gather(1, predicted[:n, None])[:, 0][index] if len(predicted) else best
        self.require(bool((predicted == predicted[:n][index]).all()), "predict: differs between copies of an image")
        self.require(bool((chosen >= best - 2 * self.ey.max(1).values[index]).all()), "predict: not the largest output")
        labels = c["labels"][index]
        right = (predicted == labels).double().mean().item()
        self.require(
            abs(right - out["evaluated_accuracy"][0]) < 1e-12,
            f"evaluate: accuracy {out['evaluated_accuracy'][0]}, predict says {right}",
        )

    def training(self, x):
        c, out, reference = self.c, self.out, self.c["reference"]
        n = len(x)
        index = torch.arange(c["fit_images"]) % n
        mean = lambda v, i: v[i].mean().item()
        tail = lambda value: 8 * FLOAT * abs(value)
        if reference.training_differs:
            self.steps(x)
        losses = {} if reference.training_differs else {"step_loss1": index[: c["fit_batch"]]}
        if "predicted" in out:
            losses["evaluated_loss"] = index
            self.predictions(index)
        for name, i in losses.items():
            value = mean(self.per_image, i)
            l1, l2, l3 = (mean(l, i) for l in self.loss_bounds)
            self.near(name, out[name], [value], [l1 + tail(value) / 8], [l2 + tail(value) / 8], [l3 + tail(value)])
        # The optimizer, from the gradients that ctcnn has found.
        p = reference.parameters().float().double()
        if p.numel() == 0:
            return
        q = torch.nn.Parameter(p.clone())
        lr, a, b, decay, nesterov = [float(np.float32(v)) for v in c["optimizer"]]
        if c["adam"]:
            optimizer = torch.optim.Adam([q], lr, (a, b), eps=float(np.float32(1e-8)), weight_decay=decay)
        else:
            optimizer = torch.optim.SGD([q], lr, a, weight_decay=decay, nesterov=bool(nesterov))
        schedule = None
        if c["schedule"]:
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimizer,
                max_lr=lr,
                total_steps=c["fit_steps"],
                pct_start=float(np.float32(c["pct_start"])),
                anneal_strategy="linear" if c["linear"] else "cos",
                cycle_momentum=c["cycle_momentum"],
                div_factor=c["div"],
                final_div_factor=c["final_div"],
                three_phase=c["three_phase"],
            )
        moved = torch.zeros_like(p)
        size = torch.zeros_like(p)
        for step in range(1, c["fit_steps"] + 1):
            rate = lr
            group = optimizer.param_groups[0]
            if schedule is not None:
                rate = group["lr"]
                factor = rate / lr
                self.near(
                    f"factor{step}",
                    out[f"factor{step}"],
                    [factor],
                    [FLOAT * 1e-6 * factor + 1e-15],
                    [FLOAT * 1e-6 * factor + 1e-15],
                    [1e-13],
                )
                a = group["betas"][0] if c["adam"] else group["momentum"]
            q.grad = torch.as_tensor(out[f"step_grad{step}"].astype(np.float64))
            g = q.grad.abs() + decay * q.detach().abs()
            optimizer.step()
            if schedule is not None:
                schedule.step()
            if c["adam"]:
                size = a * size + g
                state = optimizer.state[q]
                moved = moved + rate * size / (state["exp_avg_sq"].sqrt() + 1e-8) + rate
            else:
                size = a * size + g
                moved = moved + rate * 2 * size
            unit = FLOAT * (q.detach().abs() + p.abs() + moved)
            name = ("adam" if c["adam"] else "sgd") + f"_step_parameters{step}"
            self.near(name, out[f"step_parameters{step}"], q, unit, unit, 16 * unit)
        if "fit_losses" not in out:
            return
        last = out[f"step_parameters{c['fit_steps']}"]
        self.same_bits = bool((last.view(np.uint32) == out["fit_parameters"].view(np.uint32)).all())
        change = torch.as_tensor(np.abs(last.astype(np.float64) - p.numpy()))
        unit = FLOAT * (p.abs() + moved)
        self.near(
            "fit_against_loop",
            out["fit_parameters"],
            last.astype(np.float64),
            unit,
            unit,
            16 * unit + 1e-3 * change.max(),
        )
        last = torch.as_tensor(out[f"step_moved{c['fit_steps']}"].astype(np.float64))
        unit = FLOAT * (last.abs() + reference.buffers().abs())
        change = (last - reference.buffers()).abs().max() if last.numel() else 0
        self.near("fit_moved_against_loop", out["fit_moved"], last, unit, unit, 16 * unit + 1e-3 * change)
        losses = np.array([out[f"step_loss{s}"][0] for s in range(1, c["fit_steps"] + 1)])
        self.near(
            "fit_loss_against_loop",
            out["fit_losses"],
            losses,
            np.abs(losses) * FLOAT + 1e-30,
            np.abs(losses) * FLOAT + 1e-30,
            np.abs(losses) * 1e-4 + 1e-6,
        )


def compile_unit(words, log):
    process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(process.pid, 0)
    return status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def examine(cases, config, arguments, told=None):
    """Compiles, runs and checks some networks; one record for each. ctcnn may be `told` other cases instead."""
    name, compiler = config.split("=", 1)
    looser = 100 if name.endswith("looser") else 1
    unit = f"unit{cases[0]['seed']}"
    path = f"{arguments.folder}/{unit}.cpp"
    with open(path, "w") as file:
        file.write(source_of(told or cases))
    for c in told or cases:
        write_input(c, f"{arguments.folder}/{c['seed']}.in")
    program = f"{arguments.folder}/{unit}.{name.replace('/', '_').replace(' ', '_')}"
    with open(program + ".log", "w") as log:
        status, seconds, gigabytes = compile_unit(
            [*compiler.split(), *FLAGS, "-I", arguments.include, "-I", command.HERE, path, "-o", program], log
        )
    record = {
        "config": name,
        "compile_seconds": seconds / len(cases),
        "unit_seconds": seconds,
        "gigabytes": gigabytes,
        "unit": unit,
    }
    lines = [
        {
            **record,
            "seed": c["seed"],
            "net": cpp_of(c),
            "loss": c["loss"],
            "style": c["style"],
            "batches": c["batches"],
            "adam": c["adam"],
            "double": c["double"],
            "failures": [],
            "comparisons": 0,
        }
        for c in cases
    ]
    if status != 0:
        with open(program + ".log") as log:
            error = next((l for l in log if "error" in l), "")[:400]
        for line in lines:
            line["failures"].append(f"does not compile, see {program}.log: {error}")
        return lines
    threads = arguments.threads.split(",")
    outputs, run_failures, begin = {c["seed"]: [] for c in cases}, [], time.time()
    for number in threads:
        for c in cases:
            if os.path.exists(f"{arguments.folder}/{c['seed']}.out"):
                os.remove(f"{arguments.folder}/{c['seed']}.out")
        done = subprocess.run(
            [program, arguments.folder], env={**os.environ, "OMP_NUM_THREADS": number}, capture_output=True, text=True
        )
        if done.returncode != 0 or done.stderr:
            run_failures.append(f"{number} threads: exit {done.returncode}: {done.stderr[:2000]}")
        for c in cases:
            out = f"{arguments.folder}/{c['seed']}.out"
            outputs[c["seed"]].append(open(out, "rb").read() if os.path.exists(out) else b"")
    for line in lines:
        line["run_seconds"] = time.time() - begin
    os.remove(program)
    for c, line in zip(cases, lines):
        bits = outputs[c["seed"]]
        try:
            check = Check(c, read_output(bits[0]), looser, arguments.units).all()
            line.update(
                failures=check.failures,
                comparisons=check.comparisons,
                numbers=check.numbers,
                units=check.units,
                sizes=check.sizes,
                torch_failures=getattr(check, "torch_failures", []),
                fit_same_bits=getattr(check, "same_bits", None),
            )
        except Exception as error:  # an output that ends too soon, or a fault of the checker: a failure, too
            line["failures"] = [f"checker: {type(error).__name__} {error} {traceback.format_exc()[-600:]}"]
        line["failures"] += run_failures
        line["comparisons"] += len(bits) - 1
        for number, b in zip(threads, bits):
            if b != bits[0]:
                line["failures"].append(
                    f"other bits with {number} threads than with {threads[0]}: {differing(bits[0], b)}"
                )
    return lines


def configs(arguments):
    return arguments.config or ["g++=g++ -O2 -march=native"]


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seeds", type=command.seeds, required=True, help="such as 1-10,15,17")
    parser.add_argument("--unit", type=int, default=10, help="how many networks one source file has; default 10")
    parser.add_argument(
        "--config", action="append", help="NAME=COMPILER FLAGS...; append ' looser' to NAME for 100 times the tolerance"
    )
    parser.add_argument(
        "--threads", default="1,3", help="numbers of threads whose bits must be the same; the first is compared"
    )
    parser.add_argument("--results", help="file to which a line of JSON is added for each network and configuration")
    parser.add_argument(
        "--no-units", dest="units", action="store_false", help="note no units of errors: checks take half the time"
    )
    parser.add_argument("--style", help="of all images: normal, pixels, large, huge, small, whole, sparse, spiky")
    parser.add_argument(
        "--filtered", action="store_true", help="only convolutions of stride 1 without dilation, on images of some size"
    )
    parser.add_argument("--show", action="store_true", help="only print the source")
    arguments = command.parse(parser, lambda a: [config.split("=", 1)[-1] for config in configs(a)])
    failed = 0
    for first in range(0, len(arguments.seeds), arguments.unit):
        seeds = arguments.seeds[first : first + arguments.unit]
        cases = [case(seed, style=arguments.style, filtered=arguments.filtered) for seed in seeds]
        if arguments.show:
            print(source_of(cases))
            continue
        for config in configs(arguments):
            for line in examine(cases, config, arguments):
                with open(arguments.results or f"{arguments.folder}/right.jsonl", "a") as file:
                    file.write(json.dumps(line) + "\n")
                if line["failures"]:
                    failed += 1
                    print(
                        f"seed {line['seed']} {line['config']}: {line['failures'][:3]}\n    {line['net']}", flush=True
                    )
    if not arguments.show:
        print(f"{len(arguments.seeds)} right networks, {len(configs(arguments))} builds of each: {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
