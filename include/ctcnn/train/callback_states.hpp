// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::train {

/// CallbackStates: what callbacks remember, by their keys.
class CallbackStates {
public:
    std::size_t size() const { return keys_.size(); }
    const std::string& key(std::size_t n) const { return keys_[n]; }
    std::span<const double> numbers(std::size_t n) const {
        const std::size_t begin = n == 0 ? 0 : ends_[n - 1];
        return {numbers_.data() + begin, ends_[n] - begin};
    }
    /// The number of a key; size() where there is none.
    std::size_t find(std::string_view key) const {
        std::size_t n = 0;
        while (n < size() && keys_[n] != key) {
            ++n;
        }
        return n;
    }
    void set(std::string_view key, std::span<const double> state) {
        const std::size_t n = find(key);
        if (n < size() && numbers(n).size() == state.size()) {
            std::copy_n(state.data(), state.size(), numbers_.data() + ends_[n] - state.size());
            return;
        }
        CallbackStates others;
        for (std::size_t k = 0; n < size() && k < size(); ++k) {
            if (k != n) {
                others.set(keys_[k], numbers(k));
            }
        }
        if (n < size()) {
            *this = std::move(others);
        }
        keys_.emplace_back(key);
        numbers_.insert(numbers_.end(), state.data(), state.data() + state.size());
        ends_.push_back(numbers_.size());
    }

private:
    std::vector<std::string> keys_{};
    std::vector<std::size_t> ends_{};  // of their numbers
    AlignedVector<double> numbers_{};
};

/// What callbacks keep with a training, from one fit to the next and in checkpoints.
template <typename T>
struct Kept {
    CallbackStates states{};
    AlignedVector<T> weights{};

    /// A copy of parameters, buffers, and an average.
    template <typename Net>
    void keep(const Net& net, std::span<const T> average) {
        weights.assign(net.parameters().begin(), net.parameters().end());
        weights.insert(weights.end(), net.buffers().begin(), net.buffers().end());
        weights.insert(weights.end(), average.begin(), average.end());
    }
    /// Sets them to the copy, if there is one.
    template <typename Net>
    void restore(Net& net, std::span<T> average) const {
        if (!weights.empty()) {
            const std::span<const T> copy(weights);
            std::ranges::copy(copy.first(Net::parameter_count), net.parameters().begin());
            std::ranges::copy(copy.subspan(Net::parameter_count, Net::buffer_count), net.buffers().begin());
            std::ranges::copy(copy.last(average.size()), average.begin());
        }
    }
};

/// StateKeys: the keys of the states of callbacks: the name, where there is one, and the number among those of this
/// name that have a state.
class StateKeys {
public:
    template <typename C>
    std::string next() {
        std::string name;
        if constexpr (requires { std::string_view(*&C::name); }) {
            name = C::name;
        }
        std::size_t before = 0;
        for (const std::string& other : names_) {
            before += other == name ? std::size_t{1} : std::size_t{0};
        }
        names_.push_back(name);
        return name.empty() ? std::to_string(before) : std::to_string(before) + "." + name;
    }

private:
    std::vector<std::string> names_{};
};

}  // namespace CTCNN_DETAIL::train
