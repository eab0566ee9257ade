// SPDX-License-Identifier: MIT
//
// Compiled with -ffast-math, under which comparisons with NaN mean nothing: NaN is refused all the same.
#include <ctcnn/optim/settings.hpp>

#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/adamw.hpp>
#include <ctcnn/optim/lion.hpp>
#include <ctcnn/optim/muon.hpp>
#include <ctcnn/optim/one_cycle.hpp>
#include <ctcnn/optim/reduce_lr_on_plateau.hpp>
#include <ctcnn/optim/rmsprop.hpp>
#include <ctcnn/optim/schedules.hpp>
#include <ctcnn/optim/sgd.hpp>

#include <bit>
#include <cstdint>
#include <stdexcept>

#include "catch.hpp"

using namespace ctcnn;

namespace {

template <typename Settings>
bool is_refused(const Settings& settings) {
    try {
        settings.validate();
    } catch (const std::invalid_argument&) {
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE("NaN and infinity are refused with -ffast-math, too") {
    // Not known to the compiler.
    volatile std::uint64_t bits = 0x7ff8000000000000;
    volatile std::uint32_t bits_of_float = 0x7fc00000;
    for (int i = 0; i < 2; ++i) {
        CAPTURE(i);
        const auto x = std::bit_cast<double>(std::uint64_t{bits});
        const auto y = std::bit_cast<float>(std::uint32_t{bits_of_float});
        CHECK(is_refused(SGD{.lr = y}));
        CHECK(is_refused(SGD{.momentum = y}));
        CHECK(is_refused(SGD{.weight_decay = y}));
        CHECK(is_refused(Adam{.lr = y}));
        CHECK(is_refused(Adam{.betas = {x, 0.9}}));
        CHECK(is_refused(Adam{.betas = {0.9, x}}));
        CHECK(is_refused(Adam{.eps = y}));
        CHECK(is_refused(Adam{.weight_decay = y}));
        CHECK(is_refused(SGD{.dampening = y}));
        CHECK(is_refused(AdamW{.lr = y}));
        CHECK(is_refused(AdamW{.betas = {0.9, x}}));
        CHECK(is_refused(RMSprop{.lr = y}));
        CHECK(is_refused(RMSprop{.alpha = x}));
        CHECK(is_refused(Lion{.lr = y}));
        CHECK(is_refused(Muon{.lr = y}));
        CHECK(is_refused(Muon{.momentum = y}));
        CHECK(is_refused(Muon{.ns_coefficients = {x, 1, 1}}));
        CHECK(is_refused(StepLR{.step_size = 1, .gamma = x}));
        CHECK(is_refused(LinearLR{.start_factor = x}));
        CHECK(is_refused(CosineAnnealingLR{.eta_min = x}));
        CHECK(is_refused(ReduceLROnPlateau{.factor = x}));
        CHECK(is_refused(OneCycle{.pct_start = x}));
        CHECK(is_refused(OneCycle{.base_momentum = x}));
        CHECK(is_refused(OneCycle{.max_momentum = x}));
        CHECK(is_refused(OneCycle{.div_factor = x}) == (i == 0));
        CHECK(is_refused(OneCycle{.final_div_factor = x}) == (i == 0));
        CHECK(is_refused(CrossEntropyLoss{.label_smoothing = y}));
        CHECK(is_refused(XavierUniform{.gain = x}));
        CHECK(is_refused(KaimingUniform{.a = x}));
        bits = 0x7ff0000000000000;  // infinity
        bits_of_float = 0x7f800000;
    }
    CHECK_FALSE(is_refused(SGD{}));
    CHECK_FALSE(is_refused(Adam{}));
    CHECK_FALSE(is_refused(OneCycle{}));
    CHECK_FALSE(is_refused(CrossEntropyLoss{}));
    CHECK_FALSE(is_refused(XavierUniform{}));
    CHECK_FALSE(is_refused(KaimingUniform{}));
}
