# SPDX-License-Identifier: MIT
"""ONNX models as networks of ctcnn."""

import collections
import math
import os

import numpy as np
import onnx
import onnx.inliner
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from ctcnn_tools.network import CHAIN, HAS, Builder, Refusal

SELU = (1.6732632423543772, 1.0507009873554805)  # alpha and gamma
FLOATS = {onnx.TensorProto.FLOAT: np.float32, onnx.TensorProto.DOUBLE: np.float64}
ANY_BATCH = 3  # images that a model computes whose batch may be of any size
MOST_CONSTANT = 2**28  # elements of a constant that is computed

# Operators that are computed here where all inputs are constants.
COMPUTED = set(
    "Add Cast Concat Constant ConstantOfShape Div Exp Floor Gather Identity Max Min Mod Mul Neg Pow Reciprocal Reshape "
    "Shape Slice Split Sqrt Squeeze Sub Transpose Unsqueeze".split()
)
# Operators on each element, of which exporters make functions.
POINTWISE = set("Add Clip Div Erf Exp HardSigmoid Mul Neg Pow Reciprocal Relu Sigmoid Sqrt Sub Tanh".split())
FUNCTIONS = {
    "SiLU": lambda x: x / (1 + np.exp(-x)),
    "GELU": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "GELUTanh": lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "Hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
}
BROADCASTING = {"Add", "Div", "Max", "Min", "Mul", "Pow", "Sub"}


def shown(name, most=80):
    """A name of a file, in a sentence."""
    text = "".join(c if c.isprintable() else "?" for c in name)
    return text if len(text) <= most else text[: most - 3] + "..."


def dtype_name(number):
    known = number in onnx.TensorProto.DataType.values()
    return onnx.TensorProto.DataType.Name(number).lower() if known else f"of the unknown type {number}"


def load(path):
    try:
        model = onnx.load(path)
    except OSError:
        raise
    except Exception as error:
        text = (str(error).splitlines() or ["it cannot be read"])[0]
        if "TensorProto" in text and "stored in" in text:
            raise Refusal("its weights are in another file, which is not next to it: " + shown(text, 200)) from None
        text = shown(text)
        raise Refusal(f"it is no ONNX model, or a damaged one: {text}") from None
    try:
        onnx.checker.check_model(model)
    except Exception as error:
        text = shown((str(error).splitlines() or ["it is not valid"])[0])
        raise Refusal(f"it is no valid ONNX model: {text}") from None
    return onnx.inliner.inline_local_functions(model) if model.functions else model


def attributes_of(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


class Following:
    """A chain of nodes from the current value of a reader: each reads what the one before it makes, which no other reads."""

    def __init__(self, reader, nodes):
        self.reader, self.nodes = reader, nodes
        self.inside, self.value = [], reader.current
        self.readers = collections.Counter(name for node in nodes if node.op_type != "Shape" for name in node.input)

    def take(self, kind, inputs, fits=lambda constants: True):
        """The constants of the next node if it is of that kind, has so many inputs, and fits; else None."""
        known = self.reader.constants
        for node in self.nodes:
            if node.op_type == "Shape" and node.input[0] in self.reader.shapes and node.domain in ("", "ai.onnx"):
                self.reader.step(node)
                continue
            if all(name in known for name in node.input):
                if node.op_type in COMPUTED and node.output[0] not in known:
                    self.reader.compute(node)
                continue
            if node in self.inside:
                continue
            constants = [name for name in node.input if name in known]
            if (
                node.op_type != kind
                or self.value not in node.input
                or not len(node.input) == inputs == len(constants) + 1
                or self.readers[self.value] != 1
                or self.value == self.reader.output.name
            ):
                return None
            values = [self.reader.constant(name) for name in constants]
            if not fits(values):
                return None
            self.inside.append(node)
            self.value = node.output[0]
            return values
        return None

    def end(self):
        """The nodes that were taken; the reader goes on behind them."""
        self.reader.current = self.value
        self.reader.shapes[self.value] = (self.reader.batch, *self.reader.builder.seen)
        return self.inside


class Reader:
    def __init__(self, model, input_shape=None):
        self.model, graph = model, model.graph
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        if graph.sparse_initializer:
            raise Refusal("it has sparse weights: export it with dense ones")
        self.opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
        inputs = [value for value in graph.input if value.name not in self.constants]
        for values, what in ((inputs, "inputs"), (graph.output, "outputs")):
            if len(values) != 1:
                names = ", ".join(shown(value.name) for value in values[:8])
                raise Refusal(
                    f"it has {len(values)} {what} ({names}), and a network of ctcnn has one: export the part between "
                    "one input and one output"
                )
        self.input, self.output = inputs[0], graph.output[0]
        tensor = self.input.type.tensor_type
        self.dtype = FLOATS.get(tensor.elem_type)
        if not self.input.type.HasField("tensor_type"):
            raise Refusal("its input is no tensor, and ctcnn's is: export a model of one tensor")
        if self.dtype is None:
            kind = dtype_name(tensor.elem_type)
            raise Refusal(f"its input is {kind}, and ctcnn's is float: export the model in float32")
        dims = [max(dim.dim_value, 0) for dim in tensor.shape.dim]  # 0 and -1 are open, as is none
        if len(dims) < 2:
            raise Refusal("its input has no axis behind the batch axis")
        self.batch = dims[0] or ANY_BATCH
        self.fixed_batch = dims[0] or None
        shape = tuple(dims[1:])
        if input_shape is not None:
            input_shape = tuple(input_shape)
            if len(input_shape) != len(shape) or any(a and a != b for a, b in zip(shape, input_shape)):
                raise Refusal(
                    f"its input is {shape} behind the batch axis, which does not fit to the given {input_shape}"
                )
            shape = input_shape
        if min(shape) < 1:
            raise Refusal("the sizes of its input are not fixed: give them as in --input 3,224,224")
        if math.prod(shape) > 2**28 or self.batch > 2**16:
            raise Refusal(f"its input {(self.batch, *shape)} is too large")
        self.model_shape = shape
        self.current = self.input.name
        self.builder = Builder(shape)
        self.shapes = {self.current: (self.batch, *shape)}  # of all values on the way

    def read(self):
        nodes = self.needed()
        for node in nodes:
            if node.op_type == "Constant":
                self.compute(node)
        done = set()
        for index, node in enumerate(nodes):
            if id(node) in done or node.op_type == "Constant":
                continue
            try:
                known = {"Reshape": self.group_norm_of, "Mul": self.softplus_of}.get(node.op_type)
                inside = known and known(nodes[index:])
                if inside:
                    done.update(map(id, inside))
                    continue
                found = self.function_of(nodes[index:])
                if found is None:
                    self.step(node)
                else:
                    name, inside = found
                    self.builder.activation(name)
                    self.current = inside[-1].output[0]
                    self.shapes[self.current] = (self.batch, *self.builder.seen)
                    done.update(map(id, inside))
            except Refusal as refusal:
                name = f" '{shown(node.name)}'" if node.name else ""
                raise Refusal(f"node{name} ({shown(node.op_type)}): {refusal}") from None
            except Exception as error:  # a damaged model: an operator with other inputs or attributes than it has
                name = f" '{shown(node.name)}'" if node.name else ""
                text = shown((str(error).splitlines() or [""])[0])
                raise Refusal(
                    f"node{name} ({shown(node.op_type)}) cannot be read ({type(error).__name__}: {text}): is the model "
                    "valid?"
                ) from None
        if self.output.name != self.current:
            raise Refusal("its output does not depend on its input")
        return self.builder.finish()

    def group_norm_of(self, nodes):
        """Adds the GroupNorm that the first nodes are, and returns them; None if they are none. Up to opset 20 exporters
        write it as InstanceNormalization of the groups between two Reshape, with Mul and Add behind them."""
        seen = (self.batch, *self.builder.seen)
        following = Following(self, nodes)
        first = following.take("Reshape", 2)
        normalised = first and following.take("InstanceNormalization", 3)
        last = normalised and following.take("Reshape", 2)
        if not last:
            return None
        scale, bias = (v.astype(np.float64).reshape(-1) for v in normalised)
        groups = scale.size
        grouped = (self.batch, groups, math.prod(seen[1:]) // groups)
        if (
            len(first[0]) != 3
            or seen[1] % groups
            or self.resolved({}, first[0], seen) != list(grouped)
            or self.resolved({}, last[0], grouped) != list(seen)
        ):
            return None
        epsilon = self.epsilon(attributes_of(following.inside[1]))
        weight, bias = (np.repeat(v, seen[1] // groups) for v in (scale, bias))
        plain = (weight == 1).all() and not bias.any()
        channels = (seen[1], *[1] * (len(seen) - 2))
        fits = lambda values: values[0].size == 1 or values[0].shape in (channels, (1, *channels))
        for kind in ("Mul", "Add"):
            factor = following.take(kind, 2, fits)
            if factor:
                factor = factor[0].astype(np.float64).reshape(-1)
                weight, bias = (weight * factor, bias * factor) if kind == "Mul" else (weight, bias + factor)
                plain = plain and factor.size == 1 and factor[0] == (kind == "Mul")
        self.builder.group_norm(groups, epsilon, *(None, None) if plain else (weight, bias))
        return following.end()

    def softplus_of(self, nodes):
        """Adds the Softplus with a beta that the first nodes are, and returns them; None if they are none: ONNX has it
        without."""
        following = Following(self, nodes)
        scalar = lambda values: values[0].size == 1 and values[0].reshape(-1)[0] > 0
        beta = following.take("Mul", 2, scalar)
        back = beta and following.take("Softplus", 1) is not None and following.take("Mul", 2, scalar)
        if not back or abs(beta[0].item() * back[0].item() - 1) > 1e-6:
            return None
        self.builder.softplus(float(str(np.float32(beta[0].item()))))
        return following.end()

    def function_of(self, nodes):
        """The function that the first nodes compute of the current value, if that is one of FUNCTIONS, and the nodes:
        exporters write some functions as several operators, which read the value more than once."""
        readers = collections.Counter(name for node in nodes for name in set(node.input))
        if readers[self.current] < 2 or self.current == self.output.name:
            return None
        known, inside, inner_reads = {self.current}, [], collections.Counter()
        for node in nodes:
            if node.op_type == "Constant":
                continue
            data = {name for name in node.input if name and name not in self.constants}
            scalars = [self.constant(name) for name in node.input if name in self.constants]
            if node.op_type not in POINTWISE or not data or data - known or any(v.size != 1 for v in scalars):
                return None
            inside.append(node)
            known.add(node.output[0])
            inner_reads.update(data)
            inner = known - {node.output[0]}
            if all(inner_reads[name] == readers[name] for name in inner) and self.output.name not in inner:
                name = self.same_function(inside)
                if name is not None:
                    return name, inside
        return None

    def same_function(self, nodes):
        """The name of the function that nodes compute of the current value, by its values."""
        x = np.linspace(-6, 6, 97).astype(self.dtype)
        used = {name for node in nodes for name in node.input if name in self.constants}
        graph = helper.make_graph(
            nodes,
            "function",
            [helper.make_tensor_value_info(self.current, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)],
            [onnx.ValueInfoProto(name=nodes[-1].output[0])],
            [numpy_helper.from_array(self.constant(name).reshape(()), name) for name in used],
        )
        evaluator = ReferenceEvaluator(helper.make_model(graph, opset_imports=self.model.opset_import))
        (values,) = evaluator.run(None, {self.current: x})
        for name, function in FUNCTIONS.items():
            if np.abs(values - function(x.astype(np.float64))).max() <= 1e-5:
                return name
        return None

    def needed(self):
        """The nodes that the output needs."""
        makers = {name: node for node in self.model.graph.node for name in node.output if name}
        wanted, stack = set(), [self.output.name]
        while stack:
            node = makers.get(stack.pop())
            if node is not None and id(node) not in wanted:
                wanted.add(id(node))
                stack += [name for name in node.input if name]
        return [node for node in self.model.graph.node if id(node) in wanted]

    def constant(self, name):
        value = self.constants[name]
        if isinstance(value, onnx.TensorProto):
            value = self.constants[name] = numpy_helper.to_array(value)
        return value

    def step(self, node):
        attributes = attributes_of(node)
        data = [name for name in node.input if name and name not in self.constants]
        if node.domain not in ("", "ai.onnx"):
            raise Refusal(f"it is an operator of '{shown(node.domain)}', which is not ONNX's own: {self.remedy()}")
        if node.op_type == "Shape" and data and data[0] in self.shapes:
            shape = self.shapes[data[0]]
            self.constants[node.output[0]] = np.array(
                shape[attributes.get("start", 0) : attributes.get("end", len(shape))], np.int64
            )
            return
        if not data and node.op_type in COMPUTED:
            self.compute(node)
            return
        handler = getattr(self, "op_" + node.op_type, None)
        if handler is None:
            raise Refusal(self.remedy())
        if not data:
            raise Refusal(
                "it computes a constant, which ctcnn-import does not: simplify the model, for instance with onnxsim"
            )
        if len(data) > 1:
            raise Refusal(f"it joins two computed values, and {CHAIN}")
        if node.input[0] in self.constants and node.op_type not in ("Add", "Mul", "Sub", "Div"):
            raise Refusal("its first input is a constant, and ctcnn has no layer for that")
        if data[0] != self.current:
            raise Refusal(f"it reads '{shown(data[0])}', which another node reads, too: {CHAIN}")
        handler(node, attributes, *[self.constant(n) if n in self.constants else None for n in node.input])
        self.current = node.output[0]
        self.shapes[self.current] = (self.batch, *self.builder.seen)

    def remedy(self):
        return f"ctcnn has no layer for it. It has {HAS}: export a model of these"

    def compute(self, node):
        values = {name: self.constant(name) for name in node.input if name}
        if node.op_type in BROADCASTING or node.op_type == "ConstantOfShape":
            made = node.op_type == "ConstantOfShape"
            shape = map(int, *values.values()) if made else np.broadcast_shapes(*(v.shape for v in values.values()))
            shape = list(shape)
            if math.prod(shape) > MOST_CONSTANT:
                raise Refusal(f"it would make a constant of {math.prod(shape)} elements")
        graph = helper.make_graph(
            [node],
            "constant",
            [
                helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
                for n, v in values.items()
            ],
            [onnx.ValueInfoProto(name=name) for name in node.output if name],
        )
        evaluator = ReferenceEvaluator(helper.make_model(graph, opset_imports=self.model.opset_import))
        self.constants.update(zip([n for n in node.output if n], map(np.asarray, evaluator.run(None, values))))

    # Operators.

    def op_Conv(self, node, a, x, weight=None, bias=None):
        self.need(weight, "weight")
        if weight.ndim == 3:
            stride, pads, dilation = self.row_window(a, weight.shape[2])
            self.builder.conv1d(weight, bias, stride, pads, dilation, a.get("group", 1))
            return
        if weight.ndim != 4:
            raise Refusal(f"its kernel has {weight.ndim - 2} axes, and that of a Conv2d has 2: make the model 2-D")
        self.builder.conv2d(
            weight,
            bias,
            *self.windows(a, weight.shape[2:], a.get("dilations", [1, 1])),
            a.get("group", 1),
        )

    def op_ConvTranspose(self, node, a, x, weight=None, bias=None):
        self.need(weight, "weight")
        if weight.ndim != 4:
            raise Refusal(f"its kernel has {weight.ndim - 2} axes, and that of a ConvTranspose2d has 2")
        pads = a.get("pads", [0, 0, 0, 0])
        auto = a.get("auto_pad", b"NOTSET").decode()
        if "output_shape" in a or auto not in ("NOTSET", "VALID") or pads[:2] != pads[2:]:
            raise Refusal("its padding is computed, or not the same at both ends: export the model with equal padding")
        options = [tuple(a.get("strides", [1, 1])), tuple(pads[:2]) if auto == "NOTSET" else (0, 0)]
        options += [tuple(a.get("output_padding", [0, 0])), tuple(a.get("dilations", [1, 1]))]
        self.builder.conv_transpose2d(weight, bias, *options, a.get("group", 1))

    def op_LayerNormalization(self, node, a, x, scale=None, bias=None):
        self.need(scale, "scale")
        axis = a.get("axis", -1) % (len(self.builder.shape) + 1)
        shape = (self.batch, *self.builder.seen)[axis:]
        if bias is None and (np.asarray(scale) == 1).all():
            scale = None  # ONNX has no LayerNormalization without it
        scale, bias = (v if v is None or v.ndim > len(shape) else np.broadcast_to(v, shape) for v in (scale, bias))
        self.builder.layer_norm(shape, self.epsilon(a), scale, bias)

    def op_GroupNormalization(self, node, a, x, scale=None, bias=None):
        self.need(scale, "scale")
        self.need(bias, "bias")
        groups = a["num_groups"]
        if self.opset < 21:  # one for each group
            scale, bias = (np.repeat(v, self.builder.shape[0] // groups) for v in (scale, bias))
        self.builder.group_norm(groups, self.epsilon(a), scale, bias)

    def op_InstanceNormalization(self, node, a, x, scale=None, bias=None):
        self.need(scale, "scale")
        self.need(bias, "bias")
        self.builder.group_norm(self.builder.shape[0], self.epsilon(a), scale, bias)

    @staticmethod
    def epsilon(a):
        """Attributes are float32: the shortest number that is rounded to it."""
        return float(str(np.float32(a.get("epsilon", 1e-5))))

    def row_window(self, a, kernel):
        """Stride, pads (begin, end) and dilation of a layer of sequences."""
        (stride,), (dilation,) = a.get("strides", [1]), a.get("dilations", [1])
        pads = tuple(a.get("pads", [0, 0]))
        auto = a.get("auto_pad", b"NOTSET").decode()
        if auto in ("SAME_UPPER", "SAME_LOWER"):
            self.builder.sequence("it")
            size = self.builder.shape[1]
            both = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
            pads = (both // 2, both - both // 2)[:: 1 if auto == "SAME_UPPER" else -1]
        elif auto != "NOTSET":
            pads = (0, 0)
        return stride, pads, dilation

    def need(self, value, what):
        if value is None:
            raise Refusal(f"its {what} is computed from the input, or missing: ctcnn's are constant")

    def windows(self, a, kernel, dilations):
        """Strides, pads (top, left, bottom, right), and the dilations."""
        strides = a.get("strides", [1, 1])
        pads = a.get("pads", [0, 0, 0, 0])
        auto = a.get("auto_pad", b"NOTSET").decode()
        if len(strides) != 2 or len(pads) != 4 or len(dilations) != 2:
            raise Refusal("its strides, pads or dilations are not those of two axes")
        if auto == "VALID":
            pads = [0, 0, 0, 0]
        elif auto in ("SAME_UPPER", "SAME_LOWER"):
            both = []
            for axis, size in enumerate(self.builder.shape[1:]):
                out = -(-size // strides[axis])
                both.append(max((out - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1 - size, 0))
            less, more = [n // 2 for n in both], [n - n // 2 for n in both]
            pads = less + more if auto == "SAME_UPPER" else more + less
        elif auto != "NOTSET":
            raise Refusal(f"its auto_pad is {shown(auto)}")
        return tuple(strides), tuple(pads), tuple(dilations)

    def pool(self, name, a, counts_padding):
        kernel = tuple(a["kernel_shape"])
        if len(kernel) == 1:
            stride, pads, dilation = self.row_window(a, kernel[0])
            ceil = bool(a.get("ceil_mode", 0))
            self.builder.pool1d(name.replace("2", "1"), kernel[0], stride, pads, dilation, counts_padding, ceil)
            return
        if len(kernel) != 2:
            raise Refusal(f"its kernel has {len(kernel)} axes, and that of {name} has 2: make the model 2-D")
        self.builder.image(name)
        strides, pads, dilations = self.windows(a, kernel, a.get("dilations", [1, 1]))
        self.builder.pool(name, kernel, strides, pads, dilations, counts_padding, bool(a.get("ceil_mode", 0)))

    def op_MaxPool(self, node, a, x):
        self.pool("MaxPool2d", a, True)

    def op_AveragePool(self, node, a, x):
        self.pool("AvgPool2d", a, bool(a.get("count_include_pad", 0)))

    def op_GlobalAveragePool(self, node, a, x):
        self.builder.global_pool("AvgPool")

    def op_GlobalMaxPool(self, node, a, x):
        self.builder.global_pool("MaxPool")

    def reduce(self, name, a, axes):
        axes = a.get("axes") if axes is None else axes
        rank = len(self.builder.shape) + 1
        axes = None if axes is None else sorted(int(axis) % rank for axis in axes)
        if axes != list(range(2, rank)) or rank not in (3, 4):
            raise Refusal(
                f"it reduces the axes {axes or 'all'} of {rank}, and ctcnn reduces the height and the width of "
                "images, 2 and 3, and the length of sequences, 2"
            )
        self.builder.global_pool(name)
        if not a.get("keepdims", 1):
            self.builder.flatten()

    def op_ReduceMean(self, node, a, x, axes=None):
        self.reduce("AvgPool", a, axes)

    def op_ReduceMax(self, node, a, x, axes=None):
        self.reduce("MaxPool", a, axes)

    def op_Gemm(self, node, a, x, weight=None, bias=None):
        self.need(weight, "weight")
        if a.get("transA", 0):
            raise Refusal(
                "it transposes its input (transA is 1), so that images would mix: export a Gemm with transA 0"
            )
        weight = weight.astype(np.float64) * a.get("alpha", 1.0)
        if bias is not None:
            bias = bias.astype(np.float64) * a.get("beta", 1.0)
            if bias.ndim > 1 and math.prod(bias.shape[:-1]) != 1:
                raise Refusal(f"its bias {bias.shape} differs from image to image")
        self.builder.linear(weight if a.get("transB", 0) else weight.T, bias)

    def op_MatMul(self, node, a, x, weight=None):
        self.need(weight, "weight")
        if weight.ndim != 2:
            raise Refusal(f"its weight has {weight.ndim} axes, and that of a Linear has 2")
        self.builder.linear(weight.T, None)

    def op_BatchNormalization(self, node, a, x, scale=None, bias=None, mean=None, var=None):
        for value, what in ((scale, "scale"), (bias, "bias"), (mean, "mean"), (var, "variance")):
            self.need(value, what)
        if a.get("training_mode", 0) or self.opset < 7 and not a.get("is_test", 0):
            raise Refusal("it is in training mode: export the model in inference, in PyTorch after model.eval()")
        scale, bias, mean, var = (np.asarray(v, np.float64) for v in (scale, bias, mean, var))
        factor = scale / np.sqrt(var + a.get("epsilon", 1e-5))
        self.builder.scale(factor, bias - mean * factor)
        self.builder.folded["BatchNorm"] += 1

    def op_Add(self, node, a, x, y):
        self.builder.scale_by(y if x is None else x, np.ones_like, lambda v: v)

    def op_Mul(self, node, a, x, y):
        self.builder.scale_by(y if x is None else x, lambda v: v, np.zeros_like)

    def op_Sub(self, node, a, x, y):
        if x is None:
            self.builder.scale_by(y, np.ones_like, lambda v: -v)
        else:
            self.builder.scale_by(x, lambda v: -np.ones_like(v), lambda v: v)

    def op_Div(self, node, a, x, y):
        if x is not None:
            raise Refusal("it divides by the input, for which ctcnn has no layer")
        self.builder.scale_by(y, lambda v: 1 / v, np.zeros_like)

    def op_Relu(self, node, a, x):
        self.builder.activation("ReLU")

    def op_Sigmoid(self, node, a, x):
        self.builder.activation("Sigmoid")

    def op_Tanh(self, node, a, x):
        self.builder.activation("Tanh")

    def op_LeakyRelu(self, node, a, x):
        self.builder.leaky_relu(a.get("alpha", 0.01))

    def op_Elu(self, node, a, x):
        self.builder.elu(a.get("alpha", 1.0))

    def op_Selu(self, node, a, x):
        alpha, gamma = a.get("alpha", SELU[0]), a.get("gamma", SELU[1])
        if np.abs(np.array([alpha, gamma]) - SELU).max() > 1e-6:
            raise Refusal(f"its alpha is {alpha} and its gamma {gamma}, and SELU's are {SELU[0]:.6g} and {SELU[1]:.6g}")
        self.builder.activation("SELU")

    def op_Gelu(self, node, a, x):
        self.builder.activation("GELU" if a.get("approximate", b"none") == b"none" else "GELUTanh")

    def op_Softplus(self, node, a, x):
        self.builder.softplus()

    def op_HardSigmoid(self, node, a, x):
        alpha, beta = a.get("alpha", 0.2), a.get("beta", 0.5)
        if abs(alpha - 1 / 6) > 1e-6 or abs(beta - 0.5) > 1e-6:
            raise Refusal(f"its alpha is {alpha:.6g} and its beta {beta:.6g}, and Hardsigmoid's are 1/6 and 0.5")
        self.builder.activation("Hardsigmoid")

    def op_HardSwish(self, node, a, x):
        self.builder.activation("Hardswish")

    def op_PRelu(self, node, a, x, weight=None):
        self.need(weight, "weight")
        shape = (1,) * (len(self.builder.shape) + 1 - weight.ndim) + weight.shape
        if self.opset < 7 and weight.ndim == 1:
            shape = (1, weight.size)  # one for each channel, not yet broadcast
        if weight.ndim > len(self.builder.shape) + 1 or math.prod(shape) not in (1, shape[1]):
            raise Refusal(f"its weight {weight.shape} is neither one number nor one for each channel")
        self.builder.prelu(weight)

    def op_Clip(self, node, a, x, low=None, high=None):
        low, high = (a.get(name) if value is None else float(value) for name, value in (("min", low), ("max", high)))
        self.builder.clamp(low, high)

    def op_Flatten(self, node, a, x):
        axis = a.get("axis", 1)
        if axis % (len(self.builder.shape) + 1) != 1:
            raise Refusal(f"its axis is {axis}, and ctcnn flattens all axes behind the batch axis: use axis 1")
        self.builder.flatten()

    def to_shape(self, shape):
        if len(shape) < 2 or shape[0] != self.batch:
            raise Refusal(
                f"it changes {(self.batch, *self.builder.seen)} to {tuple(shape)}, in which the first axis is no "
                "longer the "
                "batch"
            )
        self.builder.reshape(shape[1:])

    @staticmethod
    def resolved(a, shape, old):
        """The shape that Reshape makes of another one: 0 stands for the old size, -1 for what is left."""
        shape = [int(n) for n in shape]
        if not a.get("allowzero", 0):
            shape = [old[axis] if n == 0 else n for axis, n in enumerate(shape)]
        if -1 in shape:
            rest = -math.prod(shape)
            shape[shape.index(-1)] = math.prod(old) // rest if rest > 0 and math.prod(old) % rest == 0 else 0
        return shape

    def op_Reshape(self, node, a, x, shape=None):
        shape = a.get("shape") if shape is None and "shape" in a else shape
        self.need(shape, "shape")
        self.to_shape(self.resolved(a, shape, (self.batch, *self.builder.seen)))

    def op_Squeeze(self, node, a, x, axes=None):
        old = (self.batch, *self.builder.seen)
        axes = a.get("axes") if axes is None else axes
        if axes is None:
            axes = [axis for axis, size in enumerate(old) if size == 1 and axis > 0]
        axes = {int(axis) % len(old) for axis in axes}
        self.to_shape([size for axis, size in enumerate(old) if axis not in axes])

    def op_Unsqueeze(self, node, a, x, axes=None):
        axes = a.get("axes") if axes is None else axes
        shape = [self.batch, *self.builder.seen]
        rank = len(shape) + len(axes)
        for axis in sorted(int(axis) % rank for axis in axes):
            shape.insert(axis, 1)
        self.to_shape(shape)

    def op_Transpose(self, node, a, x):
        rank = len(self.builder.shape) + 1
        order = list(a.get("perm", reversed(range(rank))))
        if sorted(order) != list(range(rank)) or order[0] != 0:
            raise Refusal(f"its permutation {order} moves the batch axis, or is none of {rank} axes")
        self.builder.transpose([axis - 1 for axis in order[1:]])

    def op_Pad(self, node, a, x, pads=None, value=None, axes=None):
        pads = a.get("pads", a.get("paddings")) if pads is None else pads
        self.need(pads, "padding")
        value = a.get("value", 0.0) if value is None else float(value)
        mode = a.get("mode", b"constant").decode()
        rank = len(self.builder.shape) + 1
        axes = range(rank) if axes is None else [int(axis) % rank for axis in axes]
        begin, end = [0] * rank, [0] * rank
        for index, axis in enumerate(axes):
            begin[axis], end[axis] = int(pads[index]), int(pads[index + len(axes)])
        if not any(begin) and not any(end):
            self.builder.left_out["Pad of nothing"] += 1
            return
        if mode != "constant" or value != 0:
            raise Refusal(
                f"it pads with {'the value ' + str(value) if mode == 'constant' else shown(mode)}: ctcnn pads with "
                "zeros"
            )
        if rank != 4 or any(begin[:2]) or any(end[:2]):
            raise Refusal("it pads other axes than the height and the width of images: ctcnn pads these")
        self.builder.zero_pad((begin[2], begin[3], end[2], end[3]))

    def op_Resize(self, node, a, x, roi=None, scales=None, sizes=None):
        mode = a.get("mode", b"nearest").decode()
        place = a.get("coordinate_transformation_mode", b"half_pixel").decode()
        nearest = a.get("nearest_mode", b"round_prefer_floor").decode()
        policy = a.get("keep_aspect_ratio_policy", b"stretch")
        if a.get("antialias", 0) or self.opset < 11 or policy != b"stretch":
            raise Refusal("it is a Resize that PyTorch's Upsample is not: export a model with Upsample")
        old = np.array((self.batch, *self.builder.seen))
        axes = list(a.get("axes", range(len(old))))
        factors = np.ones(len(old))
        if scales is not None and scales.size:
            factors[axes] = scales
        else:
            self.need(sizes, "size")
            factors[axes] = sizes / old[axes]
        self.resize(factors, mode, place, nearest)

    def op_Upsample(self, node, a, x, scales=None):
        scales = np.array(a["scales"]) if scales is None and "scales" in a else scales
        self.need(scales, "scale")
        self.resize(scales, a.get("mode", b"nearest").decode(), "asymmetric", "floor")

    def resize(self, factors, mode, place, nearest):
        if len(factors) != 4 or any(factors[:2] != 1):
            raise Refusal("it resizes other axes than the height and the width of images: Upsample resizes these")
        scale = [float(factor) for factor in factors[2:]]
        if mode not in ("nearest", "linear"):
            raise Refusal(f"its mode is {shown(mode)}, and ctcnn has Nearest and Bilinear: use one of these")
        for size, factor in zip(self.builder.shape[1:], scale):
            if factor < 1 or factor != int(factor) or factor * size > 2**20:
                continue  # refused below
            out = np.arange(int(factor * size))
            if mode == "nearest" and not (self.nearest(out, size, factor, place, nearest) == out // int(factor)).all():
                raise Refusal(f"its pixels are not repeated {int(factor)} times with {shown(place)}: use asymmetric")
            if mode == "linear" and place not in ("half_pixel", "pytorch_half_pixel") and factor > 1:
                raise Refusal(f"its coordinates are {shown(place)}, and those of Upsample half_pixel: use these")
        self.builder.upsample(scale, mode == "linear")

    @staticmethod
    def nearest(out, size, factor, place, mode):
        """The pixels that outputs of an axis are taken from."""
        half = place in ("half_pixel", "pytorch_half_pixel")
        if place != "asymmetric" and not half:
            return out * 0 - 1
        at = (out + 0.5) / factor - 0.5 if half else out / factor
        rounded = {
            "floor": np.floor(at),
            "ceil": np.ceil(at),
            "round_prefer_floor": np.ceil(at - 0.5),
            "round_prefer_ceil": np.floor(at + 0.5),
        }
        return rounded[mode].clip(0, size - 1)

    def softmax(self, kind, a):
        shape = self.builder.shape
        axis = a.get("axis", -1 if self.opset >= 13 else 1) % (len(shape) + 1)
        if axis == 0:
            raise Refusal("it is over the images of a batch")
        if self.opset < 13 and sum(size > 1 for size in shape[axis - 1 :]) > (shape[axis - 1] > 1):
            raise Refusal("it is over several axes, as before opset 13: flatten them, or export with opset 13 or newer")
        self.builder.softmax(kind, axis - 1)

    def op_Softmax(self, node, a, x):
        self.softmax("softmax", a)

    def op_LogSoftmax(self, node, a, x):
        self.softmax("log_softmax", a)

    def op_Identity(self, node, a, x):
        self.builder.left_out["Identity"] += 1

    def op_Cast(self, node, a, x):
        if a["to"] not in FLOATS:
            kind = dtype_name(a["to"])
            raise Refusal(f"it converts to {kind}, and ctcnn computes in float: export the model in float32")
        self.builder.left_out["Cast"] += 1

    def op_Dropout(self, node, a, x, ratio=None, training=None):
        if training is not None and bool(training) and (ratio is None or float(ratio) != 0):
            raise Refusal("it is in training mode: export the model in inference, in PyTorch after model.eval()")
        self.builder.left_out["Dropout"] += 1

    def op_ArgMax(self, node, a, x):
        raise Refusal("a network of ctcnn returns the outputs, and predict their argmax: end the model before it")


def reference(model):
    """What computes the model: (name, function of an array)."""
    constants = {tensor.name for tensor in model.graph.initializer}
    name = next(value.name for value in model.graph.input if value.name not in constants)
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return f"ONNX Runtime {onnxruntime.__version__}", lambda x: session.run(None, {name: x})[0]
    except Exception:  # it is not installed, or does not have an operator for these dtypes
        try:
            evaluator = ReferenceEvaluator(model)
        except Exception as error:
            text = shown((str(error).splitlines() or [""])[0], 200)
            raise Refusal(
                f"nothing here computes it, so that its outputs cannot be compared ({type(error).__name__}: {text}): "
                "export it with a newer opset, or use --no-compare"
            ) from None
        return f"the reference evaluator of onnx {onnx.__version__}", lambda x: evaluator.run(None, {name: x})[0]
