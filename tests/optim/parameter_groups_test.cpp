// SPDX-License-Identifier: MIT
#include <ctcnn/optim/parameter_groups.hpp>

#include <ctcnn/optim/adamw.hpp>
#include <ctcnn/optim/muon.hpp>
#include <ctcnn/optim/schedules.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/composed_schedules.hpp>
#include <ctcnn/train/fit.hpp>

#include <array>
#include <cstddef>
#include <stdexcept>

#include "../train/recipes.hpp"
#include "catch.hpp"

using namespace ctcnn;
using enum ParameterKind;

namespace {

constexpr std::array<std::size_t, 1> dims{4};
constexpr ParameterTensor tensor(std::string_view name, ParameterKind kind) { return {name, dims, 0, 4, kind}; }

// Names are those of tensors, of layers and of blocks; never a part of a name.
using Stem = decltype(freeze<"stem">());
static_assert(Stem::selects(tensor("stem", weight)) && Stem::selects(tensor("stem.weight", weight)) &&
              Stem::selects(tensor("stem.0.bias", bias)) && !Stem::selects(tensor("stem2.weight", weight)) &&
              !Stem::selects(tensor("0.stem.weight", weight)) && !Stem::selects(tensor("ste", weight)));
using Mixed = decltype(freeze<"3.weight", norm, bias>());
static_assert(Mixed::selects(tensor("3.weight", weight)) && !Mixed::selects(tensor("4.weight", weight)) &&
              Mixed::selects(tensor("7.bias", bias)) && Mixed::selects(tensor("7.weight", norm)));

// The last group wins, and what is frozen stays so.
constexpr ParameterGroups groups(SGD{.lr = 1}, freeze<"0.bias">(), group<bias>(SGD{.lr = 2}), group<"0">(SGD{.lr = 3}));
static_assert(groups.of(tensor("1.weight", weight)).lr == 1 && groups.of(tensor("1.bias", bias)).lr == 2 &&
              groups.of(tensor("0.weight", weight)).lr == 3 && groups.of(tensor("0.bias", bias)).lr == 3);
static_assert(groups.is_frozen(tensor("0.bias", bias)) && !groups.is_frozen(tensor("0.weight", weight)));

// No groups are groups, too.
constexpr std::array<ParameterTensor, 1> tensors{tensor("0.weight", weight)};
static_assert(ParameterGroups<SGD>::names_exist<tensors>() && !ParameterGroups<SGD>::is_frozen(tensors[0]) &&
              ParameterGroups(SGD{.lr = 4}).of(tensors[0]).lr == 4);

// Optimizers of whole tensors say how much scratch memory they need, for each number type or for all.
struct OfAnyType {
    static constexpr std::size_t scratch_size(const ParameterTensor& tensor) { return 2 * tensor.count; }
};
struct OfEachType {
    template <typename T>
    static constexpr std::size_t scratch_size(const ParameterTensor& tensor) {
        return sizeof(T) * tensor.count;
    }
};
static_assert(detail_::scratch_size<OfAnyType, float>(tensors[0]) == 8 &&
              detail_::scratch_size<OfEachType, double>(tensors[0]) == 32 &&
              detail_::scratch_size<SGD, float>(tensors[0]) == 0);

const ParameterGroups adamw_groups(AdamW{.lr = 0.01f, .weight_decay = 0.1f},
                                   group<bias, norm>(AdamW{.lr = 0.01f, .weight_decay = 0}),
                                   group<"5">(AdamW{.lr = 0.05f, .weight_decay = 0.1f}));

}  // namespace

TEST_CASE("groups of parameters go where PyTorch's go") { recipes::check("groups", adamw_groups, recipes::options()); }

TEST_CASE("a schedule scales the rate of each group, and eta_min is that of all") {
    FitOptions options = recipes::options();
    options.schedule = SequentialLR{
        {LinearLR{.start_factor = 0.1, .total_iters = 10}, CosineAnnealingLR{.T_max = 40, .eta_min = 0.001}}, {10}};
    // The rate of each step is rounded to float, which PyTorch's is not.
    recipes::check("groups_scheduled", adamw_groups, options, {1e-6, 1e-7});
}

TEST_CASE("frozen layers stay as they are, and are no part of the norm of the gradient") {
    const ParameterGroups frozen(SGD{.lr = 0.1f, .momentum = 0.9f}, freeze<"0">());
    FitOptions options = recipes::options();
    options.clip_grad_norm = 0.5f;
    recipes::check("frozen", frozen, options);

    recipes::Net net = recipes::net();
    const recipes::Net before = net;
    Trainer trainer(net, ParameterGroups(AdamW{.weight_decay = 0.5f}, freeze<"0">()), options);
    trainer.fit(recipes::data());
    bool same = true;
    bool empty = true;
    for (std::size_t i = 0; i < 40; ++i) {
        same = same && net.parameters()[i] == before.parameters()[i];
        empty = empty && trainer.state()[i] == 0;
    }
    CHECK(same);
    CHECK(empty);
    CHECK(net.parameters()[40] != before.parameters()[40]);
}

TEST_CASE("groups of Muon have whole tensors") {
    const Muon muon{.lr = 0.02f};
    recipes::check("muon", ParameterGroups(Muon{}, group<"0">(muon), group<"1", "5">(muon)), recipes::options());
}

TEST_CASE("the settings of each group are checked") {
    CHECK_THROWS_AS(ParameterGroups(SGD{.lr = -1}).validate(), std::invalid_argument);
    CHECK_THROWS_AS(ParameterGroups(SGD{}, group<"0">(SGD{.lr = -1})).validate(), std::invalid_argument);
    CHECK_NOTHROW(ParameterGroups(SGD{}, group<"0">(SGD{.lr = 0})).validate());
}
