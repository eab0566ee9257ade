# SPDX-License-Identifier: MIT
"""DS-CNN and ResNet-8 on MNIST, or on a data set in the same files, with PyTorch: the networks and the recipe of
examples/networks/train.cpp. Prints the accuracy on the test images after each epoch.

    torch_networks.py FOLDER [ds_cnn|resnet8 [EPOCHS [SEED [IMAGES]]]]
"""

import math
import sys
import time

import torch
from torch import nn

from torch_common import load_mnist

BATCH = 64


def conv(inputs, outputs, kernel, **options):
    return [nn.Conv2d(inputs, outputs, kernel, bias=False, **options), nn.BatchNorm2d(outputs)]


def separable(channels):
    return [*conv(channels, channels, 3, padding=1, groups=channels), nn.ReLU(), *conv(channels, channels, 1), nn.ReLU()]


def ds_cnn():
    return nn.Sequential(*conv(1, 64, 5, stride=2, padding=2), nn.ReLU(), nn.Dropout(0.2),
                         *(layer for _ in range(4) for layer in separable(64)),
                         nn.Dropout(0.4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride, shortcut):
        super().__init__()
        self.main = nn.Sequential(*conv(inputs, outputs, 3, stride=stride, padding=1), nn.ReLU(),
                                  *conv(outputs, outputs, 3, padding=1))
        self.shortcut = shortcut

    def forward(self, x):
        return torch.relu(self.main(x) + self.shortcut(x))


def resnet8():
    return nn.Sequential(*conv(1, 16, 3, padding=1), nn.ReLU(),
                         Residual(16, 16, 1, nn.Identity()),
                         Residual(16, 32, 2, nn.Conv2d(16, 32, 1, stride=2)),
                         Residual(32, 64, 2, nn.Conv2d(32, 64, 1, stride=2)),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def initialize(net):
    """As KaimingUniform does."""
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def accuracy(net, images, labels):
    net.eval()
    with torch.no_grad():
        right = sum((net(images[n:n + 1000]).argmax(1) == labels[n:n + 1000]).sum().item()
                    for n in range(0, len(images), 1000))
    net.train()
    return right / len(images)


def train(folder, network="ds_cnn", epochs=3, seed=1, count=0):
    torch.manual_seed(seed)
    images, labels = load_mnist(folder, "train")
    if count:
        images, labels = images[:count], labels[:count]
    test = load_mnist(folder, "t10k")
    net = {"ds_cnn": ds_cnn, "resnet8": resnet8}[network]()
    initialize(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    steps = epochs * math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(1, epochs + 1):
        begin = time.perf_counter()
        total = 0.0
        for chosen in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(net(images[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        seconds = time.perf_counter() - begin
        print(f"epoch {epoch}, loss {total / len(images):.4f}, {seconds:.1f} s, "
              f"test accuracy {100 * accuracy(net, *test):.2f} %", flush=True)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 6:
        sys.exit(__doc__)
    train(sys.argv[1], *sys.argv[2:3], *(int(number) for number in sys.argv[3:]))
