#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a network that fails in right.py smaller, as long as it fails: drops layers at both ends and in the middle, and
opens blocks."""

import torch

import command
import right
from layers import Block


def smaller(shape, layers):
    """Networks with a layer less."""
    x = torch.zeros(2, *shape, dtype=torch.float64)
    if len(layers) > 1:
        yield shape, layers[:-1]
        with torch.no_grad():
            yield tuple(layers[0].module().double()(x).shape[1:]), layers[1:]
    for i, layer in enumerate(layers):
        if layer.children():
            yield shape, layers[:i] + layer.children() + layers[i + 1 :]
            yield shape, layers[:i] + [Block(layer.children())] + layers[i + 1 :]
        elif 0 < i < len(layers) - 1:
            without = layers[:i] + layers[i + 1 :]
            try:
                with torch.no_grad():
                    torch.nn.Sequential(*(l.module() for l in without)).double()(x)
                yield shape, without
            except RuntimeError:
                pass


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--config", default="g++=g++ -O2 -march=native")
    parser.add_argument("--threads", default="1")
    parser.set_defaults(units=False)
    arguments = command.parse(parser, lambda a: [a.config.split("=", 1)[-1]])
    fails = lambda c: right.examine([c], arguments.config, arguments)[0]["failures"]
    best = right.case(arguments.seed)
    why = fails(best)
    if not why:
        print("does not fail")
        return
    progress = True
    while progress:
        progress = False
        for network in smaller(best["shape"], best["layers"]):
            c = right.case(arguments.seed, network)
            failures = fails(c)
            if failures and "does not compile" not in str(failures) or (failures and "does not compile" in str(why)):
                best, why, progress = c, failures, True
                print(right.cpp_of(best), why[:1], flush=True)
                break
    print("smallest:", right.cpp_of(best), best["loss"], best["style"], why)


if __name__ == "__main__":
    main()
