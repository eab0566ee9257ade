#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the golden files that the tests compare with: what PyTorch computes for layers, losses, a schedule and whole
networks.

    python3 tests/golden/make_golden.py            writes tests/golden/*.golden

Needs PyTorch and NumPy, and no network. The files were written by the version named in README.md.

Everything is computed in float64, from parameters and inputs that are exact in float32: so the numbers hold for float
and for double, and carry no rounding of PyTorch's own. The script computes all of it in PyTorch's float32 as well, and
refuses to write anything of which the two differ by more than rtol 1.3e-6, atol 1e-5.
"""
import math
import pathlib

import numpy
import torch
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent
IMAGES = 37
# One less, as many, and one more than there are lanes, for 2, 4, 8 and 16 lanes; and a number that no lanes divide.
BATCH_SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, IMAGES]
OPTIMIZERS = {
    "plain": dict(lr=0.125),
    "momentum": dict(lr=0.125, momentum=0.875, weight_decay=0.0078125),
    "nesterov": dict(lr=0.125, momentum=0.875, weight_decay=0.0078125, nesterov=True),
}
# So many numbers of a parameter are written at most; larger ones are sampled.
SAMPLES = 200


class Golden:
    """One file: records of a line of text, 'name kind count', and the numbers, little-endian."""

    def __init__(self, name):
        self.name = name
        self.records = []

    def write(self, name, kind, values):
        if isinstance(values, torch.Tensor):
            values = values.detach().numpy()
        values = numpy.asarray(values, dtype=numpy.float64).reshape(-1)
        if kind.startswith("i8/"):
            data = values * int(kind[3:])
            assert (data == data.astype("i1")).all(), "a number does not fit into a byte"
            data = data.astype("i1")
        else:
            data = values.astype({"f32": "<f4", "f64": "<f8"}[kind])
        self.records.append(f"{name} {kind} {values.size}\n".encode() + data.tobytes())

    def save(self):
        content = b"# SPDX-License-Identifier: MIT\n" + b"".join(self.records)
        (FOLDER / f"{self.name}.golden").write_bytes(content)
        print(f"{self.name:24} {len(content):7} bytes")


def check_float32(name, exact, single):
    """PyTorch's float32 agrees with its float64 as far as its own tests demand."""
    torch.testing.assert_close(single.double(), exact, rtol=1.3e-6, atol=1e-5, msg=lambda text: f"{name}: {text}")


def bytes_of(generator, shape, divisor, low=-127, high=128):
    return torch.randint(low, high, shape, generator=generator).double() / divisor


# Single layers ---------------------------------------------------------------------------------------------------

LAYERS = {
    "conv_padding": (nn.Conv2d(1, 6, 5, padding=2), (1, 5, 7)),
    "conv_rectangular": (nn.Conv2d(2, 5, (3, 2), padding=(1, 2), stride=(2, 1)), (2, 7, 5)),
    "conv_dilation": (nn.Conv2d(2, 3, 3, padding=2, dilation=(2, 1)), (2, 7, 5)),
    "conv_groups_no_bias": (nn.Conv2d(4, 6, 3, groups=2, bias=False), (4, 6, 5)),
    "conv_depthwise": (nn.Conv2d(3, 3, 3, padding=1, stride=2, groups=3), (3, 6, 6)),
    "conv_1x1": (nn.Conv2d(5, 7, 1), (5, 4, 3)),
    "conv_everything": (nn.Conv2d(4, 4, (2, 3), stride=2, padding=(2, 1), dilation=(3, 2), groups=2), (4, 6, 7)),
    "max_pool": (nn.MaxPool2d(2), (2, 7, 6)),
    "max_pool_overlapping": (nn.MaxPool2d(3, stride=1, padding=1), (2, 5, 6)),
    "max_pool_rectangular": (nn.MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0)), (2, 6, 5)),
    "avg_pool": (nn.AvgPool2d(2), (2, 7, 6)),
    "avg_pool_overlapping": (nn.AvgPool2d(3, stride=2, padding=1), (2, 5, 6)),
    "linear": (nn.Linear(13, 7), (13,)),
    "linear_no_bias": (nn.Linear(17, 3, bias=False), (17,)),
    "relu": (nn.ReLU(), (2, 5, 3)),
    "sigmoid": (nn.Sigmoid(), (2, 5, 3)),
    "tanh": (nn.Tanh(), (2, 5, 3)),
    "leaky_relu": (nn.LeakyReLU(), (2, 5, 3)),
    "leaky_relu_0.25": (nn.LeakyReLU(0.25), (2, 5, 3)),
    "elu": (nn.ELU(), (2, 5, 3)),
    "elu_0.5": (nn.ELU(0.5), (2, 5, 3)),
    "selu": (nn.SELU(), (2, 5, 3)),
    "gelu": (nn.GELU(), (2, 5, 3)),
    "gelu_tanh": (nn.GELU("tanh"), (2, 5, 3)),
    "silu": (nn.SiLU(), (2, 5, 3)),
    "softplus": (nn.Softplus(), (2, 5, 3)),
    "softplus_2_1.5": (nn.Softplus(2, 1.5), (2, 5, 3)),
    "hardtanh": (nn.Hardtanh(), (2, 5, 3)),
    "hardtanh_-2_3": (nn.Hardtanh(-2, 3), (2, 5, 3)),
    "hardsigmoid": (nn.Hardsigmoid(), (2, 5, 3)),
    "hardswish": (nn.Hardswish(), (2, 5, 3)),
    "relu6": (nn.ReLU6(), (2, 5, 3)),
    "prelu": (nn.PReLU(), (3, 5, 3)),
    "prelu_channels": (nn.PReLU(3), (3, 5, 3)),
    "prelu_features": (nn.PReLU(7), (7,)),
    "softmax": (nn.Softmax(1), (11,)),
    "softmax_channels": (nn.Softmax(1), (5, 3, 2)),
    "log_softmax": (nn.LogSoftmax(1), (11,)),
    "log_softmax_channels": (nn.LogSoftmax(1), (5, 3, 2)),
    "max_pool_ceil": (nn.MaxPool2d((2, 3), stride=(2, 2), padding=(0, 1), ceil_mode=True), (2, 5, 6)),
    "avg_pool_ceil": (nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), (2, 6, 4)),
    "avg_pool_ceil_no_count": (nn.AvgPool2d(3, 2, padding=1, ceil_mode=True, count_include_pad=False), (2, 6, 4)),
    "avg_pool_no_count": (nn.AvgPool2d((3, 2), stride=1, padding=1, count_include_pad=False), (2, 4, 5)),
    "adaptive_avg_pool": (nn.AdaptiveAvgPool2d(1), (3, 5, 7)),
    "adaptive_avg_pool_uneven": (nn.AdaptiveAvgPool2d((3, 7)), (2, 7, 5)),
    "zero_pad": (nn.ZeroPad2d((1, 2, 0, 3)), (2, 3, 4)),
    "upsample_nearest": (nn.Upsample(scale_factor=(2, 3)), (2, 3, 4)),
    "upsample_bilinear": (nn.Upsample(scale_factor=2, mode="bilinear"), (2, 4, 5)),
    "upsample_bilinear_odd": (nn.Upsample(scale_factor=(5, 3), mode="bilinear"), (2, 3, 2)),
    "unflatten": (nn.Unflatten(1, (2, 3, 4)), (24,)),
    "identity": (nn.Identity(), (2, 3, 4)),
}

# Layers that normalise within one image, transposed convolutions, and layers of sequences.
MORE_LAYERS = {
    "layer_norm": (nn.LayerNorm((3, 4, 5)), (3, 4, 5)),
    "layer_norm_features": (nn.LayerNorm(37, eps=1e-2, bias=False), (37,)),
    "group_norm": (nn.GroupNorm(2, 6), (6, 3, 5)),
    "group_norm_features": (nn.GroupNorm(3, 12, eps=1e-3), (12,)),
    "group_norm_no_affine": (nn.GroupNorm(1, 3, affine=False), (3, 13)),
    "conv_transpose": (nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), (2, 5, 7)),
    "conv_transpose_same": (nn.ConvTranspose2d(3, 2, 3, padding=1, bias=False), (3, 5, 4)),
    "conv_transpose_everything": (nn.ConvTranspose2d(4, 6, (2, 3), stride=(3, 2), padding=(1, 2), output_padding=(2, 1),
                                                     groups=2, dilation=(2, 3)), (4, 2, 3)),
    "conv1d": (nn.Conv1d(3, 4, 5, stride=2, padding=2), (3, 17)),
    "conv1d_groups": (nn.Conv1d(4, 6, 3, padding=4, dilation=2, groups=2, bias=False), (4, 11)),
    "max_pool1d": (nn.MaxPool1d(3, stride=2, padding=1), (2, 14)),
    "avg_pool1d": (nn.AvgPool1d(3, padding=1), (2, 14)),
}


def run_layer(layer, images, factors, dtype):
    """Outputs, gradients of the inputs, and for each batch size the loss and the gradients of the parameters.
    The loss of an image is the sum of output * factor; that of a batch, the mean."""
    layer = layer.to(dtype)
    images = images.to(dtype).requires_grad_()
    outputs = layer(images)
    input_gradients, = torch.autograd.grad((outputs * factors.to(dtype)).sum(), images)
    results = {"outputs": outputs.detach(), "input_gradients": input_gradients}
    if sum(p.numel() for p in layer.parameters()):
        for size in BATCH_SIZES:
            loss = (layer(images[:size]) * factors[:size].to(dtype)).sum() / size
            gradients = torch.autograd.grad(loss, list(layer.parameters()))
            results[f"loss_{size}"] = loss.detach()
            results[f"gradients_{size}"] = torch.cat([g.reshape(-1) for g in gradients])
    return results


def write_layers(layers, first_seed):
    for number, (name, (layer, shape)) in enumerate(layers.items()):
        generator = torch.Generator().manual_seed(first_seed + number)
        golden = Golden("layer_" + name)
        # Few different numbers where ties matter; many, and large ones, for the elementwise functions.
        divisor = 64 if isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.Linear)) else 4
        images = (bytes_of(generator, (IMAGES, *shape), 64, -2, 3) if name.startswith("max_pool")
                  else bytes_of(generator, (IMAGES, *shape), divisor))
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.copy_(torch.rand(parameter.shape, generator=generator) - 0.5)
        factors = bytes_of(generator, tuple(layer(images.float()).shape), 64)
        single = run_layer(layer, images, factors, torch.float32)
        exact = run_layer(layer, images, factors, torch.float64)
        golden.write("parameters", "f32", torch.cat([p.reshape(-1) for p in layer.parameters()] or [torch.empty(0)]))
        golden.write("images", f"i8/{divisor}", images)
        golden.write("factors", "i8/64", factors)
        for key, value in exact.items():
            check_float32(f"{name} {key}", value, single[key])
            golden.write(key, "f32", value)
        golden.save()


# Losses ----------------------------------------------------------------------------------------------------------

def write_losses():
    generator = torch.Generator().manual_seed(200)
    classes = 10
    logits = (torch.randn((IMAGES, classes), generator=generator) * 3).double().float()
    labels = torch.randint(0, classes, (IMAGES,), generator=generator)
    logits[1] = 0                                                # all equal
    logits[2] = 1e4 * torch.sign(logits[2])                      # +-1e4
    logits[3], labels[3] = torch.linspace(-1e4, 1e4, classes), 0  # surely wrong
    logits[4], labels[4] = torch.linspace(-1e4, 1e4, classes), 9  # surely right
    logits[5] = -1e4
    logits[6] = 1e4 + torch.arange(classes)
    logits[7] = torch.linspace(-80, 80, classes)
    targets = bytes_of(generator, (IMAGES, classes), 32)

    def run(dtype):
        numbers = logits.to(dtype).requires_grad_()
        losses = nn.CrossEntropyLoss(reduction="none")(numbers, labels)
        gradients, = torch.autograd.grad(losses.sum(), numbers)
        smoothed = nn.CrossEntropyLoss(reduction="none", label_smoothing=0.125)(numbers, labels)
        smoothed_gradients, = torch.autograd.grad(smoothed.sum(), numbers)
        squares = nn.MSELoss(reduction="none")(numbers, targets.to(dtype)).mean(1)
        square_gradients, = torch.autograd.grad(squares.sum(), numbers)
        return {"cross_entropy": losses.detach(), "cross_entropy_gradients": gradients,
                "mean_cross_entropy": nn.CrossEntropyLoss()(numbers, labels).detach(),
                "smoothed": smoothed.detach(), "smoothed_gradients": smoothed_gradients,
                "mse": squares.detach(), "mse_gradients": square_gradients,
                "mean_mse": nn.MSELoss()(numbers, targets.to(dtype)).detach()}

    exact, single = run(torch.float64), run(torch.float32)
    golden = Golden("losses")
    golden.write("logits", "f32", logits)
    golden.write("labels", "i8/1", labels)
    golden.write("targets", "i8/32", targets)
    for key, value in exact.items():
        check_float32(key, value, single[key])
        golden.write(key, "f64", value)
    golden.save()


def write_more_losses():
    """Each loss of each image, and its gradient; and the mean, where it is not that of the images."""
    generator = torch.Generator().manual_seed(201)
    classes = 10
    outputs = (torch.randn((IMAGES, classes), generator=generator) * 3).double().float()
    outputs[1] = 0
    outputs[2] = 1e4 * torch.sign(outputs[2])
    outputs[3] = torch.linspace(-80, 80, classes)
    labels = torch.randint(0, classes, (IMAGES,), generator=generator)
    labels[4::9] = -100
    targets = bytes_of(generator, (IMAGES, classes), 32)
    targets[5:8] = outputs[5:8]                                   # no difference
    targets[8, :5] = outputs[8, :5] + 0.75                        # exactly beta and delta, up to a rounding
    probabilities = bytes_of(generator, (IMAGES, classes), 64, 0, 65)
    probabilities[9:12] = probabilities[9:12].round()             # 0 and 1
    weights = bytes_of(generator, (classes,), 16, 0, 64)
    logarithms = bytes_of(generator, (IMAGES, classes), 32, -127, 1)

    def run(dtype):
        t, p, w, l = (x.to(dtype) for x in (targets, probabilities, weights, logarithms))
        cases = {
            "weighted": (nn.CrossEntropyLoss(weight=w, reduction="none"), labels),
            "weighted_smoothed": (nn.CrossEntropyLoss(weight=w, label_smoothing=0.125, reduction="none"), labels),
            "ignored_smoothed": (nn.CrossEntropyLoss(label_smoothing=0.125, reduction="none"), labels),
            "distribution": (nn.CrossEntropyLoss(reduction="none"), p),
            "distribution_weighted": (nn.CrossEntropyLoss(weight=w, label_smoothing=0.125, reduction="none"), p),
            "nll": (nn.NLLLoss(reduction="none"), labels),
            "nll_weighted": (nn.NLLLoss(weight=w, reduction="none"), labels),
            "bce": (nn.BCEWithLogitsLoss(reduction="none"), p),
            "bce_weighted": (nn.BCEWithLogitsLoss(pos_weight=w, reduction="none"), p),
            "l1": (nn.L1Loss(reduction="none"), t),
            "smooth_l1": (nn.SmoothL1Loss(reduction="none"), t),
            "smooth_l1_0.75": (nn.SmoothL1Loss(reduction="none", beta=0.75), t),
            "smooth_l1_0": (nn.SmoothL1Loss(reduction="none", beta=0.0), t),
            "huber": (nn.HuberLoss(reduction="none"), t),
            "huber_0.75": (nn.HuberLoss(reduction="none", delta=0.75), t),
            "kl_div": (nn.KLDivLoss(reduction="none"), p),
            "kl_div_log": (nn.KLDivLoss(reduction="none", log_target=True), l),
        }
        results = {}
        for name, (criterion, target) in cases.items():
            numbers = outputs.to(dtype).requires_grad_()
            losses = criterion(numbers, target)
            if losses.dim() == 2:
                losses = losses.sum(1) if name.startswith("kl_div") else losses.mean(1)
            criterion.reduction = "batchmean" if name.startswith("kl_div") else "mean"
            results[name], results["mean_" + name] = losses.detach(), criterion(numbers, target).detach()
            results[name + "_gradients"], = torch.autograd.grad(losses.sum(), numbers)
        return results

    exact, single = run(torch.float64), run(torch.float32)
    golden = Golden("more_losses")
    golden.write("outputs", "f32", outputs)
    golden.write("labels", "i8/1", labels)
    golden.write("targets", "f32", targets)
    golden.write("probabilities", "i8/64", probabilities)
    golden.write("weights", "i8/16", weights)
    golden.write("logarithms", "i8/32", logarithms)
    for key, value in exact.items():
        check_float32(key, value, single[key])
        golden.write(key, "f64", value)
    golden.save()


# Whole networks --------------------------------------------------------------------------------------------------

def lenet():
    """The LeNet of Dive into Deep Learning."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))


def relu_net():
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=1, padding=1), nn.Flatten(),
        nn.Linear(48, 16), nn.ReLU(), nn.Linear(16, 5))


def nested_net():
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 6, (3, 2), padding=(1, 0), groups=3, bias=False), nn.Tanh()),
        nn.Sequential(nn.Sequential(nn.Conv2d(6, 4, 2, dilation=2), nn.Sigmoid(), nn.AvgPool2d(3, 2, 1)), nn.Flatten()),
        nn.Sequential(nn.Linear(48, 10), nn.Tanh()),
        nn.Linear(10, 4))


def unflatten_net():
    """Features become an image that is padded."""
    return nn.Sequential(
        nn.Linear(7, 48), nn.Unflatten(1, (3, 4, 4)), nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(),
        nn.Flatten(), nn.Linear(64, 5))


def philox(seed, stream, position):
    """Philox-4x32-10 (Salmon et al., SC 2011): four 32-bit numbers."""
    mask = 0xFFFFFFFF
    counter = [position & mask, position >> 32, stream & mask, stream >> 32]
    key = [seed & mask, seed >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(second >> 32) ^ counter[1] ^ key[0], second & mask, (first >> 32) ^ counter[3] ^ key[1], first & mask]
        key = [(key[0] + 0x9E3779B9) & mask, (key[1] + 0xBB67AE85) & mask]
    return counter


def initialize_xavier(net, seed):
    """What initialize(net, XavierUniform{}, seed) does: parameter n takes the n-th number of stream 0, in [0, 1)."""
    offset = 0
    for module in net.modules():
        if not isinstance(module, (nn.Conv2d, nn.Linear)):
            continue
        fan_in = module.weight[0].numel()
        fan_out = module.weight[:, 0].numel()
        for parameter, bound in ((module.weight, math.sqrt(6 / (fan_in + fan_out))), (module.bias, 1 / math.sqrt(fan_in))):
            if parameter is None:
                continue
            units = [(philox(seed, 0, n // 4)[n % 4] >> 8) * 2.0**-24 for n in range(offset, offset + parameter.numel())]
            values = bound * (2 * torch.tensor(units, dtype=torch.float64) - 1)
            with torch.no_grad():
                parameter.copy_(values.float().reshape(parameter.shape))
            offset += parameter.numel()


def flat_parameters(net):
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()])


def run_net(make, parameters, images, labels, dtype):
    def fresh():
        net = make().to(dtype)
        nn.utils.vector_to_parameters(parameters.to(dtype).clone(), net.parameters())
        return net

    net = fresh()
    criterion = nn.CrossEntropyLoss()
    images = images.to(dtype)
    results = {"outputs": net(images).detach()}
    for size in BATCH_SIZES:
        net.zero_grad()
        loss = criterion(net(images[:size]), labels[:size])
        loss.backward()
        results[f"loss_{size}"] = loss.detach()
        results[f"gradients_{size}"] = torch.cat([p.grad.reshape(-1) for p in net.parameters()])
    for name, options in OPTIMIZERS.items():
        net = fresh()
        optimizer = torch.optim.SGD(net.parameters(), **options)
        for step in range(1, 4):
            optimizer.zero_grad()
            criterion(net(images), labels).backward()
            optimizer.step()
            if step != 2:
                results[f"{name}_{step}"] = flat_parameters(net)
    return results


def write_net(name, make, shape, seed, xavier):
    generator = torch.Generator().manual_seed(seed)
    net = make()
    if xavier:
        initialize_xavier(net, seed)
    else:
        with torch.no_grad():
            for parameter in net.parameters():
                bound = 1.5 / math.sqrt(parameter[0].numel()) if parameter.dim() > 1 else 0.3
                parameter.copy_(bound * (2 * torch.rand(parameter.shape, generator=generator) - 1))
    parameters = flat_parameters(net)
    images = bytes_of(generator, (IMAGES, *shape), 64)
    classes = net(images.float()).shape[1]
    labels = torch.randint(0, classes, (IMAGES,), generator=generator)

    exact = run_net(make, parameters, images, labels, torch.float64)
    single = run_net(make, parameters, images, labels, torch.float32)
    golden = Golden("net_" + name)
    golden.write("images", "i8/64", images)
    golden.write("labels", "i8/1", labels)
    sizes = [p.numel() for p in net.parameters()]
    strides = [max(1, math.ceil(size / SAMPLES)) for size in sizes]
    # Odd strides meet every column of a matrix of even width.
    strides = [stride + 1 - stride % 2 for stride in strides]
    golden.write("sizes", "f64", sizes)
    golden.write("strides", "f64", strides)

    def write_parameters(key, kind, values):
        parts = torch.split(values, sizes)
        golden.write(key, kind, torch.cat([part[::stride] for part, stride in zip(parts, strides)]))
        golden.write(key + "_squares", "f64", [part.double().square().sum() for part in parts])

    if xavier:
        write_parameters("parameters", "f64", parameters)
    else:
        golden.write("parameters", "f32", parameters)
    for key, value in exact.items():
        check_float32(f"{name} {key}", value, single[key])
        if value.numel() == parameters.numel():
            write_parameters(key, "f64", value)
        else:
            golden.write(key, "f64", value)
    golden.save()


# The one-cycle schedule -----------------------------------------------------------------------------------------------

CYCLE_STEPS = [*range(1, 13), 100]
CYCLE_STARTS = [0.0, 0.1, 0.3, 0.5, 1.0]
CYCLE_FACTORS = {"cos": (25.0, 1e4), "linear": (4.0, 8.0), "infinite": (math.inf, 1e4)}
CYCLE_OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.125),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.125, momentum=0.5, weight_decay=0.0078125),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.125, betas=(0.5, 0.75)),
}


def cycle(make, steps, **options):
    """The learning rate and the momentum of each step; NaN where PyTorch divides by zero."""
    optimizer = make([nn.Parameter(torch.zeros(1))])
    try:
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, steps, **options)
    except ZeroDivisionError:
        return [math.nan] * steps, [math.nan] * steps
    rates, momenta = [], []
    for _ in range(steps):
        group = optimizer.param_groups[0]
        rates.append(group["lr"])
        momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
        optimizer.step()
        if len(rates) < steps:
            scheduler.step()
    return rates, momenta


def write_one_cycle():
    golden = Golden("one_cycle")
    golden.write("steps", "f64", CYCLE_STEPS)
    golden.write("starts", "f64", CYCLE_STARTS)
    for strategy, (div_factor, final_div_factor) in CYCLE_FACTORS.items():
        for phases in (2, 3):
            all_rates, all_momenta = [], []
            for start in CYCLE_STARTS:
                for steps in CYCLE_STEPS:
                    options = dict(pct_start=start, anneal_strategy="cos" if strategy == "cos" else "linear",
                                   div_factor=div_factor, final_div_factor=final_div_factor, three_phase=phases == 3)
                    rates, momenta = cycle(CYCLE_OPTIMIZERS["sgd"], steps, **options)
                    for make in CYCLE_OPTIMIZERS.values():
                        assert repr((rates, momenta)) == repr(cycle(make, steps, **options))
                    all_rates += rates
                    all_momenta += momenta
            golden.write(f"rates_{strategy}_{phases}", "f64", all_rates)
            if strategy != "infinite":  # the factors do not matter
                golden.write(f"momenta_{strategy}_{phases}", "f64", all_momenta)

    # Trainings of seven steps.
    generator = torch.Generator().manual_seed(300)
    images = bytes_of(generator, (IMAGES, 6), 64)
    labels = torch.randint(0, 3, (IMAGES,), generator=generator)
    start = bytes_of(generator, (21,), 128)
    golden.write("images", "i8/64", images)
    golden.write("labels", "i8/1", labels)
    golden.write("parameters", "i8/128", start)
    for name, make in CYCLE_OPTIMIZERS.items():
        for cycled in (True, False):
            net = nn.Linear(6, 3).double()
            nn.utils.vector_to_parameters(start.clone(), net.parameters())
            optimizer = make(net.parameters())
            scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.125, 7, cycle_momentum=cycled)
            for step in range(7):
                optimizer.zero_grad()
                nn.CrossEntropyLoss()(net(images), labels).backward()
                optimizer.step()
                if step < 6:
                    scheduler.step()
            golden.write(f"{name}_{'cycled' if cycled else 'kept'}", "f64", flat_parameters(net))
    golden.save()


# Optimizers and schedules ---------------------------------------------------------------------------------------------

STEPS = 50
# A convolution that is wider than high, one that is higher, matrices of both kinds, and vectors.
TENSORS = [(6, 1, 5, 5), (20, 2, 1, 3), (4, 6), (10, 4), (10,), (7,)]


def single(value):
    """A number as its setting holds it, in float32."""
    return float(numpy.float32(value))


class Lion(torch.optim.Optimizer):
    """lion_pytorch.Lion, without its variants."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                mean = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                beta1, beta2 = group["betas"]
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(mean.clone().mul_(beta1).add(p.grad, alpha=1 - beta1).sign_(), alpha=-group["lr"])
                mean.mul_(beta2).add_(p.grad, alpha=1 - beta2)


class Muon:
    """torch.optim.Muon on the weights as matrices, AdamW on the rest."""

    def __init__(self, params, adamw=None, **options):
        self.weights = [p for p in params if p.ndim > 1]
        self.matrices = [nn.Parameter(p.detach().flatten(1).clone()) for p in self.weights]
        self.muon = torch.optim.Muon(self.matrices, **options)
        self.adamw = torch.optim.AdamW([p for p in params if p.ndim == 1], **(adamw or {}))

    @torch.no_grad()
    def step(self):
        for matrix, weight in zip(self.matrices, self.weights):
            matrix.grad = weight.grad.flatten(1).clone()
        self.muon.step()
        self.adamw.step()
        for matrix, weight in zip(self.matrices, self.weights):
            weight.copy_(matrix.view_as(weight))


ALL_OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=single(0.05)),
    "sgd_dampening": lambda p: torch.optim.SGD(p, lr=single(0.05), momentum=single(0.9), dampening=single(0.25),
                                               weight_decay=single(0.01)),
    "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=single(0.05), momentum=single(0.9), weight_decay=single(0.01),
                                              nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=single(0.01), eps=single(1e-8), weight_decay=single(0.01)),
    "adamw": lambda p: torch.optim.AdamW(p, lr=single(0.01), eps=single(1e-8), weight_decay=single(0.1)),
    "adamw_default": lambda p: torch.optim.AdamW(p, lr=single(1e-3), eps=single(1e-8), weight_decay=single(1e-2)),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=single(0.01), eps=single(1e-8)),
    "rmsprop_momentum": lambda p: torch.optim.RMSprop(p, lr=single(0.01), alpha=0.9, eps=single(1e-3),
                                                      weight_decay=single(0.01), momentum=single(0.9)),
    "rmsprop_centered": lambda p: torch.optim.RMSprop(p, lr=single(0.01), alpha=0.9, eps=single(1e-3),
                                                      momentum=single(0.5), centered=True),
    "lion": lambda p: Lion(p, lr=single(0.01), weight_decay=single(0.1)),
    "muon": lambda p: Muon(p, lr=single(0.01), weight_decay=single(0.1), momentum=single(0.95),
                           adamw=dict(lr=single(1e-3), eps=single(1e-8), weight_decay=single(1e-2))),
    "muon_match": lambda p: Muon(p, lr=single(0.01), weight_decay=single(0.01), momentum=single(0.5), nesterov=False,
                                 ns_steps=3, adjust_lr_fn="match_rms_adamw",
                                 adamw=dict(lr=single(0.01), eps=single(1e-8), weight_decay=0.0)),
}


def trajectory(make, start, curvature, noise, dtype):
    """The parameters after 1 and 50 steps on a gradient of curvature * p + noise."""
    def cut(flat):
        return [part.view(shape) for part, shape in
                zip(flat.split([math.prod(shape) for shape in TENSORS]), TENSORS)]

    params = [nn.Parameter(part.to(dtype).clone()) for part in cut(start)]
    optimizer = make(params)
    result = []
    for step in range(STEPS):
        for p, h, c in zip(params, cut(curvature.to(dtype)), cut(noise[step].to(dtype))):
            p.grad = h * p.detach() + c
        optimizer.step()
        if step + 1 in (1, STEPS):
            result.append(torch.cat([p.detach().flatten() for p in params]))
    return torch.cat(result)


def write_optimizers():
    golden = Golden("optimizers")
    generator = torch.Generator().manual_seed(700)
    count = sum(math.prod(shape) for shape in TENSORS)
    start = bytes_of(generator, (count,), 64)
    curvature = bytes_of(generator, (count,), 64).abs()
    noise = bytes_of(generator, (STEPS, count), 64)
    golden.write("start", "i8/64", start)
    golden.write("curvature", "i8/64", curvature)
    golden.write("noise", "i8/64", noise)
    for name, make in ALL_OPTIMIZERS.items():
        if name.startswith("muon"):
            # As it is, with matrices that are rounded to bfloat16; and the same without rounding.
            golden.write(f"{name}_bfloat16", "f64", trajectory(make, start, curvature, noise, torch.float32))
            rounding = torch.Tensor.bfloat16
            torch.Tensor.bfloat16 = torch.Tensor.clone
        golden.write(name, "f64", trajectory(make, start, curvature, noise, torch.float64))
        if name.startswith("muon"):
            torch.Tensor.bfloat16 = rounding
    golden.save()


BASE_RATE = single(0.1)
L = torch.optim.lr_scheduler
SCHEDULES = {
    "step": lambda o: L.StepLR(o, 7, gamma=0.5),
    "step_default": lambda o: L.StepLR(o, 20),
    "multi_step": lambda o: L.MultiStepLR(o, [30, 5, 12, 12], gamma=0.5),
    "exponential": lambda o: L.ExponentialLR(o, 0.9),
    "linear": lambda o: L.LinearLR(o),
    "linear_long": lambda o: L.LinearLR(o, start_factor=0.01, end_factor=0.5, total_iters=20),
    "cosine": lambda o: L.CosineAnnealingLR(o, 49),
    "cosine_again": lambda o: L.CosineAnnealingLR(o, 15, eta_min=0.01),
    "warm_up": lambda o: L.SequentialLR(o, [L.LinearLR(o, start_factor=0.1, total_iters=10),
                                            L.CosineAnnealingLR(o, 40, eta_min=0.001)], [10]),
    "three": lambda o: L.SequentialLR(o, [L.LinearLR(o, total_iters=4), L.ExponentialLR(o, 0.95),
                                          L.StepLR(o, 6, gamma=0.25)], [4, 25]),
}
PLATEAUS = {
    "default": dict(),
    "patient": dict(factor=0.5, patience=2, cooldown=3, min_lr=0.004),
    "max_abs": dict(mode="max", factor=0.3, patience=1, threshold=0.02, threshold_mode="abs"),
    "max_rel": dict(mode="max", factor=0.3, patience=0, threshold=0.05),
    "min_abs": dict(factor=0.9, patience=0, threshold=0.05, threshold_mode="abs", eps=0.002),
}


def rate_of(optimizer):
    return optimizer.param_groups[0]["lr"]


def write_schedules():
    golden = Golden("schedules")
    for name, make in SCHEDULES.items():
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=BASE_RATE)
        schedule = make(optimizer)
        rates = []
        for _ in range(STEPS):
            rates.append(rate_of(optimizer))
            optimizer.step()
            schedule.step()
        golden.write(name, "f64", rates)
    # Metrics that get better, and worse again.
    generator = torch.Generator().manual_seed(701)
    metrics = [1 / (1 + 0.3 * min(n, 12)) + 0.004 * max(n - 12, 0) - 0.2 * (n > 36) + 0.05 * float(x)
               for n, x in enumerate(torch.rand(STEPS, generator=generator))]
    golden.write("metrics", "f64", metrics)
    for name, options in PLATEAUS.items():
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=BASE_RATE)
        schedule = L.ReduceLROnPlateau(optimizer, **options)
        rates = []
        for metric in metrics:
            rates.append(rate_of(optimizer))
            schedule.step(metric)
        assert len(set(rates)) > 1, f"{name} changes nothing"
        golden.write(f"plateau_{name}", "f64", rates)
    golden.save()


# Recipes: groups of parameters, clipping, averages --------------------------------------------------------------------

def recipe_net():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(24, 3)).double()


def write_recipes():
    golden = Golden("recipes")
    generator = torch.Generator().manual_seed(800)
    images = bytes_of(generator, (IMAGES, 1, 6, 5), 64)
    labels = torch.randint(0, 3, (IMAGES,), generator=generator)
    start = bytes_of(generator, (sum(p.numel() for p in recipe_net().parameters()),), 64)
    golden.write("images", "i8/64", images)
    golden.write("labels", "i8/1", labels)
    golden.write("parameters", "i8/64", start)
    batches = list(zip(images.split(10), labels.split(10)))
    swa_utils = torch.optim.swa_utils

    def run(name, make, clip=lambda net: None, average=None, when=lambda step: True, schedule=None):
        net = recipe_net()
        nn.utils.vector_to_parameters(start.clone(), net.parameters())
        optimizer = make(net)
        scheduler = schedule(optimizer) if schedule else None
        averaged = average(net) if average else None
        for step in range(STEPS):
            x, y = batches[step % len(batches)]
            net.zero_grad()
            nn.CrossEntropyLoss()(net(x), y).backward()
            clip(net)
            optimizer.step()
            if scheduler:
                scheduler.step()
            if averaged and when(step + 1):
                averaged.update_parameters(net)
        golden.write(name, "f64", flat_parameters(net))
        buffers = [b.flatten() for b in net.buffers() if b.ndim == 1]
        golden.write(f"{name}_buffers", "f64", torch.cat(buffers))
        if averaged:
            golden.write(f"{name}_averaged", "f64", flat_parameters(averaged.module))
            copied = [b.flatten() for b in averaged.module.buffers() if b.ndim == 1]
            assert all((a == b).all() for a, b in zip(buffers, copied))
            swa_utils.update_bn([x for x, _ in batches], averaged)
            golden.write(f"{name}_update_bn", "f64",
                         torch.cat([b.flatten() for b in averaged.module.buffers() if b.ndim == 1]))

    def groups(net):
        """No decay on biases and norms; the head has a rate of its own, with decay on all of it."""
        rest = dict(eps=single(1e-8))
        return torch.optim.AdamW([
            dict(params=[net[0].weight], lr=single(0.01), weight_decay=single(0.1)),
            dict(params=[net[0].bias, net[1].weight, net[1].bias], lr=single(0.01), weight_decay=0.0),
            dict(params=net[5].parameters(), lr=single(0.05), weight_decay=single(0.1))], **rest)

    def frozen(net):
        net[0].requires_grad_(False)
        return torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=single(0.1), momentum=single(0.9))

    def sgd(net):
        return torch.optim.SGD(net.parameters(), lr=single(0.1), momentum=single(0.9))

    def adamw(net):
        return torch.optim.AdamW(net.parameters(), lr=single(0.01), eps=single(1e-8), weight_decay=single(0.1))

    def norm(limit):
        def clip(net):
            total = nn.utils.clip_grad_norm_(net.parameters(), single(limit))
            clipped.append(float(total) > limit)
        return clip

    clipped = []
    run("groups", groups)
    run("groups_scheduled", groups, schedule=lambda o: L.SequentialLR(
        o, [L.LinearLR(o, start_factor=0.1, total_iters=10), L.CosineAnnealingLR(o, 40, eta_min=0.001)], [10]))
    run("frozen", frozen, norm(0.5))
    run("clip_norm", sgd, norm(0.6))
    assert 0 < sum(clipped[-STEPS:]) < STEPS, "all are clipped, or none"
    run("clip_value", sgd, lambda net: nn.utils.clip_grad_value_(net.parameters(), single(0.01)))
    run("ema", adamw, average=lambda net: swa_utils.AveragedModel(
        net, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9)))
    run("swa", sgd, average=swa_utils.AveragedModel, when=lambda step: step > 20 and (step - 20) % 5 == 0)
    rounding = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = torch.Tensor.clone
    run("muon", lambda net: Muon(list(net.parameters()), lr=single(0.02), weight_decay=single(0.1),
                                 momentum=single(0.95), adamw=dict(lr=single(1e-3), eps=single(1e-8),
                                                                   weight_decay=single(1e-2))))
    torch.Tensor.bfloat16 = rounding
    golden.save()


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    print("PyTorch", torch.__version__)
    write_layers(LAYERS, 100)
    write_layers(MORE_LAYERS, 400)
    write_losses()
    write_more_losses()
    write_one_cycle()
    write_optimizers()
    write_schedules()
    write_recipes()
    write_net("lenet", lenet, (1, 28, 28), 1, xavier=True)
    write_net("relu", relu_net, (2, 11, 9), 2, xavier=False)
    write_net("nested", nested_net, (3, 8, 10), 3, xavier=False)
    write_net("unflatten", unflatten_net, (7,), 4, xavier=False)


if __name__ == "__main__":
    main()
