# SPDX-License-Identifier: MIT
"""What the programs of the rivals share: the command line of ../cases.hpp, the files that `training --case export`
writes, the comparison of outputs with ctcnn's, and the clock.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy

AMOUNTS = ("full", "quick", "tiny")

# The shape of an image of each network.
SHAPES = {"lenet": (1, 28, 28), "torch_example": (1, 28, 28), "mlp": (1, 28, 28), "vgg": (3, 32, 32),
          "separable": (3, 32, 32), "resnet8": (3, 32, 32), "ds_cnn": (1, 49, 10)}

# The largest difference of an output, as a part of the largest output. In fp32 sums in another order differ by 1e-6 of
# it, and those of filters with few multiplications (Winograd) by up to 7e-5; what is lost in a conversion, a bias or a
# padding, is seen in the first three digits. A number in bf16 has 8 bits, an error of up to 0.4 % in each layer, and
# those of all layers are 0.3 to 1 %.
TOLERANCES = {"fp32": 1e-4, "bf16": 3e-2}

# Images of a call of batched inference; a trial chooses. Large ones suit small networks alone, and take long with
# others.
BATCHES = {"full": (16, 64, 256), "quick": (16, 128), "tiny": (8,)}
LARGE_BATCHES = {"full": (64, 256, 1024), "quick": (128, 512), "tiny": (8,)}
SMALL_NETWORKS = ("lenet", "mlp")


class WrongOutputs(Exception):
    """A rival computes something else than ctcnn: its network was converted wrongly."""


def choose(arguments, full, quick, tiny):
    return {"full": full, "quick": quick, "tiny": tiny}[arguments.amount]


def threads_of(case):
    last = case.split("/")[-1]
    return int(last[len("threads_"):]) if last.startswith("threads_") else 1


class Model:
    """The files of a network: its ONNX file, images, and ctcnn's outputs for them."""

    def __init__(self, folder, name):
        if name not in SHAPES:
            sys.exit(f"there is no network {name}: there are {', '.join(SHAPES)}")
        self.name = name
        self.path = Path(folder) / f"{name}.onnx"
        self.training_path = Path(folder) / f"{name}.train.onnx"
        try:
            self.images = numpy.fromfile(Path(folder) / f"{name}.images", numpy.float32).reshape(-1, *SHAPES[name])
            self.outputs = numpy.fromfile(Path(folder) / f"{name}.outputs", numpy.float32).reshape(len(self.images), -1)
        except (OSError, ValueError):
            sys.exit(f"{folder} has no files of the network {name}: scripts/benchmark writes them")
        largest = numpy.max(numpy.abs(self.outputs))
        if not numpy.max(numpy.std(self.outputs, axis=0)) > 0.01 * largest:
            sys.exit(f"the outputs of {name} hardly depend on the image: their comparison would show nothing")

    def many(self, count):
        """The images again and again, so many of them."""
        return numpy.ascontiguousarray(numpy.resize(self.images, (count, *self.images.shape[1:])))


def check(model, precision, answer, batch=1):
    """Compares answer(images), batch by batch, with ctcnn's outputs; returns the largest difference."""
    count = min(len(model.images), 8 if batch == 1 else 4 * batch) // batch * batch or batch
    expected = model.outputs[numpy.arange(count) % len(model.outputs)]
    images = model.many(count)
    actual = numpy.concatenate([numpy.array(answer(images[first:first + batch]), numpy.float32).reshape(batch, -1)
                                for first in range(0, count, batch)])
    if actual.shape != expected.shape:
        raise WrongOutputs(f"wrong outputs: {actual.shape[1]} for each image, and not {expected.shape[1]}")
    difference = float(numpy.max(numpy.abs(actual - expected)) / numpy.max(numpy.abs(expected)))
    if not difference <= TOLERANCES[precision]:  # NaN is wrong, too
        raise WrongOutputs(f"wrong outputs: they differ from ctcnn's by {difference:.2g} of the largest one; "
                           f"{TOLERANCES[precision]:.0e} is allowed in {precision}")
    if precision == "bf16" and difference < TOLERANCES["fp32"]:
        raise RuntimeError("it does not compute in bf16: its outputs are as exact as in fp32")
    return difference


def fastest(candidates, attempt):
    """The candidate that takes the least time, after one attempt that does not count. One that fails is left out."""
    least, best, failure = math.inf, None, None
    for candidate in candidates:
        try:
            attempt(candidate)
            for _ in range(2):
                begin = time.perf_counter()
                attempt(candidate)
                seconds = time.perf_counter() - begin
                if seconds < least:
                    least, best = seconds, candidate
        except WrongOutputs:
            raise
        except Exception as error:  # Not every form works with every setting.
            failure = error
    if best is None:
        raise failure
    return best


def single(model, arguments, settings, prepare, precision="fp32"):
    """The latency of one image. prepare(setting, batch) gives a function from images (batch, ...) to outputs."""
    images = [numpy.ascontiguousarray(image[None]) for image in model.images]
    limit = choose(arguments, 1.0, 0.3, 0.0)
    least = choose(arguments, 100, 40, 5)
    clock = time.perf_counter
    if arguments.choice:
        settings = [arguments.choice]
    answers = {setting: None for setting in settings}

    def call(answer, seconds_at_least, calls_at_least):
        seconds = []
        end = clock() + seconds_at_least
        while len(seconds) < calls_at_least or clock() < end:
            for image in images[:calls_at_least]:
                begin = clock()
                answer(image)
                seconds.append(clock() - begin)
        return sorted(seconds)

    def attempt(setting):
        if answers[setting] is None:
            answer = prepare(setting, 1)
            check(model, precision, answer)
            answers[setting] = answer
        for image in images[:least]:
            answers[setting](image)

    setting = fastest(settings, attempt)
    answer = answers[setting]
    difference = check(model, precision, answer)
    call(answer, limit / 4, least)
    seconds = call(answer, limit, least)
    return {"calls": len(seconds), "median_microseconds": seconds[len(seconds) // 2] * 1e6,
            "p99_microseconds": seconds[len(seconds) * 99 // 100] * 1e6, "difference": difference, "form": setting,
            "choice": setting}


def bulk(model, arguments, settings, prepare, precision="fp32", batches=None):
    """Batched inference: the label of each image."""
    batches = batches or (LARGE_BATCHES if model.name in SMALL_NETWORKS else BATCHES)[arguments.amount]
    limit = choose(arguments, 2.0, 0.5, 0.0)
    images = model.many(max(batches))
    answers = {}

    def run(answer, batch):
        for first in range(0, len(images), batch):
            numpy.asarray(answer(images[first:first + batch])).argmax(1)

    def attempt(candidate):
        if candidate not in answers:
            answer = prepare(*candidate)
            check(model, precision, answer, candidate[1])
            answers[candidate] = answer
        run(answers[candidate], candidate[1])

    if arguments.choice:
        setting, _, batch = arguments.choice.rpartition("; ")
        batch = int(batch)
        attempt((setting, batch))
    else:
        middle = batches[len(batches) // 2]
        setting, _ = fastest([(setting, middle) for setting in settings], attempt)
        setting, batch = fastest([(setting, batch) for batch in batches], attempt)
    answer = answers[(setting, batch)]
    difference = check(model, precision, answer, batch)
    done = 0
    begin = time.perf_counter()
    while done == 0 or time.perf_counter() - begin < limit:
        run(answer, batch)
        done += len(images)
    seconds = time.perf_counter() - begin
    form = f"{setting}, batch {batch}" if setting else f"batch {batch}"
    return {"images": done, "images_per_second": done / seconds, "difference": difference, "form": form,
            "choice": f"{setting}; {batch}"}


def measure(arguments, settings, prepare, precision="fp32", batches=None):
    """The case latency/NETWORK or infer/NETWORK/threads_N."""
    kind, name = (arguments.case.split("/") + [""])[:2]
    model = Model(arguments.models, name)
    if kind == "latency":
        return single(model, arguments, settings, lambda *at: prepare(model, *at), precision)
    if kind == "infer":
        return bulk(model, arguments, settings, lambda *at: prepare(model, *at), precision, batches)
    sys.exit(f"there is no case {arguments.case} for this program: there are latency/NETWORK and "
             "infer/NETWORK/threads_N")


def parser_of(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--case", required=True, help="what is measured, such as latency/lenet")
    parser.add_argument("--models", required=True, help="the folder that `training --case export` wrote")
    parser.add_argument("--amount", choices=AMOUNTS, default="full")
    parser.add_argument("--data", help="where the MNIST files are")
    parser.add_argument("--choice", help="what the trial of an earlier run printed as its choice: there is no trial")
    return parser


def print_result(case, peer, version, numbers):
    print(json.dumps({"case": case, "peer": peer, "version": version} | numbers), flush=True)
