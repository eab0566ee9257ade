# SPDX-License-Identifier: MIT
"""Tests of report.py: python3 benchmarks/report_test.py"""

import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import report  # noqa: E402  (beside this file)

CASE = "train/lenet/batch_256/threads_2"


def record_of(results, **changes):
    machine = {"processor": "p", "cores": 2, "caches": "", "system": "s", "compiler": "c", "revision": "r"}
    return {"date": "2000-01-01", "machine": machine, "rounds": 3, "amount": "full", "idle_cores": 2.0, "load": [0.0],
            "missing": [], "sizes": {}, "results": results, "complete": True} | changes


def example():
    results = []
    for number, ours, eager, compiled in ((1, 0.5, 4.0, 3.0), (2, 0.4, 4.4, 3.6), (3, 0.6, 4.2, 3.0)):
        common = {"case": CASE, "round": number}
        results += [common | {"program": "ctcnn", "seconds_per_epoch": ours, "gflops": 80.0 * number},
                    common | {"program": "PyTorch eager", "seconds_per_epoch": eager, "version": "PyTorch eager 2.0"},
                    common | {"program": "PyTorch compiled", "seconds_per_epoch": compiled},
                    {"case": "machine/fma/threads_2", "program": "ctcnn", "round": number, "gflops": 200.0}]
    return results


class ReportTest(unittest.TestCase):
    def test_ratios_are_taken_within_a_round(self):
        results = report.Results(record_of(example()))
        self.assertEqual([round(each, 9) for each in results.ratio(CASE, "PyTorch eager")], [8.0, 11.0, 7.0])

    def test_a_round_that_lacks_one_of_both_has_no_ratio(self):
        results = report.Results(record_of(example()[:-3]))  # no peers in round 3
        self.assertEqual(len(results.ratio(CASE, "PyTorch eager")), 2)

    def test_more_images_a_second_is_faster(self):
        results = report.Results(record_of([
            {"case": "infer/lenet/threads_1", "program": "ctcnn", "round": 1, "images_per_second": 600.0},
            {"case": "infer/lenet/threads_1", "program": "PyTorch eager", "round": 1, "images_per_second": 100.0},
            {"case": "infer/lenet/threads_1", "program": "PyTorch frozen", "round": 1, "images_per_second": 200.0}]))
        self.assertEqual(results.best_rival("infer/lenet/threads_1"), "PyTorch frozen")
        self.assertEqual(results.ratio("infer/lenet/threads_1", "PyTorch frozen"), [3.0])

    def test_the_chart_compares_with_the_fastest_rival(self):
        results = report.Results(record_of(example()))
        self.assertEqual(results.best_rival(CASE), "PyTorch compiled")
        ((group, name, numbers, form),) = report.chart_bars(results)
        self.assertEqual((group, name, form), ("Training", "LeNet, batch 256, 2 threads", "PyTorch compiled"))
        self.assertEqual([round(each, 9) for each in numbers], [6.0, 9.0, 5.0])

    def test_the_strongest_rival_in_fp32_and_in_any_precision(self):
        case = "latency/vgg"
        results = [{"case": case, "program": program, "round": number, "median_microseconds": value * number}
                   for number in (1, 2, 3)
                   for program, value in (("ctcnn", 30.0), ("ctcnn prepared", 10.0), ("ctcnn prepared bf16", 4.0),
                                          ("MNN", 20.0), ("ncnn", 40.0), ("OpenVINO bf16", 5.0))]
        self.assertEqual(report.strongest_rows(report.Results(record_of(results))),
                         [["single image, µs", "VGG-like", "20.0", "MNN 40.0", "2.00x (2.00 to 2.00)", "8.00",
                           "OpenVINO bf16 10.0", "1.25x (1.25 to 1.25)"]])
        page = report.page(record_of(results))
        self.assertIn("## The strongest rivals", page)
        self.assertIn("| VGG-like | ncnn | 80.0 | 40.0 to 120 |  | 10.0x", page)  # beside the fastest row of ctcnn
        self.assertNotIn("slow:", page)

    def test_the_table_of_the_readme(self):
        results = [{"case": case, "program": program, "round": 1, metric: value} for case, program, metric, value in (
            ("latency/vgg", "ctcnn prepared bf16", "median_microseconds", 5.0),
            ("latency/vgg", "MNN", "median_microseconds", 20.0),
            ("infer/vgg/threads_1", "ctcnn", "images_per_second", 10.0),  # two threads are told of
            ("infer/vgg/threads_1", "MNN", "images_per_second", 10.0),
            ("infer/vgg/threads_2", "ctcnn", "images_per_second", 30.0),
            ("infer/vgg/threads_2", "MNN", "images_per_second", 15.0),
            ("train/lenet/batch_32/threads_2", "JAX", "seconds_per_epoch", 1.0),
            ("train/lenet/batch_32/threads_2", "ctcnn", "seconds_per_epoch", 1.0),
            ("train/lenet/batch_256/threads_2", "JAX", "seconds_per_epoch", 6.0),
            ("train/lenet/batch_256/threads_2", "ctcnn", "seconds_per_epoch", 0.5),
            ("train/vgg/batch_64/threads_2", "ctcnn", "seconds_per_epoch", 0.5))]  # no rival
        self.assertEqual(report.readme_rows(report.Results(record_of(results))),
                         [["single image", "VGG-like", "5.00 µs (bf16)", "20.0 µs (MNN)", "4.00x"],
                          ["inference, 2 threads", "VGG-like", "30.0 images/s", "15.0 images/s (MNN)", "2.00x"],
                          ["training, batch 256, 2 threads", "LeNet", "0.500 s/epoch", "6.00 s/epoch (JAX)", "12.0x"]])
        begin, end = report.README_MARKS
        text = report.with_readme_table(f"a\n{begin}\nold\n{end}\nb\n", record_of(results))
        self.assertTrue(text.startswith(f"a\n{begin}\n| work | network |"))
        self.assertTrue(text.endswith(f" 12.0x |\n{end}\nb\n"))
        self.assertNotIn("old", text)

    def test_the_readme_says_what_the_page_says(self):
        """Each row of the README has its numbers in a row of the page, of the same network."""
        readme, page = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/benchmarks.md"))
        begin, end = (readme.index(mark) for mark in report.README_MARKS)
        rows = [row.strip("| ").split(" | ") for row in readme[begin:end].splitlines()[3:]]
        self.assertGreater(len(rows), 10)
        for _, network, ours, rival, ratio in rows:
            wanted = [network, ours.split()[0], rival.split()[0], ratio]
            self.assertTrue(any(all(cell in row for cell in wanted) for row in page.splitlines()), wanted)

    def test_rivals_that_are_far_behind(self):
        case = "latency/vgg"
        results = report.Results(record_of([
            {"case": case, "program": program, "round": 1, "median_microseconds": value}
            for program, value in (("ctcnn", 90.0), ("MNN", 20.0), ("ncnn", 29.0), ("PyTorch eager", 31.0),
                                   ("OpenVINO bf16", 10.0), ("PyTorch frozen bf16", 16.0))]))
        behind = [program for program in results.programs(case) if results.is_far_behind(case, program)]
        self.assertEqual(behind, ["PyTorch eager", "PyTorch frozen bf16"])  # never ours; and fp32 is judged by fp32
        self.assertFalse(results.is_far_behind(case, "JAX"))  # has not run
        self.assertFalse(results.is_far_behind("kernels", "ctcnn"))
        self.assertFalse(report.Results(record_of([])).is_far_behind(case, "MNN"))  # before the first round

    def test_a_row_is_marked_where_the_peak_beside_it_fell(self):
        peaks = {"ctcnn": (100.0, 98.0, 99.0), "MNN": (100.0, 89.0, 91.0), "ncnn": (60.0, 50.0, 100.0)}
        results = [{"case": "latency/vgg", "program": program, "round": number, "median_microseconds": 5.0,
                    "peak_beside": peak} for program, each in peaks.items() for number, peak in enumerate(each, 1)]
        found = report.Results(record_of(results))
        self.assertEqual(found.usual_peak(1), 100.0)
        self.assertIsNone(found.usual_peak(2))
        self.assertEqual([found.slow_rounds("latency/vgg", program) for program in peaks], [[], [2], [1, 2]])
        page = report.page(record_of(results))
        self.assertIn("| VGG-like | ncnn (slow: 2) |", page)
        self.assertIn("2 rows of this page are marked", page)
        # A run that was slow throughout.
        results += [{"case": "machine/fma/threads_1", "program": "ctcnn", "round": number, "gflops": 140.0}
                    for number in (1, 2, 3)]
        found = report.Results(record_of(results))
        self.assertEqual(found.slow_rounds("latency/vgg", "ctcnn"), [1, 2, 3])

    def test_one_image_on_two_threads(self):
        results = [{"case": case, "program": program, "round": number, "median_microseconds": value}
                   for case, program, values in (("latency/vgg", "ctcnn", (90.0, 90.0)),
                                                 ("latency/vgg", "ctcnn prepared", (9.0, 8.0)),
                                                 ("parallel/vgg/threads_2", "ctcnn", (4.5, 5.0)))
                   for number, value in enumerate(values, 1)]
        self.assertEqual(report.parallel_rows(report.Results(record_of(results))),
                         [["VGG-like", "8.50", "4.75", "4.50 to 5.00", "1.80x (1.60 to 2.00)"]])
        self.assertIn("## One image on two threads", report.page(record_of(results)))

    def test_percent_of_peak(self):
        results = report.Results(record_of(example()))
        self.assertEqual(results.percent_of_peak(CASE, "ctcnn"), [40.0, 80.0, 120.0])

    def test_numbers(self):
        self.assertEqual([report.digits(value) for value in (0.4123, 5.678, 82.14, 198000.4, 0)],
                         ["0.412", "5.68", "82.1", "198,000", "0"])
        self.assertEqual(report.times([6.5, 7.0, 6.8]), "6.80x (6.50 to 7.00)")
        self.assertEqual(report.times([6.5]), "6.50x")

    def test_the_page_has_what_was_measured(self):
        text = report.page(record_of(example()))
        self.assertIn("| LeNet, batch 256, 2 threads | PyTorch eager | 4.20 | 4.00 to 4.40 |", text)
        self.assertIn("8.00x (7.00 to 11.0) |", text)
        self.assertNotIn("## Kernels", text)
        self.assertNotIn("**", text)

    def test_what_many_seeds_learn(self):
        seeds = [{"case": f"learn/seed_{seed}", "program": "ctcnn", "round": number, "seconds": 0.9 + 0.1 * number,
                  "accuracy": accuracy}
                 for number in (1, 2, 3) for seed, accuracy in ((1, 99.1), (2, 98.9), (3, 99.0))]
        self.assertEqual(report.learning_rows(report.Results(record_of(seeds))),
                         [["3", "99.000 %", "98.90 to 99.10 %", "2", "1.10", "1.00 to 1.20"]])
        self.assertIn("## From the start of a process to 99 %", report.page(record_of(seeds)))

    def test_the_page_says_what_is_wrong(self):
        failed = [{"case": CASE, "program": "dlib", "round": 1, "error": "no data"}]
        text = report.page(record_of(example() + failed, idle_cores=0.5, complete=False, missing=["x: none"]))
        for part in ("1.5 of 2 cores busy", "stopped before its end", "- x: none", f"- {CASE}, dlib: no data"):
            self.assertIn(part, text)

    def test_nothing_measured_at_all(self):
        record = record_of([])
        self.assertIn("# Benchmarks", report.page(record))
        self.assertIn("No rival was measured", report.chart(record))

    def test_the_chart_is_well_formed_and_stays_inside(self):
        slow = [{"case": CASE, "program": "ctcnn", "round": 1, "seconds_per_epoch": 9.0},
                {"case": CASE, "program": "PyTorch eager", "round": 1, "seconds_per_epoch": 1.0}]
        for results in (example(), slow):
            root = xml.etree.ElementTree.fromstring(report.chart(record_of(results)))
            width = float(root.get("width"))
            bars = root.findall("{http://www.w3.org/2000/svg}rect")
            self.assertEqual(len(bars), 1)
            self.assertGreater(float(bars[0].get("width")), 0)
            self.assertGreaterEqual(float(bars[0].get("x")), 0)
            self.assertLess(float(bars[0].get("x")) + float(bars[0].get("width")), width)


if __name__ == "__main__":
    unittest.main()
