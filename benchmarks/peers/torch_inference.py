# SPDX-License-Identifier: MIT
"""Inference with PyTorch: batched, and the latency of a single image.

Forms: eager; frozen (torch.jit.trace and freeze, with optimize_for_inference where that is faster); compiled
(torch.compile with frozen weights and, where it works, without Python between the kernels). All in inference_mode. With
bf16 under autocast, or with weights and images in bf16, whichever is faster. A short trial picks the fastest setting of
each form: with oneDNN or without, the memory format, the batch size.
"""

import itertools
import warnings

import numpy
import torch

from common import BATCHES, LARGE_BATCHES, SMALL_NETWORKS, measure
from torch_common import FORMATS, LIBRARIES, network_of, run_case, use_library, with_library


def prepare(path, form, setting, example):
    """The network in a form, ready for inputs of the example's shape."""
    library, memory_format, variant = setting
    net = network_of(path).eval().to(memory_format=FORMATS[memory_format])
    if variant == "bf16 weights":
        net = net.to(torch.bfloat16)
    with with_library(library), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if form == "frozen":
            net = torch.jit.freeze(torch.jit.trace(net, example))
            if variant == "optimize_for_inference":
                net = torch.jit.optimize_for_inference(net)
        elif form == "compiled":
            net = compiled(net, example)
        for _ in range(3):  # torch.jit looks at the first calls before it decides
            net(example)
    return net


def compiled(net, example):
    last = None
    for options in ({"freezing": True, "cpp_wrapper": True}, {"freezing": True}, None):
        try:
            result = torch.compile(net, dynamic=False, options=options)
            result(example)
            return result
        except Exception as error:  # The compiler of this machine may not be able to do it.
            last = error
            torch.compiler.reset()
    raise RuntimeError(f"torch.compile does not work here: {last}")


def settings(form, precision):
    if precision == "bf16":
        variants = ("autocast", "bf16 weights")
        libraries = ("oneDNN",)
    else:
        variants = ("plain", "optimize_for_inference") if form == "frozen" else ("plain",)
        libraries = tuple(LIBRARIES)
    found = list(itertools.product(libraries, FORMATS, variants))
    if form == "compiled":  # what is left out does not work with every version
        found = [setting for setting in found if setting[:2] != ("without oneDNN", "channels last")]
    return found


def spell(setting):
    library, memory_format, variant = setting
    return f"{library}, {memory_format}" + ("" if variant == "plain" else f", {variant}")


def load(model, form, setting, batch):
    """A function of images that returns outputs, both NumPy arrays."""
    library, _, variant = setting
    kind = torch.bfloat16 if variant == "bf16 weights" else torch.float32
    example = torch.from_numpy(numpy.zeros((batch, *model.images.shape[1:]), numpy.float32)).to(kind)
    autocast = variant == "autocast"
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        net = prepare(model.path, form, setting, example)
    # torch.jit has cast already; torch.compile compiles anew where autocast differs.
    again = autocast and form != "frozen"

    def answer(images):
        use_library(library)
        images = torch.from_numpy(images)
        if kind is not torch.float32:
            images = images.to(kind)
        if again:
            with torch.autocast("cpu", torch.bfloat16):
                return net(images).float().numpy()
        outputs = net(images)
        return (outputs if outputs.dtype is torch.float32 else outputs.float()).numpy()
    return answer


def run(arguments):
    names = {spell(setting): setting for setting in settings(arguments.form, arguments.precision)}
    batches = None
    if arguments.form == "compiled":  # each size is a compilation
        sizes = LARGE_BATCHES if any(name in arguments.case.split("/") for name in SMALL_NETWORKS) else BATCHES
        batches = sizes[arguments.amount][-2:-1] or sizes[arguments.amount]
    return measure(arguments, tuple(names), lambda model, name, batch: load(model, arguments.form, names[name], batch),
                   arguments.precision, batches)


if __name__ == "__main__":
    with torch.inference_mode():
        run_case(["eager", "frozen", "compiled"], run)
