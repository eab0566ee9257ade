# SPDX-License-Identifier: MIT
"""Inference with the programs that people deploy, from the ONNX files that ctcnn's export_onnx wrote.

    engines.py --engine onnxruntime --case latency/lenet --models FOLDER

An engine is a class: `module`, what Python imports; `title`; `precisions`; `settings`, ways to call it, of which a trial
chooses the fastest; and load(path, shape, threads, precision, setting), which returns a function of images (batch, ...)
that returns outputs (batch, ...). `shape` includes the batch. Copies into and out of the engine's own buffers belong to
the time.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

from common import measure, parser_of, print_result, threads_of


def converted(source, ending, convert):
    """The file that a converter made of an ONNX file, made anew where it is older than that."""
    target = source.with_suffix(ending)
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            os.replace(convert(Path(folder)), target)
    return target


def run_converter(command, folder):
    answer = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    return (answer.stdout + answer.stderr).strip().splitlines()[-1:]


class OnnxRuntime:
    module, title, precisions = "onnxruntime", "ONNX Runtime", ("fp32",)
    settings = ("run", "bound")

    @staticmethod
    def version():
        import onnxruntime
        return onnxruntime.__version__

    @staticmethod
    def load(path, shape, threads, precision, setting):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        if setting == "run":
            return lambda images: session.run(["output"], {"input": images})[0]
        binding = session.io_binding()
        held = onnxruntime.OrtValue.ortvalue_from_numpy(numpy.zeros(shape, numpy.float32))
        outputs = onnxruntime.OrtValue.ortvalue_from_shape_and_type(session_output_shape(session, shape), numpy.float32)
        binding.bind_ortvalue_input("input", held)
        binding.bind_ortvalue_output("output", outputs)

        def answer(images):
            held.update_inplace(images)
            session.run_with_iobinding(binding)
            return outputs.numpy()
        return answer


def session_output_shape(session, shape):
    return [shape[0], *session.get_outputs()[0].shape[1:]]


ENGINES = {engine.module: engine for engine in (OnnxRuntime,)}


def main():
    parser = parser_of("Measures inference with an engine.")
    parser.add_argument("--engine", required=True, choices=ENGINES)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    arguments = parser.parse_args()
    engine = ENGINES[arguments.engine]
    if arguments.precision not in engine.precisions:
        parser.error(f"{engine.title} has no {arguments.precision} here: it has {' and '.join(engine.precisions)}")
    try:
        version = engine.version()
    except ImportError as error:
        sys.exit(f"{engine.title} cannot be imported by {sys.executable}: {error}")

    def prepare(model, setting, batch):
        return engine.load(model.path, (batch, *model.images.shape[1:]), threads_of(arguments.case), arguments.precision,
                           setting)
    numbers = measure(arguments, engine.settings, prepare, arguments.precision)
    print_result(arguments.case, engine.title, version, numbers)


if __name__ == "__main__":
    main()
