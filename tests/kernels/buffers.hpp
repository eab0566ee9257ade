// SPDX-License-Identifier: MIT
// The buffers of the kernels' tests: what a kernel may not touch, or may not read, is poison, and is compared too.
#pragma once

#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>

/// A buffer of numbers V between two guard zones. Everything is poison (NaN) until it is set: a kernel that reads
/// poison spoils its result, and one that writes outside its place is found when the whole buffers are compared, bit by
/// bit.
template <ctcnn::detail_::Number V>
class Buffer {
public:
    using T = ctcnn::detail_::scalar_t<V>;

    explicit Buffer(std::size_t size)
        : numbers_(size + 2 * guard, ctcnn::detail_::broadcast<V>(std::numeric_limits<T>::quiet_NaN())) {}

    V* data() { return numbers_.data() + guard; }
    std::size_t size() const { return numbers_.size() - 2 * guard; }

    void set(std::size_t place, std::size_t lane, T number) {
        ctcnn::detail_::set_lane(numbers_[guard + place], lane, number);
    }

    /// Numbers side by side from the beginning, for one lane.
    void set(std::size_t lane, const std::vector<T>& numbers) {
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            set(i, lane, numbers[i]);
        }
    }

    /// Whether nothing was written before the first number or behind the last one.
    bool guards_are_untouched() const {
        const std::vector<V> poison(guard, ctcnn::detail_::broadcast<V>(std::numeric_limits<T>::quiet_NaN()));
        return std::memcmp(numbers_.data(), poison.data(), guard * sizeof(V)) == 0 &&
               std::memcmp(numbers_.data() + numbers_.size() - guard, poison.data(), guard * sizeof(V)) == 0;
    }

    friend bool operator==(const Buffer& a, const Buffer& b) {
        return a.numbers_.size() == b.numbers_.size() &&
               std::memcmp(a.numbers_.data(), b.numbers_.data(), a.numbers_.size() * sizeof(V)) == 0;
    }

private:
    static constexpr std::size_t guard = 32;
    std::vector<V> numbers_;
};

/// Where an image (channels, size) lies in a buffer with a border: the same as ctcnn::detail_::Layout, at run time.
struct Place {
    std::size_t channels;
    ctcnn::detail_::Extent size;
    ctcnn::detail_::Extent border;
    std::size_t gap = 0;  // behind each channel; nobody may read it

    std::size_t rows() const { return size.height + 2 * border.height; }
    std::size_t columns() const { return size.width + 2 * border.width; }
    std::size_t plane() const { return rows() * columns() + gap; }
    std::size_t numbers() const { return channels * plane(); }

    /// Puts an image into one lane; the border stays as it is.
    template <ctcnn::detail_::Number V>
    void put(Buffer<V>& buffer, std::size_t lane, const std::vector<ctcnn::detail_::scalar_t<V>>& image) const {
        std::size_t next = 0;
        for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t h = 0; h < size.height; ++h) {
                for (std::size_t w = 0; w < size.width; ++w) {
                    const std::size_t row = c * plane() + (border.height + h) * columns();
                    buffer.set(row + border.width + w, lane, image[next++]);
                }
            }
        }
    }

    /// A buffer of zeros, borders and all; the gaps are poison.
    template <ctcnn::detail_::Number V>
    Buffer<V> zeros() const {
        Buffer<V> buffer(numbers());
        for (std::size_t i = 0; i < buffer.size(); ++i) {
            buffer.data()[i] = i % plane() < rows() * columns() ? V{} : buffer.data()[i];
        }
        return buffer;
    }
};

inline std::string text(ctcnn::detail_::Extent extent) {
    return std::to_string(extent.height) + "x" + std::to_string(extent.width);
}
