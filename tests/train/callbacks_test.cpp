// SPDX-License-Identifier: MIT
#include <ctcnn/train/callbacks.hpp>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/optim/reduce_lr_on_plateau.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/averaged.hpp>
#include <ctcnn/train/callbacks/early_stopping.hpp>
#include <ctcnn/train/callbacks/time_limit.hpp>
#include <ctcnn/train/callbacks/validation.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/metrics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "small.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;
using small::Net;

namespace {

/// Writes down what is called.
struct Diary {
    std::string* text;

    void on_train_begin(const FitPlan& plan) {
        *text += "begin " + std::to_string(plan.epochs) + " " + std::to_string(plan.steps_per_epoch) + " " +
                 std::to_string(plan.steps) + (plan.validates ? " validates;" : ";");
    }
    void on_step(const StepReport& report) { *text += " step " + std::to_string(report.step); }
    void on_epoch(const EpochReport& report, auto& trainer) {
        *text += " epoch " + std::to_string(report.epoch) + " of " + std::to_string(trainer.steps());
    }
    void on_train_end(const FitReport& report) { *text += report.stopped ? "; stopped" : "; end"; }
};

// Members that cannot be called, as functions and as templates; all others of the callback can.
struct Callable {
    bool should_stop() { return false; }
    void on_train_begin() {}
    void on_step(const StepReport&) {}
    void measure(EpochReport&, auto&) {}
    void on_epoch(const EpochReport&, auto&) {}
    void after_epoch(const EpochReport&, auto&) {}
    void on_train_end() {}
    std::array<double, 1> state() const { return {}; }
    void set_state(const std::array<double, 1>&) {}
};
struct WrongOnTrainBegin : Callable {
    void on_train_begin(FitPlan&, int) {}
};
struct WrongTemplateOfOnTrainBegin : Callable {
    void on_train_begin(FitPlan&, auto&) {}
};
struct WrongOnStep : Callable {
    void on_step(StepReport&) {}
};
struct WrongTemplateOfOnStep : Callable {
    void on_step(StepReport&, auto&) {}
};
struct WrongMeasure : Callable {
    void measure(EpochReport&) {}
};
struct WrongTemplateOfMeasure : Callable {
    void measure(const std::string&, auto&) {}
};
struct WrongOnEpoch : Callable {
    void on_epoch(EpochReport&, int) {}
};
struct WrongTemplateOfOnEpoch : Callable {
    void on_epoch(EpochReport&, int, auto&) {}
};
struct WrongAfterEpoch : Callable {
    void after_epoch(const EpochReport&) {}
};
struct WrongTemplateOfAfterEpoch : Callable {
    void after_epoch(int, auto&) {}
};
struct WrongOnTrainEnd : Callable {
    void on_train_end(FitReport&) {}
};
struct WrongTemplateOfOnTrainEnd : Callable {
    void on_train_end(FitReport&, auto&) {}
};
struct WrongShouldStop : Callable {
    bool should_stop(int) { return false; }
};
struct WrongSetState : Callable {
    void set_state(int*) {}
};

// A callback that has come to remember more.
struct Saved {
    static constexpr const char* name = "Counting";
    void on_epoch(const EpochReport&) {}
    std::array<double, 2> state() const { return {3, 4}; }
    void set_state(std::span<const double>) {}
};
struct Larger {
    static constexpr const char* name = "Counting";
    std::array<double, 3> numbers{7, 7, 7};
    void on_epoch(const EpochReport&) {}
    std::array<double, 3> state() const { return numbers; }
    void set_state(std::span<const double> state) { std::ranges::copy(state, numbers.begin()); }
};
struct Extended : Larger {
    static constexpr std::size_t earlier_state_count = 2;
};
struct OfAnother : Larger {
    static constexpr std::size_t earlier_state_count = 1;
};

/// Members that ask for the trainer.
struct WithTrainer {
    std::string* text;
    void on_train_begin(const FitPlan& plan, auto& trainer) {
        *text += "begin " + std::to_string(plan.steps) + " at " + std::to_string(trainer.steps());
    }
    void on_step(const StepReport& report, auto& trainer) {
        *text += ", step " + std::to_string(report.step) + " of epoch " + std::to_string(report.epoch) + " at " +
                 std::to_string(trainer.steps());
    }
    void after_epoch(const EpochReport& report, auto& trainer) {
        *text += ", behind " + std::to_string(report.epoch) + " at " + std::to_string(trainer.steps());
    }
    void on_train_end(const FitReport& report, auto& trainer) {
        *text += ", end " + std::to_string(report.steps) + " at " + std::to_string(trainer.steps());
    }
};

constexpr FitPlan plan_alone{};
static_assert(!plan_alone.validates_loss && !plan_alone.validates_accuracy && !plan_alone.validates_metric);

template <typename C>
constexpr bool all_called = detail_::train::MembersAreCalled<C, Trainer<Net, SGD>>;
static_assert(all_called<Callable> && all_called<Diary>);
static_assert(!all_called<WrongOnTrainBegin> && !all_called<WrongTemplateOfOnTrainBegin>);
static_assert(!all_called<WrongOnStep> && !all_called<WrongTemplateOfOnStep>);
static_assert(!all_called<WrongMeasure> && !all_called<WrongTemplateOfMeasure>);
static_assert(!all_called<WrongOnEpoch> && !all_called<WrongTemplateOfOnEpoch>);
static_assert(!all_called<WrongAfterEpoch> && !all_called<WrongTemplateOfAfterEpoch>);
static_assert(!all_called<WrongOnTrainEnd> && !all_called<WrongTemplateOfOnTrainEnd>);
static_assert(!all_called<WrongShouldStop> && !all_called<WrongSetState>);

/// A callback that sets what others monitor.
struct Values {
    std::vector<double> values;
    void measure(EpochReport& report, auto&) { report.validation_loss = values.at(report.epoch - 1); }
};

/// A callback that measures a metric alone.
struct MetricAlone {
    static constexpr bool has_loss = false;
    static constexpr bool has_accuracy = false;
    void measure(EpochReport& report, auto&) { report.validation_metric = 1; }
};

/// Callbacks that measure all, whatever their own members of these names are.
struct OrdinaryMembers {
    bool has_loss = false;
    static inline bool has_accuracy = false;
    bool has_metric() const { return false; }
    void measure(EpochReport& report, auto&) const {
        report.validation_loss = has_loss ? 2 : 1;
        report.validation_accuracy = has_accuracy || has_metric() ? 1 : 0;
        report.validation_metric = 1;
    }
};

/// The networks of averages, and the validation loss.
struct AverageWatch {
    std::vector<Net>* nets;
    void on_epoch(const EpochReport&, auto& training) { nets->push_back(averaged(training)); }
};
struct LossWatch {
    double* loss;
    void on_epoch(const EpochReport& epoch, auto&) { *loss = epoch.validation_loss; }
};

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("Callbacks are called in their order, and do not change the training") {
    const small::Data data = small::data(50);
    Net wanted = small::net();
    fit(wanted, data, SGD{.lr = 0.1f}, {.epochs = 2, .batch_size = 30});
    std::string text;
    Net net = small::net();
    const FitReport report =
        fit(net, data, SGD{.lr = 0.1f}, {.epochs = 2, .batch_size = 30}, Validation{data}, Diary{&text});
    REQUIRE(text == "begin 2 2 4 validates; step 1 step 2 epoch 1 of 2 step 1 step 2 epoch 2 of 4; end");
    REQUIRE(small::same_bits(net, wanted));
    const Evaluation found = evaluate(net, data);
    REQUIRE(report.epochs.at(1).validation_loss == found.loss);
    REQUIRE(report.epochs.at(1).validation_accuracy == found.accuracy);
    REQUIRE(std::isnan(report.epochs.at(1).validation_metric));
}

TEST_CASE("A metric of the validation set, the loss before the callbacks, and on_epoch of the options") {
    const small::Data data = small::data(50);
    Net net = small::net();
    double seen = 0;
    const FitReport report =
        fit(net, data, SGD{.lr = 0.1f}, {.on_epoch = [&](const EpochReport& epoch) { seen = epoch.validation_metric; }},
            CrossEntropyLoss{}, Validation{data, Accuracy{.top_k = 2}});
    REQUIRE(report.epochs.at(0).validation_metric == evaluate(net, data, Accuracy{.top_k = 2}));
    REQUIRE(seen == report.epochs.at(0).validation_metric);
}

TEST_CASE("EarlyStopping counts epochs without improvement; NaN and infinity are never the best") {
    const small::Data data = small::data(8);
    const auto run = [&](std::vector<double> values, EarlyStopping early) {
        values.resize(20, 100);
        Net net = small::net();
        const FitReport report = fit(net, data, SGD{.lr = 0.01f}, {.epochs = 20}, Values{values}, early);
        REQUIRE(report.stopped);
        REQUIRE(report.epochs.size() == early.best_epoch + early.patience);
        return early;
    };
    REQUIRE(run({3, 2, 2, 2.5}, {.patience = 2}).best_epoch == 2);
    REQUIRE(run({3, 4, 2, 4, undefined}, {.patience = 2}).best_epoch == 3);
    REQUIRE(run({3, 2.5, 2, 1.9}, {.patience = 4, .min_delta = 0.75}).best == 2);
    REQUIRE(run({1, 2, 3, undefined, infinite}, {.mode = MonitorMode::max, .patience = 14}).best == 100);
    REQUIRE(run({undefined, undefined, 5, -infinite}, {.patience = 3}).best_epoch == 3);
    // No finite value at all.
    const EarlyStopping none = run(std::vector<double>(20, undefined), {.patience = 3, .restore_best_weights = true});
    REQUIRE(none.best_epoch == 0);
    REQUIRE(std::isnan(none.best));
}

TEST_CASE("What EarlyStopping takes without being told, and has found before a training") {
    const EarlyStopping early;
    REQUIRE(early.monitor == &EpochReport::validation_loss);
    REQUIRE(early.mode == MonitorMode::automatic);
    REQUIRE(early.patience == 3);
    REQUIRE(early.min_delta == 0);
    REQUIRE_FALSE(early.restore_best_weights);
    REQUIRE(std::isnan(early.best));
    REQUIRE(early.best_epoch == 0);
    REQUIRE(early.epochs_without_improvement == 0);
}

TEST_CASE("EarlyStopping begins anew in each training") {
    const small::Data data = small::data(8);
    EarlyStopping early{.patience = 2};
    for (const double best : {1.0, 2.0}) {
        Net net = small::net();
        fit(net, data, SGD{.lr = 0.1f}, {.epochs = 5}, Values{{4, best, 3, 3, 3}}, early);
        REQUIRE(early.best == best);
        REQUIRE(early.best_epoch == 2);
        REQUIRE(early.epochs_without_improvement == 2);
    }
}

TEST_CASE("The state of EarlyStopping says what it monitors") {
    const std::array<Monitored, 5> values{&EpochReport::loss, &EpochReport::seconds, &EpochReport::validation_loss,
                                          &EpochReport::validation_accuracy, &EpochReport::validation_metric};
    for (std::size_t n = 0; n < values.size(); ++n) {
        for (const MonitorMode mode : {MonitorMode::automatic, MonitorMode::min, MonitorMode::max}) {
            const bool higher = mode == MonitorMode::max || (mode == MonitorMode::automatic && n == 3);
            EarlyStopping early{.monitor = values[n], .mode = mode};
            const auto state = early.state();
            REQUIRE(state[3] == static_cast<double>(n + 1));
            REQUIRE(state[4] == (higher ? 1 : 0));
            early.set_state(std::array{1.0, 2.0, 1.0, state[3], state[4]});
            for (const double other : {-1.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0}) {
                const auto set = [&] { early.set_state(std::array{1.0, 2.0, 1.0, other, state[4]}); };
                if (other < 0 || other > 5) {
                    REQUIRE_THROWS_WITH(set(), ContainsSubstring("it is damaged"));
                } else if (other < state[3] || other > state[3]) {
                    REQUIRE_THROWS_WITH(set(),
                                        ContainsSubstring(other < 1 ? "on no value (MonitorMode::" : "begun with"));
                }
            }
            REQUIRE_THROWS_WITH(early.set_state(std::array{1.0, 2.0, 1.0, state[3], 1 - state[4]}),
                                ContainsSubstring("continue with the same .monitor and .mode"));
        }
    }
}

TEST_CASE("EarlyStopping refuses a state that it cannot have saved") {
    EarlyStopping early;
    const auto refuses = [&](double epoch, double count) {
        try {
            early.set_state(std::array{1.0, epoch, count, 0.0, 0.0});
        } catch (const std::invalid_argument&) {
            return true;
        }
        return false;
    };
    REQUIRE_FALSE(refuses(0, 0));
    REQUIRE_FALSE(refuses(7, 2));
    REQUIRE(early.best_epoch == 7);
    REQUIRE(early.epochs_without_improvement == 2);
    for (const double wrong : {-1.0, 9e15, undefined, infinite}) {
        REQUIRE(refuses(wrong, 2));
        REQUIRE(refuses(7, wrong));
    }
}

TEST_CASE("two callbacks that restore weights are refused, of which a trainer keeps one copy") {
    const small::Data data = small::data(40);
    EarlyStopping one{.restore_best_weights = true};
    EarlyStopping two = one;
    Net net = small::net();
    CHECK_THROWS_AS(fit(net, data, Adam{}, {}, Values{{1}}, one, two), std::invalid_argument);
    CHECK(small::same_bits(net, small::net()));
    CHECK_NOTHROW(fit(net, data, Adam{}, {}, Values{{1}}, one, EarlyStopping{}));
}

TEST_CASE("EarlyStopping restores the parameters of the best epoch") {
    const small::Data data = small::data(40);
    std::vector<Net> nets;
    const FitOptions options{.epochs = 9, .batch_size = 10};
    Net net = small::net();
    FitOptions watched = options;
    watched.on_epoch = [&](const EpochReport&) { nets.push_back(net); };
    const std::vector<double> values{5, 4, 3, 4, 4, 4, 4, 4, 4};
    fit(net, data, Adam{}, watched, Values{values}, EarlyStopping{.patience = 2, .restore_best_weights = true});
    REQUIRE(nets.size() == 5);
    REQUIRE(small::same_bits(net, nets[2]));
    REQUIRE_FALSE(small::same_bits(net, nets[4]));

    // Without it, and where something else ends the training, the last parameters stay.
    nets.clear();
    net = small::net();
    fit(net, data, Adam{}, watched, Values{values}, EarlyStopping{.patience = 2});
    REQUIRE(small::same_bits(net, nets.at(4)));
    nets.clear();
    net = small::net();
    watched.should_stop = [&] { return nets.size() == 4; };
    fit(net, data, Adam{}, watched, Values{values}, EarlyStopping{.patience = 2, .restore_best_weights = true});
    REQUIRE(small::same_bits(net, nets.at(3)));
    // The last epoch of all ends it, too.
    nets.clear();
    net = small::net();
    watched.should_stop = {};
    fit(net, data, Adam{}, watched, Values{values}, EarlyStopping{.patience = 8, .restore_best_weights = true});
    REQUIRE(small::same_bits(net, nets.at(2)));
    // Also where something else would have ended the training with that epoch, or with the last of max_steps.
    nets.clear();
    net = small::net();
    watched.should_stop = [&] { return nets.size() == 9; };
    REQUIRE(fit(net, data, Adam{}, watched, Values{values}, EarlyStopping{.patience = 8, .restore_best_weights = true})
                .stopped);
    REQUIRE(small::same_bits(net, nets.at(2)));
    nets.clear();
    net = small::net();
    watched.max_steps = 16;
    watched.should_stop = [&] { return nets.size() == 4; };
    fit(net, data, Adam{}, watched, Values{values}, EarlyStopping{.patience = 8, .restore_best_weights = true});
    REQUIRE(small::same_bits(net, nets.at(2)));
    watched.max_steps = 0;
    watched.should_stop = {};
    // The first one may be the best.
    nets.clear();
    net = small::net();
    fit(net, data, Adam{}, watched, Values{{1, 2, 3}}, EarlyStopping{.patience = 2, .restore_best_weights = true});
    REQUIRE(nets.size() == 3);
    REQUIRE(small::same_bits(net, nets.at(0)));
}

TEST_CASE("The running statistics are restored with the parameters") {
    using Normed = Sequential<Input<2>, Linear<2, 3>, BatchNorm1d<3>>;
    const Dataset<Shape<2>> data(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 9}, std::vector<std::uint8_t>{0, 1, 2, 0});
    Normed net{};
    initialize(net, XavierUniform{});
    std::vector<Normed> nets;
    fit(net, data, SGD{.lr = 0.1f}, {.epochs = 5, .on_epoch = [&](const EpochReport&) { nets.push_back(net); }},
        Values{{3, 1, 2, 2, 2}}, EarlyStopping{.patience = 2, .restore_best_weights = true});
    REQUIRE(nets.size() == 4);
    REQUIRE(small::same_bits(net, nets[1]));
    REQUIRE(std::ranges::equal(net.buffers(), nets[1].buffers()));
    REQUIRE_FALSE(std::ranges::equal(net.buffers(), nets[3].buffers()));
}

TEST_CASE("Callbacks are numbered apart for each name, and each has its own state") {
    detail_::train::StateKeys keys;
    REQUIRE(keys.next<EarlyStopping>() == "0.EarlyStopping");
    REQUIRE(keys.next<Values>() == "0");
    REQUIRE(keys.next<EarlyStopping>() == "1.EarlyStopping");
    REQUIRE(keys.next<Values>() == "1");

    detail_::train::CallbackStates<> states;
    const auto set = [&](const char* key, std::vector<double> numbers) { states.set(key, numbers); };
    const auto holds = [&](const char* key, std::vector<double> numbers) {
        const std::size_t n = states.find(key);
        return n < states.size() && std::ranges::equal(states.numbers(n), numbers);
    };
    set("a", {1, 2});
    set("b", {3});
    set("c", {4, 5, 6});
    set("b", {7});
    REQUIRE((states.size() == 3 && holds("a", {1, 2}) && holds("b", {7}) && holds("c", {4, 5, 6})));
    // Of another size.
    set("b", {8, 9});
    REQUIRE((states.size() == 3 && holds("a", {1, 2}) && holds("b", {8, 9}) && holds("c", {4, 5, 6})));
    set("a", {});
    REQUIRE((states.size() == 3 && holds("a", {}) && holds("b", {8, 9}) && holds("c", {4, 5, 6})));
}

TEST_CASE("Members of a callback may ask for the trainer, or for nothing") {
    struct WithNothing {
        std::string* text;
        void on_train_begin() { *text += "begin"; }
        void on_step() { *text += ", step"; }
        void on_epoch() { *text += ", epoch"; }
        void on_train_end() { *text += ", end"; }
    };
    const small::Data data = small::data(8);
    Net net = small::net();
    std::string with_trainer;
    std::string with_nothing;
    fit(net, data, SGD{.lr = 0.1f}, {.epochs = 2, .batch_size = 8}, WithTrainer{&with_trainer},
        WithNothing{&with_nothing});
    REQUIRE(with_trainer ==
            "begin 2 at 0, step 1 of epoch 1 at 1, behind 1 at 1, step 1 of epoch 2 at 2, behind 2 at 2, end 2 at 2");
    REQUIRE(with_nothing == "begin, step, epoch, step, epoch, end");
}

TEST_CASE("A callback may have had a smaller state") {
    const small::Data data = small::data(8);
    Net net = small::net();
    Trainer trainer(net, SGD{.lr = 0.1f}, {.epochs = 1});
    trainer.fit(data, Saved{});
    Extended extended;
    trainer.fit(data, extended);
    REQUIRE(extended.numbers == std::array<double, 3>{3, 4, 0});
    REQUIRE_THROWS_WITH(trainer.fit(data, Larger{}), ContainsSubstring("another size"));
    REQUIRE_THROWS_WITH(trainer.fit(data, OfAnother{}), ContainsSubstring("another size"));
}

TEST_CASE("With an average, the validation and the best weights are those of the average") {
    const small::Data data = small::data(40);
    Net net = small::net();
    Trainer trainer(net, EMA{SGD{.lr = 0.1f}, 0.5}, {.epochs = 4, .batch_size = 10});
    std::vector<Net> nets;
    const FitReport report = trainer.fit(data, Validation{data}, Values{{3, 1, 2, 2}}, AverageWatch{&nets},
                                         EarlyStopping{.patience = 2, .restore_best_weights = true});
    REQUIRE(report.epochs.size() == 4);
    REQUIRE(small::same_bits(averaged(trainer), nets.at(1)));
    double loss = 0;
    Net other = small::net();
    Trainer again(other, EMA{SGD{.lr = 0.1f}, 0.5}, {.epochs = 1, .batch_size = 10});
    again.fit(data, Validation{data}, LossWatch{&loss});
    REQUIRE(loss == evaluate(averaged(again), data).loss);
}

TEST_CASE("A training that is interrupted and goes on ends as one that is not, with all that callbacks remember") {
    const small::Data data = small::data(40);
    const std::vector<double> values{5, 4, 3, 4, 4, 4, 4, 4, 4};
    const FitOptions options{.epochs = 9, .batch_size = 10, .schedule = ReduceLROnPlateau{.patience = 0}};
    const EarlyStopping early{.patience = 3, .restore_best_weights = true};
    Net wanted = small::net();
    const FitReport report = fit(wanted, data, Adam{}, options, Values{values}, EarlyStopping{early});
    REQUIRE(report.epochs.size() == 6);
    for (const std::size_t stop : {1U, 13U, 16U, 18U}) {
        Net net = small::net();
        std::size_t asked = 0;
        FitOptions stopping = options;
        stopping.should_stop = [&] { return ++asked == stop; };
        Trainer trainer(net, Adam{}, stopping);
        REQUIRE(trainer.fit(data, Values{values}, EarlyStopping{early}).stopped);
        EarlyStopping second = early;
        REQUIRE(trainer.fit(data, Values{values}, second).stopped);
        REQUIRE(second.best_epoch == 3);
        REQUIRE(trainer.epochs() == 6);
        REQUIRE(small::same_bits(net, wanted));
        // There is nothing left to do.
        const FitReport third = trainer.fit(data, Values{values}, EarlyStopping{early});
        REQUIRE(third.stopped);
        REQUIRE(third.steps == 24);
        REQUIRE(third.epochs.empty());
    }
}

TEST_CASE("The best weights before the first average are those of the network") {
    const small::Data data = small::data(40);
    Net net = small::net();
    Trainer trainer(net, SWA{SGD{.lr = 0.1f}, 10}, {.epochs = 4, .batch_size = 20});
    EarlyStopping early{.patience = 3, .restore_best_weights = true};
    trainer.fit(data, Values{{1, 2, 3, 4}}, early);
    REQUIRE(early.best_epoch == 1);
    REQUIRE(small::same_bits(averaged(trainer), net));
}

TEST_CASE("A validation loss that is NaN is a bad epoch for ReduceLROnPlateau, and no best one") {
    const small::Data data = small::data(8);
    const auto reductions = [&](const std::vector<double>& values) {
        Net net = small::net();
        Trainer trainer(net, SGD{.lr = 0.1f}, {.epochs = values.size(), .schedule = ReduceLROnPlateau{.patience = 0}});
        trainer.fit(data, Values{values});
        return net;
    };
    REQUIRE(small::same_bits(reductions({9, 8, undefined, 7, 6}), reductions({9, 8, 8, 7, 6})));
}

TEST_CASE("Where no callback measures the validation loss, ReduceLROnPlateau follows the loss of the epoch") {
    const small::Data data = small::data(8);
    const auto trained = [&](auto... callbacks) {
        Net net = small::net();
        fit(net, data, SGD{.lr = 0.1f}, {.epochs = 6, .schedule = ReduceLROnPlateau{.patience = 0, .threshold = 0}},
            callbacks...);
        return net;
    };
    REQUIRE(small::same_bits(trained(MetricAlone{}), trained()));
    REQUIRE_FALSE(small::same_bits(trained(Values{{1, 1, 1, 1, 1, 1}}), trained()));
    Net net = small::net();
    REQUIRE_THROWS_WITH(fit(net, data, SGD{.lr = 0.1f}, {.schedule = ReduceLROnPlateau{.mode = PlateauMode::max}}),
                        ContainsSubstring("mode is max, but without a metric"));
}

TEST_CASE("Accuracy is no monitor where targets are tensors") {
    using Small = Sequential<Input<2>, Linear<2, 1>>;
    const std::vector<float> numbers{1, 2, 3, 4, 5, 6, 7, 8};
    const Dataset<Shape<2>, float, Tensor<float, Shape<1>>> data(numbers, std::vector<float>{1, 2, 3, 4});
    Small net{};
    initialize(net, XavierUniform{});
    const auto run = [&](auto... callbacks) {
        fit(net, data, SGD{.lr = 0.001f}, {}, MSELoss{}, Validation{data}, callbacks...);
    };
    REQUIRE_THROWS_WITH(run(EarlyStopping{.monitor = &EpochReport::validation_accuracy}),
                        ContainsSubstring("If they are tensors, there is no accuracy") &&
                            ContainsSubstring("and .mode = MonitorMode::min"));
    // What is advised works.
    fit(net, data, SGD{.lr = 0.001f}, {}, MSELoss{}, Validation{data, MeanAbsoluteError{}},
        EarlyStopping{.monitor = &EpochReport::validation_metric, .mode = MonitorMode::min});
    run(EarlyStopping{});
    // Labels have an accuracy, also as targets of another kind of data set.
    STATIC_REQUIRE(Validation<const small::Data&>::has_accuracy);
    STATIC_REQUIRE_FALSE(Validation<decltype(data)&>::has_accuracy);
}

TEST_CASE("Only a constant says that a callback does not measure a value") {
    const small::Data data = small::data(8);
    Net net = small::net();
    for (const Monitored monitor :
         {&EpochReport::validation_loss, &EpochReport::validation_accuracy, &EpochReport::validation_metric}) {
        fit(net, data, SGD{.lr = 0.1f}, {}, CrossEntropyLoss{}, OrdinaryMembers{},
            EarlyStopping{.monitor = monitor, .mode = MonitorMode::min});
    }
    REQUIRE_THROWS_WITH(fit(net, data, SGD{.lr = 0.1f}, {}, CrossEntropyLoss{}, MetricAlone{}, EarlyStopping{}),
                        ContainsSubstring("no callback measures it"));
}

TEST_CASE("A training goes on with the monitor and the mode that it was begun with") {
    const small::Data data = small::data(8);
    Net net = small::net();
    Trainer trainer(net, SGD{.lr = 0.1f}, {.epochs = 2, .batch_size = 8});
    trainer.fit(data, Values{{1, 2}}, EarlyStopping{});
    const auto refused = [&](const EarlyStopping& early) {
        REQUIRE_THROWS_WITH(trainer.fit(data, Values{{1, 2}}, EarlyStopping{early}),
                            ContainsSubstring("begun with EarlyStopping on validation_loss (MonitorMode::min), and "
                                              "goes on with it on ") &&
                                ContainsSubstring("continue with the same .monitor and .mode"));
    };
    refused({.monitor = &EpochReport::loss});
    refused({.mode = MonitorMode::max});
    trainer.fit(data, Values{{1, 2}}, EarlyStopping{.mode = MonitorMode::min, .patience = 9});
}

TEST_CASE("on_epoch of the options saves what callbacks remember of this epoch") {
    const small::Data data = small::data(8);
    Net net = small::net();
    std::size_t seen = 0;
    EarlyStopping early{};
    fit(net, data, SGD{.lr = 0.1f}, {.epochs = 1, .on_epoch = [&](const EpochReport&) { seen = early.best_epoch; }},
        CrossEntropyLoss{}, Values{{1}}, early);
    REQUIRE(seen == 1);
}

TEST_CASE("The state of a callback is found by its name, whatever stands before it") {
    const small::Data data = small::data(8);
    Net net = small::net();
    EarlyStopping early{.patience = 9};
    std::string text;
    Trainer trainer(net, SGD{.lr = 0.1f}, {.epochs = 2, .batch_size = 8});
    trainer.fit(data, Values{{1, 2}}, Diary{&text}, early);
    REQUIRE(early.best_epoch == 1);
    early.best_epoch = 0;
    trainer.fit(data, Diary{&text}, Values{{1, 2}}, TimeLimit{.seconds = 1e6}, early);
    REQUIRE(early.best_epoch == 1);
    REQUIRE(early.epochs_without_improvement == 1);
}

TEST_CASE("A callback that has stopped a training does not prevent another one") {
    struct Once {
        bool stopped = false;
        void on_epoch(const EpochReport&) { stopped = true; }
        bool should_stop() const { return stopped; }
    };
    const small::Data data = small::data(8);
    Once once;
    for (int fold = 0; fold < 2; ++fold) {
        Net net = small::net();
        REQUIRE(fit(net, data, SGD{.lr = 0.1f}, {.epochs = 3}, CrossEntropyLoss{}, once).steps == 1);
    }
}

TEST_CASE("A time limit ends a training after a step") {
    const small::Data data = small::data(40);
    Net net = small::net();
    const FitReport report = fit(net, data, SGD{.lr = 0.01f}, {.epochs = 100000000}, TimeLimit{.seconds = 1e-9});
    REQUIRE(report.stopped);
    REQUIRE(report.steps <= 1);
    REQUIRE_FALSE(fit(net, data, SGD{.lr = 0.01f}, {.epochs = 1}, TimeLimit{.seconds = 3600}).stopped);
}

TEST_CASE("Callbacks refuse what makes no sense, before the first step") {
    const small::Data data = small::data(8);
    const Net before = small::net();
    Net net = before;
    const auto refused = [&](auto... callbacks) -> std::string {
        try {
            fit(net, data, SGD{.lr = 0.01f}, {}, callbacks...);
        } catch (const std::invalid_argument& error) {
            REQUIRE(small::same_bits(net, before));
            return error.what();
        }
        return "";
    };
    for (const Monitored monitor :
         {&EpochReport::validation_loss, &EpochReport::validation_accuracy, &EpochReport::validation_metric}) {
        REQUIRE_THAT(refused(EarlyStopping{.monitor = monitor}),
                     ContainsSubstring("there is no validation: add Validation{validation_set}"));
    }
    REQUIRE_THAT(refused(EarlyStopping{.monitor = &EpochReport::loss, .patience = 0}),
                 ContainsSubstring("patience is 0"));
    REQUIRE_THAT(refused(EarlyStopping{.monitor = &EpochReport::loss, .min_delta = -1}),
                 ContainsSubstring("min_delta"));
    REQUIRE_THAT(refused(EarlyStopping{.monitor = &EpochReport::loss, .min_delta = undefined}),
                 ContainsSubstring("min_delta"));
    REQUIRE_THAT(refused(Values{{1}}, EarlyStopping{.monitor = &EpochReport::validation_metric}),
                 ContainsSubstring("choose .mode = MonitorMode::max"));
    REQUIRE_THAT(refused(EarlyStopping{.monitor = nullptr}), ContainsSubstring("monitor is null"));
    REQUIRE_THAT(refused(Validation{data}, EarlyStopping{.monitor = &EpochReport::validation_metric}),
                 ContainsSubstring("Validation has none"));
    REQUIRE_THAT(refused(MetricAlone{}, EarlyStopping{}),
                 ContainsSubstring("monitors the validation loss, but no callback measures it"));
    REQUIRE_THAT(refused(MetricAlone{}, EarlyStopping{.monitor = &EpochReport::validation_accuracy}),
                 ContainsSubstring("monitors the validation accuracy, but no callback measures it"));
    REQUIRE_THAT(refused(TimeLimit{}), ContainsSubstring("TimeLimit::seconds"));
    const small::Data empty = small::data(0);
    REQUIRE_THAT(refused(Validation{empty}), ContainsSubstring("the validation set is refused: the data set is empty"));
    const Dataset<Net::input_shape> unlabelled(data.images(), std::vector<int>{0, 1, 2, 255, 0, 1, 2, 0});
    REQUIRE_THAT(refused(Validation{unlabelled}),
                 ContainsSubstring("the validation set is refused: label 255 of image 3 is out of range"));
    const auto begun = [&](const auto& metric) -> std::string {
        try {
            fit(net, data, SGD{.lr = 0.01f}, {}, CrossEntropyLoss{.ignore_index = 255}, Validation{unlabelled, metric});
        } catch (const std::invalid_argument& error) {
            REQUIRE(small::same_bits(net, before));
            return error.what();
        }
        return "";
    };
    const std::string refusal =
        "the validation set is refused: label 255 of image 3 is out of range: the network has 3 outputs, 0 to 2";
    const auto constant = [](const auto&, int) { return 1; };
    REQUIRE(begun(Accuracy{}) == refusal + "; give the metric the .ignore_index of the loss");
    REQUIRE(begun(constant) == refusal);
    REQUIRE(begun(Accuracy{.ignore_index = 255}).empty());
    // What a callback throws ends the training, and the trainer calls it no more.
    struct Throws {
        void on_epoch(const EpochReport&) { throw std::runtime_error("enough"); }
    };
    Trainer trainer(net, SGD{.lr = 0.01f});
    REQUIRE_THROWS_WITH(trainer.fit(data, Throws{}), "enough");
    trainer.run_epoch(data);
}
