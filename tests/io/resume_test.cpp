// SPDX-License-Identifier: MIT
//
// Each optimizer, schedule and average, saved after some steps and resumed: the bits of a training without a pause.
#include <ctcnn/io/checkpoint.hpp>

#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/adamw.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/optim/lion.hpp>
#include <ctcnn/optim/muon.hpp>
#include <ctcnn/optim/one_cycle.hpp>
#include <ctcnn/optim/parameter_groups.hpp>
#include <ctcnn/optim/reduce_lr_on_plateau.hpp>
#include <ctcnn/optim/rmsprop.hpp>
#include <ctcnn/optim/schedules.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/averaged.hpp>
#include <ctcnn/train/callbacks/early_stopping.hpp>
#include <ctcnn/train/composed_schedules.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "../train/small.hpp"
#include "catch.hpp"
#include "files.hpp"
#include "resumed.hpp"

using namespace ctcnn;
using small::Net;

namespace {

constexpr SGD sgd{.lr = 0.1f, .momentum = 0.9f};

template <typename Optimizer>
void check(const Optimizer& optimizer, const FitOptions& options = resumed::options()) {
    resumed::check(small::net(), small::net(9), small::data(60), optimizer, options);
}

FitOptions with(decltype(FitOptions::schedule) schedule) {
    return {.epochs = 6, .batch_size = 24, .seed = 5, .schedule = std::move(schedule)};
}

}  // namespace

TEST_CASE("optimizers go on where they were") {
    check(SGD{.lr = 0.1f});
    check(SGD{.lr = 0.1f, .momentum = 0.9f, .weight_decay = 0.01f, .nesterov = true});
    check(SGD{.lr = 0.1f, .momentum = 0.9f, .dampening = 0.5f});
    check(Adam{.lr = 0.01f});
    check(Adam{.lr = 0.01f, .weight_decay = 0.1f});
    check(AdamW{.lr = 0.01f});
    check(RMSprop{.momentum = 0.5f, .centered = true});
    check(Lion{.lr = 0.01f});
    check(Muon{.lr = 0.01f});
}

TEST_CASE("groups, averages and clipped gradients go on where they were") {
    check(ParameterGroups(sgd, group<ParameterKind::bias>(SGD{.lr = 0.2f}), freeze<"0">()));
    check(EMA(AdamW{.lr = 0.01f}, 0.9));
    check(SWA(EMA(sgd).optimizer, 5, 2));
    check(EMA(ParameterGroups(Muon{.lr = 0.01f}, freeze<"4.bias">()), 0.5));
    check(sgd, {.epochs = 6, .batch_size = 24, .seed = 5, .clip_grad_norm = 0.1f});
    check(sgd, {.epochs = 6, .batch_size = 24, .seed = 5, .clip_grad_value = 0.01f});
}

TEST_CASE("the numbers of an optimizer do not become an average") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    Net net = small::net();
    Trainer two_numbers(net, AdamW{});
    save_checkpoint(two_numbers, path);
    Trainer number_and_average(net, EMA(sgd));
    CHECK_THROWS_AS(resume(number_and_average, path), TensorMismatch);
    save_checkpoint(number_and_average, path);
    CHECK_THROWS_AS(resume(two_numbers, path), TensorMismatch);
}

TEST_CASE("schedules go on where they were") {
    check(sgd, with([](double progress) { return 1 - progress; }));
    check(sgd, with([](std::size_t step, std::size_t steps) { return step * 2 > steps ? 0.5 : 1.0; }));
    check(sgd, with(StepLR{.step_size = 5}));
    check(sgd, with(ExponentialLR{.gamma = 0.9}));
    check(sgd, with(LinearLR{.total_iters = 9}));
    check(sgd, with(OneCycle{}));
    check(AdamW{.lr = 0.01f}, with(OneCycle{}));
    check(ParameterGroups(sgd, group<"0">(SGD{.lr = 0.2f})), with(OneCycle{.cycle_momentum = false}));
    check(EMA(Muon{.lr = 0.01f}, 0.9), with(CosineAnnealingLR{}));
    check(sgd, with(MultiStepLR{.milestones = {4, 9}}));
    check(sgd, with(PerEpoch{ExponentialLR{.gamma = 0.5}}));
    check(sgd, with(SequentialLR{{LinearLR{}, CosineAnnealingLR{}}, {5}}));
    check(AdamW{.lr = 0.01f}, with(CosineAnnealingLR{.eta_min = 0.001}));
    // The second one leaves the momentum of the first one.
    check(sgd, with(SequentialLR{{OneCycle{}, StepLR{.step_size = 100}}, {4}}));
    check(AdamW{.lr = 0.01f}, with(SequentialLR{{OneCycle{}, StepLR{.step_size = 100}}, {4}}));
}

TEST_CASE("a plateau remembers the epochs before") {
    // The third and the fifth epoch are no better.
    check(sgd, with(ReduceLROnPlateau{.factor = 0.5, .patience = 0, .threshold = 0.9}));
    check(sgd, with(ReduceLROnPlateau{.factor = 0.5, .patience = 1, .threshold = 0.9, .cooldown = 1}));
    // Without the memory the bits are others: the test above sees it.
    const small::Data data = small::data(60);
    Net with_plateau = small::net();
    Trainer(with_plateau, sgd, with(ReduceLROnPlateau{.factor = 0.5, .patience = 0, .threshold = 0.9})).fit(data);
    Net without = small::net();
    Trainer(without, sgd, with({})).fit(data);
    CHECK_FALSE(small::same_bits(with_plateau, without));
}

TEST_CASE("a training that is saved behind its last step goes on with the end of its last epoch") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(60);
    const EarlyStopping early{.monitor = &EpochReport::loss, .patience = 9, .restore_best_weights = true};
    Net wanted = small::net();
    Trainer<Net, SGD>* saving = nullptr;
    FitOptions options = resumed::options();
    options.on_step = [&](const StepReport& report) {
        if (report.epoch == options.epochs && report.step == report.steps_per_epoch) {
            save_checkpoint(*saving, path);
        }
    };
    Trainer trainer(wanted, sgd, options);
    saving = &trainer;
    EarlyStopping of_all = early;
    trainer.fit(data, of_all);
    REQUIRE(of_all.best_epoch == options.epochs);  // as otherwise nothing would be missing

    Net found = small::net(9);
    Trainer resumed(found, sgd, resumed::options());
    resume(resumed, path);
    REQUIRE(resumed.epochs() == 5);
    REQUIRE(resumed.steps() == trainer.steps());
    EarlyStopping of_last = early;
    const FitReport report = resumed.fit(data, of_last);
    REQUIRE(report.epochs.size() == 1);
    REQUIRE(report.epochs[0].epoch == 6);
    REQUIRE(report.steps == trainer.steps());
    REQUIRE(resumed.epochs() == 6);
    REQUIRE(of_last.best_epoch == 6);
    REQUIRE(small::same_bits(found, wanted));
    REQUIRE(resumed.fit(data).epochs.empty());
    REQUIRE(resumed.fit(data).steps == trainer.steps());
}

TEST_CASE("a plateau goes on with the mode that it was begun with") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(60);
    Net net = small::net();
    const auto metric = [] { return 1.0; };
    Trainer trainer(net, sgd, with(ReduceLROnPlateau{.mode = PlateauMode::max, .metric = metric}));
    trainer.run_epoch(data);
    save_checkpoint(trainer, path);
    Trainer other(net, sgd, with(ReduceLROnPlateau{.metric = metric}));
    resume(other, path);
    CHECK_THROWS_WITH(other.run_epoch(data), Catch::Matchers::ContainsSubstring("begun with ReduceLROnPlateau in "
                                                                                "PlateauMode::max"));
}

TEST_CASE("a plateau's memory is in the metadata, and one that is no number is refused") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(60);
    Net net = small::net();
    Trainer plain(net, sgd, {.batch_size = 24});
    plain.run_epoch(data);
    save_checkpoint(plain, path);
    const auto text_of = [](const std::filesystem::path& file) {
        const Bytes bytes = read_bytes(file);
        return std::string(bytes.begin(), bytes.end());
    };
    CHECK(text_of(path).find("ctcnn.schedule") == std::string::npos);

    Trainer trainer(net, sgd, with(ReduceLROnPlateau{}));
    trainer.run_epoch(data);
    save_checkpoint(trainer, path);
    std::string bytes = text_of(path);
    const std::string key = "\"ctcnn.schedule.4_bits\":\"";
    const std::size_t at = bytes.find(key);
    REQUIRE(at != std::string::npos);
    // The bits of 1, of one epoch, become those of infinity: as many digits.
    const std::string one = "4607182418800017408";
    REQUIRE(bytes.compare(at + key.size(), one.size(), one) == 0);
    bytes.replace(at + key.size(), one.size(), "9218868437227405312");
    std::ofstream(path, std::ios::binary) << bytes;
    CHECK_THROWS_AS(resume(trainer, path), BadCheckpoint);
}
