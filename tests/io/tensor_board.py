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

COLUMNS = {"loss/train": "loss", "loss/validation": "validation_loss", "accuracy/validation": "validation_accuracy"}


def as_float32(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1]], cwd=folder, check=True)
    events = event_accumulator.EventAccumulator(str(pathlib.Path(folder, "runs", "adam")))
    events.Reload()
    with open(pathlib.Path(folder, "runs", "adam.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4, rows
    assert sorted(events.Tags()["scalars"]) == sorted(COLUMNS), events.Tags()
    for tag, column in COLUMNS.items():
        found = [(scalar.step, scalar.value) for scalar in events.Scalars(tag)]
        wanted = [(int(row["epoch"]), as_float32(row[column])) for row in rows]
        assert found == wanted, (tag, found, wanted)
        print(tag, found)
