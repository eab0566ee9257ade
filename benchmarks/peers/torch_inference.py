# SPDX-License-Identifier: MIT
"""Inference with PyTorch: batched, and the latency of a single image.

Forms: eager; frozen (torch.jit.trace and freeze, with optimize_for_inference where that is faster); compiled (torch.compile
with frozen weights and, where it works, without Python between the kernels). All in inference_mode. A short trial picks the
fastest setting of each form: with oneDNN or without, the memory format, the batch size.
"""

import functools
import itertools
import time
import warnings

import torch

from torch_common import FORMATS, LIBRARIES, choose, fastest, load_mnist, new_network, run_cases, with_library


def prepare(network, form, setting, example):
    """The network in a form, ready for inputs of the example's shape."""
    library, memory_format, variant = setting
    net = new_network(network).eval().to(memory_format=FORMATS[memory_format])
    with with_library(library), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if form == "frozen":
            net = torch.jit.freeze(torch.jit.trace(net, example))
            if variant == "optimized":
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


def settings(form):
    if form == "compiled":  # what is left out does not work with every version
        return [("oneDNN", "contiguous", "plain"), ("oneDNN", "channels last", "plain"),
                ("without oneDNN", "contiguous", "plain")]
    variants = ("plain", "optimized") if form == "frozen" else ("plain",)
    return list(itertools.product(LIBRARIES, FORMATS, variants))


def spell(setting):
    library, memory_format, variant = setting
    return f"{library}, {memory_format}" + (", optimize_for_inference" if variant == "optimized" else "")


def answer(net, images, batch):
    return torch.cat([net(images[first:first + batch]).argmax(1) for first in range(0, len(images), batch)])


@torch.inference_mode()
def bulk(network, amounts, arguments, form):
    images, _ = load_mnist(arguments.data, "t10k")
    count = choose(arguments, *amounts)
    batches = choose(arguments, [50, 100, 250, 500, 1000, 2500], [100, 500], [32])
    if form == "compiled":
        batches = [batches[len(batches) // 2]]  # each size is a compilation
    at_once = min(count, len(images)) // batches[-1] * batches[-1]
    few = images[:batches[-1]]

    @functools.cache
    def net_for(setting, batch):
        return prepare(network, form, setting, images[:batch])

    def attempt(setting, batch):
        net = net_for(setting, batch)
        with with_library(setting[0]):
            answer(net, few, batch)

    setting = fastest(settings(form), lambda candidate: attempt(candidate, batches[len(batches) // 2]))
    batch = fastest(batches, lambda candidate: attempt(setting, candidate))
    net = net_for(setting, batch)
    done = 0
    with with_library(setting[0]):
        answer(net, few, batch)
        begin = time.perf_counter()
        while done < count:
            answer(net, images[:at_once], batch)
            done += at_once
        seconds = time.perf_counter() - begin
    return {"images": done, "images_per_second": done / seconds, "form": f"{spell(setting)}, batch {batch}"}


@torch.inference_mode()
def single(network, amounts, arguments, form):
    images, _ = load_mnist(arguments.data, "t10k")
    images = [image.unsqueeze(0).clone() for image in images[:256]]
    calls = choose(arguments, *amounts)
    clock = time.perf_counter

    def call(net, count):
        seconds = []
        for i in range(count):
            image = images[i % 256]
            begin = clock()
            net(image)
            seconds.append(clock() - begin)
        return sorted(seconds)

    @functools.cache
    def net_for(setting):
        return prepare(network, form, setting, images[0])

    def attempt(setting):
        with with_library(setting[0]):
            call(net_for(setting), max(1, calls // 20))

    setting = fastest(settings(form), attempt)
    with with_library(setting[0]):
        net = net_for(setting)
        call(net, calls)
        seconds = call(net, calls)
    return {"calls": calls, "median_microseconds": seconds[calls // 2] * 1e6,
            "p99_microseconds": seconds[calls * 99 // 100] * 1e6, "form": spell(setting)}


def cases():
    found = {}
    for network, many, few in (("lenet", (60000, 20000, 256), (20000, 5000, 50)),
                               ("torch_example", (10000, 2000, 64), (2000, 300, 5))):
        for threads in (1, 2):
            found[f"infer/{network}/threads_{threads}"] = functools.partial(bulk, network, many)
        found[f"latency/{network}"] = functools.partial(single, network, few)
    return found


if __name__ == "__main__":
    run_cases(cases(), ["eager", "frozen", "compiled"])
