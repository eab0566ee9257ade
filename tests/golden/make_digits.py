#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes digits.golden: drawings of several sizes, and what becomes of them as MNIST's images were made.

    python3 tests/golden/make_digits.py

Needs numpy. Areas are averaged by repeating pixels until both sizes divide.
"""
import pathlib

import numpy

SIZES = [  # height, width, box, light paper, strokes that touch the border
    (28, 28, 20, False, False),
    (57, 31, 20, True, False),
    (9, 6, 20, False, False),
    (40, 120, 20, True, True),
    (61, 90, 28, True, False),
    (120, 5, 20, False, False),
    (1, 17, 20, False, False),
]


def draw(height, width, generator, touches):
    """Ink from 0 to 1: thick lines with soft edges between random points."""
    margin = 0 if touches else 0.15
    points = margin + (1 - 2 * margin) * generator.random((4, 2))
    y, x = numpy.mgrid[0:height, 0:width]
    thickness = max(height, width) / 14
    ink = numpy.zeros((height, width))
    for (y0, x0), (y1, x1) in zip(points, points[1:]):
        for t in numpy.linspace(0, 1, 200):
            far = numpy.hypot(y - (y0 + t * (y1 - y0)) * (height - 1), x - (x0 + t * (x1 - x0)) * (width - 1))
            ink = numpy.maximum(ink, numpy.clip(thickness + 0.5 - far, 0, 1))
    return ink


def centred(image, box):
    border = numpy.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    if image.shape[0] == 1:
        border = image[0]
    middle = (image.min() + image.max()) / 2
    light = (border > middle).sum() * 2 >= border.size
    paper = border[(border > middle) == light].mean()
    ink = (image - paper) / ((image.min() if light else image.max()) - paper)
    ink[ink <= 0.1] = 0
    rows = numpy.flatnonzero(ink.max(1))
    columns = numpy.flatnonzero(ink.max(0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, int(numpy.floor(size * box / max(ink.shape) + 0.5))) for size in ink.shape)
    ink = ink.repeat(height, 0).reshape(height, ink.shape[0], -1).mean(1)
    ink = ink.repeat(width, 1).reshape(height, width, -1).mean(2)
    ink /= ink.max()
    y, x = numpy.mgrid[0:height, 0:width]
    top, left = (
        int(numpy.clip(numpy.rint(14 - (axis * ink).sum() / ink.sum()), 0, 28 - size))
        for axis, size in ((y, height), (x, width))
    )
    result = numpy.zeros((28, 28))
    result[top : top + height, left : left + width] = ink
    return result


def main():
    generator = numpy.random.default_rng(15)
    records = [b"# SPDX-License-Identifier: MIT\n"]  # The format is that of README.md.
    records.append(f"sizes f64 {len(SIZES) * 5}\n".encode() + numpy.array(SIZES).astype("<f8").tobytes())
    for n, (height, width, box, light, touches) in enumerate(SIZES):
        ink = draw(height, width, generator, touches)
        noise = generator.uniform(-0.02, 0.02, ink.shape)
        pixels = numpy.rint(127 * numpy.clip(0.1 + 0.75 * (1 - ink if light else ink) + noise, 0, 1))
        records.append(f"image_{n} i8/127 {pixels.size}\n".encode() + pixels.astype("i1").tobytes())
        records.append(f"digit_{n} f64 784\n".encode() + centred(pixels / 127, box).astype("<f8").tobytes())
    (pathlib.Path(__file__).resolve().parent / "digits.golden").write_bytes(b"".join(records))


if __name__ == "__main__":
    main()
