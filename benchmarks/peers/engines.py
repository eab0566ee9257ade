# SPDX-License-Identifier: MIT
"""Inference with the programs that people deploy, from the ONNX files that ctcnn's export_onnx wrote.

    engines.py --engine onnxruntime --case latency/lenet --models FOLDER

An engine is a class: `module`, what Python imports; `title`; `precisions`; `settings`, ways to call it, of which a
trial chooses the fastest; and load(path, shape, threads, precision, setting), which returns a function of images
(batch, ...) that returns outputs (batch, ...). `shape` includes the batch. Copies into and out of the engine's own
buffers belong to the time.
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


def converted(source, endings, convert):
    """The files that convert(folder) makes of an ONNX file, folder/net with each ending. They are kept while they are
    newer than that file."""
    targets = [source.with_suffix(ending) for ending in endings]
    if not all(target.exists() and target.stat().st_mtime >= source.stat().st_mtime for target in targets):
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            last = convert(Path(folder))
            for ending, target in zip(endings, targets):
                if not Path(folder, f"net{ending}").exists():
                    raise RuntimeError(f"the converter made no {ending} of {source.name}: {' '.join(last)}")
                os.replace(Path(folder, f"net{ending}"), target)
    return [str(target) for target in targets]


def run_converter(command, folder):
    """Returns the last line that it printed."""
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


class OpenVino:
    module, title, precisions = "openvino", "OpenVINO", ("fp32", "bf16")
    settings = ("infer", "start and wait")

    @staticmethod
    def version():
        import openvino
        return openvino.__version__.split("-")[0]

    @staticmethod
    def load(path, shape, threads, precision, setting):
        import openvino
        core = openvino.Core()
        if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            sys.exit("OpenVINO has no bf16 on this processor")
        model = core.read_model(path)
        model.reshape(list(shape))
        request = core.compile_model(model, "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32" if precision == "fp32" else "bf16"}).create_infer_request()
        if setting == "infer":
            return lambda images: request.infer({0: images}, share_inputs=True, share_outputs=True)[0]
        held = numpy.zeros(shape, numpy.float32)
        request.set_input_tensor(openvino.Tensor(held, shared_memory=True))
        outputs = request.get_output_tensor().data

        def answer(images):
            numpy.copyto(held, images)
            request.start_async()
            request.wait()
            return outputs
        return answer


class Mnn:
    module, title, precisions = "MNN", "MNN", ("fp32",)
    settings = ("session",)

    @staticmethod
    def version():
        import MNN
        return MNN.version()

    @staticmethod
    def load(path, shape, threads, precision, setting):
        import MNN

        def convert(folder):
            return run_converter([sys.executable, "-m", "MNN.tools.mnnconvert", "-f", "ONNX", "--modelFile",
                                  path.resolve(), "--MNNModel", "net.mnn", "--bizCode", "ctcnn"], folder)
        net = MNN.Interpreter(*converted(path, (".mnn",), convert))
        session = net.createSession({"backend": "CPU", "numThread": threads, "precision": "high", "memory": "high",
                                     "power": "high"})
        inputs = net.getSessionInput(session)
        net.resizeTensor(inputs, tuple(shape))
        net.resizeSession(session)
        outputs = net.getSessionOutput(session)
        sizes = tuple(outputs.getShape())

        def tensor(size, data):
            return MNN.Tensor(size, MNN.Halide_Type_Float, data, MNN.Tensor_DimensionType_Caffe)
        result = tensor(sizes, numpy.zeros(sizes, numpy.float32))

        def answer(images):
            inputs.copyFrom(tensor(tuple(shape), images))
            net.runSession(session)
            outputs.copyToHostTensor(result)
            return result.getNumpyData()
        answer.keeps = (net, session)  # alive as long as the function
        return answer


class Ncnn:
    module, title, precisions = "ncnn", "ncnn", ("fp32", "bf16")
    settings = ("extractor",)

    @staticmethod
    def version():
        import ncnn
        return ncnn.__version__

    @staticmethod
    def load(path, shape, threads, precision, setting):
        import ncnn

        def convert(folder):
            spec = importlib.util.find_spec("pnnx")
            if spec is None:
                sys.exit(f"ncnn needs the converter pnnx, which {sys.executable} cannot import")
            shutil.copy(path, folder / "net.onnx")
            size = ",".join(str(number) for number in (1, *shape[1:]))
            last = run_converter([Path(spec.submodule_search_locations[0]) / "pnnx", "net.onnx", f"inputshape=[{size}]",
                                  "fp16=0"], folder)
            with_padding(path, folder / "net.ncnn.param")
            return last
        param, weights = converted(path, (".ncnn.param", ".ncnn.bin"), convert)
        net = ncnn.Net()
        net.opt.num_threads = threads
        net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
        net.opt.use_bf16_storage = precision == "bf16"
        if net.load_param(param) or net.load_model(weights):
            raise RuntimeError(f"ncnn cannot read what pnnx made of {path.name}")

        def one(image):
            extractor = net.create_extractor()
            extractor.input("in0", ncnn.Mat(image))
            return extractor.extract("out0")[1].numpy()
        if shape[0] == 1:
            return lambda images: one(images[0])
        return lambda images: numpy.stack([one(image) for image in images])  # it has no batches


def with_padding(path, param):
    """Writes ONNX's Pad as ncnn's layer Padding. pnnx leaves it as it is, without its sizes. The comparison of outputs
    sees whether this is right."""
    if not param.exists() or "\nPad " not in param.read_text(encoding="ascii"):
        return
    from onnx_graph import pads_of, read_graph
    pads = [pads_of(node) for node in read_graph(path)[0] if node.kind == "Pad"]
    lines = []
    for line in param.read_text(encoding="ascii").splitlines():
        if line.startswith("Pad "):
            (top, bottom), (left, right) = pads.pop(0)
            _, name, _, _, source, target = line.split()[:6]
            line = f"Padding {name} 1 1 {source} {target} 0={top} 1={bottom} 2={left} 3={right} 4=0 5=0.0"
        lines.append(line)
    param.write_text("\n".join(lines) + "\n", encoding="ascii")


ENGINES = {engine.module: engine for engine in (OnnxRuntime, OpenVino, Mnn, Ncnn)}


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
        shape = (batch, *model.images.shape[1:])
        return engine.load(model.path, shape, threads_of(arguments.case), arguments.precision, setting)
    numbers = measure(arguments, engine.settings, prepare, arguments.precision)
    print_result(arguments.case, engine.title, version, numbers)


if __name__ == "__main__":
    main()
