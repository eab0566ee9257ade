// SPDX-License-Identifier: MIT
// Prepared networks: in which form values lie, which stages have kernels of their own, and where values have their
// places.
#include <ctcnn/graph/prepared_plan.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/inference.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <std::size_t In, std::size_t Out, typename... Options>
using Conv3 = Conv2d<In, Out, Kernel<3>, Padding<1>, Options...>;

template <typename Net>
using PlanOf = typename Prepared<Net>::plan;

/// Whether stages of a plan run as prepared kernels: 'p', as in net(x): '.', or are done by the one before: '-'.
template <typename Plan>
constexpr auto kinds = [] {
    std::array<char, Plan::stage_count + 1> result{};
    for (std::size_t k = 0; k < Plan::stage_count; ++k) {
        result[k] = Plan::stage(k).is_done ? '-' : (Plan::stage(k).is_prepared ? 'p' : '.');
    }
    return result;
}();
template <typename Net>
constexpr bool runs(const char* expected) {
    const auto found = kinds<PlanOf<Net>>;
    for (std::size_t k = 0; k < found.size(); ++k) {
        if (found[k] != (has_vectors || expected[k] == '\0' ? expected[k] : '.')) {
            return false;
        }
    }
    return true;
}

struct Square : CustomLayer<Square> {
    static constexpr void forward(auto x, auto y) {
        for (const auto [c, h, w] : x.indices()) y(c, h, w) = x(c, h, w) * x(c, h, w);
    }
    static constexpr void backward(auto x, auto grad_y, auto grad_x) {
        for (const auto [c, h, w] : x.indices()) grad_x(c, h, w) = (x(c, h, w) + x(c, h, w)) * grad_y(c, h, w);
    }
};

}  // namespace

// Which stages have kernels of their own ---------------------------------------------------------------------------

using Mnist = Sequential<Input<1, 28, 28>, Conv2d<1, 32, Kernel<3>>, ReLU, Conv2d<32, 64, Kernel<3>>, ReLU,
                         MaxPool2d<Kernel<2>>, Dropout<0.25>, Flatten, Linear<9216, 128>, ReLU, Linear<128, 10>>;
static_assert(runs<Mnist>("pp-pp"));

// A pooling is done by the convolution before it if that is all that becomes of the convolution, and if no function
// follows it.
using C = Conv3<32, 32>;
static_assert(runs<Sequential<Input<32, 8, 8>, C, ReLU, AvgPool2d<Kernel<2>>, C>>("p-p"));
static_assert(runs<Sequential<Input<32, 8, 8>, C, AvgPool2d<Kernel<2>>, ReLU, C>>("ppp"));
static_assert(runs<Sequential<Input<32, 8, 8>, C, MaxPool2d<Kernel<3>>, C>>("ppp"));
static_assert(runs<Sequential<Input<32, 8, 8>, C, Residual<MaxPool2d<Kernel<2>>, Upsample<Scale<2>>>>>("pp.p"));
static_assert(runs<Sequential<Input<32, 8, 8>, C, MaxPool2d<Kernel<2>>>>("p-"));

// Without one, a stage runs as in net(x), and what it reads is converted.
static_assert(runs<Sequential<Input<32, 8, 8>, C, Square, C>>("p.p"));
using AroundSquare = PlanOf<Sequential<Input<32, 8, 8>, C, Square, C>>;
static_assert(!has_vectors ||
              (AroundSquare::forms.values[1].made == ValueForm::blocked &&
               AroundSquare::forms.values[2].made == ValueForm::planar &&
               AroundSquare::converts(1, 1, ValueForm::planar) && AroundSquare::converts(2, 2, ValueForm::blocked) &&
               !AroundSquare::converts(0, 0, ValueForm::planar)));
static_assert(runs<Sequential<Input<3, 8, 8>, Square, MaxPool2d<Kernel<2>>>>(".."));

// A join is prepared where what it reads is blocked already.
static_assert(runs<Sequential<Input<3, 8, 8>, Residual<Square>>>(".."));
static_assert(runs<Sequential<Input<32, 8, 8>, Residual<C>>>("pp") &&
              runs<Sequential<Input<32, 8, 8>, Add<C, C>>>("ppp"));
static_assert(runs<Sequential<Input<32, 8, 8>, Concat<C, Square>>>("p.p"));

// What a layer that says nothing of itself has.
constexpr PreparedFacts nothing_said{};
static_assert(!nothing_said.offered && nothing_said.reads == ValueForm::blocked && !nothing_said.reads_either &&
              !nothing_said.follows && !nothing_said.has_features && nothing_said.border == Extent{0, 0} &&
              nothing_said.more == Extent{0, 0} && !nothing_said.takes_pooling &&
              nothing_said.pooling == Pooling::none);

// Weights of more than 32 KiB are large.
struct WeightsInBf16 {
    using T = float;
    using Weight = bf16;
};
static_assert(most_near_weights == 32 * 1024);
static_assert(std::is_same_v<stored_weight_t<WeightsInBf16, 8192>, float> &&
              std::is_same_v<stored_weight_t<WeightsInBf16, 8193>, bf16>);

// Where values lie -------------------------------------------------------------------------------------------------

namespace {

/// Whether no value lies where another one lies that is needed at the same time, and none with zeros shares its place
/// with one of another layout.
template <typename Plan>
constexpr bool has_room() {
    const auto& forms = Plan::forms;
    struct Place {
        graph::Copy copy;
        std::size_t buffer;
        std::size_t form;
    };
    std::array<Place, 2 * (Plan::stage_count + 1)> places{};
    std::size_t count = 0;
    for (std::size_t b = 0; b <= Plan::stage_count; ++b) {
        for (std::size_t form = 0; form < 2; ++form) {
            if (forms.values[b].copies[form].exists) {
                places[count++] = {forms.values[b].copies[form], b, form};
            }
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        const graph::Copy& a = places[i].copy;
        if (a.offset % Plan::line != 0 || a.offset + a.size > Plan::scratch_offset ||
            a.has_zeros != (a.offset < Plan::zeros) || a.last < a.first) {
            return false;
        }
        for (std::size_t j = 0; j < i; ++j) {
            const graph::Copy& b = places[j].copy;
            const bool share = a.offset < b.offset + b.size && b.offset < a.offset + a.size;
            const bool together = a.first <= b.last && b.first <= a.last;
            const bool same = a.offset == b.offset && a.size == b.size && places[i].form == places[j].form;
            if (share && (together || (a.has_zeros && !same))) {
                return false;
            }
        }
    }
    return count > 1;
}

}  // namespace

using Block = Residual<Conv3<16, 16>, ReLU, Conv3<16, 16>>;
using ResNet = Sequential<Input<3, 12, 12>, Conv3<3, 16>, ReLU, Block, ReLU, Block, ReLU, Block, ReLU, Block, ReLU,
                          AdaptiveAvgPool2d<1>, Flatten, Linear<16, 10>>;
using UNet = Sequential<Input<1, 8, 8>, Conv3<1, 16>, ReLU,
                        Concat<Identity, Sequential<MaxPool2d<Kernel<2>>, Conv3<16, 32>, ReLU,
                                                    ConvTranspose2d<32, 16, Kernel<2>, Stride<2>>>>,
                        Conv3<32, 16>, ReLU, Conv2d<16, 2, Kernel<1>>>;
using Inception = Sequential<Input<3, 8, 8>, Concat<Conv3<3, 4>, Sequential<Conv3<3, 8>, ReLU, Conv3<8, 5>>>, Square,
                             Concat<Square, Sequential<Square, Square>>, Flatten, Linear<1152, 30>, Linear<30, 5>>;
/// Whether each form of each value has the room that it needs, in whole cache lines; a blocked one has a vector more
/// for each block, which may be needed to keep blocks out of each other's sets of the cache. And whether exactly those
/// of one pixel and no border are the same in both forms.
template <typename Plan, std::size_t... B>
constexpr bool sizes_are_right(std::index_sequence<B...>) {
    const auto whole = [](std::size_t size) { return (size + Plan::line - 1) / Plan::line * Plan::line; };
    const auto of_value = [&]<std::size_t Value>(std::integral_constant<std::size_t, Value>) {
        using Blocked = typename Plan::template Blocked<Value>;
        using Planar = typename Plan::template Planar<Value>;
        const graph::PreparedValue& value = Plan::forms.values[Value];
        return value.copies[0].size == whole(Planar::size) &&
               value.copies[1].size == whole(Blocked::blocks * (Blocked::rows * Blocked::row + Plan::count)) &&
               value.copies[1].size >= Blocked::size &&
               // What is converted is still there then: both forms live at the same time.
               (Value == 0 || !value.copies[0].exists || !value.copies[1].exists ||
                (value.copies[0].first <= value.copies[1].last && value.copies[1].first <= value.copies[0].last)) &&
               // A part has no memory of its own.
               !(value.copies[0].exists && value.copies[0].parent != graph::no_parent) &&
               value.is_flat == (Planar::size == Planar::channels && Blocked::rows * Blocked::row == Plan::count);
    };
    return (... && of_value(std::integral_constant<std::size_t, B>{}));
}
template <typename Net>
constexpr bool has_right_sizes = sizes_are_right<PlanOf<Net>>(std::make_index_sequence<PlanOf<Net>::stage_count + 1>{});
static_assert(has_right_sizes<Mnist> && has_right_sizes<ResNet> && has_right_sizes<UNet> && has_right_sizes<Inception>);
static_assert(has_right_sizes<Sequential<Input<32, 8, 8>, C, Concat<C, C, Square>, Conv3<96, 8>>>);
static_assert(has_right_sizes<Sequential<Input<8, 1, 1>, Conv3<8, 8>, Square, Conv2d<8, 4, Kernel<1>>>>);

// Zeros behind features that fill no whole vectors: where a prepared kernel reads them and none has made them.
using Vectors = PlanOf<Sequential<Input<30>, Linear<30, 32>, ReLU, Linear<32, 30>, ReLU, Linear<30, 5>>>;
static_assert(Vectors::forms.values[0].copies[0].has_zeros == has_vectors &&
              !Vectors::forms.values[1].copies[0].has_zeros && !Vectors::forms.values[2].copies[0].has_zeros &&
              !Vectors::forms.values[3].copies[0].has_zeros);
static_assert(!PlanOf<Sequential<Input<32>, Linear<32, 5>>>::forms.values[0].copies[0].has_zeros);
// The image has no copy in a form that nobody reads.
static_assert(AroundSquare::forms.values[0].copies[0].exists != has_vectors);

// The image is there from the beginning, also if its first reader wants the other form of it.
using FirstBlocked = PlanOf<Sequential<Input<32, 8, 8>, Residual<C, Square>>>;
static_assert(!has_vectors ||
              (FirstBlocked::forms.values[0].copies[1].first == 0 && FirstBlocked::forms.values[0].copies[1].exists));
using LaterPlanar = PlanOf<Sequential<Input<32, 8, 8>, Concat<C, Square>, Conv3<64, 8>>>;
static_assert(LaterPlanar::forms.values[0].copies[0].exists && LaterPlanar::forms.values[0].copies[0].first == 0);
static_assert(!has_vectors || LaterPlanar::forms.values[0].copies[0].last == 1);
static_assert(!has_vectors ||
              (LaterPlanar::forms.values[0].copies[1].first == 0 && LaterPlanar::forms.values[0].copies[1].last == 0));

// Parameters of each stage begin on a cache line, and take no line that they do not need.
using Packed = PlanOf<Sequential<Input<16, 3, 3>, GroupNorm<1, 16>, Conv2d<16, 17, Kernel<3>>, GroupNorm<1, 17>>>;
static_assert(Packed::line == 16 && (!has_vectors || Packed::packed_offsets[1] == 32) &&
              (!has_vectors || Packed::packed_offsets[3] == Packed::packed_offsets[2] + 48));

static_assert(has_room<PlanOf<Mnist>>());
static_assert(has_room<PlanOf<ResNet>>());
static_assert(has_room<PlanOf<UNet>>());
static_assert(has_room<PlanOf<Inception>>());
static_assert(has_room<PlanOf<ResNet::with_scalar<double>>>());

// Values with the same zeros follow each other in their places: more blocks take no more memory.
using Shorter = Sequential<Input<3, 12, 12>, Conv3<3, 16>, ReLU, Block, ReLU, Block, ReLU, Block, ReLU,
                           AdaptiveAvgPool2d<1>, Flatten, Linear<16, 10>>;
static_assert(Prepared<ResNet>::inference_workspace_bytes == Prepared<Shorter>::inference_workspace_bytes);

// Where no kernel reads beyond a value, it has nothing there.
using Pointwise = PlanOf<Sequential<Input<32, 8, 8>, Conv2d<32, 32, Kernel<1>>, ReLU, Conv2d<32, 32, Kernel<1>>>>;
static_assert(Pointwise::forms.values[1].border == Extent{0, 0} && Pointwise::forms.values[1].more == Extent{0, 0});

// Nor where a padded convolution reads it in the other form, or under another shape.
using Grouped = PlanOf<Sequential<Input<2, 6, 6>, Conv3<2, 2, Groups<2>>>>;
static_assert(!Grouped::stage(0).is_prepared && Grouped::forms.values[0].border == Extent{0, 0});
using Reshaped = PlanOf<Sequential<Input<1152>, Unflatten<32, 6, 6>, Conv2d<32, 32, Kernel<3>>>>;
static_assert(Reshaped::forms.values[0].border == Extent{0, 0} && Reshaped::forms.values[0].more == Extent{0, 0});

namespace {

/// Marks the elements of an image whose layout is L.
template <typename L>
void mark(std::vector<bool>& marks, std::size_t begin) {
    for (std::size_t h = 0; h < L::height; ++h) {
        for (std::size_t w = 0; w < L::width; ++w) {
            if constexpr (is_blocked<L>) {
                for (std::size_t c = 0; c < L::blocks * L::count; ++c) {
                    marks[begin + L::offset_of_channel(c, h, w)] = true;
                }
            } else {
                for (std::size_t c = 0; c < L::channels; ++c) {
                    marks[begin + L::offset(c, h, w)] = true;
                }
            }
        }
    }
}

template <typename Plan, std::size_t... B>
std::vector<bool> marked(std::index_sequence<B...>) {
    std::vector<bool> marks(Plan::workspace_numbers);
    const auto mark_value = [&]<std::size_t Buffer>(std::integral_constant<std::size_t, Buffer>) {
        const auto& copies = Plan::forms.values[Buffer].copies;
        if (copies[0].exists || copies[0].parent != graph::no_parent) {
            mark<typename Plan::template Planar<Buffer>>(marks, copies[0].offset);
        }
        if (copies[1].exists) {
            mark<typename Plan::template Blocked<Buffer>>(marks, copies[1].offset);
        }
    };
    (mark_value(std::integral_constant<std::size_t, B>{}), ...);
    return marks;
}

}  // namespace

TEST_CASE("No stage writes to the zeros around values") {
    const auto check = []<typename Net>(Net net) {
        using Plan = PlanOf<Net>;
        Draw draw(1);
        std::ranges::generate(net.parameters(), [&] { return draw.real<float>(-1, 1); });
        typename Net::input_tensor image;
        std::ranges::generate(image.span(), [&] { return draw.real<float>(1, 2); });
        const auto prepared = prepare(net);
        Workspace<Prepared<Net>> buffers;
        static_cast<void>(prepared(image, buffers));
        const std::vector<bool> marks = marked<Plan>(std::make_index_sequence<Plan::stage_count + 1>{});
        std::size_t zeros = 0;
        std::size_t written = 0;
        for (std::size_t n = 0; n < Plan::zeros; ++n) {
            zeros += marks[n] ? 0U : 1U;
            written += !marks[n] && !(buffers.get().numbers[n] == 0) ? 1U : 0U;
        }
        CHECK(zeros > 100);
        CHECK(written == 0);
    };
    check(ResNet{});
    check(UNet{});
    check(Inception{});
}
