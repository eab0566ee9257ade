// SPDX-License-Identifier: MIT
#include <ctcnn/model/parallel_workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/inference.hpp>

#include "catch.hpp"
#include "prepared.hpp"

using namespace ctcnn;
using prepared::Conv3;
using prepared::drawn;
using prepared::image_of;

namespace {

/// Compares the outputs on several threads with those on one, bit by bit.
template <typename Net, typename Weight = typename Net::scalar>
void check_threads() {
    const auto fast = prepare<Weight>(drawn<Net>());
    for (const std::size_t threads : {1u, 2u, 3u, 5u, 8u}) {
        ParallelWorkspace<Prepared<Net, Weight>> workspace(threads);
        for (std::uint64_t seed = 2; seed < 5; ++seed) {
            const auto image = image_of<Net>(seed);
            CAPTURE(threads, seed);
            CHECK(fast(image, workspace) == fast(image));
            CHECK(fast(image, workspace) == fast(image));
        }
    }
}

using Small = Sequential<Input<3, 9, 9>, Conv3<3, 20>, ReLU, Flatten, Linear<20 * 81, 10>>;

}  // namespace

TEST_CASE("Threads share rows of tiles, points and channels of filtered convolutions") {
    // Many passes over rows of tiles, and one, with output channels in one piece and in several.
    check_threads<Sequential<Input<3, 64, 40>, Conv3<3, 32>, ReLU, Conv3<32, 48>, ReLU, MaxPool2d<Kernel<2>>,
                             Conv3<48, 20>, AvgPool2d<Kernel<2>>, Conv3<20, 9>>>();
    check_threads<Sequential<Input<40, 8, 8>, Conv3<40, 200>, ReLU, Conv3<200, 150>, Tanh>>();
    check_threads<Sequential<Input<16, 30, 30>, Conv2d<16, 24, Kernel<5>>, ReLU, Conv3<24, 16>>>();
    check_threads<typename Sequential<Input<16, 30, 30>, Conv3<16, 24>, ReLU>::with_scalar<double>>();
}

TEST_CASE("Threads share sums of products") {
    using Strided = Sequential<Input<3, 31, 29>, Conv3<3, 40, Stride<2>>, ReLU, Conv2d<40, 70, Kernel<1>>,
                               BatchNorm2d<70>, ReLU, Conv3<70, 70, Groups<70>>, ReLU,
                               Conv2d<70, 33, Kernel<3>, Stride<2>>, AdaptiveAvgPool2d<1>, Flatten, Linear<33, 10>>;
    check_threads<Strided>();
    check_threads<Strided, bf16>();
    check_threads<Sequential<Input<33, 1, 1>, Conv2d<33, 20, Kernel<1>>>, bf16>();
}

TEST_CASE("Threads share outputs of Linear layers") {
    // One vector, an odd number, blocks of eight and a rest.
    using Features =
        Sequential<Input<90>, Linear<90, 300>, ReLU, Linear<300, 128>, Sigmoid, Linear<128, 40>, Tanh, Linear<40, 3>>;
    check_threads<Features>();
    check_threads<Features, bf16>();
}

TEST_CASE("Threads share joins, pools and conversions, and one of them runs what is not prepared") {
    check_threads<Sequential<
        Input<3, 12, 12>, Conv3<3, 40>, ReLU, Residual<Conv3<40, 40>, BatchNorm2d<40>, ReLU, Conv3<40, 40>>, ReLU,
        Concat<Conv3<40, 10>, Sequential<MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>, Conv3<40, 30>>>, GroupNorm<4, 40>,
        GELU, Multiply<Identity, Sequential<AdaptiveAvgPool2d<1>, Conv2d<40, 40, Kernel<1>>, Sigmoid>>, Conv3<40, 24>,
        Flatten, Linear<24 * 144, 5>, Softmax>>();
    check_threads<Small>();
}

TEST_CASE("predict, probabilities and top_k take a ParallelWorkspace") {
    const auto fast = prepare(drawn<Small>());
    ParallelWorkspace<std::remove_const_t<decltype(fast)>> workspace(2);
    CHECK(workspace.threads() == detail_::run::thread_count(2));
    const auto image = image_of<Small>();
    CHECK(predict(fast, image, workspace) == predict(fast, image));
    CHECK(probabilities(fast, image, workspace) == probabilities(fast, image));
    CHECK(top_k(fast, image, 3, workspace)[2].index == top_k(fast, image, 3)[2].index);
}

TEST_CASE("A ParallelWorkspace has as many threads as OpenMP takes, if nothing is said") {
    const ParallelWorkspace<Prepared<Small>> workspace;
    CHECK(workspace.threads() == detail_::run::thread_count(0));
#if defined(_OPENMP)
    const int before = omp_get_max_threads();
    omp_set_num_threads(3);
    CHECK(ParallelWorkspace<Prepared<Small>>().threads() == 3);
    CHECK(ParallelWorkspace<Prepared<Small>>(0).threads() == 3);
    omp_set_num_threads(before);
#endif
}

TEST_CASE("A ParallelWorkspace keeps nothing of an image") {
    const auto fast = prepare(drawn<Small>());
    ParallelWorkspace<Prepared<Small>> workspace(3);
    auto bad = image_of<Small>(3);
    for (float& element : bad.span()) {
        element = std::numeric_limits<float>::quiet_NaN();
    }
    static_cast<void>(fast(bad, workspace));
    const auto image = image_of<Small>();
    CHECK(fast(image, workspace) == fast(image));
}
