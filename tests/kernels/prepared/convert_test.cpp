// SPDX-License-Identifier: MIT
// Images that move from layout to layout, element by element, and what lies around them.
#include <ctcnn/kernels/prepared/convert.hpp>

#include <cstddef>
#include <vector>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

#include "catch.hpp"
#include "images.hpp"

using namespace ctcnn::detail_;

namespace {

/// Different numbers.
template <typename T>
std::vector<T> numbers(std::size_t count) {
    std::vector<T> result(count);
    for (std::size_t i = 0; i < count; ++i) {
        result[i] = static_cast<T>(i + 1);
    }
    return result;
}

template <typename In, typename Out, typename V>
void check_conversion() {
    using T = scalar_t<V>;
    using Conversion = kernels::prepared::Convert<Stage<In, Out, NoFunction, V>>;
    static_assert(kernels::prepared::PreparedKernel<Conversion>);
    static_assert(Conversion::packed_size == 0 && Conversion::scratch_size == 0);
    INFO("channels " << In::channels << ", image " << In::height << "x" << In::width << ", blocked "
                     << is_blocked<In> << " to " << is_blocked<Out> << ", lanes " << V::count);

    const std::vector<T> image = numbers<T>(In::channels * In::height * In::width);
    const prepared_test::Buffer<In, T> input(image);
    const prepared_test::Buffer<Out, T> expected(image, T{-1});
    prepared_test::Buffer<Out, T> output(T{-1});
    Conversion::pack(nullptr, nullptr, nullptr);
    Conversion::forward(nullptr, input.data(), output.data(), nullptr);
    CHECK(output == expected);
}

/// Between all kinds of layouts: blocked or not, with borders or without.
template <typename V, std::size_t C, std::size_t H, std::size_t W>
void check_image() {
    using Tight = Layout<C, H, W>;
    using Bordered = Layout<C, H, W, 2, 1, 3>;
    using Blocks = BlockedLayout<V::count, C, H, W>;
    using BorderedBlocks = BlockedLayout<V::count, C, H, W, 1, 2, 1, 3>;
    check_conversion<Tight, Bordered, V>();
    check_conversion<Bordered, Tight, V>();
    check_conversion<Tight, Tight, V>();
    check_conversion<Tight, Blocks, V>();
    check_conversion<Tight, BorderedBlocks, V>();
    check_conversion<Bordered, Blocks, V>();
    check_conversion<Bordered, BorderedBlocks, V>();
    check_conversion<Blocks, Tight, V>();
    check_conversion<BorderedBlocks, Tight, V>();
    check_conversion<Blocks, Bordered, V>();
    check_conversion<BorderedBlocks, Bordered, V>();
    check_conversion<Blocks, BorderedBlocks, V>();
    check_conversion<BorderedBlocks, Blocks, V>();
}

template <typename V>
void check_all() {
    check_image<V, 1, 28, 28>();
    check_image<V, 3, 5, 7>();
    check_image<V, V::count, 4, V::count>();
    check_image<V, V::count + 5, 3, 2 * V::count + 1>();
    check_image<V, 2 * V::count, 3, 3>();
    check_image<V, 10, 1, 1>();
    check_image<V, 4 * V::count, 1, 1>();
    check_image<V, 2, 1, 1>();
}

}  // namespace

TEST_CASE("images move between layouts") {
    check_all<Lanes<float>>();
    check_image<Lanes<double>, Lanes<double>::count + 1, 3, 5>();
}

// 64 blocked channels of 8 x 8 pixels: planes of 4 KiB lie a vector further apart.
TEST_CASE("images move where the planes of blocks have a gap") {
    using V = Lanes<float>;
    using Blocks = BlockedLayout<V::count, 2 * V::count, 32, 16>;
    static_assert(Blocks::plane == (32 * 16 + 1) * V::count);
    check_conversion<Blocks, Layout<2 * V::count, 32, 16>, V>();
    check_conversion<Layout<2 * V::count, 32, 16>, Blocks, V>();
    check_conversion<Blocks, BlockedLayout<V::count, 2 * V::count, 32, 16, 1, 1>, V>();
}
