// SPDX-License-Identifier: MIT
#include <ctcnn/train/schedule.hpp>

#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/optim/one_cycle.hpp>
#include <ctcnn/optim/parameter_groups.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../golden/golden.hpp"
#include "catch.hpp"
#include "small.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;
using small::Net;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// Two epochs of three steps.
constexpr std::size_t step_count = 6;
const small::Data& data() {
    static const small::Data result = small::data(25);
    return result;
}
FitOptions options(decltype(FitOptions::schedule) schedule) {
    return {.epochs = 2, .batch_size = 10, .shuffle = false, .schedule = std::move(schedule)};
}

template <typename Optimizer>
Net fitted(const Optimizer& optimizer, const FitOptions& options) {
    Net net = small::net();
    fit(net, data(), optimizer, options);
    return net;
}

/// The same by a loop, in which set(optimizer, step) chooses the settings of each step.
template <typename Optimizer, typename Set>
Net by_hand(Optimizer optimizer, const Set& set, std::size_t steps = step_count) {
    Net net = small::net();
    std::vector<float> state(Optimizer::state_count * Net::parameter_count);
    for (std::size_t step = 1; step <= steps; ++step) {
        const std::size_t first = (step - 1) % 3 * 10;
        const std::size_t count = std::min<std::size_t>(10, data().size() - first);
        const auto result = value_and_grad(net, CrossEntropyLoss{}, data().images().subspan(first, count),
                                           data().labels().subspan(first, count));
        set(optimizer, step);
        std::array<std::span<float>, Optimizer::state_count> parts;
        for (std::size_t s = 0; s < parts.size(); ++s) {
            parts[s] = std::span(state).subspan(s * Net::parameter_count, Net::parameter_count);
        }
        optimizer.step(std::span<float>(net.parameters()), std::span<const float>(result.gradients.parameters()), parts,
                       step);
    }
    return net;
}

bool same(const Net& a, const Net& b) { return small::same_bits(a.parameters(), b.parameters()); }

double half(double) { return 0.5; }

template <typename Action>
std::string refusal(const Action& action) {
    try {
        action();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

/// An optimizer without momentum: every parameter moves by the same length.
struct SignDescent {
    double lr = 0.01;
    static constexpr std::size_t state_count = 0;
    template <typename T>
    void step(std::span<T> parameters, std::span<const T> gradients, std::array<std::span<T>, 0>, std::uint64_t) const {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            parameters[i] -= static_cast<T>(gradients[i] > 0 ? lr : -lr);
        }
    }
};

/// An optimizer whose learning rate cannot be set.
struct Fixed {
    static constexpr std::size_t state_count = 0;
    template <typename T>
    void step(std::span<T> parameters, std::span<const T> gradients, std::array<std::span<T>, 0>, std::uint64_t) const {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            parameters[i] -= T(0.1) * gradients[i];
        }
    }
};

/// A schedule with all that a schedule may have.
struct Own {
    double last = 0.5;
    void validate() const {
        if (last > 1) {
            throw std::invalid_argument("Own::last");
        }
    }
    double operator()(std::size_t step, std::size_t) const { return 1 / static_cast<double>(step); }
    std::optional<double> momentum(std::size_t step, std::size_t steps) const {
        return step + 1 == steps ? std::optional(last) : std::nullopt;
    }
};

}  // namespace

TEST_CASE("a schedule is called with the progress, or with the step and the number of steps") {
    const SGD sgd{.lr = 0.5f, .momentum = 0.5f};
    std::vector<double> progress;
    std::vector<std::pair<std::size_t, std::size_t>> steps;
    const Net by_progress = fitted(sgd, options([&](double p) {
                                       progress.push_back(p);
                                       return 1 - p;
                                   }));
    CHECK(progress == std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1});
    const Net by_step = fitted(sgd, options([&](std::size_t step, std::size_t all) {
                                   steps.emplace_back(step, all);
                                   return 1 - static_cast<double>(step - 1) / static_cast<double>(all - 1);
                               }));
    CHECK(steps == std::vector<std::pair<std::size_t, std::size_t>>{{1, 6}, {2, 6}, {3, 6}, {4, 6}, {5, 6}, {6, 6}});
    CHECK(same(by_progress, by_step));
    CHECK(same(by_step, by_hand(sgd, [](SGD& now, std::size_t step) {
                   now.lr = static_cast<float>(0.5 * (1 - static_cast<double>(step - 1) / 5));
               })));
}

TEST_CASE("the one step of a training is its beginning") {
    double seen = -1;
    FitOptions one = options([&seen](double progress) {
        seen = progress;
        return 1.0;
    });
    one.max_steps = 1;
    fitted(SGD{.lr = 0.1f}, one);
    CHECK(seen == 0);
}

TEST_CASE("anything that can be called is a schedule") {
    const SGD sgd{.lr = 0.5f};
    const Net halved = fitted(SGD{.lr = 0.25f}, options({}));
    CHECK(same(fitted(sgd, options(half)), halved));
    CHECK(same(fitted(sgd, options(std::function<double(double)>(half))), halved));
    CHECK(same(fitted(sgd, options([](auto) { return 0.5f; })), halved));
    CHECK(same(fitted(sgd, options([](auto progress) { return 0.5 + 0 * progress; })), halved));
    CHECK(same(fitted(sgd, options([](double, double rest = 0.5) { return rest; })), halved));
    CHECK(same(fitted(sgd, options([](int step, int) { return step == 0 ? 1 : 0.5; })), halved));
    CHECK(same(fitted(sgd, options([n = 0](double) mutable { return n++ < 100 ? 0.5 : 1; })), halved));
    // Nothing is no schedule.
    const Net whole = fitted(sgd, options({}));
    CHECK_FALSE(same(whole, halved));
    CHECK(same(fitted(sgd, options(nullptr)), whole));
    CHECK(same(fitted(sgd, options(std::function<double(double)>())), whole));
    CHECK(same(fitted(sgd, options(static_cast<double (*)(double)>(nullptr))), whole));
}

TEST_CASE("OneCycle sets the learning rate and the momentum of each step") {
    const OneCycle cycle{.pct_start = 0.5, .div_factor = 4, .final_div_factor = 8};
    const OneCycle kept{.pct_start = 0.5, .cycle_momentum = false, .div_factor = 4, .final_div_factor = 8};
    const auto rate = [&](std::size_t step) {
        return static_cast<float>(static_cast<double>(0.1f) * cycle(step, step_count));
    };
    // Also where there was no momentum before, as in PyTorch.
    for (const float momentum : {0.0f, 0.5f}) {
        const SGD sgd{.lr = 0.1f, .momentum = momentum};
        const Net cycled = by_hand(sgd, [&](SGD& now, std::size_t step) {
            now.lr = rate(step);
            now.momentum = static_cast<float>(cycle.momentum(step, step_count).value());
        });
        CHECK(same(fitted(sgd, options(cycle)), cycled));
        const Net not_cycled = by_hand(sgd, [&](SGD& now, std::size_t step) { now.lr = rate(step); });
        CHECK(same(fitted(sgd, options(kept)), not_cycled));
        CHECK_FALSE(same(cycled, not_cycled));
    }
    const Adam adam{.lr = 0.1f, .betas = {0.5, 0.9}};
    const Net cycled = by_hand(adam, [&](Adam& now, std::size_t step) {
        now.lr = rate(step);
        now.betas[0] = cycle.momentum(step, step_count).value();
    });
    CHECK(same(fitted(adam, options(cycle)), cycled));
    CHECK_FALSE(same(fitted(adam, options(kept)), cycled));
    // max_steps is the end of the cycle.
    FitOptions shorter = options(cycle);
    shorter.max_steps = 4;
    const auto set = [&](Adam& now, std::size_t step) {
        now.lr = static_cast<float>(static_cast<double>(0.1f) * cycle(step, 4));
        now.betas[0] = cycle.momentum(step, 4).value();
    };
    CHECK(same(fitted(adam, shorter), by_hand(adam, set, 4)));
}

TEST_CASE("a training with OneCycle goes where PyTorch's goes") {
    using Linear6 = Sequential<Input<6>, Linear<6, 3>>::with_scalar<double>;
    const golden::File file("one_cycle");
    std::vector<std::uint8_t> labels;
    for (const double label : file["labels"]) {
        labels.push_back(static_cast<std::uint8_t>(label));
    }
    const Dataset<Shape<6>, double> images(golden::tensors<Linear6::input_tensor>(file["images"]), labels);
    const auto trained = [&](const auto& optimizer, const OneCycle& cycle) {
        Linear6 net{};
        const std::vector<double>& start = file["parameters"];
        std::copy(start.begin(), start.end(), net.parameters().begin());
        fit(net, images, optimizer, {.epochs = 7, .batch_size = labels.size(), .schedule = cycle});
        return golden::doubles(net.parameters());
    };
    for (const bool cycled : {true, false}) {
        const OneCycle cycle{.cycle_momentum = cycled};
        const auto check = [&](const std::string& name, const auto& optimizer) {
            const std::string record = name + (cycled ? "_cycled" : "_kept");
            // The learning rate, and SGD's momentum, are floats.
            golden::check_close(record, trained(optimizer, cycle), file[record], {0, 3e-7});
        };
        check("sgd", SGD{.lr = 0.125f});
        check("momentum", SGD{.lr = 0.125f, .momentum = 0.5f, .weight_decay = 0.0078125f});
        check("adam", Adam{.lr = 0.125f, .betas = {0.5, 0.75}});
    }
}

TEST_CASE("an optimizer needs a momentum only for a schedule that cycles it") {
    const std::string text = refusal([] { fitted(SignDescent{}, options(OneCycle{})); });
    CHECK_THAT(text, ContainsSubstring("neither betas nor momentum") && ContainsSubstring(".cycle_momentum = false"));
    CHECK(refusal([] { fitted(SignDescent{}, options(OneCycle{.cycle_momentum = false})); }).empty());
}

TEST_CASE("a schedule needs a learning rate, also within an average or groups") {
    const auto refused = [](const auto& optimizer) {
        Net net = small::net();
        const std::string text = refusal([&] { Trainer(net, optimizer, options(half)).fit(data()); });
        CHECK(same(net, small::net()));
        Trainer(net, optimizer).fit(data());
        CHECK_FALSE(same(net, small::net()));
        return text;
    };
    const auto sentence = ContainsSubstring("this optimizer has no lr");
    CHECK_THAT(refused(Fixed{}), sentence);
    CHECK_THAT(refused(EMA(Fixed{})), sentence);
    CHECK_THAT(refused(SWA(ParameterGroups(Fixed{}, freeze<"0">()))), sentence);
    CHECK_THAT(refused(ParameterGroups(Fixed{})), sentence);
}

TEST_CASE("a schedule is refused before anything is trained") {
    Net net = small::net();
    const auto refused = [&](const FitOptions& wrong) {
        const std::string text = refusal([&] { fit(net, data(), SGD{.lr = 0.5f}, wrong); });
        CHECK(same(net, small::net()));
        return text;
    };
    CHECK_THAT(refused(options(OneCycle{.pct_start = 30})), ContainsSubstring("OneCycle::pct_start"));
    CHECK_THAT(refused(options(OneCycle{.div_factor = -25})), ContainsSubstring("OneCycle::div_factor"));
    CHECK_THAT(refused(options(OneCycle{.max_momentum = 1})), ContainsSubstring("OneCycle::max_momentum"));
    CHECK_THAT(refused(options(Own{.last = 2})), ContainsSubstring("Own::last"));
    // Even if there is no step to be taken.
    FitOptions none = options(OneCycle{.pct_start = 30});
    none.epochs = 0;
    CHECK_THAT(refused(none), ContainsSubstring("OneCycle::pct_start"));
    for (const double wrong : {-0.5, not_a_number, infinity, -infinity, 1e39}) {
        CAPTURE(wrong);
        CHECK_THAT(
            refused(options([=](double) { return wrong; })),
            ContainsSubstring("FitOptions::schedule makes the learning rate negative, infinite or NaN in step 1"));
    }
    // 0 is no fault, and no step either.
    CHECK(refused(options([](double) { return 0.0; })).empty());
}

TEST_CASE("a schedule that goes wrong on the way ends the training before that step") {
    const SGD sgd{.lr = 0.5f};
    Net net = small::net();
    const std::string text = refusal([&] { fit(net, data(), sgd, options([](double p) { return 0.7 - p; })); });
    CHECK_THAT(text, ContainsSubstring("negative, infinite or NaN in step 5"));
    const auto set = [](SGD& now, std::size_t step) {
        now.lr = static_cast<float>(0.5 * (0.7 - static_cast<double>(step - 1) / 5));
    };
    CHECK(same(net, by_hand(sgd, set, 4)));
}

TEST_CASE("a schedule of one's own may set the momentum") {
    const SGD sgd{.lr = 0.5f, .momentum = 0.25f};
    const Net expected = by_hand(sgd, [](SGD& now, std::size_t step) {
        now.lr = static_cast<float>(0.5 / static_cast<double>(step));
        now.momentum = step + 1 == step_count ? 0.5f : 0.25f;
    });
    CHECK(same(fitted(sgd, options(Own{})), expected));
    for (const double wrong : {-0.5, 1.0, not_a_number}) {
        CHECK_THAT(
            refusal([&] { fitted(sgd, options(Own{.last = wrong})); }),
            ContainsSubstring("FitOptions::schedule gives a momentum that is not at least 0 and below 1 in step 5"));
    }
}
