// SPDX-License-Identifier: MIT
// Prepared networks answer many images as they answer each.
#include <ctcnn/train/evaluate.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/prepare.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/train/metrics.hpp>

#include "catch.hpp"
#include "prepared.hpp"
#include "team.hpp"

using namespace ctcnn;

namespace {

using Net = Sequential<Input<2, 8, 7>, Conv2d<2, 20, Kernel<3>, Padding<1>>, ReLU, MaxPool2d<Kernel<2>>,
                       Conv2d<20, 16, Kernel<1>>, ReLU, Flatten, Linear<192, 5>>;
/// One whose workspace is too large for the stack.
using LargeNet = Sequential<Input<4, 40, 40>, Conv2d<4, 16, Kernel<3>, Padding<1>>, ReLU, MaxPool2d<Kernel<8>>, Flatten,
                            Linear<400, 5>>;
template <typename Of>
using ImagesOf = std::vector<typename Of::input_tensor>;
using Images = ImagesOf<Net>;

template <typename Of = Net>
ImagesOf<Of> images_of(std::size_t count) {
    ImagesOf<Of> images;
    for (std::uint64_t n = 0; n < count; ++n) {
        images.push_back(prepared::image_of<Of>(n));
    }
    return images;
}

struct Data {
    Images all;
    std::vector<std::uint8_t> classes;

    const Images& images() const { return all; }
    const std::vector<std::uint8_t>& labels() const { return classes; }
};

Data data_of(std::size_t count) {
    Data data{images_of(count), {}};
    for (std::size_t n = 0; n < count; ++n) {
        data.classes.push_back(static_cast<std::uint8_t>(n * n % 5));
    }
    return data;
}

}  // namespace

TEMPLATE_TEST_CASE("infer and predict of many images are those of each", "", Net, LargeNet) {
    const auto fast = prepare(prepared::drawn<TestType>());
    constexpr bool is_large = std::is_same_v<TestType, LargeNet>;
    STATIC_REQUIRE((sizeof(typename decltype(fast)::workspace) == sizeof(void*)) == is_large);
    // Fewer than the lanes, as many tiles as one thread takes at once, and a last tile that is not full.
    for (const std::size_t count : {1U, 7U, 64U, 200U}) {
        const auto images = images_of<TestType>(count);
        for (const std::size_t threads : {0U, 1U, 2U, 3U}) {
            const auto outputs = infer(fast, images, threads);
            const auto classes = predict(fast, images, threads);
            REQUIRE(outputs.size() == count);
            REQUIRE(classes.size() == count);
            std::size_t different = 0;
            for (std::size_t n = 0; n < count; ++n) {
                different += outputs[n] == fast(images[n]) && classes[n] == predict(fast, images[n]) ? 0U : 1U;
            }
            CHECK(different == 0);
        }
    }
    CHECK(predict(fast, ImagesOf<TestType>{}).empty());
    auto images = images_of<TestType>(3);
    images[1](0, 2, 3) = std::numeric_limits<float>::quiet_NaN();
    CHECK(predict(fast, images)[1] == no_class);
    CHECK(predict(fast, images)[2] == predict(fast, images[2]));
}

TEST_CASE("evaluate of a prepared network is that of the network") {
    const Net net = prepared::drawn<Net>();
    const auto fast = prepare(net);
    const Data data = data_of(203);
    const Evaluation expected = evaluate(net, data);
    const Evaluation one = evaluate(fast, data, 1);
    // Outputs differ by a rounding of 1e-7 of the largest for each layer, and so does the loss. No two outputs of one
    // image are so near to each other.
    CHECK(one.loss == Approx(expected.loss).epsilon(1e-5));
    CHECK(one.accuracy == expected.accuracy);
    CHECK(one.accuracy > 0);
    CHECK(one.accuracy < 1);
    for (const std::size_t threads : {0U, 2U, 3U, 8U}) {
        const Evaluation many = evaluate(fast, data, threads);
        CHECK(many.loss == one.loss);
        CHECK(many.accuracy == one.accuracy);
    }
    CHECK(evaluate(fast, data, Accuracy{}) == one.accuracy);
    const auto matrix = evaluate(fast, data, 2, ConfusionMatrix{});
    CHECK(matrix.counts == evaluate(net, data, ConfusionMatrix{}).counts);
    CHECK(evaluate(fast, data, 0, MSELoss{}).loss == Approx(evaluate(net, data, 0, MSELoss{}).loss).epsilon(1e-5));
    CHECK_THROWS_AS(evaluate(fast, Data{}), std::invalid_argument);
    const auto rounded = prepare<bf16>(net);
    std::size_t right = 0;
    for (std::size_t n = 0; n < data.all.size(); ++n) {
        right += predict(rounded, data.all[n]) == data.classes[n] ? 1U : 0U;
    }
    CHECK(evaluate(rounded, data).accuracy == static_cast<double>(right) / static_cast<double>(data.all.size()));
}

#ifdef _OPENMP
TEST_CASE("a prepared network takes as many threads as OpenMP, or as many as it is told") {
    const team::Plain plain = team::net<team::Plain>();
    const auto net = prepare(plain);
    const auto data = team::data();
    CHECK(team::size_of([&] { evaluate(net, data); }) == 2);
    CHECK(team::size_of([&] { evaluate(net, data, Accuracy{}); }) == 2);
    CHECK(team::size_of([&] { predict(net, data.images()); }) == 2);
    CHECK(team::size_of([&] { predict(net, data.images(), 3); }) == 3);
    CHECK(team::size_of([&] { infer(net, data.images()); }) == 2);
    CHECK(team::size_of([&] { infer(net, data.images(), 3); }) == 3);
}
#endif
