#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a C++ header with the parameters of a network as constants.

The same program as tools/ctcnn-embed.cpp, with the same output, byte for byte.
Exit status: 0 if all went well, 1 if something failed, 2 for a command line that says nothing clear.
"""

import argparse
import os
import re
import struct
import sys
import tempfile

KEYWORDS = frozenset(
    """alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype
    default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline
    int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch template
    this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t
    while xor xor_eq""".split()
)


class Refusal(Exception):
    """What is wrong with a file, in whole sentences."""


def put(data):
    """Writes bytes to the standard output at once."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        # Python would try to write what is left once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n{self.format_usage()}")

    def print_help(self, file=None):
        try:
            put(self.format_help().encode())
        except (OSError, AttributeError):
            self.exit(1, f"{self.prog}: the help cannot be written to the standard output.\n")


def shown(text):
    """A text as a message shows it."""
    plain = "".join(c if c.isprintable() else "".join(f"\\x{b:02x}" for b in c.encode()) for c in text)
    return plain if len(plain) <= 200 else plain[:200] + "..."


class Once(argparse.Action):
    def __call__(self, parser, namespace, value, option=None):
        if getattr(namespace, self.dest) is not None:
            parser.error(f"expected {option} once, found it twice.")
        setattr(namespace, self.dest, value)


def file_name(text):
    if not text:
        raise argparse.ArgumentTypeError("expected the name of a file, found an empty one.")
    return text


def name(text):
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", text) or text in KEYWORDS:
        raise argparse.ArgumentTypeError(f"expected a name in C++, such as digits, found {shown(text) or 'none'}.")
    return text


def line(text):
    if not text or text.endswith("\\") or any(ord(c) < 0x20 for c in text):
        raise argparse.ArgumentTypeError("expected a type in one line, found a control character or a \\ at its end.")
    return text


def header_name(text):
    try:
        line(text)
    except argparse.ArgumentTypeError:
        text = ""
    if not text or '"' in text:
        raise argparse.ArgumentTypeError(f"expected the name of a header, found {shown(text) or 'none'}.")
    return text


def read_options(arguments):
    parser = Parser(prog="ctcnn-embed", description=__doc__.splitlines()[0], allow_abbrev=False)
    add = parser.add_argument
    add("file", type=file_name, metavar="FILE.safetensors", help="of float32, float16 or bfloat16")
    add("--name", type=name, action=Once, required=True, help="the name of the network in C++")
    add("--net", type=line, action=Once, metavar="TYPE", help="its type; without it, NAME<TYPE> is the network")
    add_includes = {"action": "append", "default": [], "metavar": "HEADER"}
    add("--include", type=header_name, **add_includes, help="a header that the type needs")
    beside = "a file beside the header for the values, too, for #embed"
    add("--binary", type=header_name, action=Once, help=beside)
    add("-o", "--output", type=file_name, action=Once, help="the header; without it, the standard output")
    options = parser.parse_args(arguments)
    files = [os.path.realpath(path) for path in (options.file, options.binary, options.output) if path]
    if len(set(files)) < len(files):
        parser.error("expected FILE, --binary and -o to be different files, found one twice.")
    return options


def literal(bits):
    """A float32 by its bits, as a literal that is exact: 0x1.8p-3f."""
    exponent = bits >> 23 & 0xFF
    fraction = f"{(bits & 0x7FFFFF) << 1:06x}".rstrip("0")
    power = 0 if exponent == 0 and not fraction else max(exponent, 1) - 127
    return f"{'-' if bits >> 31 else ''}0x{int(exponent != 0)}{'.' if fraction else ''}{fraction}p{power}f"


def widened(half):
    """The float32 bits of float16 bits."""
    return struct.unpack("<I", struct.pack("<f", struct.unpack("<e", struct.pack("<H", half))[0]))[0]


DTYPES = {
    "F32": ("I", lambda bits: bits),
    "F16": ("H", widened),
    "BF16": ("H", lambda bits: bits << 16),
}


def read_tensors(path):
    """(name, shape, float32 bits) of all tensors, by name."""
    from safetensors import SafetensorError, deserialize

    try:
        with open(path, "rb") as file:
            tensors = deserialize(file.read())
    except OSError as error:
        raise Refusal(f"{path}: expected a file that can be read, found {error.strerror}.") from error
    except SafetensorError as error:
        raise Refusal(f"{path}: expected a safetensors file, found {error}. Write the file again.") from error
    if not tensors:
        raise Refusal(
            f"{path}: expected the tensors of a network, found no tensor. "
            "Embed a file that save_safetensors has written."
        )
    result = []
    for key, tensor in sorted(tensors, key=lambda entry: entry[0]):
        shape, data = tensor["shape"], tensor["data"]
        if not all(" " <= c <= "~" and c not in '"\\' for c in key):
            raise Refusal(f"{path}: expected names of tensors as in PyTorch's state_dict, found {shown(key)}.")
        if tensor["dtype"] not in DTYPES:
            raise Refusal(
                f"{path}: expected tensor {shown(key)} of dtype F32, F16 or BF16, found {tensor['dtype']}. "
                "Store it as float32, in Python with tensor.float()."
            )
        if len(shape) > 8:
            raise Refusal(f"{path}: expected tensor {shown(key)} of at most 8 axes, found {len(shape)}.")
        if not data:
            raise Refusal(f"{path}: expected tensor {shown(key)} with elements, found none.")
        code, convert = DTYPES[tensor["dtype"]]
        values = [convert(bits) for bits in struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data)]
        for bits in values:
            if bits & 0x7F800000 == 0x7F800000:
                found = "a NaN" if bits & 0x7FFFFF else "an infinity"
                raise Refusal(
                    f"{path}: expected finite values in tensor {shown(key)}, found {found}. "
                    "The training has diverged: train the network again, with a smaller learning rate."
                )
        result.append((key, shape, values))
    return result


def header_of(tensors, options):
    """The text of the header."""
    lines = ["// Made by ctcnn-embed. Do not edit.", "#pragma once"]
    lines += ["#pragma GCC system_header  // no warnings", "", "#include <array>", ""]
    lines += ["#include <ctcnn/model/embedded.hpp>", ""]
    for include in options.include:
        lines.append(f"#include {include}" if include.startswith("<") else f'#include "{include}"')
    lines += [""] if options.include else []
    count = sum(len(values) for _, _, values in tensors)
    macro, binary = f"CTCNN_EMBEDS_{options.name}", os.path.basename(options.binary or "")
    if binary:
        lines += ["#ifdef __has_embed", f'#if __has_embed("{binary}") && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__']
        lines += [f"#define {macro}", "#endif", "#endif", ""]
    lines += [f"struct {options.name}_file {{"]
    lines += [f"    static consteval std::array<ctcnn::EmbeddedTensor, {len(tensors)}> tensors() {{"]
    lines += ["        return {{"]
    for key, shape, _ in tensors:
        lines.append(f'            {{"{key}", {{{", ".join(map(str, shape))}}}}},')
    lines += ["        }};", "    }"]
    lines += [f"    static consteval std::array<float, {count}> values() {{"]
    if binary:
        lines += [f"#ifdef {macro}"]
        lines += [f"        return std::bit_cast<std::array<float, {count}>>(std::array<unsigned char, {4 * count}>{{"]
        lines += [f'#embed "{binary}"', "        });", "#else"]
    lines += ["        return {{"]
    for key, _, values in tensors:
        lines.append(f"// {key}")
        for first in range(0, len(values), 8):
            lines.append(",".join(map(literal, values[first : first + 8])) + ",")
    lines += ["        }};", *(["#endif"] if binary else []), "    }", "};", ""]
    if options.net is None:
        lines += ["template <typename Net>"]
    net = options.net or "Net"
    lines += [f"inline constexpr {net} {options.name} = ctcnn::embedded<{net}, {options.name}_file>();", ""]
    return os.fsencode("\n".join(lines))  # the bytes of the command line


def write(path, content):
    """Writes a file under another name, and returns that and the name that it is to have."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            raise Refusal(
                f"{path}: expected a file that can be written, found a folder or a device. Give the name of a file."
            )
        mode = os.stat(target).st_mode & 0o7777 if os.path.exists(target) else None
        descriptor, temporary = tempfile.mkstemp(prefix=os.path.basename(target)[:50] + ".", suffix=".tmp", dir=folder)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if mode is None:
                mask = os.umask(0)
                os.umask(mask)
                mode = 0o666 & ~mask
            os.chmod(temporary, mode)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise Refusal(f"{path}: expected a file that can be written, found {error.strerror}.") from error
    return temporary, target


def write_all(files):
    """The files, paths and contents, appear under their names once all of them are complete."""
    made = []
    try:
        for path, content in files:
            made.append(write(path, content))
        while made:
            os.replace(*made[0])
            del made[0]
    finally:
        for temporary, _ in made:
            os.unlink(temporary)


def main(arguments=None):
    options = read_options(arguments)
    try:
        tensors = read_tensors(options.file)
        content = header_of(tensors, options)
        files = []
        if options.binary is not None:
            values = b"".join(struct.pack(f"<{len(values)}I", *values) for _, _, values in tensors)
            files.append((options.binary, values))
        if options.output is None:
            try:
                put(content)
            except (OSError, AttributeError):
                raise Refusal("the header cannot be written to the standard output.") from None
        else:
            files.append((options.output, content))
        write_all(files)
    except ImportError as error:
        print(f"ctcnn-embed: {error}. Install it with `python3 -m pip install safetensors`.", file=sys.stderr)
        return 1
    except (Refusal, OSError) as error:
        print(f"ctcnn-embed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
