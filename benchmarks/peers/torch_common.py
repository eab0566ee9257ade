# SPDX-License-Identifier: MIT
"""What the PyTorch programs share: the networks, the data in memory, and the command line of ../cases.hpp."""

import argparse
import gzip
import json
import math
import os
import sys
import time
import warnings

try:
    import torch
    from torch import nn
except ImportError as error:
    sys.exit(f"PyTorch cannot be imported by {sys.executable}: {error}")

# PyTorch computes a convolution with oneDNN or with kernels of its own; for small ones these may be faster. And an image
# may lie in memory channel by channel or pixel by pixel.
LIBRARIES = {"oneDNN": True, "without oneDNN": False}
FORMATS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}

AMOUNTS = ("full", "quick", "tiny")


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))


def torch_example():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))


def new_network(name):
    torch.manual_seed(1)
    net = {"lenet": lenet, "torch_example": torch_example}[name]()
    for module in net:
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
    return net


def read_bytes(folder, name, header):
    for ending, opener in (("", open), (".gz", gzip.open)):
        path = os.path.join(folder, name + ending)
        if os.path.isfile(path):
            with opener(path, "rb") as file:
                return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)
    sys.exit(f"there is no {name} or {name}.gz in {folder}")


def load_mnist(folder, kind):
    """Images (N, 1, 28, 28) in [0, 1], and labels."""
    images = read_bytes(folder, f"{kind}-images-idx3-ubyte", 16)
    labels = read_bytes(folder, f"{kind}-labels-idx1-ubyte", 8)
    return images.reshape(-1, 1, 28, 28).float() / 255, labels.long()


def choose(arguments, full, quick, tiny):
    return {"full": full, "quick": quick, "tiny": tiny}[arguments.amount]


def with_library(name):
    return torch.backends.mkldnn.flags(enabled=LIBRARIES[name])


def fastest(candidates, attempt):
    """The candidate that takes the least time, after one attempt that does not count. One that fails is left out."""
    if len(candidates) == 1:
        return candidates[0]
    least, best, failure = math.inf, None, None
    for candidate in candidates:
        try:
            attempt(candidate)
            for _ in range(2):
                begin = time.perf_counter()
                attempt(candidate)
                seconds = time.perf_counter() - begin
                if seconds < least:
                    least, best = seconds, candidate
        except Exception as error:  # Not every form works with every setting.
            failure = error
    if best is None:
        raise failure
    return best


def run_cases(cases, forms):
    """cases: name -> function(arguments, form) -> dict. A name ends in threads_N if it has several threads."""
    parser = argparse.ArgumentParser(description="Measures PyTorch.")
    parser.add_argument("--list", action="store_true", help="show the names of all cases")
    parser.add_argument("--case", help="measure a case, all cases below a name, or all")
    parser.add_argument("--form", choices=forms, default=forms[0])
    parser.add_argument("--data", default=os.path.join(os.path.dirname(__file__), "..", "..", "data", "mnist"))
    parser.add_argument("--amount", choices=AMOUNTS, default="full")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # such as those about processors that are not there
    if arguments.list:
        print("\n".join(cases))
        return
    chosen = [name for name in cases
              if arguments.case == "all" or name == arguments.case or name.startswith(f"{arguments.case}/")]
    if not chosen:
        sys.exit(f"there is no case {arguments.case}: --list shows all")
    for name in chosen:
        last = name.split("/")[-1]
        threads = int(last[len("threads_"):]) if last.startswith("threads_") else 1
        torch.set_num_threads(threads)
        result = {"case": name, "peer": f"PyTorch {arguments.form}", "version": torch.__version__}
        result.update(cases[name](arguments, arguments.form))
        print(json.dumps(result), flush=True)
