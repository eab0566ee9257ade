# SPDX-License-Identifier: MIT
"""Training of an epoch with PyTorch, on data that lies in memory as tensors.

Where there are several ways to be fast on a CPU, a short trial picks the fastest: with oneDNN or without, the memory
format, and the implementation of SGD (for each parameter, all at once, fused). The form `compiled` compiles forward, loss
and backward with torch.compile before the clock runs. With bf16, forward and loss are under autocast.
"""

import functools
import itertools
import time

import torch
from torch import nn

from common import Model, check, choose, fastest
from torch_common import FORMATS, LIBRARIES, load_mnist, network_of, run_case, with_library
from training import SHRINK, TRAINING, numbers_of, parts_of, random_data


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


def data_of(model, arguments, count):
    if model.images.shape[1:] == (1, 28, 28):
        return load_mnist(arguments.data, "train")
    return (torch.from_numpy(array) for array in random_data(model.name, count))


def checked(net, model, precision):
    """The network, ready for training, after its outputs were compared with ctcnn's."""
    def answer(images):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            return net(torch.from_numpy(images)).float().numpy()
    net.eval()
    check(model, precision, answer, 4)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() > 1:
                parameter.mul_(SHRINK)
    return net.train()


def measure(arguments):
    name, batch = parts_of(arguments.case)
    rate, amounts = TRAINING[name]
    model = Model(arguments.models, name)
    count = choose(arguments, *amounts)
    images, labels = data_of(model, arguments, count)
    net = checked(network_of(model.training_path), model, arguments.precision)
    criterion = nn.CrossEntropyLoss()
    # The batches of the trial have all the sizes that come later, so that torch.compile has seen them.
    trial = torch.arange(min(choose(arguments, 8, 4, 1) * batch, count) + count % batch)

    def loss_of(x, y):
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16"):
            return criterion(net(x), y)

    step = torch.compile(loss_of, dynamic=False) if arguments.form == "compiled" else loss_of
    makers = optimizers(net, rate)

    def attempt(library, memory_format, maker):
        net.to(memory_format=FORMATS[memory_format])
        with with_library(library):
            train(images, labels, trial, batch, step, makers[maker]())

    # torch.compile chooses a layout by itself, and for oneDNN.
    settings = list(itertools.product(LIBRARIES, FORMATS)) if arguments.form == "eager" else [("oneDNN", "contiguous")]
    if arguments.precision == "bf16":  # without oneDNN it is many times as slow
        settings = [setting for setting in settings if setting[0] == "oneDNN"]
    if arguments.choice:
        library, memory_format, maker = arguments.choice.split("; ")
    else:
        some_maker = next(iter(makers))
        library, memory_format = fastest(settings, lambda setting: attempt(*setting, some_maker))
        maker = fastest(list(makers), lambda candidate: attempt(library, memory_format, candidate))
    net.to(memory_format=FORMATS[memory_format])
    optimizer = makers[maker]()
    torch.manual_seed(2)

    with with_library(library):
        train(images, labels, trial, batch, step, optimizer)
        begin = time.perf_counter()
        loss = train(images, labels, torch.randperm(len(images))[:count], batch, step, optimizer)
        seconds = time.perf_counter() - begin
    return numbers_of(count, seconds, loss, f"{library}, {memory_format}, SGD {maker}",
                      f"{library}; {memory_format}; {maker}")


if __name__ == "__main__":
    run_case(["eager", "compiled"], measure)
