// SPDX-License-Identifier: MIT
#include <ctcnn/optim/muon.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "against_pytorch.hpp"
#include "catch.hpp"

using namespace ctcnn;
using against_pytorch::is_refused;

// The defaults are PyTorch's.
static_assert(Muon{}.lr == 1e-3f && Muon{}.weight_decay == 0.1f && Muon{}.momentum == 0.95f && Muon{}.nesterov &&
              Muon{}.ns_coefficients == std::array{3.4445, -4.7750, 2.0315} && Muon{}.eps == 1e-7 &&
              Muon{}.ns_steps == 5 && Muon{}.adjust_lr_fn == AdjustLR::original);

namespace {

constexpr std::array<std::size_t, 2> dims{2, 2};
constexpr ParameterTensor matrix{"0.weight", dims, 0, 4, ParameterKind::weight};

constexpr std::array<double, 4> after_one_step() {
    std::array<double, 4> p{1, 0, 0, 1};
    std::array<double, 4> m{};
    std::array<double, 4> v{};
    std::array<double, 100> scratch{};
    // Singular values of 1/sqrt(2) each, where they stay with these coefficients.
    Muon{.lr = 0.5f, .weight_decay = 0, .ns_coefficients = {1, 0, 0}}.step<double>(
        matrix, p, std::array<double, 4>{0, -3, 3, 0}, {m, v}, 1, scratch);
    return p;
}
constexpr bool is_near(double a, double b) { return (a < b ? b - a : a - b) < 1e-15; }
static_assert(after_one_step()[0] == 1 && is_near(after_one_step()[1], 0.353553390593273762) &&
              is_near(after_one_step()[2], -0.353553390593273762));

template <typename T>
std::vector<double> trajectory(const Muon& muon) {
    return against_pytorch::trajectory<T, 2>(
        [&](std::span<T> p, std::span<const T> g, const std::array<std::span<T>, 2>& state, std::uint64_t number) {
            for (const ParameterTensor& tensor : against_pytorch::tensors()) {
                const std::size_t at = tensor.offset;
                const std::size_t count = tensor.count;
                // What is in it before does not matter.
                std::vector<T> scratch(Muon::scratch_size<T>(tensor), T(number));
                muon.step(tensor, p.subspan(at, count), g.subspan(at, count),
                          {state[0].subspan(at, count), state[1].subspan(at, count)}, number, std::span<T>(scratch));
            }
        });
}

void check(const std::string& name, const Muon& muon) {
    muon.validate();
    const auto& file = against_pytorch::file();
    // PyTorch without its rounding to bfloat16. The polynomial, whose derivative is 3.4 at 0, enlarges rounding errors.
    golden::check_close(name + " in double", trajectory<double>(muon), file[name], {1e-10, 1e-11});
    golden::check_close(name + " in float", trajectory<float>(muon), file[name], {1e-4, 2e-5});
    // bfloat16 has 8 bits: 50 steps of at most 1.5 * lr for each parameter, and factors by shape of up to 1.8.
    golden::check_close(name + " in bfloat16", trajectory<float>(muon), file[name + "_bfloat16"], {0, 0.02});
}

}  // namespace

TEST_CASE("Muon goes where PyTorch goes") {
    check("muon", Muon{.lr = 0.01f});
    check("muon_match", Muon{.lr = 0.01f,
                             .weight_decay = 0.01f,
                             .momentum = 0.5f,
                             .nesterov = false,
                             .ns_steps = 3,
                             .adjust_lr_fn = AdjustLR::match_rms_adamw,
                             .adamw = {.lr = 0.01f, .weight_decay = 0}});
}

TEST_CASE("AdamW takes what is no weight") {
    CHECK(Muon::is_matrix(matrix));
    for (const ParameterKind kind : {ParameterKind::bias, ParameterKind::norm, ParameterKind::other}) {
        ParameterTensor other = matrix;
        other.kind = kind;
        CHECK_FALSE(Muon::is_matrix(other));
        CHECK(Muon::scratch_size<float>(other) == 0);
    }
    CHECK_FALSE(Muon::is_matrix(against_pytorch::tensors()[4]));
}

TEST_CASE("a gradient that is NaN makes the whole matrix NaN, one of zeros moves nothing") {
    std::vector<float> scratch(Muon::scratch_size<float>(matrix));
    for (const float element : {0.0f, against_pytorch::nan}) {
        std::array<float, 4> p{1, 2, 3, 4};
        std::array<float, 4> m{};
        std::array<float, 4> v{};
        Muon{.weight_decay = 0}.step<float>(matrix, p, std::array<float, 4>{0, 0, 0, element}, {m, v}, 1, scratch);
        if (std::isnan(element)) {
            CHECK(std::isnan(p[0] + p[1] + p[2] + p[3]));
        } else {
            CHECK(p == std::array<float, 4>{1, 2, 3, 4});
        }
    }
}

TEST_CASE("Muon without momentum remembers the last gradient alone") {
    std::vector<float> scratch(Muon::scratch_size<float>(matrix));
    std::array<float, 4> p{};
    std::array<float, 4> m{};
    std::array<float, 4> v{};
    const std::array<float, 4> small{0x1p-10f, 0, 0, 0x1p-10f};
    const Muon muon{.momentum = 0};
    muon.step<float>(matrix, p, std::array<float, 4>{1e6f, 0, 0, 1e6f}, {m, v}, 1, scratch);
    muon.step<float>(matrix, p, small, {m, v}, 2, scratch);
    CHECK(m == small);
}

TEST_CASE("Muon refuses settings that make no sense") {
    using against_pytorch::infinity;
    using against_pytorch::nan;
    constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
    for (const Muon& wrong :
         {Muon{.lr = -1}, Muon{.lr = nan}, Muon{.weight_decay = -1}, Muon{.weight_decay = infinity},
          Muon{.momentum = -1}, Muon{.momentum = 1}, Muon{.momentum = nan}, Muon{.ns_coefficients = {no_number, 1, 1}},
          Muon{.ns_coefficients = {1, no_number, 1}}, Muon{.ns_coefficients = {1, 1, no_number}}, Muon{.eps = -1},
          Muon{.eps = no_number}, Muon{.ns_steps = 100}, Muon{.adamw = {.lr = -1}}}) {
        CHECK(is_refused(wrong));
    }
    CHECK_FALSE(is_refused(Muon{.lr = 0, .momentum = 0, .ns_steps = 0}));
}
