// SPDX-License-Identifier: MIT
//
// Callbacks that write files: ModelCheckpoint and CSVLogger, and what they have in common with TensorBoard.
#include <ctcnn/io/model_checkpoint.hpp>

#include <ctcnn/io/csv_logger.hpp>
#include <ctcnn/io/tensor_board.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/optim/muon.hpp>
#include <ctcnn/optim/parameter_groups.hpp>
#include <ctcnn/optim/reduce_lr_on_plateau.hpp>
#include <ctcnn/optim/schedules.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/callbacks/early_stopping.hpp>
#include <ctcnn/train/callbacks/validation.hpp>
#include <ctcnn/train/fit.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../train/small.hpp"
#include "catch.hpp"
#include "files.hpp"
#include "small_disk.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;
using small::Net;

namespace {

std::vector<std::string> lines_of(const std::filesystem::path& path) {
    std::vector<std::string> lines;
    std::istringstream text(text_of(path));
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// A callback that sets what others monitor.
struct Values {
    std::vector<double> values;
    void measure(EpochReport& report, auto&) { report.validation_loss = values.at(report.epoch - 1); }
};

/// Another callback that says that it is EarlyStopping.
struct OtherState {
    static constexpr std::string_view name = "EarlyStopping";
    std::array<double, 1> state() const { return {0}; }
    void set_state(std::span<const double, 1>) {}
    void on_epoch(const EpochReport&) {}
};

/// States as they were before what is monitored was a part of them.
struct EarlierEarlyStopping {
    static constexpr std::string_view name = "EarlyStopping";
    std::array<double, 3> state() const { return {3, 1, 4}; }
    void set_state(std::span<const double, 3>) {}
    void on_epoch(const EpochReport&) {}
};
struct EarlierModelCheckpoint {
    static constexpr std::string_view name = "ModelCheckpoint";
    std::array<double, 2> state() const { return {1.5, 1}; }
    void set_state(std::span<const double, 2>) {}
    void on_epoch(const EpochReport&) {}
};

/// Checks the lines of the steps, saves the training after a step, and throws after the next one.
struct Dies {
    std::size_t saved;
    std::filesystem::path steps;
    std::filesystem::path checkpoint;
    void on_step(const StepReport&, auto& trainer) const {
        REQUIRE(lines_of(steps).size() == trainer.steps() + 1);
        if (trainer.steps() == saved) {
            save_checkpoint(trainer, checkpoint);
        } else if (trainer.steps() > saved) {
            throw std::runtime_error("the end");
        }
    }
};

/// After the second step the network is spoilt.
struct Spoils {
    void on_step(const StepReport& report, auto& trainer) const {
        if (report.step == 2) {
            trainer.net().parameters().back() = std::numeric_limits<float>::infinity();
        }
    }
};

/// An optimizer without a learning rate.
struct Still {
    static constexpr std::size_t state_count = 0;
    static void step(std::span<float>, std::span<const float>, std::array<std::span<float>, 0>, std::uint64_t) {}
};

/// A history without its seconds.
std::vector<std::string> history(const std::filesystem::path& path) {
    std::vector<std::string> lines = lines_of(path);
    for (std::string& line : lines) {
        std::size_t begin = 0;
        for (int column = 0; column < 5; ++column) {
            begin = line.find(',', begin) + 1;
        }
        line.erase(begin, line.find(',', begin) - begin);
    }
    return lines;
}

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> nine_values{5, 4, 3, undefined, 4, 4, 4, 4, 4};
const FitOptions options{.epochs = 9, .batch_size = 10, .schedule = ReduceLROnPlateau{.patience = 0}};

}  // namespace

// The first one: where a disk is mounted in a namespace of its own, there must be no other thread yet.
TEST_CASE("CSVLogger and TensorBoard leave nothing half-written on a full disk") {
    const SmallDisk disk(std::size_t{1} << 20);
    if (!disk.there()) {
        std::cout << disk.problem() << std::endl;
        return;
    }
    const small::Data data = small::data(8);
    Net net = small::net();
    struct Fill {
        const SmallDisk* disk;
        void on_epoch(const EpochReport& report) {
            if (report.epoch == 2) {
                disk->leave(0);
            }
        }
    };
    REQUIRE_THROWS_AS(fit(net, data, Adam{}, {.epochs = 200}, Fill{&disk}, CSVLogger{disk.path() / "a.csv"}),
                      FileUnwritable);
    REQUIRE(history(disk.path() / "a.csv").size() == 2);
    std::filesystem::remove(disk.path() / SmallDisk::filler);
    REQUIRE_THROWS_AS(fit(net, data, Adam{}, {.epochs = 2000}, Fill{&disk}, TensorBoard{disk.path() / "runs"}),
                      FileUnwritable);
    for (const auto& entry : std::filesystem::directory_iterator(disk.path() / "runs")) {
        const std::string bytes = text_of(entry.path());
        std::size_t at = 0;
        while (at < bytes.size()) {
            at += static_cast<unsigned char>(bytes[at]) + std::size_t{16};  // records of less than 256 bytes
        }
        REQUIRE(at == bytes.size());
        REQUIRE(at > 0);
    }
}

TEST_CASE("ModelCheckpoint writes the best network, and the last training, which continues with all callbacks") {
    const ScratchFolder folder;
    const auto in = [&](const char* name) { return folder.path() / name; };
    const small::Data data = small::data(40);
    const EarlyStopping early{.patience = 3, .restore_best_weights = true};

    Net wanted = small::net();
    std::vector<Net> nets;
    FitOptions watched = options;
    watched.on_epoch = [&](const EpochReport&) { nets.push_back(wanted); };
    fit(wanted, data, Adam{}, watched, Values{nine_values}, CSVLogger{in("whole.csv")}, EarlyStopping{early});
    REQUIRE(nets.size() == 6);

    // Interrupted in the fifth epoch, and continued in another process from the checkpoint of the fourth.
    {
        Net net = small::net();
        FitOptions stopping = options;
        std::size_t asked = 0;
        stopping.should_stop = [&] { return ++asked == 18; };
        ModelCheckpoint saved{.last = in("last"), .best = in("best")};
        REQUIRE(fit(net, data, Adam{}, stopping, Values{nine_values}, CSVLogger{in("half.csv")}, EarlyStopping{early},
                    saved)
                    .stopped);
        REQUIRE(saved.best_epoch == 3);
    }
    // What a later epoch has written is written again.
    std::ofstream(in("half.csv"), std::ios::app) << "5,1,,,,1,40\n6,2";
    Net best = small::net(2);
    load_safetensors(best, in("best"));
    REQUIRE(small::same_bits(best, nets[2]));

    Net net = small::net(3);
    Trainer trainer(net, Adam{}, options);
    resume(trainer, in("last"));
    REQUIRE(trainer.epochs() == 4);
    ModelCheckpoint saved{.last = in("last"), .best = in("best")};
    REQUIRE(trainer.fit(data, Values{nine_values}, CSVLogger{in("half.csv")}, EarlyStopping{early}, saved).stopped);
    REQUIRE(saved.best_epoch == 3);
    REQUIRE(small::same_bits(net, wanted));
    REQUIRE(history(in("half.csv")) == history(in("whole.csv")));
    REQUIRE(history(in("whole.csv")).size() == 7);
    REQUIRE_THAT(history(in("whole.csv")).at(4), ContainsSubstring("4,") && ContainsSubstring(",,,,40,0.00"));

    // A checkpoint of the end has nothing left to do.
    Net again = small::net(3);
    Trainer ended(again, Adam{}, options);
    resume(ended, in("last"));
    REQUIRE(ended.fit(data, Values{nine_values}, CSVLogger{in("half.csv")}, EarlyStopping{early}).epochs.empty());
    REQUIRE(small::same_bits(again, wanted));

    // The states are those of the callbacks at the same places.
    Trainer other(again, Adam{}, options);
    resume(other, in("last"));
    REQUIRE_THROWS_WITH(other.fit(data, Values{nine_values}, CSVLogger{in("x.csv")}, OtherState{}),
                        ContainsSubstring("continue with the same callbacks in the same order"));
}

TEST_CASE("CSVLogger writes the learning rate of each epoch and of each n-th step, and goes on with both files") {
    const ScratchFolder folder;
    const auto in = [&](const char* name) { return folder.path() / name; };
    const small::Data data = small::data(40);
    const FitOptions halving{.epochs = 3, .batch_size = 10, .schedule = StepLR{.step_size = 4, .gamma = 0.5}};
    const LogOptions third{.every_n_steps = 3};
    {
        Net net = small::net();
        fit(net, data, SGD{.lr = 0.5f}, halving, CSVLogger{in("whole.csv"), third});
    }
    const std::vector<std::string> epochs = history(in("whole.csv"));
    REQUIRE(epochs.size() == 4);
    REQUIRE(epochs[0] == "epoch,loss,validation_loss,validation_accuracy,validation_metric,,images,lr");
    REQUIRE(epochs[1].ends_with(",,,,,40,0.5"));
    REQUIRE(epochs[2].ends_with(",,,,,40,0.25"));
    REQUIRE(epochs[3].ends_with(",,,,,40,0.125"));
    const std::vector<std::string> steps = lines_of(in("whole.steps.csv"));
    REQUIRE(steps.size() == 5);
    REQUIRE(steps[0] == "step,epoch,loss,lr");
    const char* const begins[] = {"3,1,", "6,2,", "9,3,", "12,3,"};
    const char* const ends[] = {",0.5", ",0.25", ",0.125", ",0.125"};
    for (std::size_t n = 0; n < 4; ++n) {
        CAPTURE(n);
        CHECK(steps[n + 1].starts_with(begins[n]));
        CHECK(steps[n + 1].ends_with(ends[n]));
    }

    // Stopped within an epoch, between two, and behind a step that is written.
    for (const std::size_t stop : {2U, 4U, 6U, 7U, 11U}) {
        CAPTURE(stop);
        Net net = small::net();
        FitOptions stopping = halving;
        std::size_t asked = 0;
        stopping.should_stop = [&] { return ++asked == stop; };
        Trainer trainer(net, SGD{.lr = 0.5f}, stopping);
        REQUIRE(trainer.fit(data, CSVLogger{in("half.csv"), third}).stopped);
        save_checkpoint(trainer, in("last"));
        if (stop < 6) {
            trainer.fit(data, CSVLogger{in("half.csv"), third});  // what is trained again is written again
        }
        Net other = small::net(3);
        Trainer resumed(other, SGD{.lr = 0.5f}, halving);
        resume(resumed, in("last"));
        resumed.fit(data, CSVLogger{in("half.csv"), third});
        CHECK(history(in("half.csv")) == epochs);
        CHECK(lines_of(in("half.steps.csv")) == steps);
    }
}

TEST_CASE("CSVLogger loses no step of a training that ends with an exception") {
    const ScratchFolder folder;
    const auto in = [&](const char* name) { return folder.path() / name; };
    const small::Data data = small::data(40);
    const FitOptions two{.epochs = 2, .batch_size = 10};
    const LogOptions each{.every_n_steps = 1};
    Net net = small::net();
    fit(net, data, SGD{.lr = 0.5f}, two, CSVLogger{in("whole.csv"), each});
    const std::vector<std::string> steps = lines_of(in("whole.steps.csv"));
    REQUIRE(steps.size() == 9);
    for (const std::size_t saved : {2U, 5U}) {
        CAPTURE(saved);
        // Both files are there from the first step on, and each line at once.
        Net dying = small::net();
        Trainer trainer(dying, SGD{.lr = 0.5f}, two);
        std::ofstream(in("half.csv")) << "of another training";
        std::ofstream(in("half.steps.csv")) << "of another training";
        const Dies dies{saved, in("half.steps.csv"), in("last")};
        REQUIRE_THROWS_WITH(trainer.fit(data, CSVLogger{in("half.csv"), each}, dies), "the end");
        REQUIRE(lines_of(in("half.steps.csv")).size() == saved + 2);
        REQUIRE(lines_of(in("half.csv")).size() == 1 + trainer.epochs());
        Net resuming = small::net(3);
        Trainer resumed(resuming, SGD{.lr = 0.5f}, two);
        resume(resumed, in("last"));
        resumed.fit(data, CSVLogger{in("half.csv"), each});
        CHECK(lines_of(in("half.steps.csv")) == steps);
        CHECK(history(in("half.csv")) == history(in("whole.csv")));
    }
    Net exploding = small::net();
    Trainer trainer(exploding, SGD{.lr = 0.5f}, two);
    REQUIRE_THROWS_AS(trainer.fit(data, CSVLogger{in("half.csv"), each}, Spoils{}), LossNotFinite);
    REQUIRE(lines_of(in("half.steps.csv")).size() == 3);
    REQUIRE(lines_of(in("half.csv")).size() == 1);
}

TEST_CASE("A history that begins replaces those of before, one that is refused leaves them") {
    const ScratchFolder folder;
    const auto in = [&](const char* name) { return folder.path() / name; };
    const small::Data data = small::data(40);
    Net net = small::net();
    const auto run = [&](std::size_t epochs, const LogOptions& log, auto... callbacks) {
        fit(net, data, SGD{}, {.epochs = epochs, .batch_size = 10}, CSVLogger{in("a.csv"), log}, callbacks...);
    };
    run(2, {.every_n_steps = 1});
    REQUIRE_THROWS(run(2, {}, EarlyStopping{.monitor = &EpochReport::loss, .patience = 0}));
    REQUIRE(lines_of(in("a.csv")).size() == 3);
    REQUIRE(lines_of(in("a.steps.csv")).size() == 9);
    run(0, {.every_n_steps = 1});
    REQUIRE(lines_of(in("a.csv")).size() == 1);
    REQUIRE(lines_of(in("a.steps.csv")) == std::vector<std::string>{"step,epoch,loss,lr"});
    run(1, {});
    REQUIRE(names_in(folder.path()) == std::vector<std::string>{"a.csv"});
    // What no CSVLogger has written stays.
    std::ofstream(in("a.steps.csv")) << "mine";
    run(1, {});
    REQUIRE(text_of(in("a.steps.csv")) == "mine");
}

TEST_CASE("An epoch that ends without a step, of a checkpoint of its last one, has the learning rate of that step") {
    const ScratchFolder folder;
    const auto in = [&](const char* name) { return folder.path() / name; };
    const small::Data data = small::data(40);
    FitOptions halving{.epochs = 2, .batch_size = 10, .schedule = StepLR{.step_size = 2, .gamma = 0.5}};
    Net net = small::net();
    const Trainer<Net, SGD>* saving = nullptr;
    halving.on_step = [&](const StepReport& step) {
        if (step.epoch == 1 && step.step == step.steps_per_epoch) {
            save_checkpoint(*saving, in("last"));
        }
    };
    Trainer trainer(net, SGD{.lr = 0.5f}, halving);
    saving = &trainer;
    trainer.fit(data, CSVLogger{in("whole.csv")});
    halving.on_step = {};
    Trainer resumed(net, SGD{.lr = 0.5f}, halving);
    resume(resumed, in("last"));
    resumed.fit(data, CSVLogger{in("half.csv")});
    REQUIRE(history(in("half.csv")) == history(in("whole.csv")));
}

TEST_CASE("Each group of parameters has its learning rate, what is frozen has none") {
    const ScratchFolder folder;
    const auto path = folder.path() / "history";
    const small::Data data = small::data(40);
    const FitOptions two{.epochs = 2, .batch_size = 40, .schedule = StepLR{.step_size = 1, .gamma = 0.5}};
    const auto header = [&](const auto& optimizer) {
        Net net = small::net();
        Trainer(net, optimizer, two).fit(data, CSVLogger{path, {.every_n_steps = 1}});
        return lines_of(folder.path() / "history.steps");
    };
    const std::vector<std::string> groups =
        header(EMA(ParameterGroups(SGD{.lr = 0.5f}, freeze<"4">(), group<"0">(SGD{.lr = 0.125f}))));
    REQUIRE(groups[0] == "step,epoch,loss,lr_0,lr_1");
    REQUIRE(groups[1].ends_with(",0.5,0.125"));
    REQUIRE(groups[2].ends_with(",0.25,0.0625"));
    REQUIRE(history(path).at(2).ends_with(",40,0.25,0.0625"));
    REQUIRE(header(Muon{.lr = 0.5f, .adamw = {.lr = 0.25f}})[2].ends_with(",0.25,0.125"));

    Net net = small::net();
    Trainer trainer(net, ParameterGroups(SGD{.lr = 0.5f}, freeze<"4">()), two);
    REQUIRE(trainer.last_lr() == std::vector<double>{0.5});
    trainer.run_epoch(data);
    trainer.run_epoch(data);
    REQUIRE(trainer.last_lr() == std::vector<double>{0.25});
    REQUIRE(header(SGD{.lr = 0.1f})[1].ends_with(",0.1"));
    REQUIRE(history(path).at(2).ends_with(",40,0.05"));
    // Another number of groups is another history.
    header(ParameterGroups(SGD{.lr = 0.5f}, group<"0">(SGD{})));
    REQUIRE_THROWS_WITH(trainer.fit(data, CSVLogger{path}), ContainsSubstring("its first line is another"));
    fit(net, data, Still{}, {.epochs = 1, .batch_size = 40}, CSVLogger{path}, TensorBoard{folder.path() / "runs"});
    REQUIRE(lines_of(path)[0].ends_with(",images"));
}

TEST_CASE("The best network of an average is the average, and its checkpoint has the best average") {
    const ScratchFolder folder;
    const small::Data data = small::data(40);
    const FitOptions four{.epochs = 4, .batch_size = 10};
    const EarlyStopping early{.patience = 5, .restore_best_weights = true};
    const std::vector<double> values{3, 1, 2, 2};
    Net net = small::net();
    Trainer trainer(net, EMA{Adam{}, 0.5}, four);
    trainer.fit(data, Values{values}, EarlyStopping{early},
                ModelCheckpoint{.last = folder.path() / "last", .best = folder.path() / "best"});
    Net best = small::net();
    load_safetensors(best, folder.path() / "best");
    REQUIRE(small::same_bits(best, averaged(trainer)));
    Net other = small::net(2);
    Trainer resumed(other, EMA{Adam{}, 0.5}, four);
    resume(resumed, folder.path() / "last");
    REQUIRE_FALSE(small::same_bits(best, averaged(resumed)));
    resumed.restore_weights();
    REQUIRE(small::same_bits(best, averaged(resumed)));
    REQUIRE(small::same_bits(net, other));
}

TEST_CASE("A checkpoint goes on with the monitor and the mode of ModelCheckpoint") {
    const ScratchFolder folder;
    const auto last = folder.path() / "last";
    const auto best = folder.path() / "best";
    const small::Data data = small::data(40);
    Net net = small::net();
    fit(net, data, Adam{}, {.epochs = 1}, Values{{3}}, ModelCheckpoint{.last = last, .best = best});
    const auto resumed = [&](const ModelCheckpoint& saved) {
        Trainer trainer(net, Adam{}, {.epochs = 2});
        resume(trainer, last);
        trainer.fit(data, Values{{3, 2}}, ModelCheckpoint{saved});
    };
    REQUIRE_THROWS_WITH(resumed({.last = last, .best = best, .monitor = &EpochReport::loss}),
                        ContainsSubstring("begun with ModelCheckpoint on validation_loss (MonitorMode::min), and goes "
                                          "on with it on loss (MonitorMode::min)"));
    REQUIRE_THROWS_WITH(resumed({.last = last, .best = best, .mode = MonitorMode::max}),
                        ContainsSubstring("on validation_loss (MonitorMode::max)"));
    resumed({.last = folder.path() / "other", .monitor = &EpochReport::loss});  // writes no best network
    resumed({.last = last, .best = best, .mode = MonitorMode::min});
}

TEST_CASE("A training that goes on without a best network keeps the best value for one that goes on with it") {
    const ScratchFolder folder;
    const auto last = folder.path() / "last";
    const auto best = folder.path() / "best";
    const small::Data data = small::data(40);
    const std::vector<double> values{1, 0.2, 0.9, 0.8, 0.1};
    const auto run = [&](std::size_t epochs, ModelCheckpoint saved) {
        Net net = small::net();
        Trainer trainer(net, Adam{}, {.epochs = epochs});
        if (epochs > 2) {
            resume(trainer, last);
        }
        trainer.fit(data, Values{values}, saved);
        save_checkpoint(trainer, last);
        return saved;
    };
    run(2, {.best = best});
    const std::string second = text_of(best);
    const ModelCheckpoint without = run(3, {.last = folder.path() / "other", .monitor = &EpochReport::loss});
    REQUIRE(without.best_epoch == 2);
    // It was compared with nothing, and so the value is still that of the first two epochs.
    REQUIRE_THROWS_WITH(run(4, {.best = best, .mode = MonitorMode::max}),
                        ContainsSubstring("begun with ModelCheckpoint on validation_loss (MonitorMode::min)"));
    const ModelCheckpoint with = run(4, {.best = best});
    REQUIRE(with.best_epoch == 2);
    REQUIRE(with.best_value == 0.2);
    REQUIRE(text_of(best) == second);
    REQUIRE(run(5, {.best = best}).best_epoch == 5);
    REQUIRE(text_of(best) != second);
}

TEST_CASE("Checkpoints that do not say what was monitored go on") {
    const ScratchFolder folder;
    const auto last = folder.path() / "last";
    const small::Data data = small::data(40);
    Net net = small::net();
    fit(net, data, Adam{}, {.epochs = 1}, EarlierEarlyStopping{}, EarlierModelCheckpoint{},
        ModelCheckpoint{.last = last});
    const auto resumed = [&](auto callback) {
        Trainer trainer(net, Adam{}, {.epochs = 2});
        resume(trainer, last);
        trainer.fit(data, Values{{3, 2}}, callback);
        return callback;
    };
    const EarlyStopping early = resumed(EarlyStopping{.mode = MonitorMode::max, .patience = 9});
    REQUIRE(early.best_epoch == 1);
    REQUIRE(early.best == 3);
    REQUIRE(early.epochs_without_improvement == 5);
    const ModelCheckpoint saved = resumed(ModelCheckpoint{.best = folder.path() / "best"});
    REQUIRE(saved.best_epoch == 1);
    REQUIRE(saved.best_value == 1.5);
}

TEST_CASE("Callbacks that write refuse before the first step") {
    const ScratchFolder folder;
    const small::Data data = small::data(8);
    const Net before = small::net();
    Net net = before;
    const auto missing = folder.path() / "missing" / "file";
    const auto run = [&](auto callback) { fit(net, data, Adam{}, {}, Values{{1}}, callback); };
    REQUIRE_THROWS_AS(run(ModelCheckpoint{.last = missing}), FileUnwritable);
    REQUIRE_THROWS_AS(run(ModelCheckpoint{.best = missing}), FileUnwritable);
    REQUIRE_THROWS_AS(run(CSVLogger{missing}), FileUnwritable);
    std::ofstream(folder.path() / "file") << "text";
    REQUIRE_THROWS_AS(fit(net, data, Adam{}, {}, TensorBoard{folder.path() / "file"}), FileUnwritable);
    REQUIRE_THROWS_WITH(run(ModelCheckpoint{}), ContainsSubstring("has no path"));
    const auto run_both = [&](const std::filesystem::path& last, const std::filesystem::path& best) {
        run(ModelCheckpoint{.last = last, .best = best});
    };
    std::filesystem::create_directory_symlink(".", folder.path() / "link");
    REQUIRE_THROWS_WITH(run_both("a", "a"), ContainsSubstring("the same file"));
    REQUIRE_THROWS_WITH(run_both("a", std::filesystem::current_path() / "a"), ContainsSubstring("the same file"));
    REQUIRE_THROWS_WITH(run_both(folder.path() / "a", folder.path() / "link" / "a"),
                        ContainsSubstring("the same file"));
    std::filesystem::remove(folder.path() / "link");
    REQUIRE_THROWS_WITH(fit(net, data, Adam{}, {}, ModelCheckpoint{.best = folder.path() / "best"}),
                        ContainsSubstring("ModelCheckpoint monitors a validation value, but there is no validation"));
    REQUIRE(small::same_bits(net, before));
    REQUIRE(names_in(folder.path()) == std::vector<std::string>{"file"});

    // Another file is not continued.
    Trainer trainer(net, Adam{}, {.epochs = 2});
    trainer.run_epoch(data);
    REQUIRE_THROWS_WITH(trainer.fit(data, CSVLogger{folder.path() / "file"}),
                        ContainsSubstring("is no history of CSVLogger"));
    REQUIRE(text_of(folder.path() / "file") == "text");
    // Nor is one that a training continues within its first epoch.
    Trainer first(net, Adam{}, {.epochs = 2, .max_steps = 1, .batch_size = 4});
    first.fit(data);
    REQUIRE(first.epochs() == 0);
    REQUIRE_THROWS_WITH(first.fit(data, CSVLogger{folder.path() / "file"}),
                        ContainsSubstring("is no history of CSVLogger"));
    REQUIRE(text_of(folder.path() / "file") == "text");
}
