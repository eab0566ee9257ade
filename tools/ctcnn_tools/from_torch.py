# SPDX-License-Identifier: MIT
"""PyTorch modules and exported programs as networks of ctcnn."""

import contextlib
import io
import logging
import math
import warnings

import numpy as np
import torch

from ctcnn_tools.network import CHAIN, HAS, Builder, Refusal

FLOATS = (torch.float32, torch.float64)
INFERENCE = "call model.eval() before the model is exported"

# Functions that are computed here where all arguments are constants.
COMPUTED = set(
    "alias clone contiguous detach lift_fresh_copy permute reshape squeeze t transpose unsqueeze view _to_copy".split()
)


@contextlib.contextmanager
def quiet():
    """PyTorch logs, prints and warns about what is reported here as one sentence."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        said = io.StringIO()
        with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def load(path):
    if not hasattr(torch, "export"):
        raise Refusal(f"PyTorch {torch.__version__} is too old: torch.export needs 2.6 or newer")
    try:
        with quiet():
            program = torch.export.load(path)
    except OSError:
        raise
    except Exception as error:
        lines = str(error).splitlines() or [""]
        raise Refusal(
            f"it is no program that torch.export.save has written, or a damaged one ({type(error).__name__}: "
            f"{lines[0][:120]})"
        ) from None
    return program


def export(module, input_shape):
    """The exported program of a module, in inference; the module stays as it is."""
    if not isinstance(module, torch.nn.Module):
        raise Refusal(f"the model is of the type {type(module).__name__}, and not a torch.nn.Module")
    if not hasattr(torch, "export"):
        raise Refusal(f"PyTorch {torch.__version__} is too old: torch.export needs 2.6 or newer")
    dtypes = {p.dtype for p in module.parameters()}
    dtype = next(iter(dtypes)) if len(dtypes) == 1 else torch.float32
    training = [part for part in module.modules() if part.training]
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    try:
        module.eval()
        with torch.no_grad(), quiet():
            return torch.export.export(module, (torch.zeros(8, *input_shape, dtype=dtype, device=device),))
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()] or [""]
        raise Refusal(
            f"PyTorch cannot run or export it with an input of shape {(8, *input_shape)} ({type(error).__name__}: "
            f"{lines[0][:200]}): is the shape right?"
        ) from None
    finally:
        for part in training:
            part.training = True


class Reader:
    def __init__(self, program, input_shape=None):
        self.program = program
        signature = program.graph_signature
        state = {**program.state_dict, **program.constants}
        self.constants = {}
        self.inputs = []
        for spec in signature.input_specs:
            if spec.target is None:
                self.inputs.append(spec.arg.name)
            elif isinstance(state.get(spec.target), torch.Tensor):
                self.constants[spec.arg.name] = state[spec.target].detach().cpu()
        outputs = [spec.arg.name for spec in signature.output_specs]
        for names, what in ((self.inputs, "inputs"), (outputs, "outputs")):
            if len(names) != 1:
                raise Refusal(
                    f"it has {len(names)} {what} ({', '.join(map(str, names[:8]))}), and a network of ctcnn has one"
                )
        self.current, self.output = self.inputs[0], outputs[0]
        value = next(node for node in program.graph.nodes if node.name == self.current).meta.get("val")
        if not isinstance(value, torch.Tensor) or value.dtype not in FLOATS:
            raise Refusal(f"its input is {getattr(value, 'dtype', value)}, and ctcnn's is float: call model.float()")
        self.dtype = np.float32 if value.dtype == torch.float32 else np.float64
        shape = value.shape[1:]
        self.batch = value.shape[0] if value.ndim > 0 else 0
        self.fixed_batch = self.batch if isinstance(self.batch, int) else None
        if value.ndim < 2 or not all(isinstance(n, int) for n in shape):
            raise Refusal(
                f"its input has the shape {tuple(map(str, value.shape))}: behind the batch axis, ctcnn needs fixed "
                "sizes"
            )
        if input_shape is not None and tuple(input_shape) != tuple(shape):
            raise Refusal(f"its input is {tuple(shape)} behind the batch axis, and not the given {tuple(input_shape)}")
        if math.prod(shape) > 2**28:
            raise Refusal(f"its input {tuple(shape)} is too large")
        self.model_shape = tuple(shape)
        self.builder = Builder(shape)

    def read(self):
        wanted, stack = set(), [node for node in self.program.graph.nodes if node.op == "output"]
        while stack:
            node = stack.pop()
            if node not in wanted:
                wanted.add(node)
                stack += node.all_input_nodes
        for node in self.program.graph.nodes:
            if node not in wanted or node.op in ("placeholder", "output"):
                continue
            where = self.described(node)
            try:
                self.step(node)
            except Refusal as refusal:
                raise Refusal(f"{where}: {refusal}") from None
            except Exception as error:
                lines = str(error).splitlines() or [""]
                raise Refusal(f"{where} cannot be read ({type(error).__name__}: {lines[0][:120]})") from None
        if self.output != self.current:
            raise Refusal("its output is not that of its last layer")
        return self.builder.finish()

    @staticmethod
    def modules(node):
        """(name, type) of the modules around a node, the outermost first."""
        stack = (node.meta.get("nn_module_stack") or {}).values()
        return [
            (path, kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}") for path, kind in stack
        ]

    def described(self, node):
        modules = self.modules(node)
        if modules and modules[-1][0]:
            return f"layer '{modules[-1][0]}' ({modules[-1][1].rpartition('.')[2]}, node '{node.name}')"
        return f"node '{node.name}' ({node.target})"

    def place(self, node):
        """The indices of a node's layer in nested Sequentials; empty if it is in something else."""
        modules, path = self.modules(node), ()
        for (_, kind), (name, _) in zip(modules, modules[1:]):
            last = name.rpartition(".")[2]
            if kind != "torch.nn.modules.container.Sequential" or not last.isdigit():
                break
            path += (int(last),)
        return path

    def step(self, node):
        value = node.meta.get("val")
        name = str(node.target).rpartition(".")[0] if str(node.target).count(".") > 1 else str(node.target)
        if node.op == "get_attr":
            self.constants[node.name] = getattr(self.program.graph_module, node.target).detach().cpu()
            return
        if node.op != "call_function":
            raise Refusal("it calls another graph, which ctcnn has no layer for")
        if name == "<built-in function getitem>":
            if node.args[0].name != self.current or node.args[1] != 0:
                raise Refusal(
                    "it needs a second output of a layer, such as the indices of MaxPool2d, which ctcnn has not"
                )
            self.current = node.name
            return
        tensors = [n for n in node.all_input_nodes if isinstance(n.meta.get("val"), (torch.Tensor, tuple, list))]
        if not isinstance(value, (torch.Tensor, tuple, list)):
            return  # a size, or an assertion
        data = [n for n in tensors if n.name not in self.constants]
        schema = getattr(node.target, "_schema", None)
        if schema is None:
            raise Refusal(f"{node.target} is no operator of PyTorch: {self.remedy()}")
        arguments = {a.name: a.default_value for a in schema.arguments if a.has_default_value()}
        arguments.update(zip((a.name for a in schema.arguments), node.args))
        arguments.update(node.kwargs)
        if not data and name.removeprefix("aten.") in COMPUTED:
            known = lambda v: self.constants[v.name] if isinstance(v, torch.fx.Node) else v
            self.constants[node.name] = node.target(
                *[known(v) for v in node.args], **{k: known(v) for k, v in node.kwargs.items()}
            )
            return
        handler = (
            getattr(self, "op_" + name.removeprefix("aten.").rstrip("_"), None) if name.startswith("aten.") else None
        )
        if handler is None:
            raise Refusal(f"{node.target}: {self.remedy()}")
        if len(data) > 1:
            raise Refusal(f"it joins two computed values, and {CHAIN}")
        if not data:
            raise Refusal("its input is a constant, and ctcnn has no layer for that")
        if data[0].name != self.current:
            raise Refusal(f"it reads '{data[0].name}', which another node reads, too: {CHAIN}")
        first = value if isinstance(value, torch.Tensor) else value[0]
        before = data[0].meta["val"]
        before = before if isinstance(before, torch.Tensor) else before[0]
        if first.ndim < 2 or str(first.shape[0]) != str(before.shape[0]):
            raise Refusal(
                f"it changes {tuple(before.shape)} to {tuple(first.shape)}, whose first axis is no longer the batch"
            )
        if sum(argument is data[0] for argument in arguments.values()) > 1:
            raise Refusal(f"it joins a value with itself, and {CHAIN}")
        self.builder.path = self.place(node)
        for key, argument in arguments.items():
            if isinstance(argument, torch.fx.Node) and argument.name in self.constants:
                tensor = self.constants[argument.name]
                if tensor.is_complex() or tensor.is_floating_point() and tensor.dtype not in FLOATS:
                    raise Refusal(f"its {key} is {tensor.dtype}, and ctcnn's is float: call model.float()")
                arguments[key] = tensor.double().numpy()
            elif argument is data[0]:
                arguments[key] = None
        self.node, self.result = node, tuple(first.shape)
        handler(arguments)
        self.current = node.name

    def remedy(self):
        return f"ctcnn has no layer for it. It has {HAS}: use these"

    # Operators.

    @staticmethod
    def two(values, default=None):
        values = [values] if isinstance(values, int) else list(values)
        values = values or default
        return tuple(values * 2 if len(values) == 1 else values)

    def op_conv2d(self, a):
        stride, dilation, padding = self.two(a["stride"]), self.two(a["dilation"]), a["padding"]
        if padding == "same":
            both = [d * (k - 1) for d, k in zip(dilation, a["weight"].shape[2:])]
            pads = [n // 2 for n in both] + [n - n // 2 for n in both]
        else:
            pads = self.two(0 if padding == "valid" else padding) * 2
        self.builder.conv2d(a["weight"], a["bias"], stride, tuple(pads), dilation, a["groups"])

    def op_conv1d(self, a):
        (stride,), (dilation,), padding = a["stride"], a["dilation"], a["padding"]
        both = dilation * (a["weight"].shape[2] - 1)
        pads = (both // 2, both - both // 2) if padding == "same" else (0, 0) if padding == "valid" else padding * 2
        self.builder.conv1d(a["weight"], a["bias"], stride, tuple(pads), dilation, a["groups"])

    def op_conv_transpose2d(self, a):
        pairs = [self.two(a[name]) for name in ("stride", "padding", "output_padding", "dilation")]
        self.builder.conv_transpose2d(a["weight"], a["bias"], *pairs, a["groups"])

    def op_convolution(self, a):
        kinds = {(False, 3): self.op_conv1d, (False, 4): self.op_conv2d, (True, 4): self.op_conv_transpose2d}
        kind = kinds.get((a["transposed"], a["weight"].ndim))
        if kind is None:
            transposed = "transposed " * a["transposed"]
            raise Refusal(f"it is a {transposed}convolution over {a['weight'].ndim - 2} axes: {self.remedy()}")
        kind(a)

    def op_layer_norm(self, a):
        self.builder.layer_norm(a["normalized_shape"], a["eps"], a["weight"], a["bias"])

    op_native_layer_norm = op_layer_norm

    def op_group_norm(self, a):
        self.builder.group_norm(a["num_groups"], a["eps"], a["weight"], a["bias"])

    def op_native_group_norm(self, a):
        self.builder.group_norm(a["group"], a["eps"], a["weight"], a["bias"])

    def pool1d(self, name, a):
        one = lambda values: values if isinstance(values, int) else values[0]
        kernel = one(a["kernel_size"])
        self.builder.pool1d(
            name,
            kernel,
            one(a["stride"] or [kernel]),
            (one(a["padding"]),) * 2,
            one(a.get("dilation", 1)),
            a.get("count_include_pad", True),
            a["ceil_mode"],
        )

    def op_max_pool1d(self, a):
        self.pool1d("MaxPool1d", a)

    def op_avg_pool1d(self, a):
        self.pool1d("AvgPool1d", a)

    def op_linear(self, a):
        self.builder.linear(a["weight"], a["bias"])

    def op_addmm(self, a):
        if a["self"] is None or a["mat1"] is not None:
            raise Refusal("it adds the input to a product of constants, which ctcnn has no layer for")
        self.builder.linear(a["mat2"].T * a["alpha"], a["self"] * a["beta"])

    def op_mm(self, a):
        if a["self"] is not None:
            raise Refusal("its first factor is a constant, which ctcnn has no layer for")
        self.builder.linear(a["mat2"].T, None)

    def op_matmul(self, a):
        if a["self"] is not None or a["other"].ndim != 2:
            raise Refusal("it is no product of the input and a matrix, which a Linear is")
        self.builder.linear(a["other"].T, None)

    def pool(self, name, a, counts_padding=True):
        kernel = self.two(a["kernel_size"])
        self.builder.pool(
            name,
            kernel,
            self.two(a["stride"], kernel),
            self.two(a["padding"]) * 2,
            self.two(a.get("dilation", 1)),
            counts_padding,
            a["ceil_mode"],
        )

    def op_max_pool2d(self, a):
        self.pool("MaxPool2d", a)

    op_max_pool2d_with_indices = op_max_pool2d

    def op_avg_pool2d(self, a):
        kernel = self.two(a["kernel_size"])
        if a["divisor_override"] not in (None, kernel[0] * kernel[1]):
            raise Refusal("its divisor_override is not the size of the kernel, by which AvgPool2d divides")
        if a["divisor_override"] and a["ceil_mode"]:
            raise Refusal("it divides sums of windows over the end by its divisor_override: use ceil_mode=False")
        self.pool("AvgPool2d", a, a["count_include_pad"] or a["divisor_override"] is not None)

    def op_adaptive_avg_pool1d(self, a):
        self.builder.adaptive_pool1d("AvgPool1d", a["output_size"][0])

    def op_adaptive_max_pool1d(self, a):
        self.builder.adaptive_pool1d("MaxPool1d", a["output_size"][0])

    def op_adaptive_avg_pool2d(self, a):
        self.builder.adaptive_pool("AvgPool2d", self.two(a["output_size"]))

    def op_adaptive_max_pool2d(self, a):
        self.builder.adaptive_pool("MaxPool2d", self.two(a["output_size"]))

    def upsample(self, a, bilinear):
        """The scale is that of the sizes; one that was rounded to them would move the pixels."""
        scale = [out / size for out, size in zip(self.result[2:], self.builder.shape[1:])]
        given = a.get("scale_factors") or (a.get("scales_h"), a.get("scales_w"))
        if a.get("align_corners"):
            raise Refusal("it aligns the corners, and Upsample the centres of the pixels: use align_corners=False")
        if any(factor is not None and factor != n for factor, n in zip(given, scale)):
            raise Refusal(f"its scale is {tuple(given)}, and ctcnn's are whole numbers: choose whole ones")
        self.builder.upsample(scale, bilinear)

    def op_upsample_nearest2d(self, a):
        self.upsample(a, False)

    op__upsample_nearest_exact2d = op_upsample_nearest2d  # the same for whole scales

    def op_upsample_bilinear2d(self, a):
        self.upsample(a, True)

    def op_mean(self, a):
        rank = len(self.builder.shape) + 1
        axes = sorted(axis % rank for axis in a.get("dim") or range(rank))
        if axes != list(range(2, rank)) or rank not in (3, 4):
            raise Refusal(
                f"it is over the axes {axes} of {rank}, and ctcnn averages the height and the width, 2 and 3, or the "
                "length of sequences, 2"
            )
        self.builder.global_pool("AvgPool")
        if not a["keepdim"]:
            self.builder.flatten()

    def op_batch_norm(self, a):
        if a.get("training"):
            raise Refusal(
                f"it computes the statistics of the batch, since it is in training mode or has no running "
                f"statistics: {INFERENCE}"
            )
        mean, var = a["running_mean"], a["running_var"]
        factor = (1 if a["weight"] is None else a["weight"]) / np.sqrt(var + a["eps"])
        self.builder.scale(factor, (0 if a["bias"] is None else a["bias"]) - mean * factor)
        self.builder.folded["BatchNorm"] += 1

    op__native_batch_norm_legit_no_training = op_batch_norm

    def op_add(self, a):
        alpha = a.get("alpha", 1)
        if a["self"] is None:
            self.builder.scale_by(a["other"], np.ones_like, lambda v: v * alpha)
        else:
            self.builder.scale_by(a["self"], lambda v: np.full_like(v, alpha), lambda v: v)

    def op_mul(self, a):
        self.builder.scale_by(a["other"] if a["self"] is None else a["self"], lambda v: v, np.zeros_like)

    def op_sub(self, a):
        alpha = a.get("alpha", 1)
        if a["self"] is None:
            self.builder.scale_by(a["other"], np.ones_like, lambda v: -v * alpha)
        else:
            self.builder.scale_by(a["self"], lambda v: np.full_like(v, -alpha), lambda v: v)

    def op_rsub(self, a):
        self.op_sub({"self": a["other"], "other": a["self"], "alpha": a["alpha"]})

    def op_div(self, a):
        if a["self"] is not None or a.get("rounding_mode"):
            raise Refusal("it divides by the input, or rounds, for which ctcnn has no layer")
        self.builder.scale_by(a["other"], lambda v: 1 / v, np.zeros_like)

    def op_relu(self, a):
        self.builder.activation("ReLU")

    def op_sigmoid(self, a):
        self.builder.activation("Sigmoid")

    def op_tanh(self, a):
        self.builder.activation("Tanh")

    def op_leaky_relu(self, a):
        self.builder.leaky_relu(a["negative_slope"])

    def op_elu(self, a):
        if a.get("scale", 1) != 1 or a.get("input_scale", 1) != 1:
            raise Refusal("it is an ELU with scales, and ctcnn has ELU and SELU")
        self.builder.elu(a["alpha"])

    def op_selu(self, a):
        self.builder.activation("SELU")

    def op_gelu(self, a):
        self.builder.activation("GELU" if a["approximate"] == "none" else "GELUTanh")

    def op_silu(self, a):
        self.builder.activation("SiLU")

    def op_softplus(self, a):
        self.builder.softplus(a["beta"], a["threshold"])

    def op_hardtanh(self, a):
        self.builder.clamp(a["min_val"], a["max_val"])

    def op_clamp(self, a):
        self.builder.clamp(a["min"], a["max"])

    def op_relu6(self, a):
        self.builder.activation("ReLU6")

    def op_hardsigmoid(self, a):
        self.builder.activation("Hardsigmoid")

    def op_hardswish(self, a):
        self.builder.activation("Hardswish")

    def op_prelu(self, a):
        self.builder.prelu(a["weight"])

    def op_flatten(self, a):
        rank = len(self.builder.shape) + 1
        if a["start_dim"] % rank != 1 or a["end_dim"] % rank != rank - 1:
            raise Refusal(
                f"it flattens the axes {a['start_dim']} to {a['end_dim']}, and ctcnn all axes behind the batch axis: "
                "use 1 and -1"
            )
        self.builder.flatten()

    def op_view(self, a):
        self.builder.reshape(int(n) for n in self.result[1:])

    op_reshape = op__unsafe_view = op_squeeze = op_unsqueeze = op_unflatten = op_view

    def op_permute(self, a):
        order = [axis % (len(self.builder.shape) + 1) for axis in a["dims"]]
        if order[0] != 0:
            raise Refusal("it moves the batch axis")
        self.builder.transpose([axis - 1 for axis in order[1:]])

    def op_transpose(self, a):
        rank = len(self.builder.shape) + 1
        order = list(range(rank))
        i, j = a["dim0"] % rank, a["dim1"] % rank
        order[i], order[j] = order[j], order[i]
        self.op_permute({"dims": order})

    def op_constant_pad_nd(self, a):
        if a["value"] != 0:
            raise Refusal(f"it pads with the value {a['value']}: ctcnn pads with zeros")
        pad = list(a["pad"])
        if not any(pad):
            return
        if len(self.builder.shape) != 3 or any(pad[4:]):
            raise Refusal("it pads other axes than the height and the width of images: ctcnn pads these")
        left, right, top, bottom = (pad + [0, 0])[:4]
        self.builder.zero_pad((top, left, bottom, right))

    def op_pad(self, a):
        if a["mode"] != "constant":
            raise Refusal(f"it pads with {a['mode']}: ctcnn pads with zeros")
        self.op_constant_pad_nd({"pad": a["pad"], "value": a["value"] or 0})

    def softmax(self, kind, a):
        axis = a["dim"] % (len(self.builder.shape) + 1)
        if axis == 0:
            raise Refusal("it is over the images of a batch")
        self.builder.softmax(kind, axis - 1)

    def op_softmax(self, a):
        self.softmax("softmax", a)

    def op_log_softmax(self, a):
        self.softmax("log_softmax", a)

    op__softmax, op__log_softmax = op_softmax, op_log_softmax

    def op_dropout(self, a):
        if a["train"] and a["p"] > 0:
            raise Refusal(f"it is in training mode: {INFERENCE}")
        self.builder.left_out["Dropout"] += 1

    op_feature_dropout = op_alpha_dropout = op_feature_alpha_dropout = op_dropout

    def op_clone(self, a):
        pass

    op_alias = op_detach = op_contiguous = op_clone

    def op_to(self, a):
        if self.node.meta["val"].dtype not in FLOATS:
            raise Refusal(f"it converts to {self.node.meta['val'].dtype}, and ctcnn computes in float")

    op__to_copy = op_to


def reference(module):
    device = next((p.device for p in module.parameters()), torch.device("cpu"))

    def run(images):
        with torch.no_grad():
            return module(torch.from_numpy(images).to(device)).cpu().numpy()

    return f"PyTorch {torch.__version__}", run
