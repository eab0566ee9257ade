# SPDX-License-Identifier: MIT
"""What the tests of ctcnn-import share: many imported networks in one program, which is compiled once."""

import os
import re
import subprocess
import sys

import numpy as np
import safetensors.numpy

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools")
sys.path.insert(0, TOOLS)

from ctcnn_tools import compare, importer  # noqa: E402

SOURCE = """#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <ctcnn/io/onnx.hpp>
#include <ctcnn/io/safetensors.hpp>

template <typename Net, bool Exported>
void run(const std::string& path) {
    const auto net = std::make_unique<Net>();
    ctcnn::load_safetensors(*net, path + ".safetensors");
    if constexpr (Exported) {
        ctcnn::export_onnx(*net, path + ".ours.onnx");
    }
    std::ifstream images(path + ".images", std::ios::binary);
    std::ofstream outputs(path + ".outputs", std::ios::binary);
    const auto image = std::make_unique<typename Net::input_tensor>();
    while (images.read(reinterpret_cast<char*>(image->span().data()), Net::input_shape::size * sizeof(float))) {
        const auto output = (*net)(*image);
        outputs.write(reinterpret_cast<const char*>(output.span().data()), Net::output_shape::size * sizeof(float));
    }
}
"""


def exported(text):
    """Whether ONNX has operators for a network: it has none for windows of different sizes."""
    return not re.search(r"AdaptiveAvgPool[12]d<(?!1>)", text)


class Program:
    """Networks as ctcnn-import writes them; those of the same type are compiled once."""

    def __init__(self, folder, arguments):
        self.folder, self.arguments = folder, arguments
        self.types = {}
        self.runs = []
        os.makedirs(folder, exist_ok=True)

    def add(self, builder, images):
        """images: as the network takes them. Returns the number of the run."""
        text = importer.header_text(builder, "NAME", "net", "a test")
        number = self.types.setdefault(text, len(self.types))
        path = f"{self.folder}/{len(self.runs)}"
        safetensors.numpy.save_file(builder.state(), path + ".safetensors")
        images.tofile(path + ".images")
        self.runs.append((number, path))
        return len(self.runs) - 1

    def run(self):
        lines = [SOURCE]
        for text, number in self.types.items():
            with open(f"{self.folder}/net{number}.hpp", "w") as file:
                file.write(re.sub(r"\bNAME\b", f"Net{number}", text))
            lines.append(f'#include "net{number}.hpp"')
        lines += ["int main() {", "    std::size_t number;", "    std::string path;"]
        lines.append("    while (std::cin >> number && std::getline(std::cin >> std::ws, path)) {")
        for text, n in self.types.items():
            lines.append(f"        if (number == {n}) run<Net{n}, {str(exported(text)).lower()}>(path);")
        with open(f"{self.folder}/program.cpp", "w") as file:
            file.write("\n".join(lines + ["    }", "}"]) + "\n")
        flags = ["-std=c++20", "-O0", "-DCTCNN_WITH_ZLIB=0", "-I", os.path.abspath(self.arguments.include)]
        compiler = self.arguments.compiler.split()
        subprocess.run([*compiler, *flags, "program.cpp", "-o", "program"], check=True, cwd=self.folder)
        listed = "".join(f"{number} {path}\n" for number, path in self.runs)
        subprocess.run([f"{self.folder}/program"], input=listed, text=True, check=True)

    def outputs(self, run, builder):
        """What the model's outputs should be, from the network's."""
        outputs = np.fromfile(self.runs[run][1] + ".outputs", np.float32).reshape(-1, *builder.shape)
        return compare.from_network(builder, outputs)
