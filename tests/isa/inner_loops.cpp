// SPDX-License-Identifier: MIT
// Kernels whose inner loops inner_loops.py looks at. With PAIRS they are those that multiply pairs of bf16. With
// SUMS_IN_MEMORY there is one whose sums are stored to the stack at each step.
#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/in_pairs.hpp>
#include <ctcnn/kernels/conv2d/pointwise.hpp>
#include <ctcnn/kernels/conv2d/single_image.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/transposed.hpp>
#include <ctcnn/kernels/linear.hpp>
#include <ctcnn/kernels/pairs.hpp>
#include <ctcnn/kernels/prepared/winograd.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

using namespace ctcnn::detail_;

using V = Lanes<float>;
using kernels::ReLU;

#if defined(SUMS_IN_MEMORY)

template <std::size_t Sums>
void in_memory(const V* input, const float* weight, std::size_t count, V* output) {
    V sum[Sums]{};
    for (std::size_t i = 0; i < count; ++i) {
        kernels::unroll<Sums>([&](std::size_t n) __attribute__((always_inline)) {
            sum[n] = multiply_add(broadcast<V>(weight[n * 784 + i]), input[i], sum[n]);
            asm volatile("" : "+m"(sum[n]));
        });
    }
    std::copy(sum, sum + Sums, output);
}
template void in_memory<16>(const V*, const float*, std::size_t, V*);

#else

// Convolutions of a prepared network by minimal filtering: of four vectors of outputs, and of one.
constexpr kernels::Conv2dGeometry filtered{64, 64, 1, {.kernel = {3, 3}, .padding = {1, 1}}};
constexpr kernels::Conv2dGeometry filtered_narrow{16, 16, 1, {.kernel = {3, 3}, .padding = {1, 1}}};
template <kernels::Conv2dGeometry G, typename Weight = float>
using FilteredStage = WeightedStage<BlockedLayout<V::count, G.in_channels, 16, 16, 1, 1>,
                                    BlockedLayout<V::count, G.out_channels, 16, 16>, ReLU, V, Weight>;

#if defined(PAIRS)

using Pairs = Bf16Pairs<V>;
static_assert(has_pair_products<V>);

// Linear, of two tiles.
template void kernels::linear_forward<392, 512, ReLU, V, 2, const float*, Pairs>(std::array<const V*, 2>, const float*,
                                                                                 const float*, std::array<V*, 2>,
                                                                                 OneThread);
template void kernels::linear_backward_input<784, 256, ReLU, V, 2, Pairs>(std::array<V*, 2>, const float*,
                                                                          std::array<const V*, 2>, OneThread);
template void kernels::linear_backward_weight<784, 512>(const kernels::PairPanels<784, 512, V>&, std::size_t,
                                                        std::size_t, std::size_t, bool, float*);

// Convolutions.
template <std::size_t Kernel, std::size_t Size>
using PairsOf =
    kernels::ConvStage<kernels::Conv2dGeometry{64, 64, 1, {.kernel = {Kernel, Kernel}}},
                       PairStage<Layout<64, Size, Size>, Layout<64, Size + 1 - Kernel, Size + 1 - Kernel>, ReLU, V>>;
template void kernels::conv2d::InPairs::forward<PairsOf<3, 14>>(const V*, const float*, const float*, V*, V*);
template void kernels::conv2d::InPairs::backward<PairsOf<3, 14>>(V*, const float*, const V*, bool, float*, float*, V*);
template void kernels::conv2d::InPairs::forward<PairsOf<1, 8>>(const V*, const float*, const float*, V*, V*);
template void kernels::conv2d::InPairs::backward<PairsOf<1, 8>>(V*, const float*, const V*, bool, float*, float*, V*);
template class kernels::prepared::Winograd2d<filtered, FilteredStage<filtered, ctcnn::bf16>>;
template class kernels::prepared::Winograd2d<filtered_narrow, FilteredStage<filtered_narrow, ctcnn::bf16>>;

#else

template <std::size_t In, std::size_t Out, std::size_t Size, std::size_t Kernel, typename Element>
using StageOf =
    kernels::ConvStage<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}}},
                       Stage<Layout<In, Size, Size>, Layout<Out, Size + 1 - Kernel, Size + 1 - Kernel>, ReLU, Element>>;

// Linear, of one tile and of two, and of one image.
template void kernels::linear_forward<784, 512, ReLU>(std::array<const V*, 1>, const float*, const float*,
                                                      std::array<V*, 1>, OneThread);
template void kernels::linear_forward<784, 512, ReLU>(std::array<const V*, 2>, const float*, const float*,
                                                      std::array<V*, 2>, OneThread);
template void kernels::linear_forward<784, 512, ReLU>(std::array<const float*, 1>, const float*, const float*,
                                                      std::array<float*, 1>, OneThread);
template void kernels::linear_backward_input<784, 512, ReLU>(std::array<V*, 1>, const float*, std::array<const V*, 1>,
                                                             OneThread);
template void kernels::linear_backward_input<784, 512, ReLU>(std::array<V*, 2>, const float*, std::array<const V*, 2>,
                                                             OneThread);
template void kernels::linear_backward_weight<784, 512>(const kernels::ImageRows<784, 512, V>&, std::size_t,
                                                        std::size_t, std::size_t, bool, float*);

// Convolutions of one image, the lanes along the columns and along the channels, and of tiles.
using One = StageOf<32, 64, 26, 3, float>;
template void kernels::conv2d::forward_wide<One::geometry, One::In, One::Out>(const float*, const float*, const float*,
                                                                              float*);
using Narrow = StageOf<16, 32, 8, 3, float>;
template void kernels::conv2d::forward_wide_channels<Narrow::geometry, Narrow::In, Narrow::Out>(const float*,
                                                                                                const float*,
                                                                                                const float*, float*);
using Tile = StageOf<32, 64, 14, 3, V>;
template void kernels::conv2d::direct_forward_rows<Tile>(const V*, const float*, const float*, V*, Range);
template void kernels::conv2d::direct_backward_input<Tile>(V*, const float*, const V*, Range);
template void kernels::conv2d::direct_backward_parameters<Tile>(const V*, const V*, bool, float*, float*, Range,
                                                                OneThread);
template void kernels::conv2d::transposed_backward_weight<Tile>(const V*, const V*, bool, float*, V*, Range, OneThread);
using Pixel = StageOf<64, 64, 8, 1, V>;
template void kernels::conv2d::direct_forward_rows<Pixel>(const V*, const float*, const float*, V*, Range);
template void kernels::conv2d::direct_backward_input<Pixel>(V*, const float*, const V*, Range);
template void kernels::conv2d::pointwise_backward_weight<Pixel>(const V*, const V*, bool, float*, V*, OneThread);

// The same where threads share a tile.
template void kernels::linear_forward<784, 512, ReLU>(std::array<const V*, 2>, const float*, const float*,
                                                      std::array<V*, 2>, Crew);
template void kernels::linear_backward_input<784, 512, ReLU>(std::array<V*, 2>, const float*, std::array<const V*, 2>,
                                                             Crew);
template void kernels::conv2d::direct_backward_parameters<Tile>(const V*, const V*, bool, float*, float*, Range, Crew);
template void kernels::conv2d::transposed_backward_weight<Tile>(const V*, const V*, bool, float*, V*, Range, Crew);
template void kernels::conv2d::pointwise_backward_weight<Pixel>(const V*, const V*, bool, float*, V*, Crew);

template class kernels::prepared::Winograd2d<filtered, FilteredStage<filtered>>;
template class kernels::prepared::Winograd2d<filtered_narrow, FilteredStage<filtered_narrow>>;

#endif
#endif
