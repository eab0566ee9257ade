#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What docs/import.md tells a new user to do: trains its network in PyTorch, imports it, compiles its program, and runs it.
The package is not installed here, which import_refused.py does."""

import os
import re
import shutil
import subprocess
import sys

import command
from imported import TOOLS

ROOT = os.path.dirname(TOOLS)


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--compiler", default="g++")
    arguments = command.parse(parser, lambda a: [a.compiler])
    with open(f"{ROOT}/docs/import.md") as file:
        page = file.read()
    folder = f"{os.path.abspath(arguments.folder)}/page"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, target in (("include", os.path.abspath(arguments.include)), ("data", f"{ROOT}/data")):
        os.symlink(target, f"{folder}/{name}")
    for name in ("train.py", "digits.cpp"):
        with open(f"{folder}/{name}", "w") as file:
            file.write(re.search(rf"`{re.escape(name)}`:\n\n```\S+\n(.*?)```", page, re.S).group(1))
    lines = re.search(r"```sh\n(.*?)```", page, re.S).group(1).splitlines()
    if len(lines) > 5 or "pip install" not in lines[0]:
        print(f"the page has other commands: {lines}")
        return 1
    programs = {"python3": sys.executable, "g++": arguments.compiler}
    for line in lines[1:]:
        first, _, rest = line.partition(" ")
        line = f"{programs.get(first, first)} {rest}"
        environment = {**os.environ, "PYTHONPATH": TOOLS, "CXX": arguments.compiler}
        done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, env=environment)
        print(f"$ {line}\n{done.stdout}", end="")
        if done.returncode != 0:
            print(f"exit status {done.returncode}: {done.stderr}")
            return 1
    accuracy = float(re.search(r"accuracy ([\d.]+)", done.stdout).group(1))
    if accuracy < 0.9:
        print("the network is not trained")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
