// SPDX-License-Identifier: MIT
// Networks whose planes lie apart in tiles of images: their outputs and gradients are those of one image at a time,
// whose planes are adjacent.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/training.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <std::size_t In, std::size_t Out>
using Pointwise = Conv2d<In, Out, Kernel<1>>;

/// Every kind of stage, with and without border; 64 elements are a multiple of the period of all targets but those
/// with registers of 16 bytes.
using Branches = Sequential<
    Input<3, 8, 8>, Pointwise<3, 12>, BatchNorm2d<12>, ReLU, Residual<Conv2d<12, 12, Kernel<3>, Padding<1>>, Sigmoid>,
    Concat<Pointwise<12, 9>, Sequential<MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>, Pointwise<12, 4>, ReLU>>,
    Dropout2d<0.25>, Conv2d<13, 13, Kernel<3>, Padding<1>, Groups<13>>, PReLU<13>,
    Multiply<Identity, Sequential<AdaptiveAvgPool2d<1>, Pointwise<13, 13>, Sigmoid>>, GroupNorm<1, 13>,
    ConvTranspose2d<13, 5, Kernel<2>, Stride<2>>, AvgPool2d<Kernel<2>>, Softmax, Pointwise<5, 20>, Dropout<0.25>,
    Pointwise<20, 6>, Tanh, Flatten, Linear<384, 7>>;
/// Flatten renames a plane that would have a gap; the copies on both sides of a border.
using Flat = Sequential<Input<4, 8, 16>, Pointwise<4, 8>, ReLU, Flatten, Unflatten<8, 8, 16>, Pointwise<8, 20>,
                        Upsample<Scale<2>>, MaxPool2d<Kernel<2>>, LeakyReLU<>, ZeroPad2d<0, 0, 4, 4>, Pointwise<20, 3>,
                        LayerNorm<>, Conv2d<3, 4, Kernel<3>, Padding<1>, Stride<2>>, Flatten, Linear<256, 5>>;
/// No plane is a multiple.
using Odd = Sequential<Input<3, 7, 7>, Pointwise<3, 40>, ReLU, Pointwise<40, 40>, Tanh, AvgPool2d<Kernel<7>>, Flatten,
                       Linear<40, 5>>;

template <typename Net>
constexpr bool apart = !std::is_same_v<typename Net::template plan_of<Lanes<double>>, typename Net::plan>;
static_assert((apart<Branches> && apart<Flat>) || vector_bytes < 32);
static_assert(!apart<Odd>);

template <typename Net>
struct Data {
    std::vector<typename Net::input_tensor> images;
    std::vector<std::uint8_t> labels;

    explicit Data(std::size_t count) : images(count), labels(count) {
        const Philox random(5, 7);
        std::uint64_t next = 0;
        for (std::size_t n = 0; n < count; ++n) {
            for (auto& pixel : images[n].span()) {
                pixel = static_cast<double>(random.block(next++)[0]) * 0x1p-31 - 1;
            }
            labels[n] = static_cast<std::uint8_t>(n % Net::output_shape::size);
        }
    }
};

/// The mean loss and the gradient of a step, computed with elements V.
template <typename Net, Number V>
std::vector<double> step(const Net& net, const Data<Net>& data) {
    train::StepWorkspace<Net, V> workspace(data.images.size(), 1);
    const double loss = workspace.run(net.parameters().data(), CrossEntropyLoss{},
                                      train::Batch<typename Net::input_tensor, std::uint8_t>{
                                          data.images.data(), data.labels.data(), nullptr, data.images.size()},
                                      Randomness{3, 4});
    std::vector<double> result(workspace.gradients(), workspace.gradients() + Net::parameter_count);
    result.push_back(loss);
    return result;
}

template <typename Spelled>
void check() {
    using Net = typename Spelled::template with_scalar<double>;
    constexpr std::size_t count = 2 * Lanes<double>::count + 3;
    Net net{};
    initialize(net, KaimingUniform{}, 11);
    const Data<Net> data(count);
    const std::vector<double> tiles = step<Net, Lanes<double>>(net, data);
    const std::vector<double> images = step<Net, double>(net, data);
    // The same terms in another order, and other algorithms for convolutions: some hundred roundings of sums near 1.
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        INFO("element " << i << " of " << tiles.size());
        CHECK(std::abs(tiles[i] - images[i]) < 1e-11);
    }
    // An image's largest output, once through tiles and once alone.
    const std::vector<std::size_t> answers = predict(net, std::span<const typename Net::input_tensor>(data.images));
    for (std::size_t n = 0; n < count; ++n) {
        const auto outputs = net(data.images[n]);
        std::size_t largest = 0;
        for (std::size_t i = 1; i < Net::output_shape::size; ++i) {
            largest = outputs.values[i] > outputs.values[largest] ? i : largest;
        }
        CHECK(answers[n] == largest);
    }
}

}  // namespace

TEST_CASE("planes apart: branches, joins and all kinds of layers") { check<Branches>(); }
TEST_CASE("planes apart: values under two shapes") { check<Flat>(); }
TEST_CASE("planes adjacent: 7 x 7") { check<Odd>(); }
