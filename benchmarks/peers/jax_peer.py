# SPDX-License-Identifier: MIT
"""Inference and training with JAX: the network of an ONNX file as a function that jax.jit compiles for the processor.

A training step is one compiled function: gather the batch, forward, loss, backward, SGD; the parameters are donated.
"""

import os
import sys
import time

from common import (BATCHES, LARGE_BATCHES, SMALL_NETWORKS, Model, check, choose, measure, parser_of, print_result,
                    threads_of)

parser = parser_of("Measures JAX.")
arguments = parser.parse_args()
threads = threads_of(arguments.case)
# XLA takes as many threads as there are processors that the process may use.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])

try:
    import jax
    import jax.numpy as jnp
    from jax import lax
except ImportError as error:
    sys.exit(f"JAX cannot be imported by {sys.executable}: {error}")
import numpy  # noqa: E402

from onnx_graph import pads_of, read_graph, window  # noqa: E402
from training import SHRINK, TRAINING, numbers_of, parts_of, random_data  # noqa: E402


def pooled(node, values):
    kernel, strides, (vertical, horizontal) = window(node)
    sizes, steps = (1, 1, *kernel), (1, 1, *strides)
    padding = ((0, 0), (0, 0), (vertical, vertical), (horizontal, horizontal))
    if node.kind == "MaxPool":
        return lax.reduce_window(values, -jnp.inf, lax.max, sizes, steps, padding)
    if vertical or horizontal:
        raise NotImplementedError("an AveragePool with padding")
    return lax.reduce_window(values, 0.0, lax.add, sizes, steps, padding) / (kernel[0] * kernel[1])


def per_channel(values):
    return values.reshape(1, -1, 1, 1)


def network_of(path, training=False):
    """(forward(parameters, images), parameters); BatchNorm takes the batch's statistics in training."""
    nodes, output = read_graph(path)
    learned = {"Conv": 2, "Gemm": 2, "BatchNormalization": 2}
    parameters = {node.name: [jnp.asarray(weight) for weight in node.weights[:learned[node.kind]]]
                  for node in nodes if node.kind in learned}

    def apply(node, inputs, weights):
        x = inputs[0]
        if node.kind == "Conv":
            _, strides, padding = window(node)
            result = lax.conv_general_dilated(x, weights[0], strides, [(each, each) for each in padding],
                                              rhs_dilation=tuple(node.options.get("dilations", (1, 1))),
                                              dimension_numbers=("NCHW", "OIHW", "NCHW"),
                                              feature_group_count=node.options.get("group", 1))
            return result + per_channel(weights[1]) if len(weights) > 1 else result
        if node.kind == "Gemm":
            return x @ weights[0].T + weights[1]
        if node.kind == "BatchNormalization":
            mean, variance = (x.mean((0, 2, 3)), x.var((0, 2, 3))) if training else node.weights[2:4]
            scale = weights[0] * lax.rsqrt(variance + node.options["epsilon"])
            return x * per_channel(scale) + per_channel(weights[1] - mean * scale)
        if node.kind == "Pad":
            return jnp.pad(x, ((0, 0), (0, 0), *pads_of(node)))
        if node.kind in ("MaxPool", "AveragePool"):
            return pooled(node, x)
        simple = {"Relu": jax.nn.relu, "Sigmoid": jax.nn.sigmoid, "Identity": lambda value: value,
                  "Flatten": lambda value: value.reshape(len(value), -1),
                  "GlobalAveragePool": lambda value: value.mean((2, 3), keepdims=True)}
        if node.kind in ("Sum", "Add"):
            return inputs[0] + inputs[1]
        if node.kind not in simple:
            raise NotImplementedError(f"there is no function for {node.kind}")
        return simple[node.kind](x)

    def forward(parameters, images):
        values = {"input": images}
        for node in nodes:
            values[node.output] = apply(node, [values[name] for name in node.inputs], parameters.get(node.name))
        return values[output]
    return forward, parameters


def load(model, _, batch):
    forward, parameters = network_of(model.path)
    # The parameters are constants of the compiled function.
    compiled = jax.jit(lambda images: forward(parameters, images)).lower(
        jax.ShapeDtypeStruct((batch, *model.images.shape[1:]), jnp.float32)).compile()
    return lambda images: numpy.asarray(compiled(images))


def data_of(model, count):
    if model.images.shape[1:] == (1, 28, 28):
        import mnist_files
        return mnist_files.load(arguments.data, "train")
    return random_data(model.name, count)


def train():
    name, batch = parts_of(arguments.case)
    rate, amounts = TRAINING[name]
    model = Model(arguments.models, name)
    count = choose(arguments, *amounts) // batch * batch
    images, labels = (jnp.asarray(array) for array in data_of(model, count))
    evaluate, parameters = network_of(model.training_path)
    check(model, "fp32", lambda some: numpy.asarray(evaluate(parameters, some)), 4)
    forward, parameters = network_of(model.training_path, training=True)
    parameters = jax.tree.map(lambda value: value * SHRINK if value.ndim > 1 else value, parameters)

    def loss_of(parameters, x, y):
        logits = jax.nn.log_softmax(forward(parameters, x))
        return -jnp.take_along_axis(logits, y[:, None], 1).mean()

    def step(parameters, images, labels, chosen):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, images[chosen], labels[chosen])
        return jax.tree.map(lambda value, gradient: value - rate * gradient, parameters, gradients), loss

    step = jax.jit(step, donate_argnums=0)

    def run(parameters, order):
        loss = None
        for first in range(0, len(order), batch):
            parameters, loss = step(parameters, images, labels, order[first:first + batch])
        return parameters, float(loss)

    order = numpy.random.default_rng(2).permutation(len(images))[:count].astype(numpy.int32)
    parameters, _ = run(parameters, order[:min(count, 8 * batch)])
    begin = time.perf_counter()
    parameters, loss = run(parameters, order)
    jax.block_until_ready(parameters)
    return numbers_of(count, time.perf_counter() - begin, loss, "jit, donated")


def main():
    if arguments.case.startswith("train/"):
        numbers = train()
    else:
        # Each size of a batch is a compilation.
        sizes = LARGE_BATCHES if arguments.case.split("/")[1] in SMALL_NETWORKS else BATCHES
        numbers = measure(arguments, ("jit",), load, "fp32", sizes[arguments.amount][-2:])
    print_result(arguments.case, "JAX", jax.__version__, numbers)


if __name__ == "__main__":
    main()
