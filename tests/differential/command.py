# SPDX-License-Identifier: MIT
"""What the command lines of the programs share."""

import argparse
import os
import shutil

HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = os.environ.get("CTCNN_INCLUDE") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "include")


def parser(text):
    result = argparse.ArgumentParser(description=text)
    result.add_argument("folder", help="where sources, programs and results are written")
    result.add_argument("--include", default=HEADERS, help="the folder of ctcnn's headers; default: this repository's")
    return result


def seeds(text):
    """The seeds that 1-10,15,17 stands for."""
    result = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            result += range(int(first), int(last or first) + 1)
    except ValueError:
        result = []
    if not result:
        raise argparse.ArgumentTypeError(f"'{text}' is no list of seeds, such as 1-10,15,17")
    return result


def spelled(numbers):
    """The other way round."""
    result = []
    for n in sorted(numbers):
        if result and result[-1][1] == n - 1:
            result[-1][1] = n
        else:
            result.append([n, n])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in result)


def parse(command_line, compilers):
    """The arguments, after a look at what they name. `compilers` takes them from the arguments."""
    arguments = command_line.parse_args()
    if not os.path.exists(os.path.join(arguments.include, "ctcnn", "ctcnn.hpp")):
        command_line.error(f"there is no ctcnn/ctcnn.hpp in {arguments.include}: name the folder with --include")
    for compiler in compilers(arguments):
        if not compiler.split() or shutil.which(compiler.split()[0]) is None:
            command_line.error(f"there is no compiler '{compiler}'")
    try:
        os.makedirs(arguments.folder, exist_ok=True)
    except OSError as error:
        command_line.error(f"cannot write to {arguments.folder}: {error.strerror}")
    return arguments
