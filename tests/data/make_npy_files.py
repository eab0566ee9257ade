#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes npy_files.hpp: .npy files as numpy.save writes them.

    python3 tests/data/make_npy_files.py        needs NumPy
"""
import io
import pathlib

import numpy

values = numpy.arange(-6, 18).reshape(2, 3, 4)
files = []
for dtype in "<f4 >f4 <f8 >f8 <f2 >f2 |i1 <i2 >i2 <i4 >i4 <i8 >i8".split():
    files.append((f"{dtype} C", values.astype(dtype), (1, 0)))
    files.append((f"{dtype} F", numpy.asfortranarray(values.astype(dtype)), (1, 0)))
for dtype in "|u1 <u2 >u2 <u4 >u4 <u8 >u8".split():
    files.append((f"{dtype} C", (values + 6).astype(dtype), (1, 0)))
files.append(("bool", values > 0, (1, 0)))
files.append(("version 2", values.astype("<f4"), (2, 0)))
files.append(("version 3", values.astype("<f4"), (3, 0)))
files.append(("scalar", numpy.float32(2.5), (1, 0)))
files.append(("empty", numpy.zeros((0, 3), "<f4"), (1, 0)))
files.append(("halves", numpy.array([0, -0.0, 1, -2, 65504, 2**-14, 2**-24, 3 * 2**-24, numpy.inf, -numpy.inf, numpy.nan],
                                    "<f2"), (1, 0)))
files.append(("complex", numpy.zeros(2, "<c8"), (1, 0)))
files.append(("structured", numpy.zeros(2, [("a", "<i4"), ("b", "<f4")]), (1, 0)))
files.append(("text", numpy.array(["ab", "c"]), (1, 0)))
files.append(("objects", numpy.array([None, 1], dtype=object), (1, 0)))

text = """// SPDX-License-Identifier: MIT
// .npy files that numpy.save has written: make_npy_files.py makes this header.
#pragma once

#include <string_view>

struct NpyExample {
    std::string_view name;
    std::string_view bytes;
};
inline constexpr NpyExample npy_examples[] = {
"""
for name, array, version in files:
    stream = io.BytesIO()
    numpy.lib.format.write_array(stream, array, version)
    data = stream.getvalue()
    text += f'    {{"{name}",\n     std::string_view(\n'
    for begin in range(0, len(data), 26):
        text += '         "' + "".join(f"\\{byte:03o}" for byte in data[begin:begin + 26]) + '"\n'
    text = text[:-1] + f",\n         {len(data)})}},\n"
text += "};\n"
(pathlib.Path(__file__).resolve().parent / "npy_files.hpp").write_text(text)
