#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs all benchmarks, ours and the peers' in turn, and writes docs/benchmarks.md, docs/benchmarks.svg and the table of
the README.

scripts/benchmark builds the programs and calls this. See --help.
"""

import argparse
import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import report  # noqa: E402  (beside this file)

REPOSITORY = Path(__file__).resolve().parent.parent
OURS = "ctcnn"
# The forms of a network in inference, as benchmarks/whole calls them, and what the results call them.
FORMS = {"plain": OURS, "prepared": f"{OURS} prepared", "prepared_bf16": f"{OURS} prepared bf16"}
# Those in training besides the network itself.
TRAINING_FORMS = {"bf16": f"{OURS} bf16"}

# Whatever these say, every program gets what suits it best.
FOREIGN_SETTINGS = ("OPENBLAS_", "GOTO_", "OMP_", "GOMP_", "KMP_", "MKL_", "MALLOC_", "GLIBC_TUNABLES", "TORCH")

# With its defaults, malloc gives large blocks back to the system and fetches them again, page by page, all the time.
ROOMY_MALLOC = "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296"


class Job:
    """A program to run once in each round."""

    def __init__(self, case, program, command, environment=None):
        self.case = case
        self.program = program
        self.command = [part and str(part) for part in command]
        self.environment = environment or {}
        self.rival = None


def say(text):
    print(text, file=sys.stderr, flush=True)


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_SETTINGS)}


def run(command, environment, timeout):
    """Returns (exit status, standard output, standard error, processor seconds, seconds, largest memory in MiB)."""
    # Files and not pipes: a helper that a program leaves behind would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                   start_new_session=True)
        end = begin + timeout
        late = False
        try:
            # The usage of this child alone: the system hands it out with the exit status.
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            while pid == 0 and not late:
                time.sleep(0.004)
                late = time.monotonic() > end
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid == 0:
                os.killpg(process.pid, signal.SIGKILL)
                pid, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - begin
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            os.wait4(process.pid, 0)
            raise
        finally:
            process.returncode = 0  # It has been waited for.
        output.seek(0)
        errors.seek(0)
        complaint = f"it did not end within {timeout:.0f} s" if late else errors.read()
        return (os.waitstatus_to_exitcode(status), output.read(), complaint, usage.ru_utime + usage.ru_stime,
                seconds, usage.ru_maxrss / 1024)


def fast_malloc(script):
    """For PyTorch tcmalloc, where it is installed: its documentation advises that, and OpenVINO does not run with it.
    Else a malloc that keeps freed memory."""
    if not script.startswith("torch"):
        return {"GLIBC_TUNABLES": ROOMY_MALLOC}
    for name in ("libtcmalloc_minimal.so.4", "libtcmalloc.so.4"):
        for folder in (f"/usr/lib/{os.uname().machine}-linux-gnu", "/usr/lib64", "/usr/lib"):
            if os.path.exists(f"{folder}/{name}"):
                return {"LD_PRELOAD": f"{folder}/{name}"}
    return {"GLIBC_TUNABLES": ROOMY_MALLOC}


def first_python(candidates, modules):
    """The first Python that imports all modules; or None, and a sentence."""
    wanting = []
    for candidate in candidates:
        program = ("import importlib, sys\n"
                   "for name in sys.argv[1:]:\n"
                   "    try:\n        importlib.import_module(name)\n"
                   "    except Exception:\n        print('CANNOT', name)\n")
        try:
            answer = subprocess.run([candidate, "-c", program, *modules], capture_output=True, text=True,
                                    env=clean_environment(), check=False, timeout=120)
        except (OSError, subprocess.TimeoutExpired):
            continue
        lacks = [line.split()[1] for line in answer.stdout.splitlines() if line.startswith("CANNOT ")]
        if answer.returncode == 0 and not lacks:
            return candidate, ""
        if lacks and (not wanting or len(lacks) < len(wanting)):
            wanting = lacks
    lacks = " and ".join(wanting or modules)
    return None, (f"{' and '.join(candidates)} cannot import {lacks} (scripts/benchmark --peers installs it; "
                  "CTCNN_PEERS_PYTHON names a Python that has it)")


def threads_of(case):
    last = case.rsplit("/", 1)[-1]
    return int(last[len("threads_"):]) if last.startswith("threads_") else 1


class Rival:
    """A program that others deploy: what it is called, what a Python has to import for it, and how it is started."""

    def __init__(self, program, modules, script, options, kinds):
        self.program = program
        self.modules = modules
        self.script = script
        self.options = options
        self.kinds = kinds

    @property
    def title(self):
        return re.sub(r" (eager|frozen|compiled|bf16)", "", self.program)


def engine(program, module, *more_modules, precision="fp32"):
    """Inference through peers/engines.py."""
    options = ["--engine", module, "--precision", precision]
    return Rival(program, (module, "numpy", *more_modules), "engines.py", options, ("latency", "infer"))


def torch(form, kind, precision="fp32"):
    script = "torch_training.py" if kind == "train" else "torch_inference.py"
    kinds = ("train",) if kind == "train" else ("latency", "infer")
    return Rival(f"PyTorch {form}" + ("" if precision == "fp32" else f" {precision}"), ("torch", "onnx"), script,
                 ["--form", form, "--precision", precision], kinds)


RIVALS = [
    engine("ONNX Runtime", "onnxruntime"),
    engine("OpenVINO", "openvino"),
    engine("OpenVINO bf16", "openvino", precision="bf16"),
    engine("MNN", "MNN"),
    engine("ncnn", "ncnn", "pnnx", "onnx"),
    engine("ncnn bf16", "ncnn", "pnnx", "onnx", precision="bf16"),
    *(torch(form, "inference") for form in ("eager", "frozen", "compiled")),
    *(torch(form, "inference", "bf16") for form in ("frozen", "compiled")),
    *(torch(form, "train") for form in ("eager", "compiled")),
    *(torch(form, "train", "bf16") for form in ("eager", "compiled")),
    Rival("JAX", ("jax", "onnx"), "jax_peer.py", [], ("latency", "infer", "train")),
]


class Plan:
    """What is measured in each round, in order; and what is not, and why."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.programs = Path(arguments.build) / "benchmarks"
        self.models = Path(arguments.build) / "models"
        self.jobs = []
        self.missing = []
        self.pythons = {}  # those that were asked for a set of modules
        common = ["--data", arguments.data, "--amount", arguments.amount]
        dlib = self.programs / "dlib_lenet"
        if not dlib.exists():
            self.missing.append("dlib: it is not installed, or OpenBLAS is not "
                                "(Debian: libdlib-dev and libopenblas-dev; scripts/benchmark --peers installs them)")
            dlib = None
        for case in self.cases("machine"):
            self.jobs.append(Job(case, OURS, [self.programs / "machine", "--case", case, *common]))
        # The forms of a network share the rivals' case.
        names = FORMS | TRAINING_FORMS
        for case in self.cases("training"):
            parts = case.split("/")
            if parts[0] == "export":
                continue
            shared = case.rsplit("/", 1)[0] if parts[-1] in names else case
            self.jobs.append(Job(shared, names.get(parts[-1], OURS),
                                 [self.programs / "training", "--case", case, *common]))
            if parts[-1] in (*list(FORMS)[:-1], *TRAINING_FORMS):
                continue  # the rivals come once, after the last form in inference, and after the network in training
            for rival in RIVALS:
                if parts[0] in rival.kinds:
                    self.jobs.append(self.job_of(rival, shared, common))
            if dlib and parts[0] != "parallel" and parts[1] == "lenet":
                self.jobs.append(Job(shared, "dlib", [dlib, "--case", shared, *common],
                                     {"GLIBC_TUNABLES": ROOMY_MALLOC}))
        self.jobs.append(Job("kernels", OURS, [self.programs / "kernels", "--case", "kernels", *common]))
        self.add_learning()
        self.add_compilations(dlib is not None)
        self.missing += [f"what has \"{word}\" in its name: left out by --skip" for word in arguments.skip]
        self.keep_chosen()
        self.find_rivals()

    def cases(self, program):
        path = self.programs / program
        if not path.exists():
            sys.exit(f"There is no program {path}. scripts/benchmark builds it.")
        return subprocess.run([path, "--list"], check=True, capture_output=True, text=True).stdout.split()

    def job_of(self, rival, case, common):
        job = Job(case, rival.program,
                  [None, REPOSITORY / "benchmarks" / "peers" / rival.script, "--case", case, "--models", self.models,
                   *rival.options, *common],
                  {"OMP_NUM_THREADS": str(threads_of(case)), "OPENBLAS_NUM_THREADS": "1",
                   "PYTHONDONTWRITEBYTECODE": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1",
                   "TORCHINDUCTOR_CACHE_DIR": str(Path(self.arguments.build) / "torchinductor"),
                   **fast_malloc(rival.script)})
        job.rival = rival
        return job

    def find_rivals(self):
        """Gives each rival's jobs a Python, and leaves out those for which there is none."""
        reasons = {}
        for job in self.jobs:
            if job.rival:
                python, reason = self.python_with(job.rival.modules)
                if python:
                    job.command[0] = python
                else:
                    reasons[job.rival.title] = f"{job.rival.title}: {reason}"
                    job.command = None
        self.jobs = [job for job in self.jobs if job.command]
        self.missing += reasons.values()

    def python_with(self, modules):
        """The first Python that imports them all; or None, and why there is none."""
        if modules not in self.pythons:
            named = self.arguments.peers_python or os.environ.get("CTCNN_PEERS_PYTHON")
            torch = os.environ.get("CTCNN_TORCH_PYTHON")
            usual = [str(REPOSITORY / "build" / "python" / "bin" / "python"), sys.executable]
            candidates = [named] if named else [torch, *usual] if torch else usual
            self.pythons[modules] = first_python(list(dict.fromkeys(candidates)), modules)
        return self.pythons[modules]

    def export_models(self):
        """Writes the networks for the rivals. Returns what went wrong."""
        names = list(dict.fromkeys(job.case.split("/")[1] for job in self.jobs if job.rival))
        for name in names:
            command = [self.programs / "training", "--case", f"export/{name}", "--models", self.models, "--data",
                       self.arguments.data, "--amount", self.arguments.amount]
            answer = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
            if answer.returncode != 0:
                return f"{name} cannot be exported: {answer.stderr.strip()}"
        return ""

    def add_learning(self):
        """The example's network that learns in the least time, whole processes, with seeds that did not choose its recipe."""
        program = Path(self.arguments.build) / "examples" / "mnist"
        for seed in range(1, {"full": 20, "quick": 3, "tiny": 1}[self.arguments.amount] + 1):
            self.jobs.append(Job(f"learn/seed_{seed}", OURS, [program, "--net", "quick", "--quiet", "--seed", seed, "--data",
                                                              self.arguments.data]))

    def add_compilations(self, with_dlib):
        compiler = self.arguments.compiler
        flags = ["-std=c++20", "-O3", "-march=native", "-fopenmp", "-DNDEBUG", "-DCTCNN_WITH_ZLIB=1",
                 f"-I{REPOSITORY / 'include'}", f"-I{REPOSITORY / 'benchmarks'}", "-c", "-o",
                 Path(self.arguments.build) / "compiled.o"]
        sources = {"an empty file": "benchmarks/compile/empty.cpp",
                   "the shapes of the LeNet alone": "benchmarks/compile/shapes.cpp",
                   "training of the LeNet (examples/mnist/lenet.cpp)": "examples/mnist/lenet.cpp"}
        for name, source in sources.items():
            self.jobs.append(Job(f"compile/{name}", "compiler", [compiler, *flags, REPOSITORY / source]))
        if with_dlib:
            self.jobs.append(Job("compile/training of the LeNet with dlib (benchmarks/peers/dlib_lenet.cpp)", "compiler",
                                 [compiler, *flags, f"-DCTCNN_MNIST_FOLDER=\"{self.arguments.data}\"",
                                  REPOSITORY / "benchmarks/peers/dlib_lenet.cpp"]))

    def keep_chosen(self):
        if self.arguments.no_peers:
            self.missing.append("what others deploy: left out by --no-peers")
            self.jobs = [job for job in self.jobs if not job.rival and "dlib" not in f"{job.case} {job.program}"]

        # Parts of the peak are no use without the peak.
        self.jobs = [job for job in self.jobs if self.is_chosen(job) or job.case.startswith("machine/fma")]

    def is_chosen(self, job):
        text = f"{job.case} {job.program}"
        has = lambda word: fnmatch.fnmatchcase(text, f"*{word}*")  # noqa: E731
        return (not self.arguments.only or any(map(has, self.arguments.only))) and not any(map(has, self.arguments.skip))

    @property
    def empty(self):
        return not any(self.is_chosen(job) for job in self.jobs)


def measure(job, arguments):
    """Returns a list of results: dictionaries with case, program, and numbers; or with an error."""
    environment = clean_environment() | job.environment
    status, output, errors, processor_seconds, seconds, memory = run(job.command, environment, arguments.timeout)
    if status != 0:
        lines = errors.strip().splitlines() or [f"exit status {status}"]
        named = [line for line in lines if re.match(r"[\w.]*(Error|Exception): ", line)]  # more may follow in a traceback
        return [{"case": job.case, "program": job.program, "error": (named or lines)[-1].strip()}]
    if job.program == "compiler":
        return [{"case": job.case, "program": job.program, "processor_seconds": processor_seconds, "memory_mib": memory}]
    if job.case.startswith("learn/"):
        accuracy = re.search(r"test accuracy ([0-9.]+) %", output)
        if accuracy:
            return [{"case": job.case, "program": job.program, "seconds": seconds, "accuracy": float(accuracy[1])}]
    results = []
    for line in output.splitlines():
        if line.startswith("{"):
            result = json.loads(line)
            if job.case != "kernels":
                if result["case"] != job.command[job.command.index("--case") + 1]:
                    return [{"case": job.case, "program": job.program, "error": f"it measured {result['case']}, too"}]
                result["case"] = job.case
            results.append(result | {"program": job.program, "memory_mib": memory})
    return results or [{"case": job.case, "program": job.program, "error": "it printed no result"}]


def idle_cores(seconds=1.0):
    """How many processors had nothing to do; None where the system does not tell."""
    def read():
        with open("/proc/stat", encoding="ascii") as file:
            numbers = [int(number) for number in file.readline().split()[1:9]]
        return numbers[3] + numbers[4], sum(numbers)
    try:
        idle, total = read()
        time.sleep(seconds)
        idle_later, total_later = read()
    except (OSError, ValueError, IndexError):
        return None
    return os.cpu_count() * (idle_later - idle) / max(1, total_later - total)


def first_line(command):
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return (answer.stdout.strip().splitlines() or [""])[0]


def describe_machine(arguments):
    processor = ""
    caches = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            processor = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        pass
    sizes = [first_line(["getconf", name]) for name in ("LEVEL1_DCACHE_SIZE", "LEVEL2_CACHE_SIZE", "LEVEL3_CACHE_SIZE")]
    if all(size.isdigit() and int(size) > 0 for size in sizes):
        caches = ", ".join(f"L{level} {int(size) // 1024:,} KiB" for level, size in enumerate(sizes, 1))
    system = ""
    try:
        with open("/etc/os-release", encoding="utf-8") as file:
            system = next((line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME")), "")
    except OSError:
        pass
    return {"processor": processor or os.uname().machine, "cores": os.cpu_count(), "caches": caches,
            "system": f"{system or os.uname().sysname}, kernel {os.uname().release}",
            "compiler": first_line([arguments.compiler, "--version"]),
            "revision": first_line(["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty"])}


def binary_sizes(arguments):
    """Bytes of the programs, without their symbols."""
    sizes = {}
    for name, path in (("examples/mnist", Path(arguments.build) / "examples" / "mnist"),
                       ("benchmarks/peers/dlib_lenet, beside libdlib and OpenBLAS",
                        Path(arguments.build) / "benchmarks" / "dlib_lenet")):
        stripped = Path(arguments.build) / "stripped"
        if path.exists() and shutil.which("strip"):
            if subprocess.run(["strip", "-o", stripped, path], check=False, capture_output=True).returncode == 0:
                sizes[name] = stripped.stat().st_size
    return sizes


def read_arguments():
    parser = argparse.ArgumentParser(
        description="Runs all benchmarks, ours and the peers' in turn, and writes a page and a chart.")
    parser.add_argument("--rounds", type=int, help="how often each program runs (default: 5; with --quick 1)")
    parser.add_argument("--quick", action="store_true",
                        help="measure little, once, and without torch.compile, unless --only compiled asks for it; the page "
                             "goes to the build folder and not to docs/")
    parser.add_argument("--only", action="append", default=[], metavar="WORD",
                        help="only what has this word in its case or program, such as lenet, train/, dlib or "
                             "infer/*/threads_2; repeatable")
    parser.add_argument("--skip", action="append", default=[], metavar="WORD", help="not what has this word; repeatable")
    parser.add_argument("--peers-python", metavar="PATH",
                        help="the Python that imports the rivals, such as PyTorch (CTCNN_PEERS_PYTHON)")
    parser.add_argument("--no-peers", action="store_true", help="measure ctcnn alone")
    parser.add_argument("--data", default=str(REPOSITORY / "data" / "mnist"), help="where the MNIST files are")
    parser.add_argument("--build", default=str(REPOSITORY / "build" / "benchmark"), help="the build folder")
    parser.add_argument("--output", metavar="FOLDER", help="where the page and the chart go (default: docs/)")
    parser.add_argument("--from", dest="results", metavar="FILE",
                        help="measure nothing, and write the page of an earlier run's results.json")
    parser.add_argument("--resume", action="store_true",
                        help="goes on with the run that was stopped: what results.json has is not measured again")
    parser.add_argument("--compiler", default="g++", help="the compiler whose time is measured (default: g++)")
    parser.add_argument("--timeout", type=float, help="seconds that one program may take (default: 900; with --quick 120)")
    parser.add_argument("--amount", choices=("full", "quick", "tiny"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.amount = arguments.amount or ("quick" if arguments.quick else "full")
    if arguments.timeout is None:
        arguments.timeout = 900 if arguments.amount == "full" else 120
    if arguments.amount != "full" and not any("compiled" in word for word in arguments.only):
        arguments.skip.append("PyTorch compiled")  # compiling takes longer than all the rest
    if arguments.rounds is None:
        arguments.rounds = 5 if arguments.amount == "full" else 1
    if arguments.rounds < 1:
        parser.error("--rounds has to be 1 or more")
    if not arguments.timeout > 0:
        parser.error("--timeout has to be more than 0 seconds")
    if arguments.results and not Path(arguments.results).is_file():
        parser.error(f"--from: there is no file {arguments.results}")
    if arguments.output is None:
        whole = arguments.amount == "full" and not arguments.only
        arguments.output = str(REPOSITORY / "docs") if whole or arguments.results else arguments.build
    return arguments


def write_pages(arguments, record):
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.svg").write_text(report.chart(record), encoding="utf-8")
    (folder / "benchmarks.md").write_text(report.page(record), encoding="utf-8")
    say(f"Written: {folder / 'benchmarks.md'} and {folder / 'benchmarks.svg'}")
    readme = REPOSITORY / "README.md"
    if folder.resolve() == REPOSITORY / "docs":
        readme.write_text(report.with_readme_table(readme.read_text(encoding="utf-8"), record), encoding="utf-8")
        say(f"Written: the table in {readme}")


class PeakMeter:
    """The speed of multiply-accumulates from registers, measured between the programs."""

    def __init__(self, plan):
        self.program = plan.programs / "machine"
        self.amount = "tiny" if plan.arguments.amount == "tiny" else "full"

    def read(self, threads):
        """GFLOP/s that were sustained for a moment; None where the program does not say."""
        command = [str(self.program), "--case", f"machine/fma/threads_{threads}", "--amount", self.amount]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            return json.loads(answer.stdout)["sustained_gflops"]
        except (ValueError, KeyError):
            return None


def with_peak(job, meter, measured):
    """The results of measured(), with the peak beside them: the smaller one of before and after."""
    if job.case.split("/")[0] not in report.METRICS:
        return measured()
    threads = threads_of(job.case)
    peaks = [meter.read(threads)]
    results = measured()
    peaks.append(meter.read(threads))
    if None not in peaks:
        for result in results:
            result["peak_beside"] = min(peaks)
    return results


def choose_as(job, result):
    """The trial of the first round is enough."""
    if job.rival and "choice" in result and "--choice" not in job.command:
        job.command += ["--choice", result["choice"]]


def run_rounds(plan, arguments, record, save):
    failed = {(result["case"], result["program"]) for result in record["results"] if "error" in result}
    earlier = {}  # (round, job) -> a result that the record has already
    for result in record["results"]:
        case = "kernels" if result["case"].startswith("kernels/") else result["case"]
        earlier[(result["round"], case, result["program"])] = result
    for job in plan.jobs:
        choose_as(job, earlier.get((1, job.case, job.program), {}))
    meter = PeakMeter(plan)
    for number in range(1, arguments.rounds + 1):
        if number > len(record["load"]):
            record["load"].append(os.getloadavg()[0])
        so_far = report.Results(record)
        jobs = [job for job in plan.jobs if (job.case, job.program) not in failed
                and (number, job.case, job.program) not in earlier
                and not so_far.is_far_behind(job.case, job.program)]
        for position, job in enumerate(jobs, 1):
            key = (job.case, job.program)
            say(f"round {number}/{arguments.rounds}  {position}/{len(jobs)}  {job.case}  {job.program}")
            for result in with_peak(job, meter, lambda: measure(job, arguments)):
                choose_as(job, result)
                if "error" in result:
                    failed.add(key)
                    say(f"    this failed: {result['error']}")
                elif "peer" in result:
                    # "dlib (package)" says more than the program's name.
                    result["version"] = f"{result.pop('peer')} {result['version']}"
                record["results"].append(result | {"round": number})
            save()
    return failed


def main():
    arguments = read_arguments()
    if arguments.results:
        record = json.loads(Path(arguments.results).read_text(encoding="utf-8"))
        write_pages(arguments, record)
        return 0

    plan = Plan(arguments)
    if plan.empty:
        say("Nothing is measured: " + (f"no case or program here has {' or '.join(arguments.only)} in its name."
                                       if arguments.only else "all is left out."))
        for text in plan.missing:
            say(f"Not measured: {text}")
        return 1
    for text in plan.missing:
        say(f"Not measured: {text}")
    idle = idle_cores()
    record = {"date": time.strftime("%Y-%m-%d"), "machine": describe_machine(arguments), "rounds": arguments.rounds,
              "amount": arguments.amount, "idle_cores": idle, "load": [], "missing": plan.missing,
              "sizes": binary_sizes(arguments), "results": [], "complete": False}
    if idle is not None and idle < os.cpu_count() - 0.2:
        say(f"Warning: other programs keep {os.cpu_count() - idle:.1f} of {os.cpu_count()} cores busy. The times will be "
            "too long, and the ratios uncertain.")
    results_file = Path(arguments.build) / "results.json"
    if arguments.resume:
        stopped = json.loads(results_file.read_text(encoding="utf-8")) if results_file.exists() else record
        for what in ("machine", "amount"):
            if stopped[what] != record[what]:
                say(f"The run that was stopped had {what} {stopped[what]}, and this one has {record[what]}: begin a new one, "
                    "without --resume.")
                return 1
        record |= {"results": stopped["results"], "load": stopped["load"][:-1], "date": stopped["date"]}

    def save():
        results_file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def stop(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    failed = set()
    complaint = plan.export_models()
    if complaint:
        say(complaint)
        return 1
    try:
        failed = run_rounds(plan, arguments, record, save)
        record["complete"] = True
    except KeyboardInterrupt:
        say("Stopped: what was measured so far is written.")
    record["load"].append(os.getloadavg()[0])
    save()
    print(report.summary(record))
    write_pages(arguments, record)
    say(f"All results: {results_file}")
    if not record["complete"]:
        return 130
    # A peer that does not work is a fact about the machine; one of our own programs that does not is a fault.
    return 1 if any(program.startswith(OURS) or program == "compiler" for _, program in failed) else 0


if __name__ == "__main__":
    sys.exit(main())
