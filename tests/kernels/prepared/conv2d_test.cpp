// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/prepared/conv2d.hpp>

#include <cstddef>

#include "catch.hpp"

namespace {

using namespace ctcnn::detail_;
using ctcnn::detail_::kernels::Conv2dGeometry;
using kernels::prepared::ConvPlan;
using kernels::prepared::ConvWay;

/// The way of a convolution in blocks of as many channels as a vector has.
constexpr std::size_t count = vector_bytes / sizeof(float);
template <Conv2dGeometry G, std::size_t Size>
constexpr ConvWay way = ConvPlan<G, Size, Size, count>::way;
template <std::size_t In, std::size_t Out, std::size_t Size, std::size_t Kernel = 3>
constexpr ConvWay same_size =
    way<Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}, .padding = {Kernel / 2, Kernel / 2}}}, Size>;

}  // namespace

TEST_CASE("A prepared convolution takes the way with the least cost") {
    // Many channels: filtering on both axes, also of images that are no multiples of its tiles.
    static_assert(same_size<64, 64, 32> == ConvWay::winograd);
    static_assert(same_size<256, 256, 7> == ConvWay::winograd);
    // Few channels of large images: the kernels of net(x), whose lanes are columns.
    static_assert(count != 16 || same_size<1, 6, 28, 5> == ConvWay::net_way);
    static_assert(count != 16 || same_size<4, 8, 28> == ConvWay::net_way);
    // By their own estimate these would be faster here: 21,348 cycles to 25,776, and 38,532 to 45,824.
    static_assert(count != 16 || same_size<3, 20, 24> == ConvWay::winograd);
    static_assert(count != 4 || same_size<3, 6, 32> == ConvWay::winograd);
    // By half a percent, by 3.8, by 0.3 and by 7.1; the last one by nothing.
    static_assert(count != 4 ||
                  (same_size<2, 8, 14, 5> == ConvWay::net_way && same_size<3, 6, 28> == ConvWay::winograd));
    static_assert(count != 4 ||
                  (same_size<1, 6, 14, 1> == ConvWay::net_way && same_size<1, 10, 14, 1> == ConvWay::direct));
    static_assert(count != 4 || same_size<3, 5, 12, 1> == ConvWay::net_way);
    static_assert(way<{64, 64, 1, {}}, 16> == ConvWay::direct);
    static_assert(way<{32, 64, 1, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}}, 16> == ConvWay::direct);
    static_assert(way<{64, 64, 64, {.kernel = {3, 3}, .padding = {1, 1}}}, 16> == ConvWay::depthwise);
    SUCCEED();
}

TEST_CASE("A prepared convolution says what it reads") {
    constexpr auto filtered = ConvPlan<{64, 64, 1, {.kernel = {3, 3}, .padding = {1, 1}}}, 30, 29, count>::facts;
    static_assert(filtered.offered && filtered.takes_pooling && filtered.border == Extent{1, 1});
    static_assert(!filtered.reads_either && filtered.reads == ValueForm::blocked);
    // Tiles of 4 x 4 outputs end behind 32 rows and 32 columns.
    static_assert(filtered.more == Extent{2, 3});
    constexpr auto pointwise = ConvPlan<{64, 64, 1, {}}, 16, 16, count>::facts;
    static_assert(pointwise.reads_either && pointwise.reads == ValueForm::blocked && pointwise.more == Extent{0, 0});
    // Groups that are no whole blocks of input channels.
    constexpr auto first = ConvPlan<{4, 4 * count, 2, {.kernel = {3, 3}, .padding = {1, 2}}}, 16, 16, count>::facts;
    static_assert(first.offered && !first.reads_either && first.reads == ValueForm::planar);
    static_assert(first.border == Extent{1, 2} && first.takes_pooling && !first.follows && !first.has_features);
    SUCCEED();
}
