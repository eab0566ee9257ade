// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#include <ctcnn/core/float_formats.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/io/dtype.hpp>

// Elements of tensors as bytes: in a file, where they are little-endian, and in memory.
namespace CTCNN_DETAIL::io {

using namespace formats;

inline constexpr bool little_endian = std::endian::native == std::endian::little;

template <typename Word>
Word load_little_endian(const std::byte* bytes) {
    Word word = 0;
    for (std::size_t n = 0; n < sizeof(Word); ++n) {
        word = static_cast<Word>(word | static_cast<Word>(static_cast<Word>(bytes[n]) << (8 * n)));
    }
    return word;
}
template <typename Word>
void store_little_endian(std::byte* bytes, Word word) {
    for (std::size_t n = 0; n < sizeof(Word); ++n) {
        bytes[n] = static_cast<std::byte>(word >> (8 * n) & 0xff);
    }
}

/// Whether float64 bits are a whole number that int8 holds.
inline bool fits_int8(std::uint64_t bits) {
    const auto value = std::bit_cast<double>(bits);
    return !is_special(bits) && -128 <= value && value <= 127 &&
           std::equal_to<double>{}(static_cast<double>(static_cast<int>(value)), value);
}

/// The float64 bits of an element of a file.
inline std::uint64_t read_element(Dtype dtype, const std::byte* bytes) {
    switch (dtype) {
        case Dtype::float16:
            return widen<float16_format>(load_little_endian<std::uint16_t>(bytes));
        case Dtype::bfloat16:
            return widen<bfloat16_format>(load_little_endian<std::uint16_t>(bytes));
        case Dtype::float32:
            return widen<float32_format>(load_little_endian<std::uint32_t>(bytes));
        case Dtype::float64:
            return load_little_endian<std::uint64_t>(bytes);
        case Dtype::int8:
            break;
    }
    return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int8_t>(*bytes)));
}

/// Writes float64 bits as an element of a file. False, and nothing is written, where the value does not fit: a finite
/// one that would become infinite, and for int8 one that is no whole number from -128 to 127.
inline bool write_element(Dtype dtype, std::uint64_t bits, std::byte* bytes) {
    const auto put = [&]<Format F, typename Word>() {
        const std::uint64_t narrowed = narrow<F>(bits);
        const bool fits = is_special(bits) || !is_special(widen<F>(narrowed));
        if (fits) {
            store_little_endian(bytes, static_cast<Word>(narrowed));
        }
        return fits;
    };
    switch (dtype) {
        case Dtype::float16:
            return put.template operator()<float16_format, std::uint16_t>();
        case Dtype::bfloat16:
            return put.template operator()<bfloat16_format, std::uint16_t>();
        case Dtype::float32:
            return put.template operator()<float32_format, std::uint32_t>();
        case Dtype::float64:
            store_little_endian(bytes, bits);
            return true;
        case Dtype::int8:
            break;
    }
    if (!fits_int8(bits)) {
        return false;
    }
    *bytes = static_cast<std::byte>(static_cast<std::int8_t>(std::bit_cast<double>(bits)));
    return true;
}

/// One element to the same or another dtype, both as in a file. False where it does not fit.
inline bool convert_element(Dtype from, const std::byte* in, Dtype to, std::byte* out) {
    if (from == to) {
        std::memcpy(out, in, element_bytes(to));
        return true;
    }
    return write_element(to, read_element(from, in), out);
}

/// Copies one element between memory and a file's order of bytes, whichever way.
inline void copy_element(const std::byte* in, std::byte* out, std::size_t size) {
    if constexpr (little_endian) {
        std::memcpy(out, in, size);
    } else {
        std::reverse_copy(in, in + size, out);
    }
}

}  // namespace CTCNN_DETAIL::io
