# SPDX-License-Identifier: MIT
"""ctcnn-import: a trained network as a type of ctcnn and a safetensors file."""

import argparse
import contextlib
import importlib.util
import os
import re
import sys
import tempfile
import textwrap

from ctcnn_tools.embed import KEYWORDS, Parser, put
from ctcnn_tools.network import Refusal

PROGRAM = "ctcnn-import"


def type_name(stem):
    """A name for the type: my-lenet becomes MyLenet."""
    words = re.findall(r"[A-Za-z0-9]+", stem)
    name = "".join(word[0].upper() + word[1:] for word in words) or "Net"
    return name if name[0].isalpha() else "Net" + name


def header_text(builder, name, stem, source):
    def qualified(text):
        return re.sub(r"\b([A-Z]\w*)", r"ctcnn::\1", text)

    lines = []
    for layer in [f"Input<{', '.join(map(str, builder.input_shape))}>", *builder.spelled()]:
        lines += textwrap.wrap(
            qualified(layer) + ",",
            120,
            break_long_words=False,
            break_on_hyphens=False,
            initial_indent=" " * 4,
            subsequent_indent=" " * 8,
        )
    layers = "\n".join(lines)[:-1]
    file = printable(f"{stem}.safetensors")
    return (
        f"// Written by ctcnn-import from {printable(source)}.\n#pragma once\n\n#include <ctcnn/inference.hpp>\n\n"
        f"/// {name}: the network whose parameters are in {file}:\n///     {name} net{{}};\n"
        f'///     ctcnn::load_safetensors(net, "{file}");  // of <ctcnn/io/safetensors.hpp>\n'
        f"using {name} = ctcnn::Sequential<\n{layers}>;\n"
    )


def printable(name):
    """The name of a file, in a comment of C++."""
    return "".join(c if c.isprintable() and c != "\\" else "?" for c in name)


def checked_output(path):
    """Both files begin with its last part."""
    if os.path.basename(path) in ("", ".", ".."):
        raise Refusal(f"'{path}' is the name of a folder: name the files in it, as in {os.path.join(path, 'net')}")
    return path


def write_files(files):
    """Writes files as a whole: each under another name, forced to the disk; then all are renamed."""
    made, files = [], [(os.path.realpath(path), data) for path, data in files]
    for path, _ in files:
        if os.path.exists(path) and not os.path.isfile(path):
            raise Refusal(f"'{path}' is a folder or a device: name another file with -o")
    try:
        for path, data in files:
            part = os.path.join(os.path.dirname(path), f".{os.path.basename(path)[:50]}.{len(made)}.{os.getpid()}.part")
            with open(part, "xb") as file:
                made.append((part, path))
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for part, path in made:
            os.replace(part, path)
    except OSError as error:
        error.filename = path
        raise
    finally:
        for part, _ in made:
            with contextlib.suppress(FileNotFoundError):
                os.remove(part)


def shape_of(text):
    try:
        shape = tuple(int(part) for part in text.split(","))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no shape without batch axis, such as 3,224,224")
    return shape


def module_of(text):
    """The module that FILE.py:NAME names; NAME is a torch.nn.Module, or a function or class that makes one."""
    path, _, name = text.rpartition(":")
    if not path or not os.path.isfile(path):
        raise Refusal(f"--model is '{text}', and must be FILE.py:NAME, with the module that the weights belong to")
    spec = importlib.util.spec_from_file_location("ctcnn_import_model", path)
    if spec is None:
        raise Refusal(f"--model: '{path}' is no Python file")
    loaded = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    sys.modules[spec.name] = loaded  # dataclasses look for their module there
    try:
        spec.loader.exec_module(loaded)
        made = getattr(loaded, name, None)
        if made is None:
            raise Refusal(f"--model: there is no {name} in {path}")
        import torch

        return made if isinstance(made, torch.nn.Module) else made()
    except Refusal:
        raise
    except SystemExit as stop:
        raise Refusal(f"--model: {path} ends the program (exit status {stop.code}) when it is run") from None
    except Exception as error:
        raise Refusal(f"--model: {path} fails with {type(error).__name__}: {error}") from None
    finally:
        sys.path.pop(0)


def need_torch(path):
    try:
        import torch  # noqa: F401
    except ImportError:
        raise Refusal("PyTorch is needed to read it, and is not installed: pip install torch") from None


def reader_of_file(path, input_shape, model):
    """(reader, what makes the reference: its name, and a function that computes the model)"""
    kind = os.path.splitext(path)[1].lower()
    if model is not None and kind != ".safetensors":
        raise Refusal("--model is for .safetensors files: this one has its layers in it")
    if kind in (".pt", ".pth", ".bin", ".ckpt"):
        raise Refusal(
            "a file of torch.save has no layers, or runs code when it is read. In Python, call "
            "ctcnn_tools.import_model(model, input_shape, path), or torch.export.save, and import the .pt2 file"
        )
    if kind in (".h5", ".keras", ".tflite", ".pb"):
        raise Refusal("models of TensorFlow are imported as ONNX: convert it with tf2onnx")
    if kind not in (".onnx", ".pt2", ".safetensors"):
        raise Refusal("its name must end with .onnx, .pt2 or .safetensors")
    if kind == ".safetensors" and model is None:
        raise Refusal(
            "a safetensors file has weights and no layers. Name the PyTorch module that they belong to, with --model "
            "FILE.py:NAME --input C,H,W, or import an .onnx or .pt2 file. A network that is already written in C++ "
            "reads "
            "the file itself, with load_safetensors"
        )
    with open(path, "rb"):
        pass  # says why it cannot be read
    if kind == ".onnx":
        from ctcnn_tools import from_onnx

        loaded = from_onnx.load(path)
        return from_onnx.Reader(loaded, input_shape), lambda: from_onnx.reference(loaded)
    need_torch(path)
    from ctcnn_tools import from_torch

    if kind == ".pt2":
        program = from_torch.load(path)
        return from_torch.Reader(program, input_shape), lambda: from_torch.reference(program.module())
    if input_shape is None:
        raise Refusal("--input is missing: the shape of one image, as in --input 3,224,224")
    module = module_of(model)
    load_state(module, path)
    return from_torch.Reader(from_torch.export(module, input_shape)), lambda: from_torch.reference(module.eval())


def load_state(module, path):
    import safetensors.torch

    try:
        state = safetensors.torch.load_file(path)
    except Exception as error:
        raise Refusal(f"it is no safetensors file, or a damaged one: {error}") from None
    try:
        module.load_state_dict(state)
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise Refusal(f"its tensors are not those of --model: {' '.join(lines)[:400]}") from None


def plural(count, word):
    return f"{count} {word}{'' if count == 1 else 's'}"


def tell(text):
    """Prints a line at once. Characters that the standard output has not, as of a file's name, are escaped."""
    if not hasattr(sys.stdout, "buffer"):  # none, or that of a notebook
        print(text)
        return
    sys.stdout.flush()
    try:
        put((text + "\n").encode(sys.stdout.encoding, "backslashreplace"))
    except OSError as error:
        raise OSError(error.errno, error.strerror, "the standard output") from None


def run(reader, reference, out, source, name, compiler=None, include=None, do_compare=True, say=tell):
    """Imports what a reader reads, and returns the largest difference of outputs, or None where it was not compared."""
    import safetensors.numpy

    import numpy as np

    from ctcnn_tools import compare

    with np.errstate(all="ignore"):  # what is not finite is refused
        builder = reader.read()
        state = builder.state()
    stem = os.path.basename(out)
    header = header_text(builder, name, stem, source).encode()
    weights = safetensors.numpy.save(state)
    say(f"{source}: {plural(len(builder.layers), 'layer')}, {sum(v.size for v in state.values()):,} parameters")
    for counts, what in ((builder.folded, "folded"), (builder.left_out, "left out")):
        if counts:
            say(f"    {what}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}")
    for note in builder.notes:
        say(f"    note: {note}")

    worst, why_not = None, "as you asked"
    if do_compare:
        words = compare.find_compiler(compiler)
        headers = compare.find_headers(include, [os.getcwd(), os.path.dirname(os.path.abspath(out))])
        why_not = None
        if words is None:
            why_not = "there is no C++ compiler; --compiler names one"
        elif headers is None:
            why_not = "ctcnn's headers were not found; --include names their folder"
    if why_not is None:
        with tempfile.TemporaryDirectory() as folder:
            for file, data in (("net.hpp", header), ("weights", weights)):
                with open(os.path.join(folder, file), "wb") as opened:
                    opened.write(data)
            by, function = reference()
            worst = compare.compare(builder, reader, function, "net.hpp", name, folder, words, os.path.abspath(headers))
        text = f"the outputs differ by at most {worst:.2g} of the largest"
        if not worst <= compare.TOLERANCE:
            raise Refusal(
                f"compared with {by}, {text}; {compare.TOLERANCE:g} is allowed. Nothing was written. Please "
                "report this with the model"
            )
        say(f"compared with {by} on {reader.fixed_batch or 8} random inputs: {text}")
    else:
        say(f"not compared: {why_not}")
    write_files([(out + ".safetensors", weights), (out + ".hpp", header)])
    say(f"wrote {out}.hpp, with the type {name}, and {out}.safetensors")
    return worst


def import_model(model, input_shape, path, name=None, *, compiler=None, include=None, compare=True):
    """Writes path.hpp, with the type `name` of the network of a torch.nn.Module, and path.safetensors, its parameters.

    input_shape is that of one image, without the batch axis. Returns how far the outputs of the compiled network are
    from the module's, relative to the largest, or None where they were not compared. Raises
    ctcnn_tools.network.Refusal."""
    from ctcnn_tools import from_torch

    path = checked_output(os.fspath(path))
    reader = from_torch.Reader(from_torch.export(model, tuple(input_shape)))
    stem = os.path.basename(path)
    training = [part for part in model.modules() if part.training]
    try:
        return run(
            reader,
            lambda: from_torch.reference(model.eval()),
            path,
            f"a {type(model).__name__}",
            checked_name(name or type_name(stem)),
            compiler,
            include,
            compare,
        )
    finally:
        for part in training:
            part.training = True


def checked_name(name):
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or name in KEYWORDS:
        raise Refusal(f"'{name}' is no name for a C++ type")
    return name


def name_of(text):
    try:
        return checked_name(text)
    except Refusal as refusal:
        raise argparse.ArgumentTypeError(str(refusal)) from None


def main(arguments=None):
    parser = Parser(
        prog=PROGRAM,
        description="Writes a trained network as a C++ header with its type, and a safetensors file with its "
        "parameters, after it has compiled it and compared its outputs with the model's.",
    )
    parser.add_argument(
        "file", help="an .onnx file, a .pt2 file of torch.export.save, or with --model a .safetensors file"
    )
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="writes PATH.hpp and PATH.safetensors; by default in this folder"
    )
    parser.add_argument("--name", type=name_of, help="of the type; by default made of the file's name")
    parser.add_argument(
        "--input", type=shape_of, metavar="C,H,W", help="the shape of one image, where the file leaves it open"
    )
    parser.add_argument(
        "--model",
        metavar="FILE.py:NAME",
        help="the torch.nn.Module that a .safetensors file belongs to, or " "what makes it; the Python file is run",
    )
    parser.add_argument("--include", metavar="DIR", help="the folder of ctcnn's headers; by default searched nearby")
    parser.add_argument("--compiler", metavar="CXX", help="the C++ compiler; by default $CXX, g++ or clang++")
    parser.add_argument("--no-compare", action="store_true", help="neither compiles nor compares")
    options = parser.parse_args(arguments)
    stem = os.path.splitext(os.path.basename(options.file))[0]
    out = options.output or stem
    out = re.sub(r"\.(hpp|safetensors)$", "", out)
    try:
        if options.file.endswith(".safetensors") and os.path.realpath(options.file) == os.path.realpath(
            out + ".safetensors"
        ):
            raise Refusal("it would be overwritten: name another file with -o")
        checked_output(out)
        name = checked_name(options.name or type_name(os.path.basename(out)))
        reader, reference = reader_of_file(options.file, options.input, options.model)
        source = os.path.basename(options.file)
        run(reader, reference, out, source, name, options.compiler, options.include, not options.no_compare)
    except Refusal as refusal:
        print(f"{PROGRAM}: {options.file}: {refusal}", file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"{PROGRAM}: the Python package {error.name} is missing: pip install {error.name}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{PROGRAM}: {error.filename or options.file}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
