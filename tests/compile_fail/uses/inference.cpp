// SPDX-License-Identifier: MIT
//
// What programs do with a network without training it. With the network that works all of it compiles without a word; with each
// of the refused ones each use alone, and all together, are one error. See uses.cmake.
#include <ctcnn/inference.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "networks.hpp"

using namespace ctcnn;

#if USE(1)
Net global{};
#endif
#if USE(2)
inline constexpr Net constant{};
constinit Net initial{};
#endif
#if USE(3)
struct Program {
    Net net{};
    std::array<float, 4> answer(const Net::input_tensor& image) const {
        const auto output = net(image);
        return {output(0), output(1), output(2), output(3)};
    }
};
#endif
#if USE(4)
struct Derived : Net {
    std::string name;
};
std::size_t best(const Derived& named, const Derived::input_tensor& image) { return predict(named, image); }
#endif
#if USE(5)
template <typename Network>
class Classifier {
public:
    std::size_t operator()(const typename Network::input_tensor& image) { return predict(net_, image, workspace_); }

private:
    Network net_{};
    Workspace<Network> workspace_{};
};
Classifier<Net> classifier;
std::size_t classify(const Net::input_tensor& image) { return classifier(image); }
#endif
#if USE(6)
std::optional<Net> perhaps;
std::array<Net, 2> two{};
std::vector<Net> several(2);
std::unique_ptr<Net> owned = std::make_unique<Net>();
std::shared_ptr<const Net> shared = std::make_shared<const Net>();
std::tuple<Net, int> pair{};
#endif
#if USE(7)
std::function<std::size_t(const Net&)> function = [](const Net& net) { return predict(net, Net::input_tensor{}); };
#endif
#if USE(8)
Net make() {
    Net net;
    Net copy = net;
    net = std::move(copy);
    return net;
}
#endif
#if USE(9)
static_assert(Net::output_shape{} == Shape<4>{} && Shape<4>{} == Net::output_shape{});
static_assert(!(Net::output_shape{} != Shape<4>{}));
#endif
#if USE(10)
static_assert(Net::output_shape::size == 4);
static_assert(4 == Net::output_shape::size && Net::output_shape::dim(0) == 4 && Net::output_shape::dims[0] == 4u);
static_assert(Net::output_shape::rank == 1 && Net::output_shape::offset(2) == 2 && Net::output_shape::contains(3));
static_assert(is_shape<Net::output_shape>);
#endif
#if USE(11)
static_assert(Net::shape_after<0>{} == Shape<36>{} && Net::shape_after<1>::size == 5 && Net::shape_after<1>::rank != 2);
#endif
#if USE(12)
static_assert(Net::layer_count == 4);
#endif
#if USE(13)
static_assert(Net::parameter_count == 209);
#endif
#if USE(14)
static_assert(Net::multiply_adds == 200 && Net::multiply_adds < 1'000'000 && Net::multiply_adds > 100);
#endif
#if USE(15)
static_assert(Net::parameter_bytes == 836 && Net::parameter_bytes == Net::parameter_count * sizeof(float));
static_assert(Net::parameter_bytes / sizeof(float) == Net::parameter_count);
static_assert(Net::parameter_bytes + Net::inference_workspace_bytes + Net::inference_stack_bytes <= 64 * 1024);
static_assert(Net::training_workspace_bytes >= Net::parameter_bytes && Net::parameter_count != 0);
#endif
#if USE(16)
static_assert(Net::inference_workspace_bytes <= 64 * 1024);
#endif
#if USE(17)
std::array<float, Net::output_shape::size> probabilities{};
float raw[Net::parameter_count + 1];
using Places = std::make_index_sequence<Net::layer_count>;
using Count = std::integral_constant<std::size_t, Net::parameter_count * 2>;
#endif
#if USE(18)
void tell() {
    std::cout << Net::parameter_count << ' ' << Net::parameter_count / 1000 << '\n';
    std::printf("%zu\n", Net::parameter_count);
    std::string text = std::to_string(Net::parameter_count);
    std::vector<float> numbers(Net::parameter_count);
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        numbers[i] = static_cast<float>(Net::parameter_bytes) / 2;
    }
    auto total = Net::parameter_count;
    total += Net::layer_count;
    const std::size_t largest = std::max<std::size_t>(total, Net::layer_count);
    std::cout << largest << text;
}
#endif
#if USE(19)
constexpr std::size_t count_up() {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < Net::output_shape::size; ++i) {
        sum += i;
    }
    return sum;
}
inline constexpr std::size_t counted = count_up();
#endif
#if USE(20)
static_assert(Net::input_shape::size == 36 && Net::input_shape::rank == 3);
#endif
#if USE(21)
std::vector<Net::input_tensor> dark(3);
void brighten() {
    for (auto& image : dark) {
        for (float& pixel : image.span()) {
            pixel += 1;
        }
        image(0, 1, 2) = 1;
    }
}
#endif
#if USE(22)
Tensor<float, Net::output_shape> answer(const Net& net, const Net::input_tensor& image) {
    Tensor<float, Net::output_shape> output = net(image);
    output(0) += 1;
    return output;
}
#endif
#if USE(23)
Tensor<float, Shape<4>> answer_of(const Net& net) {
    const Tensor<float, Shape<4>> output = net({1, 2, 3});
    return output == net({1, 2, 3}) ? output : Tensor<float, Shape<4>>(net(Net::input_tensor{}));
}
#endif
#if USE(24)
float sum(const Net& net, const Net::input_tensor& image) {
    float result = 0;
    const auto output = net(image);
    for (const float number : output.span()) {
        result += number;
    }
    for (std::size_t i = 0; i < output.size(); ++i) {
        result += output(i) + output.data()[i] + output.values[i];
    }
    return std::max(result, net(image)(0));
}
#endif
#if USE(25)
std::size_t in_workspace(const Net& net, const Net::input_tensor& image) {
    Workspace<Net> workspace;
    const auto owned_workspace = std::make_unique<Workspace<Net>>();
    const auto output = net(image, workspace);
    return predict(net, image, *owned_workspace) + predict(net, {1, 2, 3}) + output.size();
}
#endif
#if USE(26)
void change(Net& net) {
    auto first = net.layer<1>();
    first.weight(0, 0) = 1;
    first.bias(0) += 1;
    net.layer<1>().weight(0, 1) = first.weight(0, 0);
    for (float& weight : first.weight.span()) {
        weight *= 2;
    }
    const TensorView<float, Shape<5, 36>> view = net.layer<1>().weight;
    std::fill_n(view.data(), view.size(), 0.0f);
    std::fill_n(first.weight.data(), first.weight.size(), 0.0f);
}
#endif
#if USE(27)
void set(Net& net, const Net& other) {
    for (float& parameter : net.parameters()) {
        parameter = 1;
    }
    net.parameters()[0] = other.parameters()[1];
    std::copy(other.parameters().begin(), other.parameters().end(), net.parameters().begin());
    const std::span<float> all = net.parameters();
    std::span<const float> constants = other.parameters();
    std::ranges::fill(all, constants[0]);
    std::copy_n(constants.data(), Net::parameter_count, all.data());
    std::copy_n(constants.data(), net.parameters().size(), all.data());
}
#endif
#if USE(28)
Gradients<Net> gradients_of(const Net&) {
    Gradients<Net> gradients{};
    gradients.parameters()[0] = 1;
    gradients.layer<1>().weight(0, 0) = 2;
    return gradients;
}
#endif
#if USE(29)
using Double = Net::with_scalar<double>;
Tensor<double, Shape<4>> in_double(const Double& net, const Double::input_tensor& image) {
    const double first = net(image)(0);
    return first > 0 ? net(image) : net({1, 2, 3});
}
#endif
#if USE(30)
using Scalar = Net::scalar;
static_assert(std::is_same_v<Scalar, float> && std::is_trivially_copyable_v<Net> && RefusedNetwork<Net> == REFUSED);
inline const auto in_braces = Net{};
#endif
#if USE(31)
static_assert(std::is_invocable_v<const Net&, const Net::input_tensor&>);
using Answer = std::invoke_result_t<const Net&, const Net::input_tensor&>;
Answer call(const Net& net) { return std::invoke(net, Net::input_tensor{}); }
#endif
#if USE(32)
template <typename T, typename S>
std::size_t size_of(const Tensor<T, S>& tensor) {
    return tensor.size();
}
std::size_t size_of_answer(const Net& net) { return size_of(net(Net::input_tensor{})) + size_of(Net::output_tensor{}); }
#endif
#if USE(33)
std::vector<Net::output_tensor> answers(const Net& net, std::span<const Net::input_tensor> images) {
    std::vector<Net::output_tensor> result;
    for (const auto& image : images) {
        result.push_back(net(image));
    }
    return result;
}
#endif
#if USE(34)
template <std::size_t... Place>
std::size_t sizes(std::index_sequence<Place...>) {
    return (Net::shape_after<Place>::size + ... + 0);
}
std::size_t all_sizes() { return sizes(std::make_index_sequence<Net::layer_count>{}); }
#endif
#if USE(35)
Tensor<float, Shape<4>> answer_by_name(const auto& net, const auto& image) { return net(image); }
auto answered(const Net& net) { return answer_by_name(net, Net::input_tensor{}); }
#endif
#if USE(36)
consteval Net computed() {
    Net net{};
    net.layer<1>();
    return net;
}
inline constexpr Net in_constant = computed();
#endif
#if USE(37)
static_assert(Net::names().size() == 4 && Net::names()[0].name == "1.weight" && Net::names()[0].shape[1] == 36);
static_assert(Net::names()[1].count == 5 && Net::names()[1].offset == 180 && !Net::names().empty());
void tell_names() {
    for (const auto& tensor : Net::names()) {
        const std::string_view name = tensor.name;
        const std::span<const std::size_t> shape = tensor.shape;
        std::cout << name << shape.size() << tensor.count * sizeof(float) << tensor.name.substr(0).size();
    }
}
#endif
#if USE(38)
std::size_t best_fused(const Net& net, const Net::input_tensor& image) {
    const Fused<Net> fused = fuse(net);
    return predict(fused, image);
}
#endif
#if USE(39)
static_assert(Prepared<Net>::packed_bytes != 0 && Prepared<Net>::inference_workspace_bytes != 0);
std::size_t best_prepared(const Net& net, const Net::input_tensor& image) {
    const Prepared<Net> prepared = prepare(net);
    Workspace<Prepared<Net>> workspace{};
    const Prepared<Net>::output_tensor output = prepared(image, workspace);
    const Net::output_tensor p = ctcnn::probabilities(prepared, image, workspace);
    static_cast<void>(output.size() + prepared(image).size() + p.size());
    return predict(prepared, image) + predict(prepared, image, workspace) + top_k(prepared, image, 2)[0].index;
}
#endif
#if USE(40)
std::size_t best_in_bf16(const Net& net, const Net::input_tensor& image) {
    const Prepared<Net, bf16> prepared = prepare<bf16>(net);
    return predict(prepared, image);
}
#endif
