// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layer_tensor.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/graph/flow.hpp>

namespace CTCNN_API {

/// NamedTensor: one tensor of a network: its name and shape in PyTorch's state_dict, and where it lies in parameters().
struct NamedTensor {
    std::string_view name;   ///< "3.1.bias"
    detail_::Indices shape;  ///< {6, 1, 5, 5}
    std::size_t offset;  ///< of its first element in parameters(), or if that ends before it, in buffers() behind it
    std::size_t count;   ///< of its elements
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::model {

/// Place: a layer's index or its name, and those of the blocks around it.
struct Place {
    const Place* outer;
    std::size_t index;
    std::string_view name{};
};

/// Appends "3.1.", "stem.1.".
constexpr void append_place(const Place& place, auto& text) {
    if (place.outer != nullptr) {
        append_place(*place.outer, text);
    }
    if (place.name.empty()) {
        text.append_number(place.index);
    } else {
        text.append(place.name);
    }
    text.append(".");
}

namespace detail {

template <typename Bound>
consteval auto declared_tensors() {
    if constexpr (requires { Bound::tensors; }) {
        return Bound::tensors;
    } else {
        std::array tensors{LayerTensor{"weight", dims_of<typename Bound::weight_shape>},
                           LayerTensor{"bias", dims_of<typename Bound::bias_shape>}};
        if constexpr (requires { Bound::fan_in; }) {
            tensors[0].fan_in = Bound::fan_in;
            tensors[0].fan_out = Bound::fan_out;
        }
        return tensors;
    }
}

template <typename F, typename... Bound>
constexpr void for_each_tensor(List<Bound...>, const Place* outer, F& f);

template <typename Bound, typename F>
constexpr void for_each_tensor_of(const Place& place, F& f) {
    if constexpr (Bound::kind == LayerKind::block || Bound::kind == LayerKind::branches) {
        model::detail::for_each_tensor(typename Bound::layers{}, &place, f);
    } else {
        for (const LayerTensor& tensor : declared_tensors<Bound>()) {
            if (tensor.count() != 0) {
                f(place, tensor, true);
            }
        }
        if constexpr (requires { Bound::buffers; }) {
            for (const LayerTensor& tensor : Bound::buffers) {
                f(place, tensor, false);
            }
        }
    }
}

/// Calls f(place, tensor, whether it is learned) for the tensors of all layers in order, blocks opened.
template <typename F, typename... Bound>
constexpr void for_each_tensor(List<Bound...>, const Place* outer, F& f) {
    std::size_t index = 0;
    (for_each_tensor_of<Bound>(Place{outer, index++, graph::child_name<Bound>()}, f), ...);
}

struct NameSizes {
    std::size_t tensors = 0;
    std::size_t characters = 0;
    std::size_t parameters = 0;

    /// What Text has, for append_place.
    constexpr void append(std::string_view part) { characters += part.size(); }
    constexpr void append_number(std::size_t number) {
        Text<20> digits;
        digits.append_number(number);
        characters += digits.length;
    }
};

template <typename Layers>
inline constexpr NameSizes name_sizes = [] {
    NameSizes sizes;
    auto count = [&sizes](const Place& place, const LayerTensor& tensor, bool learned) {
        ++sizes.tensors;
        sizes.parameters += learned ? tensor.count() : 0;
        append_place(place, sizes);
        sizes.append(tensor.name);
    };
    model::detail::for_each_tensor(Layers{}, nullptr, count);
    return sizes;
}();

/// All names in a row.
template <typename Layers>
inline constexpr auto name_characters = [] {
    Text<name_sizes<Layers>.characters> text;
    auto append = [&text](const Place& place, const LayerTensor& tensor, bool) {
        append_place(place, text);
        text.append(tensor.name);
    };
    model::detail::for_each_tensor(Layers{}, nullptr, append);
    return text;
}();

}  // namespace detail

/// The tensors of a list of bound layers.
template <typename Layers>
inline constexpr auto named_tensors = [] {
    std::array<NamedTensor, detail::name_sizes<Layers>.tensors> tensors{};
    std::size_t index = 0;
    std::size_t offset = 0;
    std::size_t buffer_offset = detail::name_sizes<Layers>.parameters;
    std::string_view names = detail::name_characters<Layers>.view();
    auto fill = [&](const Place& place, const LayerTensor& tensor, bool learned) {
        detail::NameSizes length;
        append_place(place, length);
        length.append(tensor.name);
        std::size_t& begin = learned ? offset : buffer_offset;
        tensors[index++] = {names.substr(0, length.characters), tensor.shape, begin, tensor.count()};
        names.remove_prefix(length.characters);
        begin += tensor.count();
    };
    detail::for_each_tensor(Layers{}, nullptr, fill);
    return tensors;
}();

/// Whether each of them is a weight that an initializer draws, as those of Conv2d and Linear are.
template <typename Layers>
inline constexpr auto drawn_tensors = [] {
    std::array<bool, detail::name_sizes<Layers>.tensors> drawn{};
    std::size_t index = 0;
    auto fill = [&](const Place&, const LayerTensor& tensor, bool) {
        drawn[index++] = tensor.fan_in != 0 && tensor.fan_out != 0;
    };
    detail::for_each_tensor(Layers{}, nullptr, fill);
    return drawn;
}();

/// How many tensors a layer has.
template <typename Bound>
consteval std::size_t tensor_count() {
    std::size_t count = 0;
    for (const LayerTensor& tensor : detail::declared_tensors<Bound>()) {
        count += tensor.count() != 0 ? std::size_t{1} : 0;
    }
    if constexpr (requires { Bound::buffers; }) {
        count += Bound::buffers.size();
    }
    return count;
}

}  // namespace CTCNN_DETAIL::model
