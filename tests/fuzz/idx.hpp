// SPDX-License-Identifier: MIT
// What the fuzz targets for idx files check, plain or .gz.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include <ctcnn/data/load_idx.hpp>

#include "fuzz.hpp"

namespace fuzz {

inline void put_number(Bytes& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::uint8_t>(number >> shift));
    }
}

/// The images of a data set as an idx file of floats.
template <typename S>
Bytes idx_of(const ctcnn::Dataset<S>& set) {
    Bytes bytes;
    put_number(bytes, 0x00000d00 + 1 + S::rank);
    put_number(bytes, static_cast<std::uint32_t>(set.size()));
    for (const std::size_t dim : S::dims) {
        put_number(bytes, static_cast<std::uint32_t>(dim));
    }
    for (const auto& image : set.images()) {
        for (const float pixel : image.span()) {
            put_number(bytes, std::bit_cast<std::uint32_t>(pixel));
        }
    }
    return bytes;
}
inline Bytes idx_of(std::span<const std::uint8_t> labels) {
    Bytes bytes;
    put_number(bytes, 0x00000801);
    put_number(bytes, static_cast<std::uint32_t>(labels.size()));
    bytes.insert(bytes.end(), labels.begin(), labels.end());
    return bytes;
}

template <typename Set>
Bytes pixels_of(const Set& set) {
    Bytes bytes;
    for (const auto& image : set.images()) {
        const Bytes more = bits_of(std::span<const float>(image.span()));
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    return bytes;
}

/// Loads a pair of files with several options. A data set that is written again has the same bits.
template <typename S>
void check_pair(const std::filesystem::path& images, const std::filesystem::path& labels, std::size_t size) {
    const std::array<ctcnn::IdxOptions, 3> options{{
        {},
        {.classes = 10, .max_images = 100},
        {.classes = 26, .first_label = 1, .transpose = S::rank > 1},
    }};
    for (const ctcnn::IdxOptions& option : options) {
        ctcnn::Dataset<S> set;
        // Bytes become floats, and labels are numbers of 32 bits on the way.
        if (!accepts(5 * size, [&] { set = ctcnn::load_idx<S>(images, labels, option); })) {
            continue;
        }
        expect(set.images().size() == set.size() && set.size() != 0, "a label for each image");
        const std::uint8_t most = option.classes == 0 ? 255 : static_cast<std::uint8_t>(option.classes - 1);
        expect(std::ranges::all_of(set.labels(), [&](std::uint8_t label) { return label <= most; }),
               "labels are classes");
        const auto again =
            ctcnn::load_idx<S>(write("images-again", idx_of(set)), write("labels-again", idx_of(set.labels())));
        expect(pixels_of(again) == pixels_of(set), "pixels that are written again have the same bits");
        expect(std::ranges::equal(again.labels(), set.labels()), "labels that are written again are the same");
    }
}

/// Reads a file alone.
inline void check_file(const std::filesystem::path& path, std::size_t size) {
    const ctcnn::IdxAxis any{"anything", 0, 0xffff'ffff};
    accepts(5 * size, [&] {
        ctcnn::IdxFile<3> file(path, {any, any, any});
        const auto [n, rows, columns] = file.sizes();
        const Bytes bytes = file.read();
        expect(bytes.size() == std::size_t{n} * rows * columns, "as many bytes as the header says");
    });
    accepts(5 * size, [&] { ctcnn::IdxFile<1>(path, {any}).read(); });
}

}  // namespace fuzz
