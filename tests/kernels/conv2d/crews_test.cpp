// SPDX-License-Identifier: MIT
//
// The members of a crew give the bits of one thread together. Each has scratch memory of its own, which is poison.
#include <ctcnn/kernels/conv2d/ways.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>

#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn::detail_;
using namespace ctcnn::detail_::kernels::conv2d;

namespace {

using V = Lanes<float>;

/// What the calls of a crew share.
struct Meeting {
    std::atomic<std::uint32_t> arrived = 0;
    std::atomic<bool> guarded = true;

    static void wait(void* meeting, std::uint32_t all) {
        auto& here = static_cast<Meeting*>(meeting)->arrived;
        for (here.fetch_add(1); here.load() < all;) {
        }
    }
};

/// Calls f(crew, scratch) for each member of a crew of so many threads.
template <std::size_t Scratch, typename F>
void in_crew([[maybe_unused]] int members, const F& f) {
    Meeting meeting;
#ifdef _OPENMP
#pragma omp parallel for num_threads(members) schedule(static, 1)
    for (int member = 0; member < members; ++member) {
        std::uint32_t arrivals = 0;
        Buffer<V> memory(Scratch);
        f(Crew(static_cast<std::size_t>(member), static_cast<std::size_t>(members), &meeting, &arrivals,
               &Meeting::wait),
          memory.data());
        if (!memory.guards_are_untouched()) {
            meeting.guarded = false;
        }
    }
#else
    Buffer<V> memory(Scratch);
    f(Crew{}, memory.data());
#endif
    CHECK(meeting.guarded);
}

/// The results of all directions of a way, one after the other: of one thread, or of a crew.
template <typename Way, Conv2dCase c>
struct Results {
    using Stage = ::StageOf<V, c>;
    static constexpr std::size_t scratch = Way::template scratch_size<Stage>;

    Buffer<V> output{Stage::Out::size};
    Buffer<V> grad_input;
    Buffer<V> changed_input;
    std::vector<float> gradient;
    std::vector<float> more;  // with backward

    template <typename Call>
    Results(const Buffer<V>& input, Buffer<V> read, const std::vector<float>& weight, Buffer<V> grad_output,
            const Call& call)
        : grad_input(input),
          changed_input(input),
          gradient(weight.size() + c.geometry.out_channels, 0.5f),
          more(gradient) {
        const float* bias = weight.data();
        float* const grad_bias = gradient.data() + weight.size();
        if constexpr (Way::has(Direction::forward) && Way::shares(Direction::forward)) {
            call([&](auto crew, V* memory) {
                constexpr std::size_t height = Stage::Out::height;
                if constexpr (Way::by_rows && scratch == 0) {
                    Way::template forward_rows<Stage>(read.data(), weight.data(), bias, output.data(), memory,
                                                      crew.share(height));
                } else if constexpr (Way::by_rows) {
                    Way::template forward_rows<Stage>(read.data(), weight.data(), bias, output.data(), memory,
                                                      Range{0, height}, crew);
                } else {
                    Way::template forward<Stage>(read.data(), weight.data(), bias, output.data(), memory, crew);
                }
            });
        }
        if constexpr (Way::has(Direction::backward_input) && Way::shares(Direction::backward_input)) {
            call([&](auto crew, V* memory) {
                Way::template backward_input<Stage>(grad_input.data(), weight.data(), grad_output.data(), memory, crew);
            });
        }
        if constexpr (Way::has(Direction::backward_parameters) && Way::shares(Direction::backward_parameters)) {
            call([&](auto crew, V* memory) {
                Way::template backward_parameters<typename Stage::WithoutFunction>(
                    read.data(), grad_output.data(), true, gradient.data(), grad_bias, memory, crew);
            });
        }
        if constexpr (Way::has(Direction::backward) && Way::shares(Direction::backward)) {
            call([&](auto crew, V* memory) {
                Way::template backward<Stage>(changed_input.data(), weight.data(), grad_output.data(), false,
                                              more.data(), more.data() + weight.size(), memory, crew);
            });
        }
    }

    friend bool operator==(const Results&, const Results&) = default;
};

template <typename Way, Conv2dCase c>
void check_case(std::uint64_t seed) {
    if constexpr (Way::template possible<::StageOf<V, c>>) {
        using Those = Results<Way, c>;
        using Stage = typename Those::Stage;
        Draw draw(seed, c.geometry.out_channels);
        const Place in{c.geometry.in_channels, c.input, c.input_border, c.input_gap};
        const Place out{c.geometry.out_channels, c.output(), c.output_border, c.output_gap};
        const auto reals = [&](std::size_t count) {
            std::vector<float> result(count);
            for (float& number : result) {
                number = draw.real(-1.f, 1.f);
            }
            return result;
        };
        Buffer<V> input = in.zeros<V>();
        Buffer<V> grad_output(out.numbers());
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            in.put(input, lane, reals(c.geometry.in_channels * c.input.height * c.input.width));
            out.put(grad_output, lane, reals(c.geometry.out_channels * Stage::Out::height * Stage::Out::width));
        }
        const std::vector<float> weight = reals(c.geometry.weights());
        const Those expected(input, input, weight, grad_output, [](const auto& f) {
            Buffer<V> memory(Those::scratch);
            f(OneThread{}, memory.data());
        });
        for (const int members : {1, 2, 3, 4, 7}) {
            INFO(Way::name << ", " << c.geometry.in_channels << " -> " << c.geometry.out_channels << ", image "
                           << text(c.input) << ", " << members << " members");
            const Those together(input, input, weight, grad_output,
                                 [&](const auto& f) { in_crew<Those::scratch>(members, f); });
            CHECK(together.output == expected.output);
            CHECK(together.grad_input == expected.grad_input);
            CHECK(together.changed_input == expected.changed_input);
            CHECK(together.gradient == expected.gradient);
            CHECK(together.more == expected.more);
        }
    }
}

template <typename Way, Conv2dCases Cases, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    [&]<std::size_t... Case>(std::index_sequence<Case...>) {
        (check_case<Way, conv2d_case(Seed, Case, Cases)>(Seed + Case), ...);
    }(std::make_index_sequence<Count>{});
}

constexpr Conv2dCase three_by_three(std::size_t in, std::size_t out, Extent image) {
    return {.geometry = {in, out, 1, {.kernel = {3, 3}, .padding = {1, 1}}},
            .input = image,
            .input_border = {1, 1},
            .output_border = {0, 0},
            .bias = true,
            .relu = true};
}

}  // namespace

TEST_CASE("crews filter both axes") {
    check_cases<Winograd2d, Conv2dCases::filtering_both_axes, 400, portion(4)>();
    check_case<Winograd2d, three_by_three(20, 40, {13, 14})>(410);
    check_case<Winograd2d, three_by_three(80, 72, {5, 4})>(411);
}
TEST_CASE("crews filter rows of one channel") { check_cases<OneChannel, Conv2dCases::one_channel, 420, portion(4)>(); }
TEST_CASE("crews compute depthwise convolutions") { check_cases<Depthwise, Conv2dCases::depthwise, 430, portion(4)>(); }
TEST_CASE("crews compute gradients of 1x1 convolutions") {
    check_cases<Pointwise, Conv2dCases::pointwise, 440, portion(4)>();
}
TEST_CASE("crews compute gradients of transposed pixels") {
    check_cases<Transposed, Conv2dCases::transposed, 450, portion(4)>();
}
TEST_CASE("crews sum products") { check_cases<Direct, Conv2dCases::direct, 460, portion(6)>(); }
