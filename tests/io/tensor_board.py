# SPDX-License-Identifier: MIT
"""TensorBoard's own reader finds the values of an event file: tensor_board.py PROGRAM

PROGRAM is examples/training/tensorboard.cpp, which also writes them as comma-separated values.
Exits with 77 where TensorBoard is not installed.
"""
import csv
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    from tensorboard.backend.event_processing import event_accumulator
except Exception as error:  # An installation that does not fit raises other errors.
    print(f"skipped: no TensorBoard ({error})")
    sys.exit(77)

# The event files and the tables, the column of the steps, and the column of each tag.
RUNS = [("adam", "adam.csv", "epoch", 4, {"loss/train": "loss", "loss/validation": "validation_loss",
                                          "accuracy/validation": "validation_accuracy", "lr": "lr"}),
        ("adam/steps", "adam.steps.csv", "step", 12, {"loss/step": "loss", "lr/step": "lr"})]


def as_float32(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1]], cwd=folder, check=True)
    for run, table, number, count, columns in RUNS:
        events = event_accumulator.EventAccumulator(str(pathlib.Path(folder, "runs", run)))
        events.Reload()
        with open(pathlib.Path(folder, "runs", table), newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == count, rows
        assert sorted(events.Tags()["scalars"]) == sorted(columns), events.Tags()
        for tag, column in columns.items():
            found = [(scalar.step, scalar.value) for scalar in events.Scalars(tag)]
            wanted = [(int(row[number]), as_float32(row[column])) for row in rows]
            assert found == wanted, (tag, found, wanted)
            print(tag, found)
