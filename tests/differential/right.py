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
import losses
import training
from branches import GraphGenerator
from layers import BatchNorm, Context, leaves
from reference import DOUBLE, FLOAT, Reference, in_units

BATCHES = [1, 2, 15, 16, 17, 33, 100]
# Of the draws of images, losses and trainings: numbers by which the sample of the tests has everything.
SALTS = {"images": 0, "loss": 586, "training": 267}
FLAGS = ["-std=c++20", "-fopenmp", "-DCTCNN_WITH_ZLIB=0"]


def case(seed, network=None, style=None, filtered=False):
    """Everything about one random network, from its seed alone. `network`, its shape and layers, and `style`, that of
    the images, may be given."""
    rng = random.Random(seed)
    generator = GraphGenerator(rng, filtered=filtered, most_multiply_adds=3000000 if filtered else 1500000)
    shape, layers = network or generator.network()
    torch_rng = torch.Generator().manual_seed(seed)
    c = {"seed": seed, "shape": shape, "layers": layers}
    reference = Reference(layers)
    outputs = reference.infer(torch.zeros(2, *shape, dtype=torch.float64))[0].numel()
    # Each has draws of its own, so that those of the others stay as they are.
    images, loss, trained = (random.Random(f"{seed} {what} {salt}") for what, salt in SALTS.items())
    reference.loss = c["loss"] = losses.drawn(loss, outputs)
    c["double"] = images.random() < 0.28
    reference.draw(torch_rng, images.choice([0.5, 1, 1, 1.5, 3]))
    c["reference"] = reference
    batches = sorted(set(images.sample(BATCHES, 3) + [images.choice([33, 100])]))
    if any(
        isinstance(node.layer, BatchNorm) and xs[0][0, 0].numel() == 1
        for node, xs in zip(reference.nodes, reference.read)
    ):
        batches = [b for b in batches if b > 1]  # There is no variance of one element.
    c["batches"] = batches
    n = max(batches)
    drawn = images.choice(["normal"] * 4 + ["pixels", "large", "huge", "small", "whole", "sparse"])
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
    labels = torch.randint(0, min(outputs, 256), (n,), generator=torch_rng)
    numbers = torch.randn(n, outputs, generator=torch_rng)
    c["targets"] = c["loss"].targets(labels, numbers)
    if 1 in batches and has_constant_channel(c):
        batches.remove(1)  # What is left of such a channel is rounding errors, and MaxPool passes on their largest.
    # Batches of training: large enough for several threads, where there is enough work in the network.
    work = max(1, generator.most_multiply_adds - generator.multiply_adds)
    elements = int(np.prod(shape))
    batch = min(max(80, 2000000 // work), 1200, max(80, 3000000 // elements)) + images.randint(0, 40)
    c["fit_batch"] = batch
    c["fit_images"] = 2 * batch + max(2, images.randint(1, batch))
    parameters = reference.parameters().numel()
    # Long trainings where they cost little.
    steps = 50 if batch * work <= 4e7 and parameters <= 20000 else 4
    c["fit_seed"] = images.getrandbits(64)
    c["training"] = training.drawn(trained, list(reference.learned()), steps, per_epoch(c))
    return c


def has_constant_channel(c):
    """Whether a BatchNorm reads a channel whose elements are all equal, and not 0, where there is one image."""
    reference = c["reference"]
    if not any(isinstance(node.layer, BatchNorm) for node in reference.nodes):
        return False
    reference.keep_all()
    reference.gradients(c["x"][:1].double(), target_of(c, 1))
    channels = [
        xs[0].transpose(0, 1).flatten(1)
        for node, xs in zip(reference.nodes, reference.read)
        if isinstance(node.layer, BatchNorm)
    ]
    return any((x.std(1, unbiased=False) < 1e-9 * x.mean(1).abs()).any() for x in channels)


def per_epoch(c):
    return -(-c["fit_images"] // c["fit_batch"])


def target_of(c, b):
    """The first targets, or those of some indices."""
    targets = c["targets"][:b] if isinstance(b, int) else c["targets"][b]
    return targets if c["loss"].labels else targets.float().double()


def settle(c):
    """What depends on the gradients of a few images."""
    reference, n = c["reference"], min(16, len(c["x"]))
    reference.keep_all()
    _, gradient = reference.gradients(c["x"][:n].double(), target_of(c, n))
    c["training"].settle(reference, gradient)


def write_input(c, path):
    reference = c["reference"]
    words = struct.pack("<I", len(c["batches"])) + b"".join(struct.pack("<I", b) for b in c["batches"])
    words += struct.pack("<3I", c["fit_images"], c["fit_batch"], c["training"].steps)
    words += struct.pack("<2I", c["fit_seed"] & 0xFFFFFFFF, c["fit_seed"] >> 32)
    p = torch.cat([reference.parameters(), reference.buffers()]).float()
    targets = torch.zeros(0) if c["loss"].labels else c["targets"]
    words += struct.pack("<4I", len(c["x"]), p.numel(), c["x"].numel(), targets.numel())
    for array in (p, c["x"], targets):
        words += array.float().contiguous().numpy().astype("<f4").tobytes()
    if c["loss"].labels:
        words += c["targets"].numpy().astype("<u4").tobytes()
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
        target = "labels" if c["loss"].labels else "tensors"
        settle(c)
        lines.append(f"void run{c['seed']}(const std::string& folder) {{")
        lines.append(
            f"    harness::run<{name}, harness::Target::{target}, {'true' if c['double'] else 'false'}>("
            f'folder + "/{c["seed"]}",'
        )
        lines.append(
            f"        []([[maybe_unused]] auto& net, [[maybe_unused]] const auto& note) {{ {' '.join(views)} }},"
        )
        lines.append(f"        {c['loss'].cpp()},")
        lines.append(f"        {c['training'].cpp()},")
        lines.append(f"        {c['training'].options()});")
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
        # The mean loss of images that are all ignored is NaN, and so are all bounds that come from it. Its gradient is
        # exactly 0, which is then the bound.
        counts = ~(got.isnan() & expected.isnan())
        as_tensor = lambda u: (
            torch.as_tensor(u, dtype=torch.float64).reshape(-1).expand_as(counts)[counts].nan_to_num(0, float("inf"))
        )
        got, expected = got[counts], expected[counts]
        difference = (got - expected).abs()
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
        self.near(prefix + "prepared", out[prefix + "prepared"], y, *self.thrice(errors))
        if prefix + "inferred" in out:
            index = torch.arange(c["fit_images"]) % len(y)
            self.near(prefix + "inferred", out[prefix + "inferred"], y[index], *(e[index] for e in self.thrice(errors)))
        if prefix == "":
            target = target_of(c, len(x))
            self.per_image = reference.loss_of(y, target, "none").detach()
            self.loss_bounds = self.thrice(
                [reference.loss_error(y, e, target, context)[0].detach() for e, context in zip(errors, contexts)]
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
        last = len(out["fit_losses"])
        for step in sorted({1, min(2, last), last}):
            if step > 1:
                tensors = [out[f"step_{what}{step - 1}"].astype(np.float64) for what in ("parameters", "moved")]
                reference.load(*map(torch.from_numpy, tensors))
            first = (step - 1) % per_epoch(c) * c["fit_batch"]
            index = torch.arange(first, min(first + c["fit_batch"], c["fit_images"])) % len(x)
            self.step("step_", step, FLOAT, x[index], target_of(c, index), step)
        reference.load(*begin)

    def predictions(self, index):
        """predict and evaluate, of these images."""
        c, out, n = self.c, self.out, len(self.c["x"])
        predicted = torch.as_tensor(out["predicted"].astype(np.int64))
        y = self.y if self.y.shape[1] > 1 else torch.cat([torch.zeros_like(self.y), self.y], 1)
        best = y.max(1).values[index]
        chosen = y.gather(1, predicted[:n, None])[:, 0][index] if len(predicted) else best
        self.require(bool((predicted == predicted[:n][index]).all()), "predict: differs between copies of an image")
        self.require(bool((chosen >= best - 2 * self.ey.max(1).values[index]).all()), "predict: not the largest output")
        labels = c["targets"][index]
        kept = labels != getattr(c["loss"], "ignore_index", None)
        right = (predicted == labels)[kept].double().mean().item()
        self.require(
            abs(right - out["evaluated_accuracy"][0]) < 1e-12,
            f"evaluate: accuracy {out['evaluated_accuracy'][0]}, predict says {right}",
        )

    def training(self, x):
        c, out, reference = self.c, self.out, self.c["reference"]
        n = len(x)
        index = torch.arange(c["fit_images"]) % n
        tail = lambda value: 8 * FLOAT * abs(value)
        if reference.training_differs:
            self.steps(x)
        of_images = {} if reference.training_differs else {"step_loss1": index[: c["fit_batch"]]}
        if "predicted" in out:
            of_images["evaluated_loss"] = index
            self.predictions(index)
        for name, i in of_images.items():
            mean = lambda v: c["loss"].mean(v[i], target_of(c, i)).item()
            value = mean(self.per_image)
            l1, l2, l3 = map(mean, self.loss_bounds)
            self.near(name, out[name], [value], [l1 + tail(value) / 8], [l2 + tail(value) / 8], [l3 + tail(value)])
        self.schedule()
        self.fit()

    def schedule(self):
        c, out = self.c, self.out
        found = list(zip(out["factors"], out["momenta"]))
        for step, (factor, momentum) in enumerate(c["training"].factors(len(found), per_epoch(c)), 1):
            bound = [1e-13 * max(1.0, factor) + 1e-10 * factor]
            self.near(f"factor{step}", [found[step - 1][0]], [factor], bound, bound, bound)
            if found[step - 1][1] >= 0:
                self.near(f"momentum{step}", [found[step - 1][1]], [momentum], [1e-13], [1e-13], [1e-13])
            else:
                self.require(momentum == 0.25, f"momentum{step}: none instead of {momentum}")

    def fit(self):
        """Each step of a training, from the gradients that ctcnn finds of the parameters before it."""
        c, out, reference = self.c, self.out, self.c["reference"]
        steps = c["training"].steps
        losses = np.array([out[f"step_loss{s}"][0] for s in range(1, steps + 1)])
        bound = np.abs(losses) * FLOAT + 1e-30
        self.near("fit_losses", out["fit_losses"], losses, bound, bound, np.abs(losses) * 1e-6 + 1e-30)
        self.same_bits = bool((out["fit_losses"].astype(np.float32) == losses.astype(np.float32)).all())
        row = lambda name: torch.from_numpy(out[name].astype(np.float64))
        gradients = (row(f"step_grad{s}") for s in range(1, steps + 1))
        begin = reference.parameters().float().double()
        name = c["training"].optimizer.name
        for step, (p, bound, average, average_bound) in enumerate(
            c["training"].follow(reference, begin, gradients, per_epoch(c)), 1
        ):
            self.near(f"{name}_step{step}", out[f"step_parameters{step}"], p, bound / 4, bound / 4, bound)
            if average is not None:
                bound = average_bound
                self.near(f"average{step}", out[f"step_average{step}"], average, bound / 4, bound / 4, bound)


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
            "loss": c["loss"].name,
            "style": c["style"],
            "batches": c["batches"],
            "optimizer": c["training"].optimizer.name,
            "steps": c["training"].steps,
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
