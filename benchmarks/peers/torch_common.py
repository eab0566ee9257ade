# SPDX-License-Identifier: MIT
"""What the PyTorch programs share: a network of an ONNX file, the data in memory, and the command line."""

import sys
import warnings

try:
    import torch
    from torch import nn
except ImportError as error:
    sys.exit(f"PyTorch cannot be imported by {sys.executable}: {error}")

import mnist_files
from common import parser_of, print_result, threads_of

# PyTorch computes a convolution with oneDNN or with kernels of its own; for small ones these may be faster. And an image
# may lie in memory channel by channel or pixel by pixel.
LIBRARIES = {"oneDNN": True, "without oneDNN": False}
FORMATS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def copied(parameter, array):
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(array))


def module_of(node):
    """The module of a node; None for one that is not needed."""
    from onnx_graph import pads_of, window
    options, weights = node.options, node.weights
    if node.kind == "Conv":
        kernel, strides, padding = window(node)
        outputs, inputs = weights[0].shape[:2]
        groups = options.get("group", 1)
        dilations = tuple(options.get("dilations", (1, 1)))
        module = nn.Conv2d(inputs * groups, outputs, kernel, strides, padding, dilations, groups, bias=len(weights) > 1)
    elif node.kind == "Gemm":
        module = nn.Linear(weights[0].shape[1], weights[0].shape[0])
    elif node.kind == "BatchNormalization":
        module = nn.BatchNorm2d(len(weights[0]), eps=options["epsilon"])
        copied(module.running_mean, weights[2])
        copied(module.running_var, weights[3])
    else:
        if node.kind == "Pad":
            (top, bottom), (left, right) = pads_of(node)
            return nn.ZeroPad2d((left, right, top, bottom))
        plain = {"Relu": nn.ReLU, "Sigmoid": nn.Sigmoid, "Flatten": nn.Flatten, "GlobalAveragePool": lambda:
                 nn.AdaptiveAvgPool2d(1), "MaxPool": lambda: nn.MaxPool2d(*window(node)),
                 "AveragePool": lambda: nn.AvgPool2d(*window(node), count_include_pad=bool(
                     options.get("count_include_pad", 0)))}
        if node.kind not in plain:
            raise NotImplementedError(f"there is no module for {node.kind}")
        return plain[node.kind]()
    copied(module.weight, weights[0])
    if module.bias is not None:
        copied(module.bias, weights[1])
    return module


def network_of(path):
    """A network with the layers and parameters of an ONNX file. Its forward is a straight list of calls."""
    from onnx_graph import read_graph
    nodes, output = read_graph(path)
    graph = torch.fx.Graph()
    values = {"input": graph.placeholder("images")}
    modules = nn.Module()
    for node in nodes:
        inputs = [values[name] for name in node.inputs]
        if node.kind == "Identity":
            values[node.output] = inputs[0]
        elif node.kind in ("Add", "Sum"):
            values[node.output] = graph.call_function(torch.add, tuple(inputs))
        else:
            name = f"layer_{node.name}"
            modules.add_module(name, module_of(node))
            values[node.output] = graph.call_module(name, tuple(inputs))
    graph.output(values[output])
    return torch.fx.GraphModule(modules, graph)


def load_mnist(folder, kind):
    """Images (N, 1, 28, 28) in [0, 1], and labels."""
    return (torch.from_numpy(array) for array in mnist_files.load(folder, kind))


used_library = "oneDNN"


def use_library(name):
    """with_library without an end, and quicker where nothing changes."""
    global used_library
    if name != used_library:
        torch.backends.mkldnn.set_flags(LIBRARIES[name])
        used_library = name


def with_library(name):
    return torch.backends.mkldnn.flags(enabled=LIBRARIES[name])


def run_case(forms, measure):
    """measure(arguments) -> dict, for the case of the command line."""
    parser = parser_of("Measures PyTorch.")
    parser.add_argument("--form", choices=forms, default=forms[0])
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # such as those about processors that are not there
    torch.set_num_threads(threads_of(arguments.case))
    numbers = measure(arguments)
    print_result(arguments.case, f"PyTorch {arguments.form}", torch.__version__, numbers)
