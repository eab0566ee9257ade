// SPDX-License-Identifier: MIT
#include <ctcnn/run/layer_alone.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/identity.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

/// Features in reverse order, by way of scratch memory.
struct Reversed {
    template <typename S>
    struct At : Linear<4, 4, NoBias>::template At<S> {
        using layer = Reversed;
        template <typename>
        static constexpr std::size_t scratch_size = 4;
        template <typename Stage, typename V>
        static constexpr void forward(const typename Stage::T*, const V* input, V* output, V*, V* scratch) {
            std::copy(input, input + 4, scratch);
            std::reverse_copy(scratch, scratch + 4, output);
        }
    };
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        return (Linear<4, 4>::check)(shape);
    }
};

}  // namespace

TEST_CASE("a layer alone reads tensors and writes one, whatever is fused with it in the network") {
    using Net = Sequential<Input<1, 2, 2>, Conv2d<1, 1, Kernel<3>, Padding<1>, NoBias>, ReLU,
                           Concat<Identity, Multiply<Identity, Identity>>>;
    using Plan = Net::inference_plan;
    const std::array<float, 9> kernel{0, 0, 0, 0, -1, 2, 0, 0, 0};  // 2 * the right neighbour - the pixel
    const std::array<float, 4> image{1, 2, 3, 1};
    std::vector<float> output(4);
    detail_::run::run_layer<Plan, 0>(kernel.data(), {image.data()}, output.data());
    CHECK(output == std::vector<float>{3, -2, -1, -1});
    std::vector<float> positive(4);
    detail_::run::run_layer<Plan, 1>(kernel.data(), {output.data()}, positive.data());
    CHECK(positive == std::vector<float>{3, 0, 0, 0});
    // The layers of Concat: Identity, the two of Multiply, the product, and what puts the branches together.
    detail_::run::run_layer<Plan, 5>(kernel.data(), {output.data(), output.data()}, positive.data());
    CHECK(positive == std::vector<float>{9, 4, 1, 1});
    std::vector<float> both(8);
    detail_::run::run_layer<Plan, 6>(kernel.data(), {output.data(), positive.data()}, both.data());
    CHECK(both == std::vector<float>{3, -2, -1, -1, 9, 4, 1, 1});
}

TEST_CASE("a layer alone has the scratch memory that it asks for") {
    const std::array<float, 16> weight{};
    const std::array<float, 4> features{1, 2, 3, 4};
    std::vector<float> output(4);
    detail_::run::run_layer<Sequential<Input<4>, Reversed>::inference_plan, 0>(weight.data(), {features.data()},
                                                                               output.data());
    CHECK(output == std::vector<float>{4, 3, 2, 1});
}
