# SPDX-License-Identifier: MIT
"""Tests of what the rivals' programs share: python3 benchmarks/peers_test.py"""

import argparse
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import numpy
except ImportError:
    print(f"skipped: {sys.executable} cannot import numpy")
    sys.exit(77)

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
import common  # noqa: E402  (in peers/)


def right(images):
    """What the rival should compute: a weighted sum, and a bias."""
    flat = images.reshape(len(images), -1)
    return numpy.stack([flat[:, :3].sum(1), 2 * flat[:, 0] - 1], 1).astype(numpy.float32)


class PeersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.arguments = argparse.Namespace(models=folder.name, case="latency/lenet", amount="tiny", choice=None)
        images = numpy.random.default_rng(1).random((20, 1, 28, 28), numpy.float32)
        images.tofile(Path(folder.name) / "lenet.images")
        right(images).tofile(Path(folder.name) / "lenet.outputs")
        self.model = common.Model(folder.name, "lenet")

    def test_right_outputs(self):
        self.assertLess(common.check(self.model, "fp32", right), 1e-6)
        self.assertLess(common.check(self.model, "fp32", right, batch=16), 1e-6)  # more images than there are
        self.assertLess(common.check(self.model, "bf16", lambda images: 1.01 * right(images)), 0.05)

    def test_bf16_that_is_fp32(self):
        with self.assertRaisesRegex(RuntimeError, "it does not compute in bf16"):
            common.check(self.model, "bf16", right)

    def test_wrong_outputs(self):
        wrongs = {"a bias is missing": lambda images: right(images) + 1,
                  "NaN": lambda images: right(images) * numpy.nan,
                  "half of the outputs": lambda images: right(images)[:, :1],
                  "not as exact": lambda images: right(images) * 1.001,
                  "the images of the batch in another order": lambda images: right(images)[::-1]}
        for name, wrong in wrongs.items():
            with self.subTest(name), self.assertRaises(common.WrongOutputs):
                common.check(self.model, "fp32", wrong, batch=4)

    def test_a_wrong_rival_is_not_timed(self):
        def prepare(model, setting, batch):
            return right if setting == "a" else lambda images: right(images) + 1
        for case in ("latency/lenet", "infer/lenet/threads_1"):
            self.arguments.case = case
            with self.assertRaises(common.WrongOutputs):
                common.measure(self.arguments, ("a", "b"), prepare)

    def test_a_setting_that_fails_is_left_out(self):
        def prepare(model, setting, batch):
            if setting == "broken":
                raise RuntimeError("broken")
            return right
        result = common.measure(self.arguments, ("broken", "working"), prepare)
        self.assertEqual(result["form"], "working")
        self.assertGreater(result["median_microseconds"], 0)
        self.arguments.case = "infer/lenet/threads_1"
        result = common.measure(self.arguments, ("broken", "working"), prepare)
        self.assertEqual(result["form"], "working, batch 8")
        self.assertGreater(result["images_per_second"], 0)

    def test_the_choice_of_an_earlier_run(self):
        def prepare(model, setting, batch):
            asked.append((setting, batch))
            return right
        for case, batch in (("latency/lenet", 1), ("infer/lenet/threads_1", 8)):
            asked = []
            self.arguments.case = case
            self.arguments.choice = None
            self.arguments.choice = common.measure(self.arguments, ("a", "b"), prepare)["choice"]
            self.assertEqual(sorted(set(asked)), [("a", batch), ("b", batch)])
            asked.clear()
            common.measure(self.arguments, ("a", "b"), prepare)
            self.assertEqual(len(asked), 1)
            self.assertEqual(asked[0][1], batch)

    def test_outputs_that_show_nothing(self):
        numpy.ones((20, 2), numpy.float32).tofile(Path(self.arguments.models) / "lenet.outputs")
        with self.assertRaisesRegex(SystemExit, "the outputs of lenet hardly depend on the image"):
            common.Model(self.arguments.models, "lenet")

    def test_what_is_not_there(self):
        with self.assertRaisesRegex(SystemExit, "has no files of the network vgg: scripts/benchmark writes them"):
            common.Model(self.arguments.models, "vgg")
        with self.assertRaisesRegex(SystemExit, "there is no network alexnet: there are lenet"):
            common.Model(self.arguments.models, "alexnet")
        self.arguments.case = "dream/lenet"
        with self.assertRaisesRegex(SystemExit, "there is no case dream/lenet"):
            common.measure(self.arguments, (), None)


if __name__ == "__main__":
    unittest.main()
