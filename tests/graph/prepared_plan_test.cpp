// SPDX-License-Identifier: MIT
// Prepared networks: in which form values lie, which stages have kernels of their own, and where values have their
// places.
#include <ctcnn/graph/prepared_plan.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/inference.hpp>

#include "catch.hpp"

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
static_assert(has_room<PlanOf<Mnist>>());
static_assert(has_room<PlanOf<ResNet>>());
static_assert(has_room<PlanOf<UNet>>());
static_assert(has_room<PlanOf<Inception>>());
static_assert(has_room<PlanOf<ResNet::with_scalar<double>>>());

// Values with the same zeros follow each other in their places: more blocks take no more memory.
using Shorter = Sequential<Input<3, 12, 12>, Conv3<3, 16>, ReLU, Block, ReLU, Block, ReLU, Block, ReLU,
                           AdaptiveAvgPool2d<1>, Flatten, Linear<16, 10>>;
static_assert(Prepared<ResNet>::inference_workspace_bytes == Prepared<Shorter>::inference_workspace_bytes);

TEST_CASE("What a workspace holds is zero where values rely on it, and nothing changes that") {
    const auto check = []<typename Net>(Net) {
        using Plan = PlanOf<Net>;
        const Net net{};
        const auto prepared = prepare(net);
        Workspace<Prepared<Net>> buffers;
        const auto& numbers = buffers.get().numbers;
        const auto zeros = [&] { return std::count(numbers.begin(), numbers.begin() + Plan::zeros, 0.0f); };
        REQUIRE(zeros() == Plan::zeros);
        typename Net::input_tensor image;
        image.values.fill(1);
        // The parameters are zero, so that nothing but the image itself may be something else.
        static_cast<void>(prepared(image, buffers));
        CHECK(zeros() >= static_cast<std::ptrdiff_t>(Plan::zeros - 2 * Net::input_shape::size));
    };
    check(ResNet{});
    check(UNet{});
}
