// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/softmax.hpp>
#include <ctcnn/core/storage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_DETAIL::model {

/// Softmax over the first axis of a shape, in place; the sigmoid where that has one element.
template <typename S, std::floating_point T>
constexpr void probabilities_in_place(T* outputs) {
    constexpr std::size_t classes = S::dim(0);
    constexpr std::size_t pixels = S::size / classes;
    if constexpr (classes == 1) {
        std::transform(outputs, outputs + pixels, outputs, [](T x) { return math::sigmoid(x); });
        return;
    }
    for (T* x = outputs; x != outputs + pixels; ++x) {
        const auto common = softmax_common<classes, pixels>(x);
        for (std::size_t c = 0; c < classes; ++c) {
            x[c * pixels] = math::exp(x[c * pixels] - common.largest) / common.sum;
        }
    }
}

/// The arguments of probabilities behind the network, and those of top_k but the last: an image, and a workspace of the
/// caller's, if there is one.
template <typename Net, typename... Arguments>
concept OneImage =
    sizeof...(Arguments) != 0 && is_forward<typename Net::input_tensor, typename Net::workspace, Arguments...>;

/// The arguments of top_k behind the network.
template <typename Net, typename... Arguments>
inline constexpr bool are_top_k = false;
template <typename Net, typename Image, typename Count>
inline constexpr bool are_top_k<Net, Image, Count> = OneImage<Net, Image> && std::is_convertible_v<Count, std::size_t>;
template <typename Net, typename Image, typename Count, typename Workspace>
inline constexpr bool are_top_k<Net, Image, Count, Workspace> =
    OneImage<Net, Image, Workspace> && std::is_convertible_v<Count, std::size_t>;
template <typename Net, typename... Arguments>
concept TopKArguments = are_top_k<Net, Arguments...>;

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// probabilities: the softmax of a network's outputs for one image: the probability of each class, in the same shape.
/// Of a network with one output it is the sigmoid, the probability of a yes. A network that ends with Softmax,
/// Sigmoid or Hardsigmoid has them as its outputs.
/// Shapes   (classes), or (classes, H, W) for each pixel
/// As in    torch.softmax(net(x), 1); torch.sigmoid(net(x))
template <detail_::model::Infers Net, detail_::model::WorkspaceOf<typename Net::workspace> B>
constexpr typename Net::output_tensor probabilities(const Net& net, const typename Net::input_tensor& image,
                                                    B& buffers) {
    typename Net::output_tensor outputs = net(image, buffers);
    if constexpr (!detail_::model::gives_probabilities(typename Net::plan::leaves{})) {
        detail_::model::probabilities_in_place<typename Net::output_shape>(outputs.data());
    }
    return outputs;
}
template <detail_::model::Infers Net>
constexpr typename Net::output_tensor probabilities(const Net& net, const typename Net::input_tensor& image) {
    typename Net::workspace buffers;
    return probabilities(net, image, buffers);
}
/// Other arguments are refused with one sentence.
template <detail_::model::Infers Net, typename... Arguments>
    requires(!detail_::model::OneImage<Net, Arguments...>)
constexpr typename Net::output_tensor probabilities(const Net&, Arguments&&...) {
    static_assert(detail_::model::never<Arguments...>,
                  "probabilities takes one image, a Net::input_tensor, and a Workspace<Net> of the caller's, if there "
                  "is one");
    return {};
}
template <RefusedNetwork Net, typename Image, typename... Workspace>
    requires requires { typename Image::shape; }
constexpr typename Net::output_tensor probabilities(const Net&, const Image&, const Workspace&...) {
    return {};
}
template <RefusedNetwork Net>
constexpr typename Net::output_tensor probabilities(const Net&, const typename Net::input_tensor&) {
    return {};
}

/// RankedClass: a class and its output.
template <typename T>
struct RankedClass {
    std::size_t index;
    T value;
};

/// TopK: the classes that top_k has found, the largest output first.
template <typename T, std::size_t Classes>
class TopK {
public:
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr const RankedClass<T>* begin() const { return held_.get().data(); }
    constexpr const RankedClass<T>* end() const { return begin() + size_; }
    constexpr const RankedClass<T>& operator[](std::size_t place) const { return begin()[place]; }

    /// Of `Classes` outputs, the `count` largest.
    constexpr TopK(const T* outputs, std::size_t count) : size_(std::min(count, Classes)) {
        const auto places = held_.get().begin();
        std::size_t found = 0;
        for (std::size_t i = 0; i < Classes && size_ != 0; ++i) {
            const RankedClass<T> next{i, outputs[i]};
            if (detail_::math::is_nan(next.value)) {
                std::fill(places, places + static_cast<std::ptrdiff_t>(size_), RankedClass<T>{no_class, next.value});
                return;
            }
            // Behind those that are not smaller: of equal ones, the first comes first.
            std::size_t place = found;
            while (place != 0 && places[place - 1].value < next.value) {
                --place;
            }
            if (place < size_) {
                found = std::min(found + 1, size_);
                std::move_backward(places + place, places + found - 1, places + found);
                places[place] = next;
            }
        }
    }

private:
    detail_::Held<std::array<RankedClass<T>, Classes>, detail_::most_inside_workspace> held_{};
    std::size_t size_;
};

/// top_k: the k classes with the largest outputs for one image, the largest first, or all if there are fewer. Of equal
/// outputs, the lower index comes first; if an output is NaN, all have the index no_class, as predict answers. A network
/// with one output is refused: its classes are 0 and 1.
/// As in    torch.topk(net(x), k)
template <detail_::model::Infers Net, detail_::model::WorkspaceOf<typename Net::workspace> B>
constexpr TopK<typename Net::scalar, Net::output_shape::size> top_k(const Net& net,
                                                                    const typename Net::input_tensor& image,
                                                                    std::size_t k, B& buffers) {
    static_assert(
        Net::output_shape::size != 1,
        "top_k ranks classes, and the one output of this network is a yes or no: predict(net, x) says 1 or 0, "
        "and probabilities(net, x) how probable 1 is");
    return {detail_::model::outputs_of(net, image, buffers), k};
}
template <detail_::model::Infers Net>
constexpr TopK<typename Net::scalar, Net::output_shape::size> top_k(const Net& net,
                                                                    const typename Net::input_tensor& image,
                                                                    std::size_t k) {
    typename Net::workspace buffers;
    return top_k(net, image, k, buffers);
}
/// Other arguments are refused with one sentence.
template <detail_::model::Infers Net, typename... Arguments>
    requires(!detail_::model::TopKArguments<Net, Arguments...>)
constexpr TopK<typename Net::scalar, Net::output_shape::size> top_k(const Net&, Arguments&&...) {
    static_assert(detail_::model::never<Arguments...>,
                  "top_k takes one image, a Net::input_tensor, the number of classes, and a Workspace<Net> of the "
                  "caller's, if there is one, as in top_k(net, image, 5)");
    return {nullptr, 0};
}
template <RefusedNetwork Net, typename Image, typename... Workspace>
    requires requires { typename Image::shape; }
constexpr TopK<typename Net::scalar, 1> top_k(const Net&, const Image&, std::size_t, const Workspace&...) {
    const typename Net::scalar output = 0;
    return {&output, 1};
}
template <RefusedNetwork Net>
constexpr TopK<typename Net::scalar, 1> top_k(const Net&, const typename Net::input_tensor&, std::size_t) {
    const typename Net::scalar output = 0;
    return {&output, 1};
}

}  // namespace CTCNN_API
