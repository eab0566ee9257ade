#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checks themselves. PyTorch in float32 stands in for ctcnn: it must pass, and faults that are put into its results
must be found. With --compiler, ctcnn is told another network, other settings or another reason than the checks: each of
these must be found, too."""

import copy
import random
import sys

import numpy as np
import torch
from torch import nn

import agree
import command
import losses
import right
import wrong
from layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, Sigmoid, Tanh
from training import SGD, Adam, AdamW, Group, Lion, Muon, RMSprop, Training, draw_schedule


def float32_results(c):
    reference = c["reference"]
    shapes = reference.shapes(c["x"][:2].double())
    reference.infer(c["x"][:2].double())
    learned = reference.parameters().numel()
    out = {"place": reference.places(), "counts": np.array([len(shapes), learned])}
    out.update({f"shape{i}": np.array(s) for i, s in enumerate(shapes)})
    out["names"] = np.array([ord(character) for name in reference.state() for character in name + "\n"])
    out["name_offsets"] = np.array([place[0] for place in reference.places()])
    before = {k: v.clone() for k, v in reference.module.state_dict().items()}
    for b in c["batches"]:
        target = right.target_of(c, b)
        reference.mask((c["fit_seed"], b), b)
        reference.module.zero_grad()
        reference.module.float().eval()
        out["outputs"] = reference.module(c["x"][:b]).detach().numpy().reshape(-1).copy()
        out["prepared"] = out["outputs"]
        y = reference.module.train()(c["x"][:b])
        loss = reference.loss_of(y, target)
        gradient = torch.zeros(0)
        if learned:
            loss.backward()
            gradient = torch.cat([p.grad.reshape(-1) for p in reference.module.parameters()])
        out.update({f"loss{b}": np.array([loss.item()]), f"grad{b}": gradient.numpy().copy()})
        out[f"moved{b}"] = reference.buffers().numpy()
        for p in reference.module.parameters():
            p.grad = None
        reference.module.double()
        reference.module.load_state_dict(before)
    n = len(c["x"])
    out["inferred"] = out["outputs"].reshape(n, -1)[torch.arange(c["fit_images"]) % n].reshape(-1)
    return out


def bounds(seeds):
    """PyTorch in float32 passes; results that are off by a thousandth do not."""
    found, missed, refused = 0, [], []
    for seed in seeds:
        c = right.case(seed)
        out = float32_results(c)
        failures = right.Check(c, out, 1).all().failures
        if failures:
            refused.append((seed, failures[:1]))
        b = c["batches"][-1]
        size = lambda v: np.abs(v).max() if v.size else 0.0
        faults = {name: lambda v: v * np.float32(1.001) for name in ("outputs", "prepared", "inferred", f"grad{b}")}
        for name, fault in faults.items():
            # A fault in numbers that are all rounding noise, or saturated, cannot be seen.
            if size(out[name]) < 1e-3 or c["style"] in ("huge", "large"):
                continue
            if right.Check(c, {**out, name: fault(out[name])}, 1).all().failures:
                found += 1
            else:
                missed.append((seed, name))
    print(f"PyTorch in float32: {len(refused)} of {len(seeds)} networks refused {refused}")
    print(f"faults of a thousandth: {found} found, {len(missed)} missed {missed}")
    # PyTorch in float32 may be off by more than ctcnn may: one network in twenty is let pass.
    # Behind several BatchNorm layers of few elements, the bounds of the worst case are wide: a third may be missed.
    return (len(refused) * 20 > len(seeds)) + (len(missed) * 2 >= found)


def small_case(number, layers, told):
    """A case with fixed layers and settings, of which `told` changes some."""
    c = right.case(1, ((2, 6, 6), layers), "normal")
    settings = {"loss": losses.CrossEntropy(), "double": False, "batches": [5, 17], "fit_images": 40, "fit_batch": 16,
                "training": Training(SGD(0.125), steps=2)}  # fmt: skip
    c.update({**settings, **told, "seed": number})
    c["x"] = c["x"][: max(c["batches"])]
    c["reference"].loss = c["loss"]
    n = len(c["x"])
    c["targets"] = c["loss"].targets(torch.arange(n) % 3, torch.sin(torch.arange(3.0 * n)).reshape(n, 3))
    return c


def small_trainings():
    """Losses and trainings in which everything occurs that may be set."""
    schedule = lambda kind: draw_schedule(random.Random(2), kind, 12)
    weights = [0.5, 1.0, 2.0]
    yield losses.CrossEntropy(weight=weights, ignore_index=2, smoothing=0.25), Training(
        SGD(0.125, momentum=0.5, weight_decay=0.0625, nesterov=True), 12, schedule("StepLR"), clip=("norm", 0.5)
    )
    yield losses.SmoothL1(beta=0.5), Training(Adam(0.01), 12, schedule("OneCycle"))
    yield losses.BCEWithLogits(pos_weight=weights), Training(
        AdamW(0.01, weight_decay=0.5), 12, groups=[Group(["bias"], None, "no decay"), Group([], "2", 0.1)]
    )
    yield losses.Huber(delta=0.5), Training(
        RMSprop(0.01, momentum=0.5, weight_decay=0.0625, centered=True), 12, average=("EMA", 0.9), clip=("value", 0.5)
    )
    yield losses.KLDiv(log_target=True), Training(Lion(0.01, weight_decay=0.5), 12, average=("SWA", 2, 2))
    muon = Muon(0.01, adjust_lr_fn="AdjustLR::original", adamw=AdamW(0.02))
    yield losses.NLL(weight=weights, ignore_index=1), Training(
        muon, 12, schedule("CosineAnnealingLR"), groups=[Group([], "2.bias", "frozen")]
    )


def changed(value):
    """Another value of a setting; None if it has no other one that matters."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return type(value)(0.9 * value) if value else None
    if isinstance(value, (list, tuple)):
        return type(value)([*value[:-1], 0.99 * value[-1]])
    if isinstance(value, str):
        return "AdjustLR::match_rms_adamw"
    return value.like(0.9)


def small_faults(loss, trained):
    """What begins so must be reported where one setting is another one: its name, that, and what changes."""
    step = f"{trained.optimizer.name}_step"
    for name, value in vars(loss).items():
        other = copy.copy(loss)
        setattr(other, name, None if name == "ignore_index" else changed(value))
        yield name, "loss", {"loss": other}
    faults = {"lr": (step, trained.optimizer.like(0.99))}
    for name, value in trained.optimizer.settings.items():
        if name != "eps" and changed(value) is not None:
            faults[name] = step, type(trained.optimizer)(
                trained.optimizer.lr, **{**trained.optimizer.settings, name: changed(value)}
            )
    for name, (begins, optimizer) in faults.items():
        other = copy.copy(trained)
        other.optimizer = optimizer
        yield name, begins, {"training": other}
    wholes = {"schedule": ("factor", None), "groups": (step, trained.groups[:-1]), "average": ("average", None)}
    wholes.update(limit=(step, 0.9 * trained.limit))
    for name, (begins, value) in wholes.items():
        if getattr(trained, name):
            other = copy.copy(trained)
            setattr(other, name, changed(trained.average) if name == "average" else value)
            yield name, begins, {"training": other}


def right_trainings(arguments):
    """What right.py must report: a loss or a training with other settings than those ctcnn was told."""
    network = [Flatten(), Linear(72, 4), Linear(4, 3)]
    cases = [
        small_case(100 + n, network, {"loss": loss, "training": trained})
        for n, (loss, trained) in enumerate(small_trainings())
    ]
    found, missed = 0, []
    for c, line in zip(cases, right.examine(cases, f"self_test={arguments.compiler} -O1", arguments)):
        if line["failures"]:
            missed.append((c["training"].cpp(), line["failures"]))
            continue
        with open(f"{arguments.folder}/{c['seed']}.out", "rb") as file:
            out = right.read_output(file.read())
        for name, begins, told in small_faults(c["loss"], c["training"]):
            other = {**c, **told}
            other["reference"].loss = other["loss"]
            failures = right.Check(other, out, 1, False).all().failures
            if any(f.startswith(begins) for f in failures):
                found += 1
            else:
                missed.append((c["loss"].cpp(), c["training"].cpp(), name, failures))
    print(f"right.py, settings of losses and trainings: {found} faults found, {len(missed)} missed {missed}")
    return bool(missed)


def right_networks(arguments):
    """What right.py must report: what begins so, where ctcnn is told other layers or settings than PyTorch."""
    convolution, sigmoid, pool, linear = Conv2d(2, 4, (3, 3), lazy=True), Sigmoid(), MaxPool2d((2, 2)), Linear(16, 3)
    network = [convolution, sigmoid, pool, Flatten(), linear]
    steps = [Conv2d(2, 3, (2, 2), stride=(2, 2)), Flatten()]
    faults = [
        ("nothing", None, network, network),
        ("another pooling", "outputs", network, [convolution, sigmoid, AvgPool2d((2, 2)), Flatten(), linear]),
        ("another function", "outputs", network, [convolution, Tanh(), pool, Flatten(), linear]),
        ("a dilation for a stride", "outputs", steps, [Conv2d(2, 3, (2, 2), dilation=(3, 3)), Flatten()]),
        ("another stride", "shape_after<0>", [pool], [MaxPool2d((2, 2), stride=(1, 1))]),
    ]
    cases = [small_case(number, asked, {}) for number, (_, _, asked, _) in enumerate(faults)]
    told = [small_case(number, layers, {}) for number, (_, _, _, layers) in enumerate(faults)]
    wrong_reports = 0
    lines = right.examine(cases, f"self_test={arguments.compiler} -O1", arguments, told)
    for (what, expected, *_), line in zip(faults, lines):
        failures = line["failures"]
        if any(f.startswith(expected) for f in failures) if expected else not failures:
            print(f"right.py, {what}: {len(failures)} failures, as expected")
        else:
            wrong_reports += 1
            print(f"right.py, {what}: expected {expected}, found {failures}")
    return wrong_reports


def wrong_networks(arguments):
    """What wrong.py must report: refusals that do not say what its cases say."""
    arguments.flags = wrong.FLAGS
    net = "Sequential<Input<1, 4, 4>, Flatten, Linear<12, 3>>"
    c = {"seed": 0, "kind": "broken", "reason": "in_features", "net": net, "place": "at_layer<1, Linear<12, 3>>",
         "layer": "Linear<12, 3>", "arrives": "Shape<16>", "wanted": 12, "makes": []}  # fmt: skip
    fine = {"net": net.replace("12", "16"), "layer": "Linear<16, 3>"}
    faults = [
        ("nothing", None, {}),
        ("a right network", "0 errors", fine),
        ("another reason", "not [feature_rank]", {"reason": "feature_rank"}),
        ("another layer", "no at_layer<2", {"place": "at_layer<2, Linear<12, 3>>"}),
        ("another shape", "no received<Shape<12>>", {"arrives": "Shape<12>"}),
        ("another size wanted", "no wanted<16>", {"wanted": 16}),
    ]
    wrong_reports = 0
    for what, expected, changes in faults:
        failures = wrong.refusal({**c, **changes}, arguments.compiler, arguments)["failures"]
        if any(f.startswith(expected) for f in failures) if expected else not failures:
            print(f"wrong.py, {what}: {failures}, as expected")
        else:
            wrong_reports += 1
            print(f"wrong.py, {what}: expected {expected}, found {failures}")
    if wrong.concepts([c], arguments.compiler, arguments) or not wrong.concepts(
        [{**c, **fine}], arguments.compiler, arguments
    ):
        wrong_reports += 1
        print("wrong.py: WellFormed and Accepts are not asked")
    return wrong_reports


def agreement(arguments):
    """What agree.py must report: a layer that is accepted, refused, or of another shape than PyTorch's."""
    cases = [
        ("Linear<3, 2>", lambda: nn.Linear(3, 2), (3,)),
        ("Linear<3, 2>", lambda: nn.Linear(4, 2), (3,)),
        ("Linear<4, 2>", lambda: nn.Linear(3, 2), (3,)),
        ("Linear<3, 5>", lambda: nn.Linear(3, 2), (3,)),
    ]
    path = f"{arguments.folder}/agree_self_test.cpp"
    failing = agree.differences(cases, arguments.compiler, arguments.include, path)[0]
    expected = ["static_assert(!Accepts<Linear<3, 2>, Shape<3>>);", "static_assert(Accepts<Linear<4, 2>, Shape<3>>);",
                "static_assert(leads_to<Linear<3, 5>, Input<3>, Shape<2>>());"]  # fmt: skip
    print(f"agree.py: {failing}{', as expected' if failing == expected else f', expected {expected}'}")
    return failing != expected


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seeds", type=command.seeds, default="0-40", help="networks for PyTorch in float32")
    parser.add_argument("--compiler", help="tests right.py, wrong.py and agree.py as a whole with this compiler")
    arguments = command.parse(parser, lambda a: [a.compiler] if a.compiler else [])
    failed = bounds(arguments.seeds)
    if arguments.compiler:
        arguments.threads, arguments.units = "1,3", False
        failed += (
            right_networks(arguments) + right_trainings(arguments) + wrong_networks(arguments) + agreement(arguments)
        )
    print(f"self-test: {int(failed)} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
