// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// Weights: what each output of a network counts in a loss: {1, 5}, or the floats of a vector, an array or a span. No
/// numbers at all mean 1 each. (A std::vector<float> would do the same, and cost each program some sixty templates.)
class Weights {
public:
    constexpr Weights() = default;
    constexpr Weights(std::initializer_list<float> numbers) : Weights(numbers.begin(), numbers.size()) {}
    template <typename Range>
        requires requires(const Range& range, const float* first) {
            first = range.data();
            range.size();
        }
    constexpr Weights(const Range& range) : Weights(range.data(), range.size()) {}

    constexpr Weights(const Weights& other) : Weights(other.numbers_, other.size_) {}
    constexpr Weights(Weights&& other) noexcept { swap(other); }
    constexpr Weights& operator=(Weights other) noexcept {
        swap(other);
        return *this;
    }
    constexpr ~Weights() { delete[] numbers_; }

    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr const float* data() const { return numbers_; }
    constexpr float operator[](std::size_t k) const { return numbers_[k]; }

private:
    constexpr Weights(const float* numbers, std::size_t size) : numbers_(size == 0 ? nullptr : new float[size]) {
        for (; size_ < size; ++size_) {
            numbers_[size_] = numbers[size_];
        }
    }
    constexpr void swap(Weights& other) noexcept {
        float* numbers = numbers_;
        numbers_ = other.numbers_;
        other.numbers_ = numbers;
        const std::size_t size = size_;
        size_ = other.size_;
        other.size_ = size;
    }

    float* numbers_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace CTCNN_API
