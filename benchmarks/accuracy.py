#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains DS-CNN and ResNet-8 on MNIST and on Fashion-MNIST, with ctcnn and with PyTorch, the same recipe and several
seeds, and prints a table of the accuracies on the test images.

    cmake --build build --target networks_train
    benchmarks/accuracy.py --program build/examples/networks_train --epochs 3 --seeds 1,2,3

Fashion-MNIST is Debian's package dataset-fashion-mnist, installed or only downloaded (apt-get download), or the folder
that --fashion names. Needs a Python with PyTorch: this one, or the one that --python names."""

import argparse
import glob
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FASHION = "usr/share/datasets/fashion-mnist"
PACKAGES = (".", "/var/cache/apt/archives")


def fashion_folder(arguments, scratch):
    """Where Fashion-MNIST lies; a package is unpacked into `scratch`."""
    folder = arguments.fashion or f"/{FASHION}"
    if not arguments.fashion and not os.path.isdir(folder):
        packages = [path for place in PACKAGES for path in glob.glob(f"{place}/dataset-fashion-mnist_*.deb")]
        if packages:
            subprocess.run(["dpkg-deb", "-x", packages[0], scratch], check=True)
            folder = f"{scratch}/{FASHION}"
    if not glob.glob(f"{folder}/train-images-idx3-ubyte*"):
        sys.exit(f"no Fashion-MNIST in {folder}: apt-get download dataset-fashion-mnist, or --fashion FOLDER")
    return folder


def accuracy(command, arguments):
    """The accuracy after the last epoch, in percent."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    found = re.findall(r"epoch (\d+), .* test accuracy ([\d.]+) %", done.stdout)
    if done.returncode != 0 or len(found) != arguments.epochs:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return float(found[-1][1])


def listed(text):
    return text.split(",")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/examples/networks_train", help="default: %(default)s")
    parser.add_argument("--bf16-program", help="networks_train_bf16, for a column of its own")
    parser.add_argument("--python", default=sys.executable, help="a Python with PyTorch")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=listed, default=listed("1,2,3"))
    parser.add_argument("--images", type=int, default=0, help="how many of the training images are used; 0: all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--networks", type=listed, default=listed("ds_cnn,resnet8"))
    parser.add_argument("--data", type=listed, default=listed("MNIST,Fashion-MNIST"))
    parser.add_argument("--mnist", default=f"{HERE}/../data/mnist", help="the folder of MNIST")
    parser.add_argument("--fashion", help="the folder of Fashion-MNIST")
    arguments = parser.parse_args()
    peers = {"ctcnn": [arguments.program]}
    if arguments.bf16_program:
        peers["ctcnn, bf16"] = [arguments.bf16_program]
    peers["PyTorch"] = [arguments.python, f"{HERE}/peers/torch_networks.py"]
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for data in arguments.data:
            folder = arguments.mnist if data == "MNIST" else fashion_folder(arguments, scratch)
            for network in arguments.networks:
                settings = lambda seed: [folder, network, str(arguments.epochs), seed, str(arguments.images)]
                found = {name: [] for name in peers}
                for seed in arguments.seeds:
                    for name, command in peers.items():
                        found[name].append(accuracy(command + settings(seed), arguments))
                        print(f"{data}, {network}, seed {seed}, {name}: {found[name][-1]:.2f} %", file=sys.stderr)
                cells = [
                    f"{statistics.mean(values):.2f} ({', '.join(f'{value:.2f}' for value in values)})"
                    for values in found.values()
                ]
                rows.append(f"| {data} | {network} | {' | '.join(cells)} |")
    epochs = "an epoch" if arguments.epochs == 1 else f"{arguments.epochs} epochs"
    print(f"Accuracy on the test images after {epochs}, in percent: the mean, and of each seed.\n")
    print(f"| Data | Network | {' | '.join(peers)} |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
