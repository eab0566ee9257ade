#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ctcnn-embed in C++ and in Python: the same bytes for the same file, and the values of the file when it is compiled.
See README.md."""

import os
import random
import struct
import subprocess
import sys

import torch

import command

MISSING = 77  # the exit status that skips the test
TOOLS = os.path.join(os.path.dirname(os.path.dirname(command.HERE)), "tools")

# Float32 whose literals are special: zeros, the smallest and the largest subnormal and normal numbers, powers of two,
# and all 24 bits.
SPECIAL = [0x0, 0x80000000, 0x1, 0x80000001, 0x7FFFFF, 0x400000, 0x800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x3F800000]
SPECIAL += [0x3F800001, 0xBFC00000, 0x3FFFFFFF, 0x4B800000, 0x00000010, 0x3EAAAAAB]


def tensor_of(bits):
    return torch.frombuffer(bytearray(struct.pack(f"<{len(bits)}I", *bits)), dtype=torch.float32).clone()


def random_bits(choice):
    while True:
        bits = choice.getrandbits(32)
        if bits & 0x7F800000 != 0x7F800000:
            return bits


def files(folder):
    """Paths of files, and the options they are embedded with; the last word is the type that a program names."""
    from safetensors.torch import save_file

    choice = random.Random(1)
    net = "ctcnn::Sequential<ctcnn::Input<4>, ctcnn::Linear<4, 4>>"
    tensors = {
        "special": {"0.weight": tensor_of(SPECIAL).reshape(4, 4), "0.bias": tensor_of(SPECIAL[:4])},
        "any": {
            "0.weight": tensor_of([random_bits(choice) for _ in range(16)]).reshape(4, 4),
            "0.bias": tensor_of([random_bits(choice) for _ in range(4)]),
        },
        "half": {
            "0.weight": torch.randn(4, 4).half(),
            "0.bias": torch.tensor([5.96e-8, -65504.0, -0.0, 6.1e-5]).half(),
        },
        "bfloat": {"0.weight": torch.randn(4, 4).bfloat16(), "0.bias": torch.randn(4).bfloat16()},
    }
    result = []
    for name, state in tensors.items():
        path = f"{folder}/{name}.safetensors"
        save_file(state, path, metadata={"format": "pt"})
        values = torch.cat([state["0.weight"].flatten(), state["0.bias"]]).float()
        result.append((path, name, net, ["--net", net], values))
        binary = ["--net", net, "--binary", f"{folder}/{name}_embed.bin"]
        result.append((path, name + "_embed", net, binary, values))
        result.append((path, name + "_any", f"{name}_any<{net}>", ["--include", "<ctcnn/inference.hpp>"], values))
    odd = f"{folder}/odd".encode() + b"\xff.hpp"
    open(odd, "w").close()
    result.append((path, "odd", net, ["--net", net, "--include", odd], values))
    return result


def bad_cases(folder):
    """Command lines that both programs refuse, with the exit status and a part of the sentence."""
    from safetensors.torch import save_file

    def saved(name, state):
        save_file(state, f"{folder}/{name}.safetensors")
        return f"{folder}/{name}.safetensors"

    good = saved("good", {"0.weight": torch.ones(1, 1)})
    with open(f"{folder}/short.safetensors", "wb") as file:
        file.write(b"short")
    with open(good, "rb") as source, open(f"{folder}/cut.safetensors", "wb") as file:
        file.write(source.read()[:-1])
    named = ["--name", "digits"]
    return [
        ([], 2, "usage: ctcnn-embed"),
        ([good], 2, "--name"),
        ([good, "--name", "class"], 2, "a name in C++, such as digits, found class"),
        ([good, "--name", "1st"], 2, "a name in C++, such as digits, found 1st"),
        ([good, "--name", "a b"], 2, "a name in C++, such as digits, found a b"),
        ([good, *named, "--net", "A\nB"], 2, "a type in one line"),
        ([good, *named, "--net", "A\\"], 2, "a type in one line"),
        ([good, *named, "--include", 'a"b'], 2, "the name of a header"),
        ([good, *named, "--binary", 'a"b'], 2, "the name of a"),
        ([good, *named, "--binary", f"{folder}/missing/a.bin"], 1, "a file that can be written"),
        ([good, *named, "-o", f"{folder}/../{os.path.basename(folder)}/good.safetensors"], 2, "found one twice"),
        ([good, *named, "--binary", good], 2, "found one twice"),
        ([good, *named, "--binary", f"{folder}/one", "-o", f"{folder}/one"], 2, "found one twice"),
        ([good, *named, "--bogus"], 2, "usage: ctcnn-embed"),
        ([good, good, *named], 2, "usage: ctcnn-embed"),
        ([good, *named, "--name", "other"], 2, "expected --name once, found it twice."),
        ([good, *named, "--net", "A", "--net", "B"], 2, "expected --net once, found it twice."),
        ([good, *named, "-o", f"{folder}/a", "-o", f"{folder}/b"], 2, "expected -o once, found it twice."),
        ([good, *named, "-o", ""], 2, "found an empty one."),
        (["", *named], 2, "found an empty one."),
        ([f"{folder}/missing.safetensors", *named], 1, "missing.safetensors"),
        ([folder, *named], 1, folder),
        ([f"{folder}/short.safetensors", *named], 1, "short.safetensors"),
        ([f"{folder}/cut.safetensors", *named], 1, "cut.safetensors"),
        ([good, *named, "-o", f"{folder}/missing/digits.hpp"], 1, "a file that can be written"),
        ([good, *named, "--binary", f"{folder}/alone.bin", "-o", f"{folder}/missing/a"], 1, "a file that can be"),
        ([good, *named, "-o", folder], 1, "a file that can be written"),
        ([saved("none", {}), *named], 1, "the tensors of a network, found no tensor"),
        ([saved("double", {"w": torch.ones(1).double()}), *named], 1, "tensor w of dtype F32, F16 or BF16, found F64"),
        ([saved("whole", {"w": torch.ones(1).char()}), *named], 1, "tensor w of dtype F32, F16 or BF16, found I8"),
        ([saved("nan", {"w": torch.tensor([1, float("nan")])}), *named], 1, "finite values in tensor w, found a NaN"),
        ([saved("inf", {"w": torch.tensor([float("-inf")])}), *named], 1, "tensor w, found an infinity"),
        ([saved("half_inf", {"w": torch.tensor([float("inf")]).half()}), *named], 1, "tensor w, found an infinity"),
        ([saved("empty", {"w": torch.ones(0, 2)}), *named], 1, "tensor w with elements, found none"),
        ([saved("axes", {"w": torch.ones([1] * 9)}), *named], 1, "tensor w of at most 8 axes, found 9"),
        ([saved("quote", {'a"b': torch.ones(1)}), *named], 1, "names of tensors as in PyTorch's state_dict, found a"),
        ([saved("escape", {"a\\": torch.ones(1)}), *named], 1, "names of tensors as in PyTorch's state_dict, found a"),
    ]


def main():
    parser = command.parser(__doc__)
    parser.add_argument("--compiler", default="g++")
    arguments = command.parse(parser, lambda a: [a.compiler])
    try:
        import safetensors.torch  # noqa: F401
    except ImportError:
        print("skipped: this Python has no safetensors package")
        return MISSING
    folder = os.path.abspath(arguments.folder)
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    compiler = [*arguments.compiler.split(), "-std=c++20", *warnings, "-I", arguments.include]
    subprocess.run([*compiler, "-O1", f"{TOOLS}/ctcnn-embed.cpp", "-o", f"{folder}/ctcnn-embed"], check=True)
    programs = {"C++": [f"{folder}/ctcnn-embed"], "Python": [sys.executable, f"{TOOLS}/ctcnn_tools/embed.py"]}
    failures = 0

    def expect(condition, *words):
        nonlocal failures
        if not condition:
            failures += 1
            print("wrong:", *words)

    # The same bytes, on the standard output and in a file; and all bits arrive.
    source = []
    checks = []
    for path, name, spelled, options, values in files(folder):
        written = {}
        for which, program in programs.items():
            line = [*program, path, "--name", name, *options]
            written[which] = subprocess.run(line, check=True, capture_output=True).stdout
            subprocess.run([*line, "-o", f"{folder}/{name}.hpp"], check=True)
            with open(f"{folder}/{name}.hpp", "rb") as file:
                expect(file.read() == written[which], path, which, "another text in the file")
            if "--binary" in options:
                by_name = torch.cat([values[-4:], values[:-4]])  # the bias, then the weight
                with open(options[-1], "rb") as file:
                    expect(file.read() == by_name.numpy().tobytes(), path, which, "other values in the binary file")
                os.remove(options[-1])
        expect(written["C++"] == written["Python"], path, "C++ and Python write other bytes")
        if "--binary" in options:
            with open(options[-1], "wb") as file:
                file.write(by_name.numpy().tobytes())
        object_name = name if "--net" in options else spelled
        source.append(f'#include "{name}.hpp"')
        for n, bits in enumerate(struct.unpack(f"<{len(values)}I", values.numpy().tobytes())):
            checks.append(f"static_assert(std::bit_cast<std::uint32_t>({object_name}.parameters()[{n}]) == {bits}u);")
    # A compiler with #embed takes the values of the binary file, others those of the header.
    line = [*programs["C++"], f"{folder}/special.safetensors", "--name", "taken", "--binary", f"{folder}/taken.bin"]
    subprocess.run([*line, "-o", f"{folder}/taken.hpp"], check=True)
    with open(f"{folder}/taken.bin", "r+b") as file:
        file.write(b"\xff\xff\x7f\xff")
    source += ['#include "taken.hpp"', "#ifdef __has_embed", "constexpr std::uint32_t first = 0xff7fffff;", "#else"]
    source += ["constexpr std::uint32_t first = 0;", "#endif"]
    net = "ctcnn::Sequential<ctcnn::Input<4>, ctcnn::Linear<4, 4>>"
    checks.append(f"static_assert(std::bit_cast<std::uint32_t>(taken<{net}>.layer<0>().bias(0)) == first);")
    with open(f"{folder}/embed.cpp", "w") as file:
        headers = ["#include <bit>", "#include <cstdint>", "#include <ctcnn/inference.hpp>"]
        file.write("\n".join([*headers, *source, *checks, ""]))
    compiled = subprocess.run([*compiler, "-fsyntax-only", f"{folder}/embed.cpp"])
    expect(compiled.returncode == 0, "the headers do not hold the values of the files")

    # What is wrong is refused by both with the same status, one sentence, and nothing half-written.
    cases = bad_cases(folder)
    for line, status, text in cases:
        output = f"{folder}/refused.hpp"
        more = [] if "-o" in line else ["-o", output]
        for which, program in programs.items():
            done = subprocess.run([*program, *line, *more], capture_output=True, text=True)
            expect(done.returncode == status, line, which, "status", done.returncode, done.stderr)
            expect(text in done.stderr, line, which, "says", done.stderr)
            expect(done.stderr.startswith("ctcnn-embed: ") and "Traceback" not in done.stderr, line, which, done.stderr)
            expect(done.stdout == "" and not os.path.exists(output), line, which, "has written something")
    shells = ['exec "$@" >&-', f'ulimit -f 0 && exec "$@" -o {folder}/refused.hpp']
    if os.path.exists("/dev/full"):
        shells += ['exec "$@" >/dev/full', 'exec "$@" --help >/dev/full']
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    for shell in shells:
        for which, program in programs.items():
            line = ["sh", "-c", shell, "sh", *program, f"{folder}/good.safetensors", "--name", "a"]
            done = subprocess.run(line, capture_output=True, text=True, env=buffered)
            expect(done.returncode == 1, shell, which, "status", done.returncode)
            expect(done.stderr.startswith("ctcnn-embed: "), shell, which, "says", done.stderr)
            expect(done.stderr.count("\n") == 1, shell, which, "says", done.stderr)
    left = [name for name in os.listdir(folder) if ".tmp" in name or name == "alone.bin"]
    expect(not left, "left behind:", left)

    # A header that is there is replaced, and keeps its permissions; where that fails, it stays.
    good, output = f"{folder}/good.safetensors", f"{folder}/replaced.hpp"
    for which, program in programs.items():
        with open(output, "w") as file:
            file.write("old")
        os.chmod(output, 0o640)
        line = [*program, f"{folder}/nan.safetensors", "--name", "a", "-o", output]
        refused = subprocess.run(line, capture_output=True)
        with open(output) as file:
            expect(refused.returncode == 1 and file.read() == "old", which, "the old header is gone")
        subprocess.run([*program, good, "--name", "a", "-o", output], check=True)
        with open(output) as file:
            expect("a_file" in file.read(), which, "the header is not replaced")
        expect(os.stat(output).st_mode & 0o777 == 0o640, which, "other permissions")

    print(f"{len(checks)} values, {len(cases)} command lines that are refused, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
