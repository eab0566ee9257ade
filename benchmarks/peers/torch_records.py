# SPDX-License-Identifier: MIT
"""The recipes for Fashion-MNIST of examples/records with PyTorch: the same networks, images, steps and learning rates.
Prints a line of JSON with the seconds of an epoch, the median; and after a whole training the accuracy.

    torch_records.py RECIPE FOLDER [--epochs N] [--seed N] [--threads N]

With --epochs only the first ones are trained. A short trial picks the fastest form before the clock runs: eager or
compiled, contiguous or channels last.
"""

import argparse
import dataclasses
import functools
import json
import math
import statistics
import time

import torch
from torch import nn
from torch.nn import functional

from common import fastest
from torch_common import FORMATS, load_mnist
from torch_networks import accuracy, initialize

BATCH = 128


def convolution(inputs, outputs, kernel, padding=0, pool=False, activation=nn.ReLU):
    """As examples/records/recipe.hpp has it: pooling, where there is any, comes before BatchNorm."""
    return [nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=False), *[nn.MaxPool2d(2)] * pool,
            nn.BatchNorm2d(outputs), activation()]


def depthwise(channels, kernel):
    return [nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels, bias=False),
            nn.BatchNorm2d(channels)]


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def head(channels):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


def fashion_92():
    return nn.Sequential(*convolution(1, 16, 3, 1, pool=True),
                         *depthwise(16, 5), *convolution(16, 48, 1), nn.MaxPool2d(2),
                         *depthwise(48, 5), *convolution(48, 72, 1),
                         Residual(*depthwise(72, 3), nn.Conv2d(72, 72, 1, bias=False), nn.BatchNorm2d(72)), nn.ReLU(),
                         *head(72))


def fashion_93_5():
    smooth = functools.partial(convolution, activation=nn.SiLU)
    last_of_sum = lambda channels: [nn.Conv2d(channels, channels, 3, padding=1, bias=False),  # noqa: E731
                                    nn.BatchNorm2d(channels)]
    return nn.Sequential(*smooth(1, 32, 3, 1, pool=True), Residual(*smooth(32, 32, 3, 1), *last_of_sum(32)), nn.SiLU(),
                         *smooth(32, 48, 3, 1), nn.MaxPool2d(2), *smooth(48, 64, 3, 1),
                         Residual(*last_of_sum(64)), nn.SiLU(), *head(64))


def fashion_94_5():
    smooth = functools.partial(convolution, activation=nn.SiLU)
    residual = lambda channels: Residual(*smooth(channels, channels, 3, 1),  # noqa: E731
                                         nn.Conv2d(channels, channels, 3, padding=1, bias=False),
                                         nn.BatchNorm2d(channels))
    return nn.Sequential(*smooth(1, 32, 3, 1, pool=True), residual(32), nn.SiLU(), *smooth(32, 64, 3, 1),
                         nn.MaxPool2d(2), *smooth(64, 128, 3, 1), residual(128), nn.SiLU(), *head(128))


class Muon(torch.optim.Muon):
    """torch.optim.Muon for the weights of convolutions, too, as matrices of a row for each output channel."""

    def __init__(self, weights, **options):
        self.weights = list(weights)
        super().__init__([nn.Parameter(weight.detach().flatten(1)) for weight in self.weights], **options)

    def zero_grad(self, set_to_none=True):
        for weight in self.weights:
            weight.grad = None

    @torch.no_grad()
    def step(self):
        matrices = self.param_groups[0]["params"]
        for matrix, weight in zip(matrices, self.weights):
            matrix.grad = weight.grad.flatten(1)
        super().step()
        for matrix, weight in zip(matrices, self.weights):
            if matrix.data_ptr() != weight.data_ptr():  # channels last: its rows are a copy
                weight.copy_(matrix.view(weight.shape))


def muon_and_adamw(parameters):
    """Muon for the weights of convolutions and Linear, AdamW for all others."""
    parameters = list(parameters)
    return [Muon((p for p in parameters if p.ndim > 1), lr=0.02, weight_decay=0.01, momentum=0.95),
            torch.optim.AdamW((p for p in parameters if p.ndim == 1), lr=0.012, betas=(0.9, 0.98), weight_decay=0.01,
                              fused=True)]


def flipped_and_cropped(images):
    """RandomHorizontalFlip(), then RandomCrop(28, padding=1), each image for itself."""
    count = len(images)
    images = torch.where(torch.rand(count, 1, 1, 1) < 0.5, images.flip(3), images)
    images = functional.pad(images, (1, 1, 1, 1))
    rows, columns = (torch.randint(0, 3, (count, 1)) + torch.arange(28) for _ in range(2))
    return images[torch.arange(count)[:, None, None], 0, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def erased(images, p):
    """RandomErasing(p): a rectangle of each image, of 2 to 33 % of its pixels and from 0.3 to 3.3 times as high as
    wide, becomes 0. All images are drawn at once; one whose rectangle is too large keeps its pixels, where torchvision
    draws again."""
    count = len(images)
    area = 28 * 28 * torch.empty(count).uniform_(0.02, 0.33)
    ratio = torch.empty(count).uniform_(math.log(0.3), math.log(3.3)).exp()
    height, width = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
    fits = (height < 28) & (width < 28) & (torch.rand(count) < p)
    top, left = ((torch.rand(count) * (29 - size)).floor() for size in (height, width))
    inside = lambda begin, size: ((torch.arange(28) >= begin[:, None])  # noqa: E731
                                  & (torch.arange(28) < (begin + size)[:, None]))
    rectangle = inside(top, height)[:, :, None] & inside(left, width)[:, None, :] & fits[:, None, None]
    return images.masked_fill(rectangle.unsqueeze(1), 0)


@dataclasses.dataclass(frozen=True)
class Recipe:
    network: object
    parameters: int
    epochs: int
    label_smoothing: float
    optimizers: object
    erasing: float = 0


RECIPES = {"fashion-92.0": Recipe(fashion_92, 13_218, 32, 0.1, lambda parameters: [torch.optim.Adam(
               parameters, lr=0.02, betas=(0.9, 0.98), fused=True)]),
           "fashion-93.5": Recipe(fashion_93_5, 98_250, 16, 0.05, lambda parameters: [torch.optim.AdamW(
               parameters, lr=0.012, betas=(0.9, 0.98), weight_decay=0.01, fused=True)], erasing=0.25),
           "fashion-94.5": Recipe(fashion_94_5, 408_170, 24, 0.05, muon_and_adamw, erasing=0.25)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("folder", help="of the idx files of Fashion-MNIST")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.recipe]
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    images, labels = load_mnist(arguments.folder, "train")
    criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    steps = recipe.epochs * math.ceil(len(images) / BATCH)

    class Training:
        """A network in training: eager or compiled, in one memory format."""

        def __init__(self, form, memory_format):
            self.net = recipe.network().to(memory_format=FORMATS[memory_format])
            assert sum(parameter.numel() for parameter in self.net.parameters()) == recipe.parameters
            initialize(self.net)
            self.begin()
            loss_of = lambda x, y: criterion(self.net(x), y)  # noqa: E731
            self.loss_of = torch.compile(loss_of, dynamic=False) if form == "compiled" else loss_of
            self.memory_format = FORMATS[memory_format]

        def begin(self):
            self.optimizers = recipe.optimizers(self.net.parameters())
            self.schedules = [torch.optim.lr_scheduler.OneCycleLR(
                optimizer, optimizer.param_groups[0]["lr"], total_steps=steps, pct_start=0.2,
                anneal_strategy="linear", cycle_momentum=False) for optimizer in self.optimizers]

        def step(self, chosen):
            for optimizer in self.optimizers:
                optimizer.zero_grad(set_to_none=True)
            x = flipped_and_cropped(images[chosen])
            if recipe.erasing:
                x = erased(x, recipe.erasing)
            loss = self.loss_of(x.contiguous(memory_format=self.memory_format), labels[chosen])
            loss.backward()
            for optimizer, schedule in zip(self.optimizers, self.schedules):
                optimizer.step()
                schedule.step()
            return loss

    trials = {}
    # Batches of both sizes that come later, so that torch.compile has seen them.
    some = [torch.arange(BATCH)] * 6 + [torch.arange(len(images) % BATCH or BATCH)]

    def attempt(candidate):
        if candidate not in trials:
            trials[candidate] = Training(*candidate)
        for chosen in some:
            trials[candidate].step(chosen)

    form = fastest([("eager", "contiguous"), ("eager", "channels last"), ("compiled", "contiguous"),
                    ("compiled", "channels last")], attempt)
    training = trials[form]  # compiled already; its weights begin anew
    initialize(training.net)
    for module in training.net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    training.begin()

    seconds = []
    for _ in range(arguments.epochs or recipe.epochs):
        begin = time.perf_counter()
        for chosen in torch.randperm(len(images)).split(BATCH):
            loss = training.step(chosen)
        seconds.append(time.perf_counter() - begin)
        assert math.isfinite(loss.item())
    result = {"recipe": arguments.recipe, "program": f"PyTorch {torch.__version__} {', '.join(form)}",
              "seed": arguments.seed, "threads": arguments.threads, "epochs": recipe.epochs, "trained": len(seconds),
              "epoch_seconds": round(statistics.median(seconds), 3)}
    if len(seconds) == recipe.epochs:
        result["plain"] = round(100 * accuracy(training.net, *load_mnist(arguments.folder, "t10k")), 2)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
