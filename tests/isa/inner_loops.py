# SPDX-License-Identifier: MIT
"""Checks that inner loops of kernels keep their sums in registers: objdump's listing of an object file.

An innermost loop with multiply-adds of the widest registers, of floats or of pairs of bf16, may store such a register
to the stack now and then, where a compiler runs out of registers, but not for more than one multiply-add of four. (Sums that begin with
`bias != nullptr ? ... : ...` were kept on the stack by clang, with a store for each multiply-add: half the speed.)

    inner_loops.py <objdump> <object file> <register: zmm, ymm> <least number of such loops>
"""

import re
import subprocess
import sys

FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
TARGET = re.compile(r"^(?:0x)?([0-9a-f]+)\b")


def functions(listing):
    """Yields (name, [(address, operation, operands), ...])."""
    name, code = None, []
    for line in listing.splitlines():
        if match := FUNCTION.match(line):
            if code:
                yield name, code
            name, code = match[1], []
        elif match := INSTRUCTION.match(line):
            code.append((int(match[1], 16), match[2], match[3].replace(", ", ",")))
    if code:
        yield name, code


def inner_loops(code):
    """The instructions of each loop without another loop in it: a jump back and everything from where it leads to."""
    jumps = []
    for address, operation, operands in code:
        match = TARGET.match(operands)
        if operation.startswith("j") and match and code[0][0] <= int(match[1], 16) <= address:
            jumps.append((int(match[1], 16), address))
    for first, last in jumps:
        if not any((a, b) != (first, last) and first <= a and b <= last for a, b in jumps):
            yield [line for line in code if first <= line[0] <= last]


def on_stack(operands, has_frame):
    """Whether a move that begins with a register stores it to the stack."""
    target = operands.split(",", 1)[1]
    return bool(re.search(r"\(%rsp[,)]", target)) or (has_frame and bool(re.search(r"-(0x)?[0-9a-f]+\(%rbp[,)]", target)))


def check(listing, register):
    """Returns how many inner loops with multiply-adds there are, and what is wrong with some of them."""
    count, wrong = 0, []
    moved = re.compile(rf"%{register}\d+,")
    for name, code in functions(listing):
        has_frame = any(operation in ("mov", "movq") and operands == "%rsp,%rbp" for _, operation, operands in code)
        for loop in inner_loops(code):
            products = sum(operation.startswith(("vfmadd", "vdpbf16ps")) and register in operands for _, operation, operands in loop)
            if products < 8:
                continue
            count += 1
            stores = sum(
                operation.startswith("vmov") and bool(moved.match(operands)) and on_stack(operands, has_frame)
                for _, operation, operands in loop
            )
            if 4 * stores > products:
                wrong.append(f"{name}: a loop of {products} multiply-adds has {stores} stores to the stack")
    return count, wrong


def main():
    objdump, file, register, least = sys.argv[1:]
    command = [objdump, "-d", "-C", "--no-show-raw-insn", file]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count, wrong = check(listing, register)
    print(*wrong, sep="\n")
    print(f"{count} inner loops with multiply-adds on %{register}, {len(wrong)} of them with many stores to the stack")
    return 1 if wrong or count < int(least) else 0


if __name__ == "__main__":
    sys.exit(main())
