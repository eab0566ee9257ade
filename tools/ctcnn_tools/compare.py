# SPDX-License-Identifier: MIT
"""Compiles an imported network, and compares its outputs with those of the model."""

import os
import shlex
import shutil
import subprocess

import numpy as np

from ctcnn_tools.network import Refusal

# How far outputs may be from the model's, relative to the largest output of all images. float32 keeps each sum to about
# 6e-8 of its largest part. Sums that cancel, and a hundred layers that pass errors on, cost three more digits at most.
# A wrong weight, option or order costs all of them.
TOLERANCE = 1e-4
COMPILERS = (
    ["g++"] + [f"g++-{n}" for n in range(16, 11, -1)] + ["clang++"] + [f"clang++-{n}" for n in range(22, 17, -1)]
)

PROGRAM = """#include <cstddef>
#include <cstdio>
#include <fstream>
#include <memory>
#include <ctcnn/io/safetensors.hpp>
#include "{header}"

int main(int, char** argv) {{
    using Net = {name};
    const auto net = std::make_unique<Net>();
    try {{
        ctcnn::load_safetensors(*net, argv[1]);
    }} catch (const ctcnn::DataError& error) {{
        std::fputs(error.what(), stderr);
        return 1;
    }}
    std::ifstream images(argv[2], std::ios::binary);
    std::ofstream outputs(argv[3], std::ios::binary);
    const auto image = std::make_unique<Net::input_tensor>();
    const auto bytes = [](std::size_t elements) {{ return static_cast<std::streamsize>(elements * sizeof(float)); }};
    while (images.read(reinterpret_cast<char*>(image->span().data()), bytes(Net::input_shape::size))) {{
        const auto output = (*net)(*image);
        outputs.write(reinterpret_cast<const char*>(output.span().data()), bytes(Net::output_shape::size));
    }}
    outputs.close();
    return outputs ? 0 : 1;
}}
"""


def find_compiler(given):
    """Its words, or None where there is none."""
    for text in [given] if given else [os.environ.get("CXX", "")] + COMPILERS:
        try:
            words = shlex.split(text)
        except ValueError:  # a quotation mark is not closed
            words = []
        if words and shutil.which(words[0]):
            return words
    if given:
        raise Refusal(f"there is no compiler '{given}'")
    return None


def find_headers(given, near):
    """The folder with ctcnn's headers, or None. near: folders to look in and above."""

    def has(folder):
        return os.path.isfile(os.path.join(folder, "ctcnn", "inference.hpp"))

    if given:
        if not has(given):
            raise Refusal(f"there is no ctcnn/inference.hpp in '{given}': name the folder with --include")
        return given
    if os.environ.get("CTCNN_INCLUDE") and has(os.environ["CTCNN_INCLUDE"]):
        return os.environ["CTCNN_INCLUDE"]
    for folder in near:
        folder = os.path.abspath(folder)
        while True:
            for inside in ("include", "ctcnn/include"):
                if has(os.path.join(folder, inside)):
                    return os.path.join(folder, inside)
            if os.path.dirname(folder) == folder:
                break
            folder = os.path.dirname(folder)
    for folder in ("/usr/local/include", "/usr/include"):
        if has(folder):
            return folder
    return None


def run(words, what):
    done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        lines = (
            [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines() or ["no message"]
        )
        raise Refusal(f"{what} (exit status {done.returncode}): {lines[0][:300]}")


def images_for(reader, count=8):
    """Random images as the model takes them."""
    rng = np.random.default_rng(0)
    batch = reader.fixed_batch or count
    return rng.standard_normal((batch, *reader.model_shape)).astype(reader.dtype)


def to_network(builder, images):
    """The same images as the network takes them."""
    if builder.input_view is not None:
        images = images.reshape(len(images), *builder.input_view)
    if builder.input_order is not None:
        images = images.transpose(0, *[axis + 1 for axis in builder.input_order])
    return np.ascontiguousarray(images, np.float32).reshape(len(images), *builder.input_shape)


def from_network(builder, outputs):
    """What the model's outputs should be, from the network's."""
    outputs = outputs.reshape(len(outputs), *builder.shape).astype(np.float64)
    if builder.tail is not None:
        kind, axis = builder.tail
        outputs = outputs - outputs.max(axis + 1, keepdims=True)
        logs = outputs - np.log(np.exp(outputs).sum(axis + 1, keepdims=True))
        outputs = np.exp(logs) if kind == "softmax" else logs
    return outputs


def difference(outputs, expected):
    """The largest one, relative to the largest output."""
    expected = np.asarray(expected, np.float64).reshape(outputs.shape)
    if not np.isfinite(expected).all():
        raise Refusal("the model's own outputs for random inputs are infinite or NaN")
    worst = np.abs(outputs - expected).max() / max(np.abs(expected).max(), 1e-30)
    return worst if np.isfinite(worst) else np.inf


def compare(builder, reader, model, header, name, folder, compiler, include):
    """Compiles folder/header, runs it with folder/weights, and returns the largest difference. model: a function."""
    images = images_for(reader)
    try:
        expected = model(images)
    except Exception as error:
        lines = str(error).splitlines() or [""]
        raise Refusal(f"the model cannot be run ({type(error).__name__}: {lines[0][:200]})") from None
    to_network(builder, images).tofile(os.path.join(folder, "images"))
    paths = [os.path.join(folder, file) for file in ("compare", "weights", "images", "outputs")]
    with open(paths[0] + ".cpp", "w") as file:
        file.write(PROGRAM.format(header=header, name=name))
    flags = ["-std=c++20", "-O1", "-DCTCNN_WITH_ZLIB=0", "-I", include]
    run([*compiler, *flags, paths[0] + ".cpp", "-o", paths[0]], f"{compiler[0]} does not compile the network")
    run(paths, "the program with the network failed")
    outputs = np.fromfile(os.path.join(folder, "outputs"), np.float32)
    return difference(from_network(builder, outputs.reshape(len(images), -1)), expected)
