// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/storage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/graph/prepared_plan.hpp>
#include <ctcnn/model/fuse.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/run/apart.hpp>
#include <ctcnn/run/prepared.hpp>

namespace CTCNN_API {

/// Prepared: the type of prepare(net): a network for inference alone, with its weights in the order in which the
/// kernels read them. It is called like the network, and by predict, probabilities, top_k, infer and evaluate. It has no
/// parameters to change, to learn or to save: those stay in the network.
/// Weight   what weights are stored as where it pays: the network's scalar, or bf16 of a network of floats
template <typename Net, typename Weight = typename Net::scalar>
class Prepared {
    static constexpr bool halves = std::is_same_v<Weight, bf16> && std::is_same_v<typename Net::scalar, float>;

public:
    /// The network that runs: without the BatchNorms that fold into the layers before them.
    using fused = Fused<Net>;
    using plan = detail_::graph::PreparedPlan<typename fused::inference_plan, typename Net::scalar,
                                              std::conditional_t<halves, bf16, typename Net::scalar>>;
    using prepared_from = Net;

    using scalar = typename Net::scalar;
    using input_shape = typename Net::input_shape;
    using output_shape = typename Net::output_shape;
    using input_tensor = typename Net::input_tensor;
    using output_tensor = typename Net::output_tensor;
    /// On the heap where it has more than most_inside_workspace bytes.
    using workspace = detail_::Held<detail_::run::PreparedWorkspace<plan>, detail_::most_inside_workspace>;

    /// The packed weights: channels are filled up to whole vectors, and filters are transformed.
    static constexpr std::size_t packed_bytes = sizeof(detail_::run::PackedWeights<plan>);
    /// What a Workspace<Prepared<Net>> holds.
    static constexpr std::size_t inference_workspace_bytes = sizeof(detail_::run::PreparedWorkspace<plan>);

    /// See prepare.
    constexpr explicit Prepared(const Net& net) {
        static_assert(halves || std::is_same_v<Weight, typename Net::scalar>,
                      "prepare stores weights as the network has them, prepare(net), or those of a network of floats "
                      "as bf16, prepare<bf16>(net)");
        pack(ctcnn::fuse(net));
    }

    /// Forward on one image, (input_shape) -> (output_shape). Any number of threads may call it.
    constexpr output_tensor operator()(const input_tensor& image) const
        noexcept(std::is_nothrow_default_constructible_v<workspace> &&
                 std::is_nothrow_default_constructible_v<output_tensor>) {
        workspace buffers;
        return (*this)(image, buffers);
    }
    /// The same with buffers that the caller keeps; one workspace serves one thread at a time.
    constexpr output_tensor operator()(const input_tensor& image, workspace& buffers) const
        noexcept(std::is_nothrow_default_constructible_v<output_tensor>) {
        output_tensor result;
        std::copy_n(outputs(image.data(), buffers), output_shape::size, result.data());
        return result;
    }
    /// The same on the threads of a ParallelWorkspace<Prepared> (model/parallel_workspace.hpp).
    template <typename Parallel>
        requires std::is_same_v<typename Parallel::workspace, workspace>
    constexpr output_tensor operator()(const input_tensor& image, Parallel& buffers) const
        noexcept(std::is_nothrow_default_constructible_v<output_tensor>) {
        output_tensor result;
        std::copy_n(outputs(image.data(), buffers), output_shape::size, result.data());
        return result;
    }
    /// Other arguments are refused with one sentence.
    template <typename... Arguments>
        requires(!detail_::model::is_forward<input_tensor, workspace, Arguments...>)
    constexpr output_tensor operator()(Arguments&&...) const {
        static_assert(detail_::model::never<Arguments...>,
                      "a network is called with one image, net(image), or net(image, workspace) with a Workspace<Net> "
                      "of the caller's. The image is a Net::input_tensor: elements of a vector or an array are copied "
                      "into its span(); predict takes many images");
        return {};
    }

    /// Where the outputs for an image lie, until the workspace is used again.
    constexpr const scalar* outputs(const scalar* image, workspace& buffers) const noexcept {
        detail_::kernels::prepared::Alone alone;
        return detail_::run::placed::infer_prepared<plan, compiled_apart<Prepared>>(held_.get(), image,
                                                                                    buffers.get().values(), alone);
    }

    template <typename Parallel>
        requires std::is_same_v<typename Parallel::workspace, workspace>
    constexpr const scalar* outputs(const scalar* image, Parallel& buffers) const noexcept {
        return buffers.infer(held_.get(), image);
    }

    /// Whether all packed weights have the same bits.
    friend constexpr bool operator==(const Prepared& a, const Prepared& b) { return a.held_.get() == b.held_.get(); }

private:
    constexpr void pack(const fused& net) {
        detail_::run::placed::pack<plan, compiled_apart<Prepared>>(net.parameters().data(), net.buffers().data(),
                                                                   held_.get());
    }

    detail_::Held<detail_::run::PackedWeights<plan>, detail_::most_inside_network> held_;
};

template <RefusedNetwork Net, typename Weight>
class Prepared<Net, Weight> : public Net {
public:
    static constexpr auto packed_bytes = Net::parameter_bytes;

    constexpr explicit Prepared(const Net&) {}

    friend constexpr bool operator==(const Prepared&, const Prepared&) { return true; }
};

/// prepare: the network for inference of one image at a time, as fast as the processor allows: BatchNorms are folded
/// (fuse), and weights are transformed and packed once. Outputs differ from those of net(x) by rounding. prepare<bf16>
/// rounds the weights of large Linear layers to 8 binary digits, and reads half as many bytes; where the processor
/// multiplies pairs of bf16, also weights and inputs of convolutions of blocked values, those that are filtered at the
/// points of the filtering. Sums, biases and all other layers are those of floats. prepare(net) works in constant
/// expressions, prepare<bf16> does not.
template <AnyNetwork Net>
constexpr Prepared<Net> prepare(const Net& net) {
    return Prepared<Net>(net);
}
template <RefusedNetwork Net>
constexpr Prepared<Net> prepare(const Net& net) {
    return Prepared<Net>(net);
}
template <typename Weight, AnyNetwork Net>
constexpr Prepared<Net, Weight> prepare(const Net& net) {
    return Prepared<Net, Weight>(net);
}
template <typename Weight, RefusedNetwork Net>
constexpr Prepared<Net, Weight> prepare(const Net& net) {
    return Prepared<Net, Weight>(net);
}

}  // namespace CTCNN_API
