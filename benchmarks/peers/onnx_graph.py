# SPDX-License-Identifier: MIT
"""Reads the ONNX files of export_onnx into a list of nodes, for programs that have no reader of their own."""

from dataclasses import dataclass, field

import numpy
import onnx
from onnx import numpy_helper


@dataclass
class Node:
    kind: str  # the operator
    name: str
    inputs: list  # names of values: "input", or the output of another node
    output: str
    weights: list  # arrays, in the operator's order
    options: dict = field(default_factory=dict)


def read_graph(path):
    """The nodes in order, and the name of the output."""
    model = onnx.load(str(path))
    arrays = {tensor.name: numpy.array(numpy_helper.to_array(tensor)) for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        options = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        inputs = [name for name in node.input if name not in arrays]
        weights = [arrays[name] for name in node.input if name in arrays]
        nodes.append(Node(node.op_type, node.name.replace(".", "_"), inputs, node.output[0], weights, options))
    return nodes, model.graph.output[0].name


def window(node):
    """Kernel, strides, and the padding of an operator with a window; the padding is the same on both sides."""
    kernel = tuple(node.options["kernel_shape"])
    strides = tuple(node.options.get("strides", (1, 1)))
    pads = tuple(node.options.get("pads", (0, 0, 0, 0)))
    if pads[:2] != pads[2:]:
        raise NotImplementedError(f"{node.kind} {node.name} has the padding {pads}")
    return kernel, strides, pads[:2]


def pads_of(node):
    """Pad: zeros before and after, for each axis of an image's height and width."""
    pads = [int(number) for number in node.weights[0]]
    return (pads[2], pads[6]), (pads[3], pads[7])
