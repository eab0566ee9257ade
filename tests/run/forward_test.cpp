// SPDX-License-Identifier: MIT
// The first stages work row by row, depth first, from images whose rows are gathered as they are asked for, and tiles
// of images take the last ones together: not a bit may differ from one stage after the other on whole images, tile by
// tile.
#include <ctcnn/run/forward.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/run/backward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/train/step.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using V = Lanes<float>;

/// Windows that overlap, that hang over the edge, that leave rows out, and that skip rows.
using Overlapping =
    Sequential<Input<1, 13, 19>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<3>, Stride<2>>,
               Conv2d<6, 2, Kernel<2>, Stride<2>>, MaxPool2d<Kernel<2>, Stride<1>>, Flatten, LazyLinear<4>>;
using Padded =
    Sequential<Input<2, 17, 17>, Conv2d<2, 4, Kernel<3>, Stride<2>, Padding<1>, Groups<2>>, ReLU,
               MaxPool2d<Kernel<3>, Stride<2>, Padding<1>>, Conv2d<4, 1, Kernel<3>, Dilation<2>, Padding<2>>>;
using Skipping = Sequential<Input<3, 12, 9>, MaxPool2d<Kernel<1>, Stride<3>>, Conv2d<3, 1, Kernel<2>>, Tanh>;
using Filtered = Sequential<Input<16, 12, 12>, Conv2d<16, 16, Kernel<3>>, ReLU, MaxPool2d<Kernel<2>>>;
// Two stages that would overwrite each other's scratch memory if both went row by row.
using TwoWithScratch =
    Sequential<Input<1, 32, 32>, Conv2d<1, 6, Kernel<5>>, ReLU, Conv2d<6, 1, Kernel<1>>, Conv2d<1, 6, Kernel<5>>>;
using Flat = Sequential<Input<21>, Linear<21, 5>>;

template <typename Net>
constexpr std::size_t streamed = run::detail::stages_by_rows<typename Net::plan, V, Net::plan::stage_count>();
static_assert(streamed<Overlapping> == 4 && streamed<Padded> == 3 && streamed<Skipping> == 2);
static_assert(streamed<Filtered> == 0 && streamed<TwoWithScratch> == 2 && streamed<Flat> == 0);

/// Whether a stage is a convolution of images of one channel that filters them as they come.
template <typename Net, std::size_t K, typename Stage = typename Net::plan::template Stage<K>>
constexpr bool filters_one_channel = std::is_same_v<
    kernels::conv2d::OneChannel,
    kernels::conv2d::WayFor<kernels::conv2d::Direction::forward,
                            kernels::ConvStage<Stage::Layer::geometry, typename Stage::template Forward<V>>>>;
static_assert(filters_one_channel<Overlapping, 0>);
static_assert(filters_one_channel<TwoWithScratch, 0> && filters_one_channel<TwoWithScratch, 2>);
static_assert(run::detail::stages_by_rows<Padded::plan, V, 1>() == 1);
static_assert(run::detail::stages_by_rows<Padded::plan, float, 3>() == 0);

template <typename Net>
void check() {
    using Plan = typename Net::plan;
    const auto net = std::make_unique<Net>();
    initialize(*net, KaimingUniform{}, 5);
    Draw draw(170);
    std::vector<typename Net::input_tensor> images(lane_count<V>);
    std::array<const float*, lane_count<V>> sources{};
    for (std::size_t lane = 0; lane < images.size(); ++lane) {
        for (float& pixel : images[lane].values) {
            pixel = draw.real(-1.0f, 1.0f);
        }
        sources[lane] = images[lane].data();
    }
    const auto streaming = std::make_unique<run::TileWorkspace<Plan, V>>();
    run::forward<Plan>(net->parameters().data(), *streaming,
                       run::Gathering<typename Plan::InputLayout, V>(sources, streaming->buffer(0)));

    const auto whole = std::make_unique<run::TileWorkspace<Plan, V>>();
    const auto inferring = std::make_unique<run::InferenceWorkspace<Plan, V>>();
    for (std::size_t lane = 0; lane < images.size(); ++lane) {
        using In = typename Plan::InputLayout;
        const float* pixel = sources[lane];
        for (std::size_t c = 0; c < In::channels; ++c) {
            for (std::size_t h = 0; h < In::height; ++h) {
                for (std::size_t w = 0; w < In::width; ++w) {
                    set_lane(whole->buffer(0)[In::offset(c, h, w)], lane, *pixel++);
                }
            }
        }
    }
    Plan::for_each_stage([&](auto k) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        const V* input = whole->buffer(k);
        Stage::Layer::template forward<typename Stage::template Forward<V>>(
            net->parameters().data() + Stage::parameter_offset, input, whole->buffer(k + 1), whole->saved_by(k),
            whole->scratch.data());
    });
    const auto equal = [](const V* a, const V* b, std::size_t count) {
        for (std::size_t i = 0; i < count * lane_count<V>; ++i) {
            if (get_lane(a[i / lane_count<V>], i % lane_count<V>) !=
                get_lane(b[i / lane_count<V>], i % lane_count<V>)) {
                return false;
            }
        }
        return true;
    };
    CHECK(equal(streaming->buffers.data(), whole->buffers.data(), Plan::buffer_numbers));
    CHECK(equal(streaming->saved.data(), whole->saved.data(), Plan::saved_numbers));

    run::infer<Plan>(net->parameters().data(), *inferring,
                     run::Gathering<typename Plan::InputLayout, V>(sources, inferring->input()));
    CHECK(equal(inferring->output(), whole->output(), Plan::output_size));
}

// The stages from which on tiles go together, and how many tiles.
using Mixed = Sequential<Input<2, 5, 4>, Flatten, Linear<40, 20>, Tanh, Sigmoid, Linear<20, 8>, ReLU, Linear<8, 3>>;
template <typename Net>
constexpr std::array<std::size_t, 2> together{Net::plan::together_from, Net::plan::template tiles_together<V>};
static_assert(together<Overlapping> == std::array<std::size_t, 2>{4, 2});
static_assert(together<Filtered> == std::array<std::size_t, 2>{2, 1});
static_assert(together<Flat> == std::array<std::size_t, 2>{0, 2});
static_assert(together<Mixed> == std::array<std::size_t, 2>{2, 2});
static_assert(Flat::plan::tiles_together<float> == 1);
// In training, tiles that keep more than a megabyte go alone.
using Large = Sequential<Input<64, 24, 24>, MaxPool2d<Kernel<2>>, Flatten, LazyLinear<10>>;
static_assert(train::StepWorkspace<Mixed, V>::tiles_together == 2);
static_assert(Large::plan::buffer_numbers * sizeof(Lanes<float, 8>) > 1024 * 1024 &&
              Large::plan::tiles_together<V> == 2);
static_assert(train::StepWorkspace<Large, V>::tiles_together == (sizeof(V) >= 32 ? 1 : 2));

/// Keeps what backward hands out, a row for each stage and tile.
template <typename Net>
struct Rows {
    using Plan = typename Net::plan;
    std::vector<std::vector<V>>& kept;

    template <std::size_t K>
    void store(std::size_t tile, const V* input, const V* grad_output) {
        using Stage = typename Plan::template Stage<K>;
        std::vector<V>& row = kept[K * 2 + tile];
        row.assign(input, input + Stage::In::size);
        row.insert(row.end(), grad_output, grad_output + Stage::Out::size);
    }
};

/// Forward and backward of two tiles, together or one after the other: what is left in their buffers and what was
/// handed out.
template <typename Net, std::size_t Tiles>
std::vector<std::vector<V>> run_two(const Net& net) {
    using Plan = typename Net::plan;
    std::vector<run::TileWorkspace<Plan, V>> tiles(2);
    Draw draw(171);
    for (auto& tile : tiles) {
        for (V& pixel : std::span<V>(tile.buffer(0), Plan::buffer_size(0))) {
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                set_lane(pixel, lane, draw.real(-1.0f, 1.0f));
            }
        }
        for (V& gradient : tile.grad_output) {
            gradient = V::broadcast(draw.real(-1.0f, 1.0f));
        }
        run::forward_alone<Plan>(net.parameters().data(), tile, run::InPlace{}, run::Inference<Plan, V>{});
    }
    std::vector<std::vector<V>> result(2 * Plan::stage_count);
    std::vector<float> gradients(Plan::tile_gradient_numbers);
    Rows<Net> rows{result};
    for (std::size_t first = 0; first < 2; first += Tiles) {
        run::forward_together<Plan, V, Tiles>(net.parameters().data(), &tiles[first]);
        run::backward_together<Plan, V, Tiles>(net.parameters().data(), &tiles[first], first, rows);
    }
    for (std::size_t n = 0; n < 2; ++n) {
        run::backward_alone<Plan>(net.parameters().data(), tiles[n], n, false, gradients.data(), rows,
                                  run::Inference<Plan, V>{});
        result.emplace_back(tiles[n].buffers.begin(), tiles[n].buffers.end());
    }
    return result;
}

/// Answers of two tiles that share a workspace and go together, or of the first of them alone: those of each with a
/// workspace of its own.
template <typename Net, std::size_t Tiles>
void check_inference(const Net& net) {
    using Plan = typename Net::plan;
    const auto shared = std::make_unique<run::InferenceWorkspace<Plan, V, 2>>();
    const auto own = std::make_unique<run::InferenceWorkspace<Plan, V>>();
    Draw draw(172);
    std::array<std::vector<V>, 2> expected;
    for (std::size_t tile = 0; tile < Tiles; ++tile) {
        // Infer makes the border of the input, and uses the input's place for other things.
        for (V& pixel : std::span<V>(own->input(), Plan::buffer_size(0))) {
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                set_lane(pixel, lane, draw.real(-1.0f, 1.0f));
            }
        }
        std::copy_n(own->input(), Plan::buffer_size(0), shared->input(tile));
        run::infer_alone<Plan>(net.parameters().data(), *shared, tile);
        run::infer<Plan>(net.parameters().data(), *own);
        expected[tile].assign(own->output(), own->output() + Plan::output_size);
    }
    run::infer_together<Plan, V, Tiles>(net.parameters().data(), *shared);
    for (std::size_t tile = 0; tile < Tiles; ++tile) {
        INFO("tile " << tile << " of " << Tiles);
        CHECK(std::memcmp(shared->output(tile), expected[tile].data(), Plan::output_size * sizeof(V)) == 0);
    }
}

template <typename Net>
void check_together() {
    const auto net = std::make_unique<Net>();
    initialize(*net, KaimingUniform{}, 6);
    check_inference<Net, 2>(*net);
    check_inference<Net, 1>(*net);
    const auto together = run_two<Net, 2>(*net);
    const auto alone = run_two<Net, 1>(*net);
    REQUIRE(together.size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
        INFO("row " << i);
        REQUIRE(together[i].size() == alone[i].size());
        CHECK((alone[i].empty() || std::memcmp(together[i].data(), alone[i].data(), alone[i].size() * sizeof(V)) == 0));
    }
    // Both tiles had images of their own.
    CHECK(std::memcmp(&alone.back().front(), &(&alone.back())[-1].front(), sizeof(V)) != 0);
}

}  // namespace

TEST_CASE("tiles that go together compute what they compute alone") {
    check_together<Overlapping>();
    check_together<Flat>();
    check_together<Mixed>();
}

TEST_CASE("row by row, stages compute what they compute one after the other") {
    check<Overlapping>();
    check<Padded>();
    check<Skipping>();
    check<Filtered>();
    check<Flat>();
}

TEST_CASE("rows of images are gathered as far as they are asked for") {
    using L = Layout<2, 5, 3, 1, 1>;
    std::vector<std::array<float, 30>> images(lane_count<V>);
    std::array<const float*, lane_count<V>> sources{};
    for (std::size_t lane = 0; lane < images.size(); ++lane) {
        for (std::size_t i = 0; i < 30; ++i) {
            images[lane][i] = static_cast<float>(100 * lane + i);
        }
        sources[lane] = images[lane].data();
    }
    std::vector<V> buffer(L::size, V::broadcast(-1));
    run::Gathering<L, V> gathering(sources, buffer.data());
    for (const std::size_t rows : std::array<std::size_t, 4>{0, 2, 1, 5}) {
        gathering.rows_before(rows);
        const std::size_t there = rows == 1 ? 2 : rows;
        std::size_t other = 0;
        for (std::size_t lane = 0; lane < images.size(); ++lane) {
            for (std::size_t c = 0; c < 2; ++c) {
                for (std::size_t h = 0; h < 5; ++h) {
                    for (std::size_t w = 0; w < 3; ++w) {
                        const float expected = h < there ? images[lane][(c * 5 + h) * 3 + w] : -1;
                        other += get_lane(buffer[L::offset(c, h, w)], lane) != expected;
                    }
                }
            }
            other += get_lane(buffer[0], lane) != -1;
        }
        CHECK(other == 0);
    }
}
