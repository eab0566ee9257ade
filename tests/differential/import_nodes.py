#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The ONNX project's own tests of operators, from Debian's package libonnx-testdata, through ctcnn-import. Each test
whose operators ctcnn-import knows is either imported, with the outputs that the test expects, or refused with a reason.
The table that is printed is that of docs/import.md."""

import collections
import glob
import os
import re
import sys

import numpy as np

import command

MISSING = 77  # the exit status that skips the test
try:
    import onnx
    from onnx import numpy_helper
    from imported import Program
    from ctcnn_tools import compare, from_onnx
    from ctcnn_tools.network import Refusal
except ImportError:
    onnx = None

DATA = "/usr/share/libonnx-testdata/data"
# Outputs of these tests are those of another implementation in float32: rounding, relative to the largest output.
TOLERANCE = 1e-5
BEGIN, END = "<!-- printed by tests/differential/import_nodes.py: -->", "<!-- end -->"


def tensors(folder, what):
    paths = sorted(glob.glob(f"{folder}/test_data_set_0/{what}_*.pb"), key=lambda p: int(re.findall(r"\d+", p)[-1]))
    result = []
    for path in paths:
        tensor = onnx.TensorProto()
        with open(path, "rb") as file:
            tensor.ParseFromString(file.read())
        result.append(tensor)
    return result


def known(model):
    """Whether all its operators are read, and one is not computed from constants alone."""
    operators = {node.op_type for node in model.graph.node}
    read = {name[3:] for name in dir(from_onnx.Reader) if name.startswith("op_")}
    own = all(node.domain in ("", "ai.onnx") for node in model.graph.node)
    return own and operators <= read | from_onnx.COMPUTED | {"Shape"} and operators & read


def with_constants(model, inputs):
    """The model with all inputs but the first as constants: weights are inputs of these tests."""
    names = [value.name for value in model.graph.input]
    have = {tensor.name for tensor in model.graph.initializer}
    free = [name for name in names if name not in have]
    for name, tensor in list(zip(free, inputs))[1:]:
        tensor.name = name
        model.graph.initializer.append(tensor)
    return model


def kind_of(reason):
    """A refusal without what differs from test to test."""
    reason = re.sub(r"^node( '[^']*')? \((\w+)\): ", "", reason)
    reason = re.sub(r"'[^']*'", "...", re.split(r": |; ", reason)[0])
    reason = re.sub(r"\([\d, ]*\)|\[[\d, ]*\]", "...", reason)
    reason = re.sub(r"its input is \w+, and", "its input is of another type, and", reason)
    reason = re.sub(r"it converts to \w+, and", "it converts to another type, and", reason)
    return re.sub(r"(?<![A-Za-z])-?\d+(\.\d+)?|\bNone\b", "n", reason).replace("|", "/")


def table(imported, refused, total):
    lines = [BEGIN, f"{imported} of {total} tests are imported with the outputs that they expect.", ""]
    lines += ["| tests | operators | refused, since |", "|---|---|---|"]
    for kind, tests in sorted(refused.items(), key=lambda item: (-len(item[1]), item[0])):
        operators = ", ".join(sorted(set().union(*(operators for _, operators in tests))))
        lines.append(f"| {len(tests)} | {operators} | {kind} |")
    return "\n".join([*lines, END])


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--data", default=DATA, help="the folder with the tests")
    parser.add_argument("--show", action="store_true", help="prints all refusals")
    parser.add_argument("--page", help="the page that must have the table")
    arguments = command.parse(parser, lambda a: [a.compiler])
    folders = sorted(os.path.dirname(path) for path in glob.glob(f"{arguments.data}/*/*/model.onnx"))
    if onnx is None:
        print("skipped: this Python has no onnx, safetensors or numpy package")
        return MISSING
    if not folders:
        print(f"skipped: there are no tests in {arguments.data} (Debian: libonnx-testdata)")
        return MISSING
    program = Program(f"{arguments.folder}/nodes", arguments)
    refused, runs, failures, total = collections.defaultdict(list), [], 0, 0
    for folder in folders:
        model = onnx.load(f"{folder}/model.onnx")
        inputs = tensors(folder, "input")
        if not known(model):
            continue
        total += 1
        name = os.path.basename(folder)
        try:
            reader = from_onnx.Reader(with_constants(model, inputs))
            builder = reader.read()
            images = compare.to_network(builder, numpy_helper.to_array(inputs[0]))
            runs.append(
                (name, program.add(builder, images), builder, numpy_helper.to_array(tensors(folder, "output")[0]))
            )
        except Refusal as refusal:
            operators = re.match(r"node(?: '[^']*')? \((\w+)\)", str(refusal))
            operators = {operators.group(1)} if operators else {node.op_type for node in model.graph.node}
            refused[kind_of(str(refusal))].append((name, operators))
            if arguments.show:
                print(f"{name}: {refusal}")
    program.run()
    largest = 0.0
    for name, run, builder, expected in runs:
        difference = compare.difference(program.outputs(run, builder), expected)
        largest = max(largest, difference)
        if not difference <= TOLERANCE:
            failures += 1
            print(f"{name}: the outputs differ by {difference:.2g} of the largest")
    printed = table(len(runs) - failures, refused, total)
    print(printed)
    print(
        f"{len(program.types)} types; the outputs differ by at most {largest:.2g} of the largest: {failures} failures"
    )
    if arguments.page:
        with open(arguments.page) as file:
            if printed not in file.read():
                failures += 1
                print(f"{arguments.page} has another table")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
