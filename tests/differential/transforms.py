#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random pipelines of transforms: ctcnn against torchvision, given the same random numbers, which are computed here
from seed, step, place of the transform and image. See README.md."""

import math
import random
import subprocess
import sys
import types

import numpy as np
import torch

import command
from reference import philox

try:
    # The operators in C++ are not needed, and those of another build of PyTorch would not load.
    sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms import functional as tv
except Exception as error:  # Builds that do not match raise other errors.
    print(f"skipped: no torchvision: {error}")
    sys.exit(77)

torch.set_default_dtype(torch.float64)  # of the grid on which torchvision displaces pixels
FLAGS = ["-std=c++20", "-O1"]
IMAGES = 4  # of each pipeline

SOURCE = """
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <ctcnn/data/transforms.hpp>

using namespace ctcnn;

std::vector<float> images;
std::size_t at = 0;

template <typename T, typename S, typename Pipeline>
void results(std::FILE* file, const float* from, const Pipeline& pipeline, std::uint64_t seed, std::uint64_t step) {
    std::vector<T> scratch(Pipeline::template scratch_size<S>);
    for (std::size_t n = 0; n < IMAGES; ++n) {
        const std::vector<T> image(from + n * S::size, from + (n + 1) * S::size);
        std::vector<T> result(S::size);
        pipeline.template apply<S>(image.data(), result.data(), scratch.data(), seed, step, n);
        const std::vector<double> numbers(result.begin(), result.end());
        std::fwrite(numbers.data(), sizeof(double), numbers.size(), file);
    }
}

template <typename S, typename... Transforms>
void run(std::FILE* file, std::uint64_t seed, std::uint64_t step, const Transforms&... transforms) {
    const detail_::Pipeline<Transforms...> pipeline(transforms...);
    results<float, S>(file, images.data() + at, pipeline, seed, step);
    results<double, S>(file, images.data() + at, pipeline, seed, step);
    at += IMAGES * S::size;
}

int main(int, char** argv) {
    std::FILE* file = std::fopen((std::string(argv[1]) + "/transforms.in").c_str(), "rb");
    float number;
    while (std::fread(&number, sizeof(number), 1, file) == 1) {
        images.push_back(number);
    }
    std::fclose(file);
    file = std::fopen((std::string(argv[1]) + "/transforms.out").c_str(), "wb");
CALLS
    std::fclose(file);
}
"""


class Image:
    """An image under the transforms before, in float64. `error` bounds what ctcnn is off by, in numbers that are
    rounded by `gamma`."""

    def __init__(self, pixels, gamma):
        self.pixels, self.gamma, self.error = pixels, gamma, 0.0

    def with_fill(self, fill, f):
        """What f makes of the image where pixels outside are `fill`; f takes them as 0."""
        self.pixels = f(self.pixels - fill) + fill

    def sampled(self, places, fill):
        """The places of samples are off by 16 roundings of their size, and pixels by their difference times that."""
        most = max(self.pixels.max().item(), fill) - min(self.pixels.min().item(), fill)
        self.error += 16 * self.gamma * (places * most + self.pixels.abs().max().item() + abs(fill))

    def numbers(self):
        return self.pixels.abs().max().item()


class Random:
    """The random numbers of a transform for an image: ImageRandom."""

    def __init__(self, seed, step, transform, image):
        self.seed, self.stream, self.image = seed, 1 << 63 | step << 16 | (0xFFFF - transform), image

    def bits(self, count):
        blocks = np.arange(-(-count // 4), dtype=np.uint64) + np.uint64(self.image << 32)
        return philox(self.seed, self.stream, blocks).reshape(-1)[:count]

    def uniform(self, n, low=0.0, high=1.0):
        return low + (high - low) * float(self.bits(n + 1)[n] >> np.uint64(8)) * 2.0**-24

    def below(self, n, bound):
        return int(self.bits(n + 1)[n]) * bound >> 32


def interval(ends):
    return f"{{{ends[0]!r}, {ends[1]!r}}}"


class RandomAffine:
    @staticmethod
    def drawn(rng, shape):
        r = RandomAffine()
        r.degrees = (-rng.choice([0.0, 10.0, 180.0]), rng.choice([0.0, 15.0]))
        r.translate = rng.choice([0.0, 0.1, 0.5]), rng.choice([0.0, 0.25])
        r.scale = rng.choice([(1.0, 1.0), (0.75, 1.25), (0.3, 2.0)])
        r.shear, r.shear_y = (rng.choice([(0.0, 0.0), (-5.0, 20.0)]) for _ in range(2))
        r.fill = rng.choice([0.0, 0.5])
        return r

    def cpp(self):
        return (
            f"RandomAffine{{.degrees = {interval(self.degrees)}, .translate = {interval(self.translate)}, "
            f".scale = {interval(self.scale)}, .shear = {interval(self.shear)}, .shear_y = {interval(self.shear_y)}, "
            f".fill = {self.fill}}}"
        )

    def apply(self, image, draw):
        height, width = image.pixels.shape[1:]
        shift = lambda uniform, most: round(most * (2 * uniform - 1))
        angle = draw.uniform(0, *self.degrees)
        right = shift(draw.uniform(1), self.translate[0] * width)
        down = shift(draw.uniform(2), self.translate[1] * height)
        scale = draw.uniform(3, *self.scale)
        shear = [draw.uniform(4, *self.shear), draw.uniform(5, *self.shear_y)]
        image.with_fill(
            self.fill, lambda x: tv.affine(x, angle, [right, down], scale, shear, InterpolationMode.BILINEAR)
        )
        # A shear by 20 degrees in both directions makes numbers at most 1.6 times as large.
        image.sampled(2 * (height + width) * (1 + 1.6 / scale), self.fill)


class ElasticTransform:
    @staticmethod
    def drawn(rng, shape):
        e = ElasticTransform()
        e.alpha, e.fill = rng.choice([5.0, 34.0, 100.0]), rng.choice([0.0, -0.5])
        # torchvision takes no Gaussian that is larger than the image.
        most = (min(shape[1:]) - 1) / 4 - 0.25
        e.sigma = min(most, rng.choice([1.0, 2.5, 5.0]))
        return e if most >= 0.25 else RandomAffine.drawn(rng, shape)

    def cpp(self):
        return f"ElasticTransform{{.alpha = {self.alpha}, .sigma = {self.sigma!r}, .fill = {self.fill}}}"

    def apply(self, image, draw):
        _, height, width = image.pixels.shape
        bits = draw.bits(2 * height * width) >> np.uint64(8)
        noise = torch.from_numpy(bits.astype(np.float64) * 2.0**-23 - 1).reshape(1, 2, height, width)
        length = int(8 * self.sigma + 1)
        length += length % 2 == 0
        smooth = tv.gaussian_blur(noise, [length, length], [self.sigma, self.sigma])[0]
        sizes = torch.tensor([float(width), float(height)])[:, None, None]
        displacement = (smooth * self.alpha / sizes).permute(1, 2, 0)[None]
        image.with_fill(self.fill, lambda x: tv.elastic_transform(x, displacement, InterpolationMode.BILINEAR, None))
        # Each sum has 2 length numbers of at most 1.
        image.sampled(height + width + self.alpha * math.sqrt(2 * length), self.fill)


class RandomHorizontalFlip:
    @staticmethod
    def drawn(rng, shape):
        f = RandomHorizontalFlip()
        f.p = rng.choice([0.5, 0.5, 0.0, 1.0])
        return f

    def cpp(self):
        return f"RandomHorizontalFlip{{.p = {self.p}}}"

    def apply(self, image, draw):
        if draw.uniform(0) < self.p:
            image.pixels = tv.hflip(image.pixels)


class RandomCrop:
    @staticmethod
    def drawn(rng, shape):
        c = RandomCrop()
        c.padding, c.fill = rng.choice([0, 1, 4, 9]), rng.choice([0.0, 0.25])
        return c

    def cpp(self):
        return f"RandomCrop{{.padding = {self.padding}, .fill = {self.fill}}}"

    def apply(self, image, draw):
        height, width = image.pixels.shape[1:]
        top, left = (draw.below(n, 2 * self.padding + 1) for n in range(2))
        image.pixels = tv.crop(tv.pad(image.pixels, [self.padding], fill=self.fill), top, left, height, width)


class RandomErasing:
    @staticmethod
    def drawn(rng, shape):
        e = RandomErasing()
        e.p, e.value = rng.choice([0.5, 1.0]), rng.choice([0.0, 0.75])
        e.scale, e.ratio = rng.choice([(0.02, 0.33), (0.3, 1.0)]), rng.choice([(0.3, 3.3), (1.0, 1.0)])
        return e

    def cpp(self):
        return (
            f"RandomErasing{{.p = {self.p}, .scale = {interval(self.scale)}, .ratio = {interval(self.ratio)}, "
            f".value = {self.value}}}"
        )

    def apply(self, image, draw):
        height, width = image.pixels.shape[1:]
        if draw.uniform(0) >= self.p:
            return
        for n in range(4, 44, 4):
            area = height * width * draw.uniform(n, *self.scale)
            aspect = math.exp(draw.uniform(n + 1, *map(math.log, self.ratio)))
            h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if h < height and w < width:
                place = draw.below(n + 2, height - h + 1), draw.below(n + 3, width - w + 1)
                image.pixels = tv.erase(image.pixels, *place, h, w, torch.tensor(self.value))
                return


class Normalize:
    @staticmethod
    def drawn(rng, shape):
        n = Normalize()
        n.channels = shape[0] if rng.random() < 0.5 else 1
        n.mean = [round(rng.uniform(-1, 1), 4) for _ in range(n.channels)]
        n.std = [round(rng.uniform(0.3, 2), 4) for _ in range(n.channels)]
        return n

    def cpp(self):
        row = lambda numbers: f"{{{', '.join(map(repr, numbers))}}}"
        return f"Normalize<{self.channels}>{{.mean = {row(self.mean)}, .std = {row(self.std)}}}"

    def apply(self, image, draw):
        most = image.numbers() + max(map(abs, self.mean))
        image.pixels = tv.normalize(image.pixels, self.mean, self.std)
        image.error = (image.error + 4 * image.gamma * most) / min(self.std)


class GaussianNoise:
    """torchvision adds normal numbers that it draws; here they are made of the same uniform ones."""

    @staticmethod
    def drawn(rng, shape):
        n = GaussianNoise()
        n.mean, n.sigma, n.clip = rng.choice([0.0, 0.25]), rng.choice([0.0, 0.1, 1.0]), rng.random() < 0.5
        return n

    def cpp(self):
        return (
            f"GaussianNoise{{.mean = {self.mean}, .sigma = {self.sigma}, .clip = {'true' if self.clip else 'false'}}}"
        )

    def apply(self, image, draw):
        size = image.pixels.numel()
        u = (draw.bits(-(-size // 32) * 32) >> np.uint64(8)).astype(np.float64).reshape(-1, 2, 16) * 2.0**-24
        radius, angle = np.sqrt(-2 * np.log(u[:, 0] + 2.0**-24)), 2 * np.pi * (u[:, 1] - 0.5)
        normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)[:size]
        noise = self.mean + self.sigma * torch.from_numpy(normal).reshape(image.pixels.shape)
        image.error += 1e-5 * self.sigma + 4 * image.gamma * (image.numbers() + self.mean + 6 * self.sigma)
        image.pixels = (image.pixels + noise).clamp(0, 1) if self.clip else image.pixels + noise


TRANSFORMS = [RandomAffine, ElasticTransform, RandomHorizontalFlip, RandomCrop, RandomErasing, Normalize, GaussianNoise]


class Case:
    def __init__(self, number, seed):
        rng = random.Random(f"{seed} {number}")
        self.shape = rng.choice([1, 1, 2, 3]), rng.choice([7, 12, 28, 32, 33]), rng.choice([5, 12, 28, 32, 35])
        # The first of each pipeline in turn, so that all occur in any few.
        kinds = [TRANSFORMS[number % len(TRANSFORMS)], *(rng.choice(TRANSFORMS) for _ in range(rng.randint(0, 3)))]
        self.transforms = [kind.drawn(rng, self.shape) for kind in kinds]
        self.seed, self.step = rng.getrandbits(64), rng.getrandbits(20)
        drawn = torch.Generator().manual_seed(rng.getrandbits(60))
        self.images = torch.rand(IMAGES, *self.shape, generator=drawn, dtype=torch.float32)

    def call(self):
        transforms = ", ".join(t.cpp() for t in self.transforms)
        return f"    run<Shape<{', '.join(map(str, self.shape))}>>(file, {self.seed}u, {self.step}u, {transforms});"

    def expected(self, n, gamma):
        image = Image(self.images[n].double(), gamma)
        for place, transform in enumerate(self.transforms):
            transform.apply(image, Random(self.seed, self.step, place, n))
        return image


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--count", type=int, default=14, help="how many pipelines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compiler", default="g++")
    arguments = command.parse(parser, lambda a: [a.compiler])
    cases = [Case(n, arguments.seed) for n in range(arguments.count)]
    path = f"{arguments.folder}/transforms.cpp"
    with open(path, "w") as file:
        calls = "\n".join(case.call() for case in cases)
        file.write(SOURCE.replace("IMAGES", str(IMAGES)).replace("CALLS", calls))
    with open(f"{arguments.folder}/transforms.in", "wb") as file:
        file.write(b"".join(case.images.numpy().astype("<f4").tobytes() for case in cases))
    program = f"{arguments.folder}/transforms"
    subprocess.run([*arguments.compiler.split(), *FLAGS, "-I", arguments.include, path, "-o", program], check=True)
    subprocess.run([program, arguments.folder], check=True)
    out = torch.from_numpy(np.fromfile(f"{arguments.folder}/transforms.out", "<f8"))
    failed, numbers, units = 0, 0, [0.0, 0.0]
    for case in cases:
        for gamma in (2.0**-24, 2.0**-53):
            for n in range(IMAGES):
                image = case.expected(n, gamma)
                got, out = out[: image.pixels.numel()].reshape(image.pixels.shape), out[image.pixels.numel() :]
                numbers += got.numel()
                off = (got - image.pixels).abs().max().item()
                units[gamma < 1e-9] = max(units[gamma < 1e-9], off / (image.error + 1e-300))
                if not off <= image.error:
                    failed += 1
                    print(f"image {n}, {gamma}: off by {off:.3g}, allowed {image.error:.3g}:{case.call()}")
    print(f"the largest errors, beside what is allowed: {units[0]:.2g} in float, {units[1]:.2g} in double")
    print(f"{len(cases)} pipelines of transforms, {numbers} pixels: {failed} failures")
    return 1 if failed or len(out) else 0


if __name__ == "__main__":
    sys.exit(main())
