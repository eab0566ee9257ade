# SPDX-License-Identifier: MIT
"""Turns the results of benchmarks/run.py into a page, a chart, and the lines for the terminal. Nothing is measured here."""

import math
from collections import defaultdict
from statistics import mean, median
from xml.sax.saxutils import escape

OURS = "ctcnn"
NETWORKS = {"lenet": "LeNet", "torch_example": "PyTorch's MNIST example", "mlp": "MLP 784-512-512-10",
            "vgg": "VGG-like", "separable": "depthwise separable", "resnet8": "ResNet-8", "ds_cnn": "DS-CNN"}
LAYERS = {"conv_3x3": "alone", "conv_3x3_depthwise": "alone", "conv_1x1": "alone", "linear": "alone"}
WAYS = {"forward": "forward", "backward_data": "backward, data", "backward_weights": "backward, weights"}

FORMS = ("eager", "frozen", "compiled", "bf16")

# What a case is judged by, and whether more of it is better.
METRICS = {"train": ("seconds_per_epoch", False), "infer": ("images_per_second", True),
           "latency": ("median_microseconds", False), "parallel": ("median_microseconds", False)}

# Rivals that take so many times as long as the fastest one run in the first round only: all of them take an hour.
FAR_BEHIND = 1.5


class Results:
    """The numbers of all rounds: values(case, program, metric) -> {round: number}."""

    def __init__(self, record):
        self.numbers = defaultdict(dict)
        self.facts = {}
        self.errors = {}
        for result in record["results"]:
            key = (result["case"], result["program"])
            if "error" in result:
                self.errors[key] = result["error"]
                continue
            self.facts.setdefault(key, result)
            for metric, value in result.items():
                if isinstance(value, (int, float)) and metric != "round":
                    self.numbers[(*key, metric)][result["round"]] = value

    def values(self, case, program, metric):
        return self.numbers.get((case, program, metric), {})

    def cases(self, beginning):
        found = dict.fromkeys(case for case, _ in self.facts if case.split("/")[0] == beginning)
        return list(found)

    def programs(self, case):
        return [program for other, program in self.facts if other == case]

    def ratio(self, case, program, other=OURS):
        """How many times as fast as `program` the `other` is: one number for each round that has both."""
        metric, more_is_better = METRICS[case.split("/")[0]]
        theirs = self.values(case, program, metric)
        ours = self.values(case, other, metric)
        return [ours[i] / theirs[i] if more_is_better else theirs[i] / ours[i] for i in theirs if i in ours]

    def best(self, case, programs):
        """The one of these programs that is the fastest in the median; None if there is none."""
        metric, more_is_better = METRICS[case.split("/")[0]]
        speed = {program: median(self.values(case, program, metric).values()) for program in programs
                 if self.values(case, program, metric)}
        return (max if more_is_better else min)(speed, key=speed.get) if speed else None

    def best_ours(self, case, any_precision=True):
        return self.best(case, [program for program in self.programs(case)
                                if is_ours(program) and (any_precision or not is_bf16(program))])

    def best_rival(self, case, any_precision=True):
        return self.best(case, [program for program in self.programs(case)
                                if not is_ours(program) and (any_precision or not is_bf16(program))])

    def is_far_behind(self, case, program):
        """Whether a rival takes more than FAR_BEHIND times as long as the fastest one of no less precision."""
        if is_ours(program) or case.split("/")[0] not in METRICS:
            return False
        best = self.best_rival(case, any_precision=is_bf16(program))
        return best is not None and min(self.ratio(case, program, best), default=0) > FAR_BEHIND

    def slow_rounds(self, case, program):
        """The rounds in which the peak that was measured beside the program was more than 10 % below the usual one."""
        peaks = self.values(case, program, "peak_beside")
        usual = self.usual_peak(threads_of(case))
        return [number for number, peak in peaks.items() if usual and peak < 0.9 * usual]

    def usual_peak(self, threads):
        """The peak that the machine is capable of: the best of a moment, median of the rounds, or the upper quartile of
        those beside programs, whichever is more. Both hold even where half of the run was slow."""
        peaks = sorted(peak for (case, _, metric), numbers in self.numbers.items()
                       if metric == "peak_beside" and threads_of(case) == threads for peak in numbers.values())
        if not peaks:
            return None
        best = self.values(f"machine/fma/threads_{threads}", OURS, "gflops").values()
        return max(peaks[(3 * len(peaks)) // 4], median(best) if best else 0)

    def percent_of_peak(self, case, program):
        """GFLOP/s as part of the peak of as many threads in the same round."""
        peaks = self.values(f"machine/fma/threads_{threads_of(case)}", OURS, "gflops")
        speeds = self.values(case, program, "gflops")
        return [100 * speeds[i] / peaks[i] for i in speeds if i in peaks]


def is_ours(program):
    return program == OURS or program.startswith(f"{OURS} ")


def is_bf16(program):
    return "bf16" in program.split()


def threads_of(case):
    last = case.rsplit("/", 1)[-1]
    return int(last[len("threads_"):]) if last.startswith("threads_") else 1


def digits(value):
    """Three significant digits, and no fewer than are before the point: 0.412, 5.68, 82.1, 198,000."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def middle(numbers, form=digits):
    numbers = list(numbers)
    return form(median(numbers)) if numbers else ""


def spread(numbers, form=digits):
    """"0.40 to 0.43"; nothing for a single number."""
    numbers = list(numbers)
    return f"{form(min(numbers))} to {form(max(numbers))}" if len(numbers) > 1 else ""


def times(numbers):
    """"6.8 (6.5 to 7.0)\""""
    numbers = list(numbers)
    if not numbers:
        return ""
    text = f"{digits(median(numbers))}x"
    return f"{text} ({spread(numbers)})" if len(numbers) > 1 else text


def percent(value):
    return f"{value:.0f} %"


def table(header, rows):
    """A table of Markdown; columns after the first whose cells are all numbers or empty stand to the right."""
    def is_number(cell):
        return cell == "" or cell[0].isdigit() or cell[0] in "-<"
    right = [index > 0 and all(is_number(row[index]) for row in rows) for index in range(len(header))]
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join("---:" if each else "---" for each in right) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def name_of(case):
    """"LeNet, batch 256, 2 threads\""""
    parts = case.split("/")
    words = [NETWORKS.get(parts[1], parts[1])]
    for part in parts[2:]:
        kind, _, number = part.partition("_")
        words.append(f"batch {number}" if kind == "batch" else
                     f"{number} thread{'' if number == '1' else 's'}" if kind == "threads" else part)
    return ", ".join(words)


def in_order(cases):
    """By network, then by the numbers of the names: batch 32 before batch 256."""
    def key(case):
        parts = case.split("/")
        return (list(NETWORKS).index(parts[1]) if parts[1] in NETWORKS else len(NETWORKS),
                [int(part.rpartition("_")[2]) if part.rpartition("_")[2].isdigit() else 0 for part in parts[2:]])
    return sorted(cases, key=key)


def rows_of(results, beginning, columns):
    """A row for each program of each case; columns(case, program) gives the cells between."""
    rows = []
    for case in in_order(results.cases(beginning)):
        for program in results.programs(case):
            ours = results.best_ours(case)
            ratio = "" if is_ours(program) or not ours else times(results.ratio(case, program, ours))
            form = results.facts[(case, program)].get("form", "")
            label = f"{program} ({form})" if form and form != "net(x)" else program
            rows.append([name_of(case), label + slow_mark(results, case, program), *columns(case, program), ratio])
    return rows


def slow_mark(results, case, program):
    slow = results.slow_rounds(case, program)
    return f" (slow: {len(slow)})" if slow else ""


def strongest_rows(results):
    """A row for each case that a rival has, too: ctcnn and the strongest rival, in fp32 and in any precision."""
    kinds = {"latency": "single image, µs", "infer": "batched inference, images/s", "train": "training, s/epoch"}
    rows = []
    for kind, label in kinds.items():
        metric = METRICS[kind][0]
        for case in in_order(results.cases(kind)):
            cells = []
            for any_precision in (False, True):
                ours, rival = (best(case, any_precision) for best in (results.best_ours, results.best_rival))
                cells.append(middle(results.values(case, ours, metric).values()) + slow_mark(results, case, ours))
                cells.append(f"{rival} {middle(results.values(case, rival, metric).values())}"
                             f"{slow_mark(results, case, rival)}" if rival else "")
                cells.append(times(results.ratio(case, rival, ours)) if ours and rival else "")
            if any(cells[2::3]):
                rows.append([label, name_of(case), *cells])
    return rows


README_MARKS = ("<!-- Written by scripts/benchmark -->", "<!-- until here -->")


def readme_rows(results):
    """A row for each network and work: ctcnn and the strongest rival, both in the precision that is faster. Those with
    the most threads, and the largest batches."""
    chosen = {}
    for kind in ("latency", "infer", "train"):
        for case in in_order(results.cases(kind)):
            chosen[(kind, case.split("/")[1])] = case  # the last one in order
    units = {"latency": ("single image", "µs"), "infer": ("inference", "images/s"), "train": ("training", "s/epoch")}
    rows = []
    for (kind, _), case in chosen.items():
        metric = METRICS[kind][0]
        ours, rival = results.best_ours(case), results.best_rival(case)
        if ours and rival and results.ratio(case, rival, ours):
            work, unit = units[kind]
            mine, theirs = (middle(results.values(case, program, metric).values()) for program in (ours, rival))
            rows.append([", ".join((work, *name_of(case).split(", ")[1:])), name_of(case).split(", ")[0],
                         f"{mine} {unit}" + (" (bf16)" if is_bf16(ours) else ""), f"{theirs} {unit} ({rival})",
                         f"{digits(median(results.ratio(case, rival, ours)))}x"])
    return rows


def with_readme_table(text, record):
    """The README with the table of this run between README_MARKS."""
    begin, end = (text.index(mark) for mark in README_MARKS)
    rows = readme_rows(Results(record))
    return (text[:begin + len(README_MARKS[0])] + "\n" +
            table(["work", "network", "ctcnn", "strongest rival", "ctcnn is faster by"], rows) + "\n" + text[end:])


def slow_note(results):
    """What "slow: 2" means; nothing where no row is marked."""
    slow = [key for key in results.facts if key[0].split("/")[0] in METRICS and results.slow_rounds(*key)]
    if not slow:
        return ""
    return ("\"slow: 2\": in two rounds the multiply-accumulates from registers, measured just before and after, fell "
            "by more than 10 % below their usual speed: the machine was held back, and the row is uncertain. "
            f"{len(slow)} row{'' if len(slow) == 1 else 's'} of this page {'is' if len(slow) == 1 else 'are'} marked.")


def speed_columns(results, case, program):
    return [middle(results.values(case, program, "gflops").values()),
            middle(results.percent_of_peak(case, program), percent)]


def machine_rows(results):
    names = {"fma": ("multiply-adds from registers", "gflops", "GFLOP/s"),
             "l1": ("reading from L1", "gigabytes_per_second", "GB/s"),
             "l2": ("reading from L2", "gigabytes_per_second", "GB/s"),
             "memory": ("reading from memory", "gigabytes_per_second", "GB/s")}
    rows = []
    for case in results.cases("machine"):
        name, metric, unit = names[case.split("/")[1]]
        values = results.values(case, OURS, metric).values()
        rows.append([name, str(threads_of(case)), middle(values), spread(values), unit])
    return rows


def training_rows(results):
    def columns(case, program):
        seconds = results.values(case, program, "seconds_per_epoch").values()
        return [middle(seconds), spread(seconds), *speed_columns(results, case, program),
                middle(results.values(case, program, "memory_mib").values(), lambda value: f"{value:,.0f}")]
    return rows_of(results, "train", columns)


def inference_rows(results):
    def columns(case, program):
        speeds = results.values(case, program, "images_per_second").values()
        return [middle(speeds), spread(speeds), *speed_columns(results, case, program)]
    return rows_of(results, "infer", columns)


def latency_rows(results):
    def columns(case, program):
        medians = results.values(case, program, "median_microseconds").values()
        return [middle(medians), spread(medians), middle(results.values(case, program, "p99_microseconds").values())]
    return rows_of(results, "latency", columns)


def parallel_rows(results):
    """A row for each network: prepare(net) on one thread and on two, of the same rounds."""
    rows = []
    for case in in_order(results.cases("parallel")):
        network = case.split("/")[1]
        alone = results.values(f"latency/{network}", f"{OURS} prepared", "median_microseconds")
        both = results.values(case, OURS, "median_microseconds")
        rows.append([NETWORKS.get(network, network), middle(alone.values()), middle(both.values()),
                     spread(both.values()), times(alone[i] / both[i] for i in both if i in alone)])
    return rows


def kernel_rows(results):
    rows = []
    for case in results.cases("kernels"):
        parts = case.split("/")
        speed = results.values(case, OURS, "gflops").values()
        rows.append([NETWORKS.get(parts[1], LAYERS.get(parts[1], parts[1])), results.facts[(case, OURS)]["layer"],
                     WAYS[parts[-1]], middle(results.values(case, OURS, "microseconds").values()), middle(speed),
                     spread(speed), middle(results.values(case, OURS, "percent_of_peak").values(), percent)])
    return rows


def learning_rows(results):
    """One row: how well, and how soon. The accuracy of a seed is the same in each round."""
    cases = results.cases("learn")
    if not cases:
        return []
    accuracies = [median(results.values(case, OURS, "accuracy").values()) for case in cases]
    seconds = [value for case in cases for value in results.values(case, OURS, "seconds").values()]
    return [[str(len(cases)), f"{mean(accuracies):.3f} %", f"{min(accuracies):.2f} to {max(accuracies):.2f} %",
             str(sum(accuracy >= 99 for accuracy in accuracies)), middle(seconds), spread(seconds)]]


def compile_rows(results):
    rows = []
    for case in results.cases("compile"):
        seconds = results.values(case, "compiler", "processor_seconds").values()
        rows.append([case.split("/", 1)[1], middle(seconds), spread(seconds),
                     middle(results.values(case, "compiler", "memory_mib").values(), lambda value: f"{value:,.0f}")])
    return rows


def versions(results):
    found = {}
    for (_, program), fact in results.facts.items():
        if "version" in fact:
            name = program.split()[0]
            found[name] = " ".join(word for word in fact["version"].split() if word not in FORMS)
    return list(found.values())


def busy_warning(record):
    cores, idle = record["machine"]["cores"], record["idle_cores"]
    if idle is not None and idle < cores - 0.2:
        return (f"**Other programs kept {cores - idle:.1f} of {cores} cores busy when this run began.** The times are too long, "
                "and the ratios uncertain.")
    return ""


def amount_note(record):
    if record["amount"] == "full":
        return ""
    return "**A short run (`--quick`): each program measured little.** The numbers show that all works, and little more."


def parts_of_an_epoch(results):
    """"dlib 12,800" and the like: who trained on how many images, where it was not all of them."""
    found = {}
    for (case, program), fact in results.facts.items():
        if case.startswith("train/") and fact.get("images", 60000) != 60000:
            network = NETWORKS.get(case.split("/")[1], case.split("/")[1])
            found[f"{network} with {program.split()[0]} {fact['images']:,}"] = True
    return ", ".join(found)


def how_it_was_measured(record, results):
    rounds = record["rounds"]
    parts = parts_of_an_epoch(results)
    scaled = f" Some train on a\n  part of them, and the time is scaled up: {parts}." if parts else ""
    return f"""- One run, {rounds} round{"" if rounds == 1 else "s"}. In each round every program runs once, ours and the peers' in turn, each in its own
  process. A number is the median of the rounds, and "spread" the smallest and the largest of them. A rival that takes
  more than {FAR_BEHIND} times as long as the fastest one in the first round, runs in that one only; in bf16, one that takes so
  much longer than the fastest in any precision.
- Ratios are taken within each round: "5x" in the row of another program means that ctcnn is five times as fast. Where
  there are several rows of ctcnn, its fastest one is compared.
- Just before and after each program, multiply-accumulates from registers are timed on as many threads. A virtual
  machine may be held back by others on the same processor; then their speed falls, too. Rows in which it fell by more
  than 10 % below the usual are marked "slow", with the number of such rounds.
- The networks reach the rivals as ONNX files that `export_onnx` wrote, with random parameters from a seed, and
  BatchNorm folded but for training. Before anything is timed, a rival's outputs are compared with ctcnn's. The largest
  difference may be 1e-4 of the largest output in fp32, where filtering with few multiplications costs some of 7 digits,
  and 3e-2 in bf16, whose numbers have 8 bits. A rival that differs more fails, and is listed under "Not measured".
- In bf16, ctcnn's prepared networks filter convolutions, too, which makes their errors up to eight times those of
  products of rounded factors, three times behind a ReLU.
- The rivals are called from Python, with their fastest call that takes and gives NumPy arrays. That costs some
  microseconds, which count for the smallest networks.
- LeNet, PyTorch's MNIST example and the MLP see MNIST; the others random images, which take as long.
- GFLOP/s counts a multiply-accumulate as two operations: forward, the gradient with respect to each layer's input except the
  first, and the gradient with respect to each weight, 2.264 MFLOP an image for the LeNet. Elementwise functions, pooling and the optimizer are not counted.
  "Of peak" compares with the multiply-accumulates from registers of the same round, on as many threads. Where ctcnn filters the
  rows of a convolution with fewer multiplications (Winograd), the usual number is counted, as for the peers, so that such
  a layer may exceed the peak.
- Our programs are compiled as the README says: `-O3 -march=native -fopenmp`.
- The data is in memory before the clock starts. Training is an epoch of 60,000 images, shuffled.{scaled}
- A short trial in the first round selects the fastest settings of each rival; the tables name them. PyTorch:
  with oneDNN or without, memory format, implementation of SGD, batch size; `inference_mode`; eager, or traced and frozen
  (`torch.jit`, with `optimize_for_inference` where that is faster), or `torch.compile`. dlib: trainer or single steps,
  threads of the BLAS, batch size. tcmalloc is preloaded for PyTorch where it is installed; the others have a malloc
  that keeps freed memory.
- "dlib (package)" is the compiled library of the system's package, built for every processor of its kind. Its BLAS picks
  the instructions of this one.
- Single-image latency is timed call by call, on one thread, with another image each time. "p99" is the 99th of 100 calls."""


def page(record):
    results = Results(record)
    machine = record["machine"]
    parts = ["<!-- SPDX-License-Identifier: MIT -->\n<!-- Written by scripts/benchmark. -->\n# Benchmarks"]

    def section(title, text):
        if text:
            parts.append(f"## {title}\n\n{text}")

    def add_table(title, header, rows, after=""):
        if rows:
            section(title, table(header, rows) + (f"\n\n{after}" if after else ""))

    load = ", ".join(f"{value:.1f}" for value in record["load"])
    about = [["date", record["date"]], ["processor", f"{machine['processor']}, {machine['cores']} cores"],
             ["caches", machine["caches"]], ["system", machine["system"]], ["compiler", machine["compiler"]],
             ["peers", "; ".join(versions(results)) or "none"], ["ctcnn", machine["revision"]],
             ["load average before each round, and after the last", load]]
    notes = [amount_note(record), busy_warning(record),
             "" if record.get("complete", True) else "**The run was stopped before its end.**"]
    parts.extend(note for note in notes if note)
    parts.append("![How many times as fast as the strongest rival](benchmarks.svg)")
    parts.append(table(["", ""], [row for row in about if row[1]]))

    add_table("The strongest rivals",
              ["work", "network", "ctcnn, fp32", "rival, fp32", "ctcnn is faster by", "ctcnn, any precision",
               "rival, any precision", "ctcnn is faster by"],
              strongest_rows(results),
              " ".join(part for part in (
                  "ctcnn and the strongest rival of each row, in fp32 and in any precision; below 1x the rival is "
                  "faster.", slow_note(results)) if part))
    speed = ["GFLOP/s", "of peak"]
    ratio = "ctcnn is faster by"
    add_table("Training", ["network", "program", "s/epoch", "spread", *speed, "MiB", ratio], training_rows(results),
              "MiB is the largest memory of the whole process, data included.")
    add_table("Batched inference", ["network", "program", "images/s", "spread", *speed, ratio], inference_rows(results))
    add_table("Single-image latency", ["network", "program", "median, µs", "spread", "p99, µs", ratio],
              latency_rows(results))
    add_table("One image on two threads", ["network", "one thread, µs", "two threads, µs", "spread", "faster by"],
              parallel_rows(results), "`prepare(net)` with a `Workspace` and with a `ParallelWorkspace`.")
    add_table("From the start of a process to 99 %",
              ["seeds", "mean test accuracy", "spread", "at 99.0 % or more", "median, s", "spread"], learning_rows(results),
              "`examples/mnist --net quick --quiet` on all threads, from the start of the process to its end: reading and "
              "unpacking the files, training, testing on 10,000 images. Network and recipe were chosen on parts of the training "
              "images that were set aside, with other seeds.")
    add_table("The machine at its best", ["what", "threads", "median", "spread", "unit"], machine_rows(results))
    add_table("Kernels", ["network", "layer", "direction", "µs", "GFLOP/s", "spread", "of peak"], kernel_rows(results),
              "One thread and one tile of images, a lane each; the weights of a Linear layer: 64 images. Where training takes "
              "two tiles of images together, that is measured, and the time is that for one. Everything is hot.")
    add_table("Compile time", ["what", "processor s", "spread", "MiB"], compile_rows(results))
    sizes = [[name, f"{size / 1024:,.0f}"] for name, size in record["sizes"].items()]
    add_table("Programs", ["program, without symbols", "KiB"], sizes)
    missing = [f"- {text}" for text in record["missing"]]
    missing += [f"- {case}, {program}: {error}" for (case, program), error in results.errors.items()]
    section("Not measured", "\n".join(missing))
    section("How it was measured", how_it_was_measured(record, results))
    section("Again", "    scripts/benchmark            # installs what is missing, builds, runs, writes this page and the chart\n"
                     "    scripts/benchmark --peers    # installs the peers too: dlib by apt-get, the others by pip\n"
                     "    CTCNN_PEERS_PYTHON=<python> scripts/benchmark    # a Python that has them already\n"
                     "    scripts/benchmark --quick    # a few minutes; the page goes to the build folder\n"
                     "    scripts/benchmark --help")
    return "\n\n".join(parts) + "\n"


def chart_bars(results):
    """(group, name, numbers, rival) for each case that a rival has, too."""
    groups = {"train": "Training", "infer": "Many images", "latency": "A single image"}
    bars = []
    for beginning, group in groups.items():
        for case in in_order(results.cases(beginning)):
            ours, rival = results.best_ours(case), results.best_rival(case)
            numbers = results.ratio(case, rival, ours) if ours and rival else []
            if numbers:
                bars.append((group, name_of(case), numbers, rival))
    return bars


def chart(record):
    """Horizontal bars on a logarithmic axis, from 1, which is as fast as the rival. Its greys can be read on white and
    on black."""
    bars = chart_bars(Results(record))
    text_colour, line_colour, bar_colour = "#7d858e", "#9aa1a9", "#2f8f83"
    left, right, top, step, heading = 325, 215, 58, 24, 30
    width = 860
    low, high = 1.0, 2.0
    for _, _, numbers, _ in bars:
        low, high = min(low, *numbers), max(high, *numbers)
    lowest, highest = 2.0 ** math.floor(math.log2(low)), 2.0 ** math.ceil(math.log2(high))

    def x(value):
        return left + (width - left - right) * math.log(value / lowest) / math.log(highest / lowest)

    body = []

    def text(horizontal, vertical, content, anchor="start", size=13, weight="normal"):
        body.append(f'<text x="{horizontal:.1f}" y="{vertical:.1f}" text-anchor="{anchor}" font-size="{size}" '
                    f'font-weight="{weight}" fill="{text_colour}">{escape(content)}</text>')

    text(12, 24, "ctcnn: how many times as fast as the strongest rival", size=16, weight="bold")
    text(12, 43, "The fastest rival of any precision, same machine, same run, same threads. Logarithmic: each line is "
         "twice as fast.", size=12)
    vertical, group = top, None
    marks = []
    for bar_group, name, numbers, rival in bars:
        if bar_group != group:
            vertical += heading
            text(12, vertical - 6, bar_group, weight="bold")
            group = bar_group
        value = median(numbers)
        begin, end = sorted((x(1.0), x(value)))
        marks.append(f'<rect x="{begin:.1f}" y="{vertical + 4}" width="{end - begin:.1f}" height="{step - 8}" '
                     f'fill="{bar_colour}"><title>{escape(rival)}</title></rect>')
        if len(numbers) > 1:
            marks.append(f'<path d="M{x(min(numbers)):.1f} {vertical + step / 2}H{x(max(numbers)):.1f}" '
                         f'stroke="{text_colour}" stroke-width="2"/>')
        text(left - 8, vertical + 16, name, "end")
        text(x(max(max(numbers), 1.0)) + 6, vertical + 16, f"{digits(value)}x  {rival}", weight="bold")
        vertical += step
    if not bars:
        text(12, vertical + 20, "No rival was measured.")
        vertical += step
    bottom = vertical + 6
    lines = []
    tick = lowest
    while bars and tick <= highest * 1.001:
        lines.append(f'<path d="M{x(tick):.1f} {top + 8}V{bottom}" stroke="{line_colour}" '
                     f'stroke-opacity="{0.9 if tick == 1.0 else 0.35}"/>')
        text(x(tick), bottom + 16, f"{tick:g}x", "middle", 12)
        tick *= 2
    height = bottom + 28
    return (f'<!-- SPDX-License-Identifier: MIT -->\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'role="img" aria-label="How many times as fast as the strongest rival ctcnn is" font-family="sans-serif">\n'
            + "\n".join([*lines, *marks, *body]) + "\n</svg>\n")


def summary(record):
    """The most important numbers, for the terminal."""
    results = Results(record)
    lines = [""]
    headers = {"train": "Training, seconds an epoch", "infer": "Many images, images a second",
               "latency": "A single image, microseconds"}
    for beginning, header in headers.items():
        cases = in_order(results.cases(beginning))
        if not cases:
            continue
        metric = METRICS[beginning][0]
        lines.append(header)
        for case in cases:
            lines.append(f"  {name_of(case)}")
            for program in results.programs(case):
                values = results.values(case, program, metric).values()
                peak = middle(results.percent_of_peak(case, program), percent)
                ours = results.best_ours(case)
                ratio = "" if is_ours(program) or not ours else times(results.ratio(case, program, ours))
                ratio += slow_mark(results, case, program)
                lines.append(f"    {program:<22} {middle(values):>10}   {spread(values):<20} "
                             f"{peak and peak + ' of peak':<14}{ratio}".rstrip())
    for title, rows in (("The strongest rivals: in fp32, ratio; of any precision, ratio", strongest_rows(results)),
                        ("The machine at its best", machine_rows(results)), ("Kernels", kernel_rows(results)),
                        ("Compile time: processor seconds, spread, MiB", compile_rows(results))):
        if rows:
            lines.append(title)
            widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
            lines += ["  " + "  ".join(cell.ljust(size) for cell, size in zip(row, widths)).rstrip() for row in rows]
    if slow_note(results):
        lines.append(slow_note(results))
    for (case, program), error in results.errors.items():
        lines.append(f"Failed: {case}, {program}: {error}")
    return "\n".join(lines) + "\n"
