#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Chooses the seeds of CMakeLists.txt: two sets of right networks in each of which every layer, option, loss,
optimizer, schedule and style of images occurs, and two sets of wrong ones with every reason and use. To be run again
when there is a new layer, which changes all networks."""

import argparse
import re

import command
import right
import wrong
from branches import Branches, Multiply, Residual
from layers import BatchNorm, Pool, all_layers, leaves


def trained_features(c):
    """What occurs in its images, loss and training."""
    result = {c["style"], f"double {c['double']}", f"long training {c['training'].steps > 4}"}
    return result | c["loss"].features() | c["training"].features()


def network_features(c):
    """What occurs in a right network."""
    result = set()
    for layer in all_layers(c["layers"]):
        if layer.children():
            result |= {type(layer).__name__, f"named block {layer.name is not None}"}
        if isinstance(layer, Residual):
            result |= {f"Residual shortcut {layer.shortcut is not None}", f"Residual of one {len(layer.layers) == 1}"}
        elif isinstance(layer, Branches):
            result.add(f"{type(layer).__name__} of {len(layer.branches)}")
            result.add(f"{type(layer).__name__} with a layer {any(not b.children() for b in layer.branches)}")
    c["reference"].infer(c["x"][:1].double())
    for node, xs in zip(c["reference"].nodes, c["reference"].read):
        if isinstance(node.layer, BatchNorm):
            result.add(f"{type(node.layer).__name__} of {xs[0].dim() - 1} axes")
        if node.layer is Multiply.join:
            result.add(f"Multiply of shapes {len({x.shape for x in xs})}")
    for path, layer in leaves(c["layers"]):
        name = type(layer).__name__
        result.add(f"named {layer.name is not None}")
        result |= {name, f"depth {min(len(path), 3)}"}
        kernel = getattr(layer, "kernel", None)
        for option, value in vars(layer).items():
            if isinstance(value, bool):
                result.add(f"{name} {option} {value}")
            elif option == "groups":
                result.add(
                    f"{name} groups {'1' if value == 1 else 'all' if value == getattr(layer, 'cin', 0) else 'some'}"
                )
            elif isinstance(value, tuple) and (option == "kernel" or kernel is None or min(kernel) > 1):
                # Sizes that differ count where a kernel reaches over both axes: there one could stand for the other.
                kind = (
                    "differ" if value[0] != value[1] else "default" if value[0] == ("padding" not in option) else "same"
                )
                result.add(f"{name} {option} {kind}")
        if kernel and getattr(layer, "dilation", (1, 1)) != (1, 1) and layer.stride != (1, 1) and min(kernel) > 1:
            result.add(f"{name} stride and dilation")
        if isinstance(layer, Pool):
            stride = layer.stride or kernel
            result |= {f"{name} overlaps {stride[0] < kernel[0]}", f"{name} gaps {stride[0] > kernel[0]}"}
        if name == "Conv2d" and layer.may_be_filtered():
            result.add(f"filtered, one channel {layer.cin == 1}")
    return result


def wrong_features(c):
    layer = re.sub("<.*|Lazy|Max|Avg", "", c["layer"] or "")
    return {f"{layer} {c['reason']} {c['axis']}", c["kind"], wrong.use_of(c["seed"])}


def choose(name, of, cost, always):
    """Two sets of seeds in each of which everything occurs."""
    everything = set().union(*of.values())
    used = set()
    for chosen in (always, []):
        missing = everything.difference(*(of[seed] for seed in chosen))
        while missing:
            free = sorted(of.keys() - used - set(chosen))
            best = max(free, key=lambda seed: len(of[seed] & missing) / cost[seed])
            if not of[best] & missing:
                print(f"only in one set: {sorted(missing)}")
                break
            chosen.append(best)
            missing -= of[best]
        used.update(chosen)
        print(f"{name}: {len(chosen)} networks with {len(everything)} features: {command.spelled(chosen)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400, help="the seeds are chosen from 1 to this")
    parser.add_argument("--always", type=command.seeds, default=[], help="seeds of the first set")
    arguments = parser.parse_args()
    seeds = range(1, arguments.count + 1)
    of, cost = {}, {}
    for seed in seeds:
        c = right.case(seed)
        of[seed], cost[seed] = (
            network_features(c) | trained_features(c),
            2 + len(c["reference"].nodes) + 2 * c["double"],
        )
    choose("right", of, cost, arguments.always)
    choose("wrong", {seed: wrong_features(wrong.case(seed)) for seed in seeds}, dict.fromkeys(seeds, 1), [])


if __name__ == "__main__":
    main()
