// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::train {

/// CallbackStates: what callbacks remember, by their keys. As a template, it costs a program without callbacks nothing.
template <typename Number = double>
class CallbackStates {
public:
    std::size_t size() const { return states_.size(); }
    const std::string& key(std::size_t n) const { return states_[n].key; }
    std::span<const Number> numbers(std::size_t n) const { return states_[n].numbers; }
    /// The number of a key; size() where there is none.
    std::size_t find(std::string_view key) const {
        std::size_t n = 0;
        while (n < size() && states_[n].key != key) {
            ++n;
        }
        return n;
    }
    void set(std::string_view key, std::span<const Number> numbers) {
        const std::size_t n = find(key);
        if (n == size()) {
            states_.push_back({std::string(key), {}});
        }
        states_[n].numbers.assign(numbers.begin(), numbers.end());
    }

private:
    struct State {
        std::string key;
        std::vector<Number> numbers;
    };
    std::vector<State> states_{};
};

/// What callbacks keep with a training, from one fit to the next and in checkpoints.
template <typename T>
struct Kept {
    CallbackStates<> states{};
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
        const auto name = name_of<C>();
        std::size_t before = 0;
        for (const std::string_view other : names_) {
            before += other == name ? std::size_t{1} : std::size_t{0};
        }
        names_.push_back(name);
        return name.empty() ? std::to_string(before) : std::to_string(before).append(1, '.').append(name);
    }

private:
    template <typename C>
    static std::string_view name_of() {
        if constexpr (requires { std::string_view(*&C::name); }) {
            return C::name;
        } else {
            return {};
        }
    }

    std::vector<std::string_view> names_{};
};

}  // namespace CTCNN_DETAIL::train
