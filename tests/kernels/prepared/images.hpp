// SPDX-License-Identifier: MIT
// Images in the layouts of prepared networks, for the tests of their kernels.
#pragma once

#include <cstddef>
#include <cstring>
#include <limits>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/layout.hpp>

namespace prepared_test {

using ctcnn::detail_::is_blocked;

/// Where an element of an image lies.
template <typename L>
constexpr std::size_t place(std::size_t c, std::size_t h, std::size_t w) {
    if constexpr (is_blocked<L>) {
        return L::offset_of_channel(c, h, w);
    } else {
        return L::offset(c, h, w);
    }
}

/// Buffer: elements of an image in layout L, on a cache line. Everything else is a guard: before and behind the image,
/// in its border and in its gaps lies a number of its own, by default NaN, which spoils whatever reads it, and is
/// compared. Channels that fill the last block up are zero, and so are features behind the last one if there are
/// `Elements` in all.
template <typename L, typename T, std::size_t Elements = L::size>
class Buffer {
public:
    static constexpr std::size_t image_size = L::channels * L::height * L::width;

    explicit Buffer(T guard = std::numeric_limits<T>::quiet_NaN()) : elements_(Elements + 2 * zone, guard) {}
    /// An image (C, H, W) without gaps.
    explicit Buffer(const std::vector<T>& image, T guard = std::numeric_limits<T>::quiet_NaN()) : Buffer(guard) {
        std::size_t next = 0;
        for (std::size_t c = 0; c < L::channels; ++c) {
            for (std::size_t h = 0; h < L::height; ++h) {
                for (std::size_t w = 0; w < L::width; ++w) {
                    data()[place<L>(c, h, w)] = image.at(next++);
                }
            }
        }
        if constexpr (is_blocked<L>) {
            for (std::size_t c = L::channels; c < L::blocks * L::count; ++c) {
                for (std::size_t h = 0; h < L::height; ++h) {
                    for (std::size_t w = 0; w < L::width; ++w) {
                        data()[L::offset_of_channel(c, h, w)] = T{};
                    }
                }
            }
        }
        for (std::size_t i = L::size; i < Elements; ++i) {
            data()[i] = T{};
        }
    }

    T* data() { return elements_.data() + zone; }
    const T* data() const { return elements_.data() + zone; }

    /// The image (C, H, W) without gaps.
    std::vector<T> image() const {
        std::vector<T> result;
        for (std::size_t c = 0; c < L::channels; ++c) {
            for (std::size_t h = 0; h < L::height; ++h) {
                for (std::size_t w = 0; w < L::width; ++w) {
                    result.push_back(data()[place<L>(c, h, w)]);
                }
            }
        }
        return result;
    }

    /// The same bits, but for zeros: those of both signs are equal.
    friend bool operator==(const Buffer& a, const Buffer& b) {
        for (std::size_t i = 0; i < a.elements_.size(); ++i) {
            const T x = a.elements_[i] + T{};
            const T y = b.elements_[i] + T{};
            if (std::memcmp(&x, &y, sizeof(T)) != 0) {
                return false;
            }
        }
        return true;
    }

private:
    static constexpr std::size_t zone = 64;
    ctcnn::detail_::AlignedVector<T> elements_;
};

}  // namespace prepared_test
