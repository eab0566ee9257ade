// SPDX-License-Identifier: MIT
#pragma once

// A trained network inside the program: what a header that ctcnn-embed has written needs.

#include <ctcnn/graph/refusal.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_API {

/// EmbeddedTensor: name and shape of a tensor of an embedded file.
struct EmbeddedTensor {
    std::string_view name;
    std::array<std::size_t, 8> dims{};
    std::size_t rank;

    consteval EmbeddedTensor(std::string_view own_name, std::initializer_list<std::size_t> shape)
        : name(own_name), rank(shape.size()) {
        std::copy(shape.begin(), shape.end(), dims.begin());
    }

    constexpr std::size_t count() const {
        std::size_t product = 1;
        for (std::size_t axis = 0; axis < rank; ++axis) {
            product *= dims[axis];
        }
        return product;
    }
};

/// EmbeddedFile: a class that ctcnn-embed has written: the tensors of a file, and the values of all of them in a row.
template <typename File>
concept EmbeddedFile = requires {
    File::tensors();
    File::values();
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::model {

inline constexpr std::size_t no_tensor = static_cast<std::size_t>(-1);

/// Where a tensor stands in a list; no_tensor where it does not.
consteval std::size_t place_of(const auto& tensors, std::string_view name) {
    std::size_t place = 0;
    for (const auto& tensor : tensors) {
        if (tensor.name == name) {
            return place;
        }
        ++place;
    }
    return no_tensor;
}

/// The places, in the network and in the file, of the first tensor that differs; of none, if the file fits.
struct Difference {
    std::size_t in_network;
    std::size_t in_file;
};

template <typename Net, typename File>
consteval Difference first_difference() {
    constexpr auto tensors = File::tensors();
    for (std::size_t own = 0; own < Net::names().size(); ++own) {
        const auto& shape = Net::names()[own].shape;
        const std::size_t place = place_of(tensors, Net::names()[own].name);
        if (place == no_tensor ||
            !std::equal(shape.begin(), shape.end(), tensors[place].dims.begin(),
                        tensors[place].dims.begin() + static_cast<std::ptrdiff_t>(tensors[place].rank))) {
            return {own, place};
        }
    }
    for (std::size_t place = 0; place < tensors.size(); ++place) {
        if (place_of(Net::names(), tensors[place].name) == no_tensor) {
            return {no_tensor, place};
        }
    }
    return {no_tensor, no_tensor};
}

/// The shape of a tensor as a type, or absent where there is no such tensor.
template <std::size_t Rank, typename Dim>
consteval auto shape_type() {
    return []<std::size_t... Axis>(std::index_sequence<Axis...>) {
        return Shape<Dim{}(Axis)...>{};
    }(std::make_index_sequence<Rank>{});
}
template <typename Net, std::size_t Place>
consteval auto shape_in_network() {
    if constexpr (Place == no_tensor) {
        return absent{};
    } else {
        return shape_type<Net::names()[Place].shape.size(),
                          decltype([](std::size_t axis) { return Net::names()[Place].shape[axis]; })>();
    }
}
template <typename File, std::size_t Place>
consteval auto shape_in_file() {
    if constexpr (Place == no_tensor) {
        return absent{};
    } else {
        return shape_type<File::tensors()[Place].rank,
                          decltype([](std::size_t axis) { return File::tensors()[Place].dims[axis]; })>();
    }
}

/// The error for a difference.
template <typename Net, typename File, Difference Where>
consteval auto difference_error() {
    constexpr std::string_view name = [] {
        if constexpr (Where.in_network != no_tensor) {
            return Net::names()[Where.in_network].name;
        } else {
            return File::tensors()[Where.in_file].name;
        }
    }();
    return std::type_identity<refused<Reason::embedded_tensor, at_tensor<Name<name.size()>{name}>,
                                      in_network<decltype(shape_in_network<Net, Where.in_network>())>,
                                      in_file<decltype(shape_in_file<File, Where.in_file>())>>>{};
}

/// Chain: the values of several tensors, one after the other, as whole arrays: a constant expression that copied them
/// element by element would be longer than compilers allow.
template <std::size_t First, std::size_t... Rest>
struct Chain {
    std::array<float, First> first;
    Chain<Rest...> rest;

    template <std::size_t Place>
    constexpr const auto& at() const {
        if constexpr (Place == 0) {
            return first;
        } else {
            return rest.template at<Place - 1>();
        }
    }
};
template <std::size_t Last>
struct Chain<Last> {
    std::array<float, Last> first;

    template <std::size_t>
    constexpr const auto& at() const {
        return first;
    }
};

template <std::size_t First, std::size_t... Rest>
constexpr Chain<First, Rest...> chain_of(const std::array<float, First>& first,
                                         const std::array<float, Rest>&... rest) {
    if constexpr (sizeof...(Rest) == 0) {
        return {first};
    } else {
        return {first, chain_of(rest...)};
    }
}

/// The tensor number Place in the order of the elements: those that are learned, then the others.
template <typename Net, std::size_t Place>
consteval NamedTensor tensor_at() {
    std::size_t place = 0;
    for (const bool learned : {true, false}) {
        for (const NamedTensor& tensor : Net::names()) {
            if ((tensor.offset < Net::parameter_count) == learned && place++ == Place) {
                return tensor;
            }
        }
    }
    return {};
}

/// EmbeddedParameters: the values of a file that fits, in the order of the network.
template <typename Net, typename File>
struct EmbeddedParameters {
    static consteval typename Net::values_type value() {
        return []<std::size_t... Place>(std::index_sequence<Place...>) -> typename Net::values_type {
            constexpr auto tensors = File::tensors();
            const auto file = std::bit_cast<Chain<tensors[Place].count()...>>(File::values());
            return {std::bit_cast<std::array<float, Net::parameter_count + Net::buffer_count>>(
                chain_of(file.template at<place_of(tensors, tensor_at<Net, Place>().name)>()...))};
        }(std::make_index_sequence<Net::names().size()>{});
    }
};

/// What stands for the parameters where a file does not fit, or where there are none.
template <typename Net>
struct NoParameters {
    static consteval typename Net::values_type value() { return {}; }
};

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// embedded: the network with the parameters of an embedded file, for a constexpr variable. Names and shapes have to be
/// those of Net::names(), in any order. The parameters are read-only data of the program.
/// Refuses  embedded_tensor
template <typename Net, EmbeddedFile File>
    requires(AnyNetwork<Net> || RefusedNetwork<Net>) && std::same_as<typename Net::scalar, float>
consteval Net embedded() {
    using namespace detail_::model;
    if constexpr (RefusedNetwork<Net>) {
        return {};
    } else {
        constexpr Difference difference = first_difference<Net, File>();
        if constexpr (difference.in_network != no_tensor || difference.in_file != no_tensor) {
            [[maybe_unused]] std::bool_constant<requires {
                sizeof(typename decltype(difference_error<Net, File, difference>())::type);
            }> error;
            return Net{{typename Net::state_type(std::type_identity<NoParameters<Net>>{})}};
        } else {
            return Net{{typename Net::state_type(std::type_identity<EmbeddedParameters<Net, File>>{})}};
        }
    }
}

}  // namespace CTCNN_API
