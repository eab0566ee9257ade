#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the results of right.py and wrong.py say together: summarise.py FILE..."""

import collections
import json
import statistics
import sys


def quantiles(values):
    values = sorted(values)
    at = lambda q: values[min(len(values) - 1, int(q * len(values)))]
    return f"median {at(0.5):.3g}, 90 % {at(0.9):.3g}, 99 % {at(0.99):.3g}, most {values[-1]:.3g} (n {len(values)})"


def of_right(lines):
    failed = [line for line in lines if line["failures"]]
    print(
        f"right networks: {len({line['seed'] for line in lines})}, in {len(lines)} builds; "
        f"{sum(line['comparisons'] for line in lines)} comparisons of "
        f"{sum(line.get('numbers', 0) for line in lines)} numbers; {len(failed)} builds with failures"
    )
    for config in sorted({line["config"] for line in lines}):
        of = [line for line in lines if line["config"] == config]
        seconds = [line["compile_seconds"] for line in of]
        print(
            f"\n{config}: {len(of)} networks, {sum(bool(line['failures']) for line in of)} with failures; "
            f"compile seconds of a network: mean {statistics.mean(seconds):.2f}, worst unit {max(seconds):.2f}; "
            f"most memory of a unit {max(line['gigabytes'] for line in of):.2f} GB"
        )
        for key in sorted({key for line in of for key in line.get("units", {})}):
            units = [line["units"][key] for line in of if key in line.get("units", {})]
            strict, loose = zip(*units)
            print(f"  {key:24} units: {quantiles(strict)}; with neighbours: {quantiles(loose)}")
    worse = sum(bool(line.get("torch_failures")) for line in failed)
    print(f"\nfailures where PyTorch in float32 fails, too: {worse}")
    for line in failed:
        print(f"  seed {line['seed']} {line['config']} {line.get('style')}: {line['failures'][:2]}")
        print(f"      {line['net'][:400]}")
    same = collections.Counter(line.get("fit_same_bits") for line in lines)
    print("fit and a loop by hand give the same bits:", dict(same))


def of_wrong(lines):
    print(
        f"\nwrong networks: {len({line['seed'] for line in lines})}, {len(lines)} compilations, "
        f"{sum(bool(line['failures']) for line in lines)} failures"
    )
    print("reasons:", dict(collections.Counter(line["reason"] for line in lines)))
    print("lines of a message:", dict(collections.Counter((line["compiler"], line["lines"]) for line in lines)))
    for line in lines:
        if line["failures"]:
            print(f"  seed {line['seed']} {line['compiler']} {line['use']} {line['reason']}: {line['failures']}")
            print(f"      {line['net'][:300]}")


def main():
    try:
        lines = [json.loads(line) for path in sys.argv[1:] for line in open(path)]
    except (OSError, ValueError) as error:
        sys.exit(f"summarise.py: {error}: name the files that right.py and wrong.py wrote")
    right = [line for line in lines if "config" in line]
    wrong = [line for line in lines if "reason" in line]
    if right:
        of_right(right)
    if wrong:
        of_wrong(wrong)


if __name__ == "__main__":
    main()
