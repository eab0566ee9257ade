# SPDX-License-Identifier: MIT
"""Training of an epoch with PyTorch, on data that lies in memory as tensors.

Where there are several ways to be fast on a CPU, a short trial picks the fastest: with oneDNN or without, the memory
format, and the implementation of SGD (for each parameter, all at once, fused). The form `compiled` compiles forward, loss
and backward with torch.compile before the clock runs.
"""

import functools
import itertools
import time

import torch
from torch import nn

from torch_common import FORMATS, LIBRARIES, choose, fastest, load_mnist, new_network, run_cases, with_library

EPOCH = 60000


def optimizers(net, rate):
    """Name -> function that makes it, for those that this PyTorch has."""
    found = {}
    for name, options in (("single", {"foreach": False}), ("foreach", {"foreach": True}), ("fused", {"fused": True})):
        try:
            torch.optim.SGD(net.parameters(), lr=rate, **options)
        except (TypeError, RuntimeError):
            continue
        found[name] = functools.partial(torch.optim.SGD, list(net.parameters()), lr=rate, **options)
    return found


def train(images, labels, order, batch, loss_of, optimizer):
    loss = None
    for first in range(0, len(order), batch):
        chosen = order[first:first + batch]
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(images[chosen], labels[chosen])
        loss.backward()
        optimizer.step()
    return loss.item()


def measure(network, batch, rate, amounts, arguments, form):
    images, labels = load_mnist(arguments.data, "train")
    net = new_network(network)
    criterion = nn.CrossEntropyLoss()
    count = choose(arguments, *amounts)
    # The batches of the trial have all the sizes that come later, so that torch.compile has seen them.
    tail = count % batch
    trial = torch.arange(choose(arguments, 8, 4, 1) * batch + tail)

    def loss_of(x, y):
        return criterion(net(x), y)

    step = torch.compile(loss_of, dynamic=False) if form == "compiled" else loss_of
    makers = optimizers(net, rate)

    def attempt(library, memory_format, maker):
        net.to(memory_format=FORMATS[memory_format])
        with with_library(library):
            train(images, labels, trial, batch, step, makers[maker]())

    # torch.compile chooses a layout by itself, and for oneDNN.
    settings = list(itertools.product(LIBRARIES, FORMATS)) if form == "eager" else [("oneDNN", "contiguous")]
    some_maker = next(iter(makers))
    library, memory_format = fastest(settings,
                                     lambda setting: attempt(*setting, some_maker))
    maker = fastest(list(makers), lambda candidate: attempt(library, memory_format, candidate))
    net.to(memory_format=FORMATS[memory_format])
    optimizer = makers[maker]()
    torch.manual_seed(2)

    with with_library(library):
        train(images, labels, trial, batch, step, optimizer)
        begin = time.perf_counter()
        loss = train(images, labels, torch.randperm(len(images))[:count], batch, step, optimizer)
        seconds = time.perf_counter() - begin
    return {"images": count, "seconds": seconds, "seconds_per_epoch": seconds * EPOCH / count,
            "images_per_second": count / seconds, "loss": loss, "form": f"{library}, {memory_format}, SGD {maker}"}


def cases():
    found = {}
    for threads in (1, 2):
        for batch in (32, 64, 256):
            found[f"train/lenet/batch_{batch}/threads_{threads}"] = functools.partial(
                measure, "lenet", batch, 0.5, (60000, 15360, 512))
        found[f"train/torch_example/batch_64/threads_{threads}"] = functools.partial(
            measure, "torch_example", 64, 0.05, (6400, 1280, 64))
    return found


if __name__ == "__main__":
    run_cases(cases(), ["eager", "compiled"])
