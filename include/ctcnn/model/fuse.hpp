// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/model/sequential.hpp>

namespace CTCNN_DETAIL::model {

/// What normalises channels, and folds into the layer directly before it; and the layers that take it.
template <typename L>
concept Norm = requires { requires L::folds_into_layer_before; };
template <typename L>
concept TakesNorm = requires { typename L::with_bias; };

// The type: layers as they are spelled -----------------------------------------------------------------------------

/// What a class is derived from of that which consists of layers, such as struct Stem : Sequential<...> {}; void for
/// any other layer. The nearest one is taken.
void spelled(const void*);
template <typename... Layers>
Sequential<Layers...> spelled(const Sequential<Layers...>*);
template <typename... Layers>
Residual<Layers...> spelled(const Residual<Layers...>*);
template <typename... Branches>
Add<Branches...> spelled(const Add<Branches...>*);
template <typename... Branches>
Multiply<Branches...> spelled(const Multiply<Branches...>*);
template <typename... Branches>
Concat<Branches...> spelled(const Concat<Branches...>*);
template <Name Text, typename L>
Named<Text, L> spelled(const Named<Text, L>*);
template <typename T, typename Layers, typename FlowOfShapes>
NetworkOf<T, Layers, FlowOfShapes> spelled(const NetworkOf<T, Layers, FlowOfShapes>*);
template <typename L>
using Spelled = decltype(model::spelled(static_cast<const L*>(nullptr)));

/// A layer with a bias. Its name stays.
template <typename L, typename Base = Spelled<L>>
struct Biased : Biased<Base> {};
template <typename L>
struct Biased<L, void> {
    using type = typename L::with_bias::type;
};
template <Name Text, typename L>
struct Biased<Named<Text, L>, Named<Text, L>> {
    using type = Named<Text, typename Biased<L>::type>;
};

/// A layer without the BatchNorms inside it that fold. A class that is derived from it stays where nothing folds.
template <typename L, typename Base = Spelled<L>>
struct FusedLayer {
    using fused = typename FusedLayer<Base>::type;
    using type = std::conditional_t<std::is_same_v<fused, Base>, L, fused>;
};
template <typename L>
struct FusedLayer<L, void> {
    using type = L;
};

/// Layers one after the other, behind those that are done.
template <typename Done, typename... Layers>
struct FusedLayers;
template <typename... Done>
struct FusedLayers<List<Done...>> {
    template <template <typename...> typename Nest>
    using as = Nest<Done...>;
};
template <typename... Done, typename L, typename... Rest>
struct FusedLayers<List<Done...>, L, Rest...> : FusedLayers<List<Done..., typename FusedLayer<L>::type>, Rest...> {};
template <typename... Done, TakesNorm L, Norm Folded, typename... Rest>
struct FusedLayers<List<Done...>, L, Folded, Rest...> : FusedLayers<List<Done..., typename Biased<L>::type>, Rest...> {
};

template <typename... Layers>
struct FusedLayer<Sequential<Layers...>, Sequential<Layers...>> {
    using type = typename FusedLayers<List<>, Layers...>::template as<Sequential>;
};
template <typename... Layers>
struct FusedLayer<Residual<Layers...>, Residual<Layers...>> {
    using type = typename FusedLayers<List<>, Layers...>::template as<Residual>;
};
template <typename... Layers>
struct FusedLayer<Shortcut<Layers...>, void> {
    using type = typename FusedLayers<List<>, Layers...>::template as<Shortcut>;
};
template <typename... Branches>
struct FusedLayer<Add<Branches...>, Add<Branches...>> {
    using type = Add<typename FusedLayer<Branches>::type...>;
};
template <typename... Branches>
struct FusedLayer<Multiply<Branches...>, Multiply<Branches...>> {
    using type = Multiply<typename FusedLayer<Branches>::type...>;
};
template <typename... Branches>
struct FusedLayer<Concat<Branches...>, Concat<Branches...>> {
    using type = Concat<typename FusedLayer<Branches>::type...>;
};
template <Name Text, typename L>
struct FusedLayer<Named<Text, L>, Named<Text, L>> {
    using type = Named<Text, typename FusedLayer<L>::type>;
};
/// A network in other numbers than float.
template <typename T, typename... Layers, typename FlowOfShapes, typename Same>
struct FusedLayer<NetworkOf<T, List<Layers...>, FlowOfShapes>, Same> {
    using type = typename FusedLayer<Sequential<Layers...>>::type::template with_scalar<T>;
};

// The parameters ---------------------------------------------------------------------------------------------------

/// FuseStep: what fuse reads of one layer.
struct FuseStep {
    std::size_t parameters = 0;
    std::size_t weight = 0;
    std::size_t buffers = 0;
    bool is_folded = false;  ///< into the layer before it
    double eps = 0;
    std::size_t channels = 0;
    /// Channel c has the weights ((c / columns * rows + r) * columns + c % columns) * taps + t, for each row r and tap
    /// t.
    std::size_t rows = 1;
    std::size_t columns = 0;
    std::size_t taps = 0;
};

template <typename Bound>
constexpr FuseStep fuse_step(bool is_folded) {
    FuseStep step{graph::parameter_count<Bound>(), Bound::weight_shape::size, graph::buffer_count<Bound>(), is_folded};
    if constexpr (requires { Bound::eps; }) {
        step.eps = Bound::eps;
    }
    if constexpr (TakesNorm<typename Bound::layer>) {
        step.channels = step.columns = Bound::output_shape::dim(0);
        if constexpr (requires { Bound::is_transposed; }) {
            // (Ci, Co/Groups, Kh, Kw)
            step.columns = Bound::weight_shape::dim(1);
            step.rows = Bound::weight_shape::dim(0) * step.columns / step.channels;
        }
        step.taps = step.weight / (step.rows * step.channels);
    }
    return step;
}

/// The steps of all layers, blocks and branches opened.
template <std::size_t Most>
struct FuseSteps {
    std::array<FuseStep, Most> steps{};
    std::size_t count = 0;

    /// Of `sizes[0]` layers one after the other, then of `sizes[1]` beside them, and so on.
    template <typename... Bound, std::size_t Branches>
    constexpr void add_all(List<Bound...>, std::array<std::size_t, Branches> sizes) {
        constexpr std::array<bool, sizeof...(Bound)> takes{TakesNorm<typename Bound::layer>...};
        constexpr std::array<bool, sizeof...(Bound)> is_norm{Norm<typename Bound::layer>...};
        std::array<bool, sizeof...(Bound)> is_folded{};
        std::size_t n = 0;
        for (const std::size_t size : sizes) {
            for (const std::size_t first = n; n < first + size; ++n) {
                is_folded[n] = n != first && takes[n - 1] && is_norm[n];
            }
        }
        n = 0;
        (add<Bound>(is_folded[n++]), ...);
    }

private:
    template <typename Bound>
    constexpr void add(bool is_folded) {
        if constexpr (Bound::kind == LayerKind::branches) {
            add_all(typename Bound::layers{}, Bound::branch_sizes);
        } else if constexpr (Bound::kind == LayerKind::block) {
            add_all(typename Bound::layers{}, std::array<std::size_t, 1>{Bound::layers::size});
        } else {
            steps[count++] = fuse_step<Bound>(is_folded);
        }
    }
};

template <typename Net>
inline constexpr auto fuse_steps = [] {
    FuseSteps<Net::plan::leaves::size> steps;
    steps.add_all(typename Net::layers{}, std::array<std::size_t, 1>{Net::layers::size});
    return steps;
}();

/// A layer's weight and bias with the BatchNorm behind it: weight * s and (bias - mean) * s + shift, where
/// s = scale / sqrt(var + eps), in double.
template <typename T>
constexpr void fold(const FuseStep& layer, const T* parameters, const FuseStep& norm, const T* norm_parameters,
                    const T* statistics, T* fused) {
    const bool has_bias = layer.parameters != layer.weight;
    const bool is_affine = norm.parameters != 0;
    for (std::size_t c = 0; c < layer.channels; ++c) {
        const auto number = [](const T* values, std::size_t n) { return static_cast<double>(values[n]); };
        const double scale = (is_affine ? number(norm_parameters, c) : 1) /
                             math::sqrt(number(statistics, layer.channels + c) + norm.eps);
        const double shift = is_affine ? number(norm_parameters, layer.channels + c) : 0;
        const double bias = has_bias ? number(parameters, layer.weight + c) : 0;
        fused[layer.weight + c] = static_cast<T>((bias - number(statistics, c)) * scale + shift);
        for (std::size_t r = 0; r < layer.rows; ++r) {
            const std::size_t row = c / layer.columns * layer.rows + r;
            const std::size_t first = (row * layer.columns + c % layer.columns) * layer.taps;
            for (std::size_t n = first; n < first + layer.taps; ++n) {
                fused[n] = static_cast<T>(number(parameters, n) * scale);
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// Fused: the type of fuse(net): a network without the BatchNorms that are directly behind a layer they fold into. That
/// layer has a bias. Indices of the layers behind it are smaller by one; a Named one keeps its name.
template <typename Net>
using Fused =
    typename std::conditional_t<RefusedNetwork<Net>, std::type_identity<Net>, detail_::model::FusedLayer<Net>>::type;

/// fuse: the same network in inference, with each BatchNorm folded into the Conv2d, LazyConv2d, ConvTranspose2d, Linear
/// or LazyLinear directly before it, also inside blocks and branches. Other BatchNorms stay. Parameters are computed in
/// double and rounded once.
/// As in    torch.nn.utils.fusion.fuse_conv_bn_eval, fuse_linear_bn_eval
template <AnyNetwork Net>
constexpr Fused<Net> fuse(const Net& net) {
    constexpr const auto& plan = detail_::model::fuse_steps<Net>;
    using T = typename Net::scalar;
    Fused<Net> result{};
    const T* parameters = net.parameters().data();
    const T* buffers = net.buffers().data();
    T* fused = result.parameters().data();
    T* fused_buffers = result.buffers().data();
    for (std::size_t n = 0; n < plan.count; ++n) {
        const detail_::model::FuseStep& step = plan.steps[n];
        if (n + 1 < plan.count && plan.steps[n + 1].is_folded) {
            const detail_::model::FuseStep& norm = plan.steps[++n];
            const T* norm_parameters = parameters + step.parameters;
            detail_::model::fold(step, parameters, norm, norm_parameters, buffers, fused);
            parameters = norm_parameters + norm.parameters;
            buffers += norm.buffers;
            fused += step.weight + step.channels;
        } else {
            fused = std::copy_n(parameters, step.parameters, fused);
            fused_buffers = std::copy_n(buffers, step.buffers, fused_buffers);
            parameters += step.parameters;
            buffers += step.buffers;
        }
    }
    return result;
}
template <RefusedNetwork Net>
constexpr Net fuse(const Net&) {
    return {};
}

}  // namespace CTCNN_API
