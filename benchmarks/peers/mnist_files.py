# SPDX-License-Identifier: MIT
"""Reads the MNIST files into NumPy arrays."""

import gzip
import os
import sys

import numpy


def read_bytes(folder, name, header):
    for ending, opener in (("", open), (".gz", gzip.open)):
        path = os.path.join(folder, name + ending)
        if os.path.isfile(path):
            with opener(path, "rb") as file:
                return numpy.frombuffer(file.read()[header:], numpy.uint8)
    sys.exit(f"there is no {name} or {name}.gz in {folder}")


def load(folder, kind):
    """Images (N, 1, 28, 28) in [0, 1], and labels."""
    images = read_bytes(folder, f"{kind}-images-idx3-ubyte", 16)
    labels = read_bytes(folder, f"{kind}-labels-idx1-ubyte", 8)
    return images.reshape(-1, 1, 28, 28).astype(numpy.float32) / 255, labels.astype(numpy.int64)
