#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Safetensors files: ctcnn against PyTorch and the official safetensors package. See README.md."""

import json
import os
import random
import struct
import subprocess
import sys

import torch

import command
from branches import GraphGenerator
from reference import Reference
from right import FLAGS, cpp_of

MISSING = 77  # the exit status that skips the test
try:
    import safetensors
    from safetensors.torch import load_file, save_file
except ImportError:
    safetensors = None

# Bit patterns of float32 that copying may change: NaNs of both kinds with payloads, infinities, subnormal numbers.
PATTERNS = [0x7F800001, -0x400000, 0x7FC12345, 1, -0x80000000, -0x800000, 0x7F800000, 0x007FFFFF]
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float64": torch.float64}

SOURCE = """#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <ctcnn/inference.hpp>
#include <ctcnn/io/safetensors.hpp>
using namespace ctcnn;

template <typename Net>
void pass_on(const std::string& path) {
    for (const NamedTensor& tensor : Net::names()) {
        std::cout << tensor.name << " [";
        for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
            std::cout << (axis == 0 ? "" : ", ") << tensor.shape[axis];
        }
        std::cout << "]\\n";
    }
    std::cout << "end\\n";
    const auto net = std::make_unique<Net>();
    load_safetensors(*net, path + ".torch");
    save_safetensors(*net, path + ".from_torch");
    load_safetensors(*net, path + ".in");
    save_safetensors(*net, path + ".out", {{"made", "by ctcnn"}});
    load_safetensors(*net, path + ".finite");
    save_safetensors(*net, path + ".float16", {}, Dtype::float16);
    save_safetensors(*net, path + ".bfloat16", {}, Dtype::bfloat16);
    save_safetensors(*net, path + ".float64", {}, Dtype::float64);
    for (const std::string dtype : {"float16", "bfloat16", "float64"}) {
        load_safetensors(*net, path + "." + dtype, {.convert = true});
        save_safetensors(*net, path + ".from_" + dtype);
    }
}

/// Says of each file whose name is read whether it is a safetensors file.
void judge() {
    for (std::string path; std::getline(std::cin, path);) {
        try {
            safetensors_metadata(path);
            std::cout << "accepted\\n";
        } catch (const DataError& error) {
            std::cout << error.what() << "\\n";
        }
    }
}
"""


def build(nets, arguments):
    """The program that passes the files of networks on, and judges others."""
    lines = [SOURCE, "int main(int, char** argv) {", '    if (std::string(argv[1]) == "judge") judge();']
    for seed, net in nets:
        lines.append(f'    if (std::string(argv[1]) == "{seed}") pass_on<{net}>(argv[2]);')
    path = f"{arguments.folder}/files.cpp"
    with open(path, "w") as file:
        file.write("\n".join(lines + ["}"]) + "\n")
    program = f"{arguments.folder}/files"
    flags = [flag for flag in FLAGS if flag != "-fopenmp"]
    subprocess.run([*arguments.compiler.split(), *flags, "-I", arguments.include, path, "-o", program], check=True)
    return program


# There and back -------------------------------------------------------------------------------------------------------


def same_bits(a, b):
    """Whether two state_dicts are the same, NaNs and all."""
    bits = {2: torch.int16, 4: torch.int32, 8: torch.int64}
    return list(a) == list(b) and all(
        a[k].dtype == b[k].dtype
        and a[k].shape == b[k].shape
        and torch.equal(a[k].view(bits[a[k].element_size()]), b[k].view(bits[b[k].element_size()]))
        for k in a
    )


def read(path):
    with open(path, "rb") as file:
        return file.read()


def by_name(state):
    return dict(sorted(state.items()))


def there_and_back(program, seed, reference, rng, folder):
    """What is wrong with the files of one network."""
    reference.draw(torch.Generator().manual_seed(seed), 1)
    finite = {k: v.float().contiguous() for k, v in reference.state().items()}
    state = {k: v.clone() for k, v in finite.items()}
    for tensor in state.values():
        bits = tensor.view(torch.int32).view(-1)
        for n in rng.sample(range(len(bits)), min(len(bits), 4)):
            bits[n] = rng.choice(PATTERNS)
    path = f"{folder}/{seed}"
    save_file(state, path + ".in", {"made": "by ctcnn"})
    save_file(finite, path + ".finite")
    # What PyTorch writes: with the number of batches, which ctcnn passes over.
    reference.module.float()
    save_file({k: v.contiguous() for k, v in reference.module.state_dict().items()}, path + ".torch")
    done = subprocess.run([program, str(seed), path], capture_output=True, text=True)
    if done.returncode != 0:
        return [f"exit {done.returncode}: {done.stderr[-500:]}"]
    faults = []

    def require(condition, what):
        if not condition:
            faults.append(what)

    names = [f"{name} {list(tensor.shape)}" for name, tensor in state.items()]
    require(done.stdout.splitlines() == [*names, "end"], f"names {done.stdout.splitlines()}, torch {names}")
    require(same_bits(by_name(load_file(path + ".out")), by_name(state)), "other bits")
    require(same_bits(by_name(load_file(path + ".from_torch")), by_name(finite)), "other bits of PyTorch's own file")
    require(read(path + ".out") == read(path + ".in"), "another file than the official package writes")
    for name, dtype in DTYPES.items():
        converted = {k: v.to(dtype) for k, v in finite.items()}
        require(same_bits(by_name(load_file(f"{path}.{name}")), by_name(converted)), f"other bits as {name}")
        again = {k: v.float() for k, v in converted.items()}
        require(same_bits(by_name(load_file(f"{path}.from_{name}")), by_name(again)), f"other bits from {name}")
    reference.load(*(torch.zeros(len(row)) for row in (reference.parameters(), reference.buffers())))
    reference.module.load_state_dict(load_file(path + ".from_torch"), strict=True)
    require(same_bits(by_name(dict(reference.state())), by_name(finite)), "load_state_dict gives other bits")
    return faults


# Mutated files --------------------------------------------------------------------------------------------------------


def tensor_file(entries, data, metadata=None):
    """The header of a file, as a list of keys and values, and its data."""
    header = [] if metadata is None else [("__metadata__", metadata)]
    return header + entries, data


def info(dtype, shape, begin, end):
    return [("dtype", dtype), ("shape", shape), ("data_offsets", [begin, end])]


BASES = [
    tensor_file([("a", info("F32", [2, 3], 0, 24)), ("b.weight", info("F32", [2], 24, 32))], bytes(range(32))),
    tensor_file(
        [("x", info("F16", [], 0, 2)), ("y", info("I8", [5, 1], 2, 7)), ("z", info("U8", [0], 7, 7))], bytes(7), []
    ),
    tensor_file([("w", info("F64", [1], 0, 8))], bytes(8), [("epoch", "12"), ("é", 'q"')]),
    tensor_file([("f", info("F4", [4], 0, 2)), ("g", info("F6_E2M3", [4], 2, 5))], bytes(5)),
    tensor_file([], b"", [("k", "v")]),
    tensor_file([], b""),
]
DTYPE_NAMES = (
    "BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ I16 U16 F16 BF16 I32 U32 F32 "
)
DTYPE_NAMES += "C64 F64 I64 U64"
NUMBERS = [0, 1, 2, 3, 4, 7, 8, 24, 31, 32, 33, 2**31, 2**32, 2**61, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 8]
ODD = [
    "-0",
    "-1",
    "1.0",
    "1e0",
    "01",
    "1.",
    "null",
    "true",
    "[]",
    "{}",
    '""',
    '"1"',
    "1e400",
    "-",
    "NaN",
    "[1,[2]]",
    '{"a":1,"a":2}',
]
ODD += [
    "[" * 124 + "]" * 124,
    "[" * 125 + "]" * 125,
    "[" * 126 + "]" * 126,
    '"\\ud83d\\ude00"',
    '"\\ud800"',
    '"\\u0000"',
    '"\x7f"',
    '"\n"',
]
BITS = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    " ",
    "\t",
    "\n",
    "\r",
    "\0",
    "\ufeff",
    "é",
    "\f",
    "0",
    "9",
    "-",
    "e",
    ".",
    "null",
]


def spelled(value, rng):
    """JSON of a value, whose objects are lists of pairs in a Raw or plain form."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
        if rng.random() < 0.05 and value:
            text = f'"\\u{ord(value[0]) & 0xFFFF:04x}{json.dumps(value[1:])[1:]}'
        return text
    blank = rng.choice(["", "", "", "", " ", "\n\t"])
    if isinstance(value, list) and all(isinstance(v, tuple) for v in value) and (value or blank != "\n\t"):
        inside = f"{blank},{blank}".join(f"{spelled(k, rng)}{blank}:{blank}{spelled(v, rng)}" for k, v in value)
        return "{" + blank + inside + blank + "}"
    if isinstance(value, list):
        return "[" + blank + f"{blank},{blank}".join(spelled(v, rng) for v in value) + blank + "]"
    return str(value)


class Raw(str):
    """JSON as it stands."""


def mutate_tree(header, rng):
    """Changes one thing in a header."""
    header = [(k, list(v) if isinstance(v, list) else v) for k, v in header]
    if not header:
        return [(rng.choice(["a", "__metadata__"]), rng.choice([[], Raw("null"), Raw("1"), info("F32", [1], 0, 4)]))]
    n = rng.randrange(len(header))
    key, value = header[n]
    kind = rng.randrange(10)
    if kind == 0:
        header[n] = (rng.choice(["__metadata__", "", "a", "\u6a21", "dtype", header[0][0]]), value)
    elif kind == 1:
        header.append((key, value) if rng.random() < 0.5 else (f"{key}2", value))
    elif kind == 2:
        del header[n]
    elif kind == 3:
        rng.shuffle(header)
    elif kind == 4 and isinstance(value, list):
        member = rng.choice(["dtype", "shape", "data_offsets", "other", "Dtype"])
        odd = rng.choice([Raw(rng.choice(ODD)), rng.choice(NUMBERS), rng.choice(DTYPE_NAMES.split()), [1, 2], []])
        value.insert(rng.randint(0, len(value)), (member, odd))
    elif kind == 5:
        header[n] = (key, Raw(rng.choice(ODD)))
    elif value and isinstance(value, list):
        m = rng.randrange(len(value))
        member, content = value[m]
        if kind == 6:
            del value[m]
        elif kind == 7:
            value[m] = (member, Raw(rng.choice(ODD)))
        elif member == "dtype":
            value[m] = (member, rng.choice(DTYPE_NAMES.split() + ["f32", "F128", "", "{}"]))
        elif isinstance(content, list) and content:
            content = list(content)
            content[rng.randrange(len(content))] = rng.choice(NUMBERS)
            value[m] = (member, content if rng.random() < 0.8 else content + [rng.choice(NUMBERS)])
    return header


def mutate_text(text, rng):
    at = rng.randint(0, len(text))
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + rng.choice(BITS) + text[at:]
    if kind == 1:
        return text[:at] + text[at + rng.choice([1, 1, 1, 2, 5]) :]
    if kind == 2:
        return text[:at] + rng.choice(BITS) + text[at + 1 :]
    other = rng.randint(0, len(text))
    return text[:at] + text[min(at, other) : max(at, other)] + text[at:]


def mutated(rng):
    """A file that is wrong in one or two ways, or in none."""
    header, data = rng.choice(BASES)
    for _ in range(rng.choice([0, 1, 1, 2])):
        header = mutate_tree(header, rng)
    text = spelled(header, rng) if header else "{}"
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        text = mutate_text(text, rng)
    text = rng.choice(["", "", "", "", " ", "\n"]) + text + " " * rng.choice([0, 0, -len(text) % 8, 3])
    raw = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.15 and raw:
        at = rng.randrange(len(raw))
        raw = raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]
    size = len(raw)
    if rng.random() < 0.1:
        size = rng.choice(
            [0, 1, 7, size - 1, size + 1, size + len(data), 10**8, 10**8 + 1, 2**32, 2**63, 2**64 - 1, 2**64 - 8]
        )
    if rng.random() < 0.1:
        data = rng.choice([data + b"\0", data[:-1], b"", data * 2])
    whole = struct.pack("<Q", max(size, 0)) + raw + data
    if rng.random() < 0.05:
        whole = whole[: rng.randint(0, len(whole))]
    return whole


def official(data):
    """Whether the official package takes a file."""
    try:
        safetensors.deserialize(data)
        return True
    except Exception:
        return False
    except BaseException as error:  # a panic of its Rust
        if type(error).__name__ != "PanicException":
            raise
        return False


def refused_on_purpose(data, said):
    """What the description of the format forbids, and the official package takes, if ctcnn says so; or None."""
    keys_twice = []

    def members(pairs):
        keys = [k for k, _ in pairs]
        keys_twice.append(len(set(keys)) != len(keys))
        return dict(pairs)

    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size].decode(), object_pairs_hook=members, strict=False)
    tensors = [v for k, v in header.items() if k != "__metadata__"]
    if any(keys_twice) and "each key once" in said:
        return "a key twice"
    if any(isinstance(v, list) for v in tensors) and "an object with dtype" in said:
        return "an entry that is an array"
    if any(isinstance(v, dict) and isinstance(v.get("dtype"), dict) for v in tensors) and "a dtype in quotes" in said:
        return "a dtype that is an object"
    return None


ON_PURPOSE = [
    (
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        bytes(4),
    ),
    (b'{"__metadata__":{"a":"b","a":"c"}}', b""),
    (b'{"a":["F32",[1],[0,4]]}', bytes(4)),
    (b'{"a":{"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]}}', bytes(4)),
]


def judge_all(program, files, folder):
    """What ctcnn says of files: a line for each."""
    paths = []
    for n, data in enumerate(files):
        paths.append(f"{folder}/mutated{n}")
        with open(paths[-1], "wb") as file:
            file.write(data)
    done = subprocess.run([program, "judge"], input="\n".join(paths) + "\n", capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"exit {done.returncode}: {done.stderr[-2000:]}")
    for path in paths:
        os.remove(path)
    return done.stdout.splitlines()


def compare(program, files, folder):
    """Failures, and how many files both accept, both refuse, and ctcnn alone refuses on purpose."""
    failures, accepted, refused, on_purpose = [], 0, 0, {}
    for data, said in zip(files, judge_all(program, files, folder)):
        official_takes, ours_takes = official(data), said == "accepted"
        if official_takes and not ours_takes and (reason := refused_on_purpose(data, said)):
            on_purpose[reason] = on_purpose.get(reason, 0) + 1
        elif official_takes != ours_takes:
            failures.append(
                f"the official package {'accepts' if official_takes else 'refuses'} {data!r}, ctcnn: {said}"
            )
        else:
            accepted += ours_takes
            refused += not ours_takes
    return failures, accepted, refused, on_purpose


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--seeds", type=command.seeds, required=True, help="of the networks, such as 1-10,15,17")
    parser.add_argument("--count", type=int, default=1000, help="how many mutated files")
    parser.add_argument("--seed", type=int, default=0, help="of the mutated files")
    parser.add_argument("--compiler", default="g++")
    arguments = command.parse(parser, lambda a: [a.compiler])
    if safetensors is None or tuple(map(int, safetensors.__version__.split(".")[:2])) < (0, 8):
        print("skipped: this Python has no safetensors package from 0.8 on")
        return MISSING
    networks = []
    for seed in arguments.seeds:
        shape, layers = GraphGenerator(random.Random(seed)).network()
        networks.append({"seed": seed, "shape": shape, "layers": layers})
    program = build([(c["seed"], cpp_of(c)) for c in networks], arguments)
    failures = 0
    for c in networks:
        reference = Reference(c["layers"])
        for fault in there_and_back(program, c["seed"], reference, random.Random(c["seed"]), arguments.folder):
            failures += 1
            print(f"seed {c['seed']}: {fault}\n    {cpp_of(c)}")
    print(f"{len(networks)} networks went from PyTorch to ctcnn and back")

    rng = random.Random(arguments.seed)
    files = [struct.pack("<Q", len(header)) + header + data for header, data in ON_PURPOSE]
    files += [mutated(rng) for _ in range(arguments.count)]
    faults, accepted, refused, on_purpose = compare(program, files, arguments.folder)
    for fault in faults[:20]:
        print(fault)
    if len(on_purpose) != 3:
        faults.append("files that are refused on purpose")
        print(f"refused on purpose: {on_purpose}, expected three kinds")
    told = ", ".join(f"{count} with {reason}" for reason, count in sorted(on_purpose.items()))
    print(
        f"{len(files)} mutated files: both accept {accepted} and refuse {refused}; ctcnn alone refuses {told}: "
        f"{len(faults)} failures"
    )
    return 1 if failures or faults else 0


if __name__ == "__main__":
    sys.exit(main())
