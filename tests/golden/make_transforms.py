#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes transforms.golden: what torchvision computes for affine and elastic transforms with given parameters.

    python3 tests/golden/make_transforms.py

Needs PyTorch and torchvision. Everything is computed in float64.
"""
import pathlib

import torch
from torchvision.transforms import InterpolationMode, functional

AFFINE = [  # angle, translation to the right and down, scale, shear along x and y
    (0.0, 0, 0, 1.0, 0.0, 0.0),
    (0.0, 2, -1, 1.0, 0.0, 0.0),
    (10.0, 0, 0, 1.0, 0.0, 0.0),
    (-90.0, 0, 0, 1.0, 0.0, 0.0),
    (0.0, 0, 0, 1.25, 0.0, 0.0),
    (0.0, 0, 0, 0.5, 12.0, 0.0),
    (0.0, 0, 0, 1.0, 0.0, -7.0),
    (25.0, -3, 2, 0.875, 10.0, 5.0),
]


def main():
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(15)
    records = [b"# SPDX-License-Identifier: MIT\n"]  # The format is that of README.md.

    def write(name, values, divisor=0):
        numbers = torch.as_tensor(values, dtype=torch.float64).reshape(-1).numpy()
        data = (numbers * divisor).astype("i1") if divisor else numbers.astype("<f8")
        kind = f"i8/{divisor}" if divisor else "f64"
        records.append(f"{name} {kind} {numbers.size}\n".encode() + data.tobytes())

    image = torch.randint(-127, 128, (2, 9, 20), generator=generator).double() / 64
    write("image", image, 64)
    write("affine", AFFINE)
    for n, (angle, right, down, scale, shear_x, shear_y) in enumerate(AFFINE):
        write(f"affine_{n}", functional.affine(
            image, angle, [right, down], scale, [shear_x, shear_y], interpolation=InterpolationMode.BILINEAR))

    # As ElasticTransform.get_params does, which divides both displacements by the height: these are by the axis' own size.
    noise = torch.randint(-127, 128, (1, 2, 9, 20), generator=generator).double() / 128
    write("noise", noise, 128)
    alpha, sigma = 6.0, 1.0
    size = int(8 * sigma + 1)
    smooth = functional.gaussian_blur(noise, [size, size], [sigma, sigma])
    write("smooth", smooth)
    displacement = (smooth[0] * alpha / torch.tensor([20.0, 9.0])[:, None, None]).permute(1, 2, 0)[None]
    write("elastic", functional.elastic_transform(image, displacement, InterpolationMode.BILINEAR))
    (pathlib.Path(__file__).resolve().parent / "transforms.golden").write_bytes(b"".join(records))


if __name__ == "__main__":
    main()
