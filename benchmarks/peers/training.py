# SPDX-License-Identifier: MIT
"""What is trained, for the rivals that train, as in ../whole/*.cpp: a part of an epoch where a whole one takes long."""

import numpy

from common import SHAPES

EPOCH = 60000

# The weights of the file are as large as the comparison of outputs needs; training begins with smaller ones, as usual.
SHRINK = 0.25

# The learning rate; images with --amount full, quick and tiny.
TRAINING = {"lenet": (0.5, (60000, 15360, 512)), "torch_example": (0.05, (6400, 1280, 64)),
            "mlp": (0.05, (60000, 12800, 128)), "vgg": (0.01, (640, 192, 64)), "separable": (0.01, (1920, 640, 64)),
            "resnet8": (0.01, (1920, 640, 64)), "ds_cnn": (0.01, (3840, 1280, 64))}


def parts_of(case):
    """Network, batch."""
    _, name, batch, *_ = case.split("/")
    return name, int(batch.removeprefix("batch_"))


def random_data(name, count):
    generator = numpy.random.default_rng(3)
    return (generator.random((count, *SHAPES[name]), numpy.float32), generator.integers(0, 10, count))


def numbers_of(count, seconds, loss, form, choice=None):
    return {"images": count, "seconds": seconds, "seconds_per_epoch": seconds * EPOCH / count,
            "images_per_second": count / seconds, "loss": loss, "form": form} | ({"choice": choice} if choice else {})
