// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/layer_tensor.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/layers/custom.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/training_workspace.hpp>
#include <ctcnn/train/value_and_grad.hpp>

namespace CTCNN_API {

/// GradientCheckOptions: how check_gradients compares.
struct GradientCheckOptions {
    std::uint64_t seed = 0;
    double step = 1e-5;          ///< of the differences
    double tolerance = 1e-4;     ///< the largest relative error that passes
    std::size_t elements = 200;  ///< of each parameter and of the input, at most; of more, so many are drawn
};

/// GradientReport: the result of check_gradients, and the element with the largest error. The relative error is that of
/// the larger of both numbers, but at least of 1/1000 of the largest one in its tensor and of 1/100000 of the largest
/// one of all: differences are not exact for smaller ones. Where the differences to both sides disagree by more than
/// 1/1000, an element is at a kink, as ReLU has at 0, and is not compared; nor where they disagree by less and the
/// gradient is that of one side, or between both, as with one pixel of many at a kink.
struct GradientReport {
    std::size_t compared = 0;  ///< elements
    std::size_t wrong = 0;     ///< of these
    std::size_t kinks = 0;     ///< elements that are not compared
    bool constant = false;     ///< no output depends on anything: there is nothing to compare
    double largest_error = 0;
    std::string element{};  ///< "1.weight(2, 0)", "input(0, 3, 3)"
    double gradient = 0;    ///< what backward says
    double difference = 0;  ///< what differences say

    bool passed() const { return wrong == 0 && !constant && compared != 0; }
    explicit operator bool() const { return passed(); }

    /// "passed: 148 derivatives agree with differences; the largest relative error is 2.1e-10, of weight(2)".
    std::string sentence() const {
        if (constant || compared == 0) {
            return "failed: there is nothing to compare, for no output depends smoothly on an input or a parameter";
        }
        char text[512];
        if (passed()) {
            std::snprintf(
                text, sizeof(text),
                "passed: %zu derivatives agree with differences; the largest relative error is %.2g, of %.99s",
                compared, largest_error, element.c_str());
        } else {
            std::snprintf(text, sizeof(text),
                          "failed: %zu of %zu derivatives are wrong; most of all that of %.99s, which is %.6g, where "
                          "differences give %.6g: a relative error of %.2g",
                          wrong, compared, element.c_str(), gradient, difference, largest_error);
        }
        std::string result(text);
        if (kinks != 0) {
            result += "; " + std::to_string(kinks) + " at kinks were not compared";
        }
        return result;
    }
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// Shift: adds a parameter to each element of its input. In front of a network, the gradient with respect to that
/// parameter is that with respect to the input.
struct Shift : CustomLayer<Shift> {
    template <typename S>
    using parameters = Parameters<Parameter<"shift", S>>;
    static constexpr void forward(auto x, auto y, auto shift) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = x[i] + shift[i];
        }
    }
    static constexpr void backward(auto, auto, auto grad_y, auto grad_x, auto grad_shift) {
        for (std::size_t i = 0; i < grad_y.size(); ++i) {
            grad_x[i] = grad_y[i];
            grad_shift[i] += grad_y[i];
        }
    }
};

template <typename Net>
struct Shifted;
template <typename In, typename... Layers>
struct Shifted<Sequential<In, Layers...>> {
    using type = typename Sequential<In, Shift, Layers...>::template with_scalar<double>;
};

/// WeightedSum: a loss whose gradient with respect to an output is that output's target.
struct WeightedSum {
    template <std::size_t N, typename Target>
    constexpr double operator()(std::span<const double, N> outputs, const Target& target,
                                std::span<double, N> gradient) const {
        double sum = 0;
        for (std::size_t k = 0; k < N; ++k) {
            sum += outputs[k] * target.values[k];
            gradient[k] = target.values[k];
        }
        return sum;
    }
};

/// Derivative: one gradient element, and the differences to its left and to its right. A template, so that programs
/// that check no gradients do not compile vectors of it.
template <typename T>
struct Derivative {
    std::size_t index;
    T gradient;
    T left;
    T right;

    static constexpr T absolute(T x) { return x < 0 ? -x : x; }
    T difference() const { return (left + right) / 2; }
    /// The larger of both numbers; one of backward that is not finite counts for nothing.
    T magnitude() const {
        return std::max(math::is_finite(gradient) ? absolute(gradient) : T(0), absolute(difference()));
    }

    /// Whether the differences to both sides disagree, measured by at least `least`.
    bool at_kink(T least) const { return absolute(left - right) > 1e-3 * std::max(least, magnitude()); }
    /// Whether the error is no larger than the disagreement of both sides explains: the gradient is that of one side, or
    /// between them, up to `allowed`.
    bool between_sides(T allowed) const {
        const T wrong = absolute(gradient - difference());
        return math::is_finite(wrong) && wrong <= absolute(left - right) / 2 + allowed;
    }
    /// The error relative to at least `least`; infinite for one that is not finite.
    T error(T least) const {
        const T wrong = absolute(gradient - difference());
        return math::is_finite(wrong) ? wrong / std::max(least, magnitude()) : std::numeric_limits<T>::infinity();
    }
};

/// "weight(2, 0)"
inline std::string spell_element(std::string_view tensor, Indices shape, std::size_t index) {
    std::string places;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        places = std::to_string(index % shape[axis]) + (places.empty() ? "" : ", ") + places;
        index /= shape[axis];
    }
    return std::string(tensor) + "(" + places + ")";
}

/// The check of a network in double whose first layer is a Shift. name(tensor) spells the name of one of `tensors`.
template <typename Net, typename Name>
GradientReport compare_gradients(Net& net, std::span<const NamedTensor> tensors, const Name& name,
                                 const GradientCheckOptions& options) {
    // More than one image, and fewer than lanes, where there are many.
    std::vector<typename Net::input_tensor> images(3);
    std::vector<typename Net::output_tensor> weights(images.size());
    std::uint64_t drawn = 0;
    const Philox random(options.seed);
    const auto draw = [&](auto& tensor) {
        for (double& element : tensor.values) {
            element = random.uniform(drawn++, -1.0, 1.0);
        }
    };
    std::for_each(images.begin(), images.end(), draw);
    std::for_each(weights.begin(), weights.end(), draw);

    TrainingWorkspace<Net> workspace(1);
    const auto loss_at = [&](Gradients<Net>& gradients) {
        return ctcnn::value_and_grad(std::as_const(net), WeightedSum{}, images, weights, gradients, workspace);
    };
    Gradients<Net> gradients;
    Gradients<Net> unused;
    const double loss = loss_at(gradients);

    using Compared = Derivative<typename Net::scalar>;
    std::vector<std::vector<Compared>> compared;
    double largest = 0;
    for (const NamedTensor& tensor : tensors) {
        std::vector<Compared>& derivatives = compared.emplace_back();
        for (std::size_t n = 0; n < std::min(tensor.count, options.elements); ++n) {
            const std::size_t index =
                tensor.count <= options.elements ? n : random.below(drawn++, static_cast<std::uint32_t>(tensor.count));
            double& parameter = net.parameters()[tensor.offset + index];
            const double kept = parameter;
            parameter = kept + options.step;
            const double above = loss_at(unused);
            parameter = kept - options.step;
            const double below = loss_at(unused);
            parameter = kept;
            derivatives.push_back({index, gradients.parameters()[tensor.offset + index], (loss - below) / options.step,
                                   (above - loss) / options.step});
            largest = std::max(largest, derivatives.back().magnitude());
        }
    }

    GradientReport report;
    report.constant = !(largest > 0);
    for (std::size_t t = 0; t < tensors.size(); ++t) {
        double largest_here = 0;
        for (const Compared& derivative : compared[t]) {
            largest_here = std::max(largest_here, derivative.magnitude());
        }
        for (const Compared& derivative : compared[t]) {
            const double least = std::max(1e-3 * largest_here, 1e-5 * largest);
            const double error = derivative.error(least);
            if (derivative.at_kink(least) ||
                (error > options.tolerance &&
                 derivative.between_sides(options.tolerance * std::max(least, derivative.magnitude())))) {
                ++report.kinks;
                continue;
            }
            ++report.compared;
            report.wrong += error <= options.tolerance ? 0u : 1u;
            if (error > report.largest_error || report.compared == 1) {
                report.largest_error = error;
                report.element = spell_element(name(tensors[t]), tensors[t].shape, derivative.index);
                report.gradient = derivative.gradient;
                report.difference = derivative.difference();
            }
        }
    }
    return report;
}

/// ShiftedTensors: what is learned of a network, behind the shift of its input.
template <typename Net>
struct ShiftedTensors {
    std::array<NamedTensor, Net::names().size() + 1> tensors{};
    std::size_t count = 0;

    ShiftedTensors() {
        using S = typename Net::input_shape;
        tensors[count++] = {"input", dims_of<S>, 0, S::size};
        for (NamedTensor tensor : Net::names()) {
            if (tensor.offset < Net::parameter_count) {
                tensor.offset += S::size;
                tensors[count++] = tensor;
            }
        }
    }
    std::span<const NamedTensor> span() const { return {tensors.data(), count}; }
};

template <typename L, typename S>
struct LayerAlone;
template <typename L, std::size_t... Dims>
struct LayerAlone<L, Shape<Dims...>> {
    using type = Sequential<Input<Dims...>, L>;
};

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// check_gradients: compares what backward of a layer computes with central differences, in double, for random images
/// of shape S and random parameters: check_gradients<Scale<4>, Shape<4, 6, 6>>(). The loss is a random weighted sum of
/// the outputs of three images; the differences are with respect to the parameters and the input.
/// As in    torch.autograd.gradcheck
template <typename L, typename S>
    requires is_shape<S>
GradientReport check_gradients(const GradientCheckOptions& options = {}) {
    using namespace detail_::train;
    using Net = typename LayerAlone<L, S>::type;
    if constexpr (RefusedNetwork<Net>) {
        return {};
    } else {
        using Probe = typename Shifted<Net>::type;
        Probe probe{};
        const Philox random(options.seed, 1);
        for (std::size_t i = 0; i < Net::parameter_count; ++i) {
            probe.parameters()[S::size + i] = random.uniform(i, -1.0, 1.0);
        }
        const auto name = [](const NamedTensor& tensor) { return tensor.name.substr(tensor.name.find('.') + 1); };
        return compare_gradients(probe, ShiftedTensors<Net>().span(), name, options);
    }
}

/// The same for a network, float or double, at its own parameters; those of a network whose parameters are all 0 are
/// drawn by initialize.
template <AnyNetwork Net>
GradientReport check_gradients(const Net& net, const GradientCheckOptions& options = {}) {
    using namespace detail_::train;
    using Probe = typename Shifted<typename Net::template with_scalar<float>>::type;
    typename Net::template with_scalar<double> own{};
    std::copy(net.parameters().begin(), net.parameters().end(), own.parameters().begin());
    if (std::all_of(own.parameters().begin(), own.parameters().end(), [](double p) { return std::abs(p) <= 0; })) {
        ctcnn::initialize(own, KaimingUniform{}, options.seed);
    }
    Probe probe{};
    std::copy(own.parameters().begin(), own.parameters().end(),
              probe.parameters().begin() + static_cast<std::ptrdiff_t>(Net::input_shape::size));
    const auto name = [](const NamedTensor& tensor) { return tensor.name; };
    return compare_gradients(probe, ShiftedTensors<Net>().span(), name, options);
}
template <RefusedNetwork Net>
GradientReport check_gradients(const Net&, const GradientCheckOptions& = {}) {
    return {};
}

}  // namespace CTCNN_API::inline CTCNN_TEAM
