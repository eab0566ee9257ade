// SPDX-License-Identifier: MIT
#include <ctcnn/io/checkpoint.hpp>

#include <ctcnn/io/safetensors.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/one_cycle.hpp>
#include <ctcnn/optim/parameter_groups.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "../train/small.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "files.hpp"

using namespace ctcnn;
using small::Net;

namespace {

constexpr SGD sgd{.lr = 0.1f, .momentum = 0.9f};
constexpr Adam adam{.lr = 0.01f};
const FitOptions options{.epochs = 3, .batch_size = 24, .seed = 5, .schedule = OneCycle{}};

template <typename Optimizer>
Net fitted(const small::Data& data, const Optimizer& optimizer) {
    Net net = small::net();
    fit(net, data, optimizer, options);
    return net;
}

/// The error of resuming a training of `data` from a file.
template <typename Error, typename Optimizer = SGD>
std::string refusal(const std::filesystem::path& path, const Optimizer& optimizer = sgd,
                    const FitOptions& with = options) {
    Net net = small::net(3);
    const Net before = net;
    Trainer trainer(net, optimizer, with);
    try {
        resume(trainer, path);
    } catch (const Error& error) {
        REQUIRE(bits_of(net) == bits_of(before));
        REQUIRE(trainer.steps() == 0);
        return error.what();
    }
    FAIL("no error");
    return {};
}

}  // namespace

TEST_CASE("A training that is saved after any step and resumed ends with the bits of one that is not") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(100);
    const auto check = [&](const auto& optimizer) {
        const Net wanted = fitted(data, optimizer);
        for (std::size_t saved = 0; saved <= 15; ++saved) {
            CAPTURE(saved);
            Net net = small::net();
            FitOptions saving = options;
            saving.threads = 1 + saved % 3;
            Trainer<Net, std::remove_cvref_t<decltype(optimizer)>>* running = nullptr;
            saving.on_step = [&](const StepReport&) {
                if (running->steps() == saved) {
                    save_checkpoint(*running, path);
                }
            };
            Trainer trainer(net, optimizer, saving);
            running = &trainer;
            if (saved == 0) {
                save_checkpoint(trainer, path);
            }
            const FitReport whole = trainer.fit(data);
            REQUIRE(bits_of(net) == bits_of(wanted));

            Net other = small::net(9);
            FitOptions resuming = options;
            resuming.seed = 77;  // the file has the seed
            resuming.threads = 3 - saved % 3;
            Trainer resumed(other, optimizer, resuming);
            resume(resumed, path);
            REQUIRE(resumed.steps() == saved);
            REQUIRE(resumed.seed() == 5);
            const FitReport rest = resumed.fit(data);
            REQUIRE(bits_of(other) == bits_of(wanted));
            REQUIRE(std::ranges::equal(resumed.state(), trainer.state()));
            if (saved != 15) {
                REQUIRE(rest.epochs.back().loss == whole.epochs.back().loss);
                REQUIRE(rest.epochs.front().images == 100);
            }
        }
    };
    check(sgd);
    check(adam);
}

TEST_CASE("Running statistics and the random numbers of dropout go on where they were") {
    using Normalised = Sequential<Input<1, 6, 5>, Conv2d<1, 4, Kernel<3>, NoBias>, BatchNorm2d<4>, Tanh,
                                  Residual<BatchNorm2d<4>>, Flatten, Dropout<0.25>, Linear<48, 3>>;
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(100);
    const auto same = [](const Normalised& a, const Normalised& b) {
        return small::same_bits(a, b) &&
               small::same_bits(std::span<const float>(a.buffers()), std::span<const float>(b.buffers()));
    };
    Normalised wanted{};
    initialize(wanted, KaimingUniform{}, 2);
    const Normalised start = wanted;
    fit(wanted, data, adam, options);
    REQUIRE_FALSE(same(wanted, start));
    for (std::size_t saved = 1; saved <= 15; saved += 2) {
        CAPTURE(saved);
        Normalised net = start;
        FitOptions stopping = options;
        stopping.threads = 1 + saved % 3;
        std::size_t asked = 0;
        stopping.should_stop = [&] { return ++asked == saved; };
        Trainer trainer(net, adam, stopping);
        trainer.fit(data);
        save_checkpoint(trainer, path);

        Normalised other{};
        FitOptions resuming = options;
        resuming.seed = 77;
        Trainer resumed(other, adam, resuming);
        resume(resumed, path);
        REQUIRE(same(other, net));
        resumed.fit(data);
        REQUIRE(same(other, wanted));
    }
}

TEST_CASE("A checkpoint is a safetensors file of the network, and has metadata of the caller's") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(50);
    Net net = small::net();
    Trainer trainer(net, adam, options);
    trainer.run_epoch(data);
    save_checkpoint(trainer, path, {{"author", "me"}});
    REQUIRE(safetensors_metadata(path).at("author") == "me");
    REQUIRE(safetensors_metadata(path).at("ctcnn.epochs") == "1");
    REQUIRE(names_in(folder.path()) == std::vector<std::string>{"training.safetensors"});

    Net loaded{};
    load_safetensors(loaded, path, {.allow_unexpected = true});
    REQUIRE(bits_of(loaded) == bits_of(net));

    const Bytes once = read_bytes(path);
    save_checkpoint(trainer, path, {{"author", "me"}});
    REQUIRE(read_bytes(path) == once);
    REQUIRE_THROWS_AS(save_checkpoint(trainer, path, {{"ctcnn.x", ""}}), std::invalid_argument);
    REQUIRE_THROWS_AS(save_checkpoint(trainer, folder.path() / "none" / "x"), FileUnwritable);
    REQUIRE(read_bytes(path) == once);
}

TEST_CASE("What is not this training's checkpoint is refused, and changes nothing") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(100);
    Net net = small::net();
    FitOptions stopping = options;
    std::size_t asked = 0;
    stopping.should_stop = [&] { return ++asked == 7; };
    Trainer trainer(net, sgd, stopping);
    trainer.fit(data);
    save_checkpoint(trainer, path);

    REQUIRE_THAT(refusal<FileMissing>(folder.path() / "none"), Catch::Matchers::ContainsSubstring("none"));
    const std::string other_optimizer = refusal<TensorMismatch>(path, adam);
    REQUIRE_THAT(other_optimizer, Catch::Matchers::ContainsSubstring("optimizer.1.0.weight"));
    REQUIRE_THAT(other_optimizer, Catch::Matchers::ContainsSubstring("and the optimizer that saved the file") &&
                                      Catch::Matchers::ContainsSubstring(".allow_unexpected = true") &&
                                      !Catch::Matchers::ContainsSubstring("LoadOptions"));
    Net parameters_alone = small::net(3);
    load_safetensors(parameters_alone, path, {.allow_unexpected = true});
    REQUIRE(bits_of(parameters_alone) == bits_of(net));
    FitOptions other = options;
    other.batch_size = 25;
    REQUIRE_THAT(refusal<BadCheckpoint>(path, sgd, other),
                 Catch::Matchers::ContainsSubstring("Resume with .batch_size = 24."));
    other = options;
    other.shuffle = false;
    REQUIRE_THAT(refusal<BadCheckpoint>(path, sgd, other),
                 Catch::Matchers::ContainsSubstring("Resume with .shuffle = true."));

    const std::filesystem::path parameters = folder.path() / "net.safetensors";
    save_safetensors(net, parameters);
    REQUIRE_THAT(refusal<BadCheckpoint>(parameters),
                 Catch::Matchers::ContainsSubstring("no ctcnn.checkpoint in the metadata") &&
                     Catch::Matchers::ContainsSubstring("load_safetensors"));

    // Each number of the metadata, damaged.
    const std::map<std::string, std::string> metadata = safetensors_metadata(path);
    const Bytes bytes = read_bytes(path);
    const auto damaged = [&](const std::string& key, const std::string& value) {
        const std::string text(bytes.begin(), bytes.end());
        const std::string entry = "\"" + key + "\":\"" + metadata.at(key) + "\"";
        const std::size_t at = text.find(entry);
        REQUIRE(at != std::string::npos);
        std::string changed = text;
        changed.replace(at, entry.size(), "\"" + key + "\":\"" + value + "\"");
        std::uint64_t header = 0;
        for (std::size_t n = 0; n < 8; ++n) {
            header |= std::uint64_t{bytes[n]} << (8 * n);
        }
        header = header + changed.size() - text.size();
        for (std::size_t n = 0; n < 8; ++n) {
            changed[n] = static_cast<char>(header >> (8 * n));
        }
        return folder.write("damaged.safetensors", Bytes(changed.begin(), changed.end()));
    };
    for (const char* key : {"ctcnn.seed", "ctcnn.epochs", "ctcnn.steps", "ctcnn.epoch_steps", "ctcnn.images",
                            "ctcnn.batch_size", "ctcnn.loss_sum_bits"}) {
        CAPTURE(key);
        for (const char* value : {"", "-1", "1x", " 1", "99999999999999999999", "0x10", "1.5"}) {
            REQUIRE_THAT(refusal<BadCheckpoint>(damaged(key, value)), Catch::Matchers::ContainsSubstring(key));
        }
    }
    for (const char* value : {"-1", "1x", "1  1", "99999999999999999999", "9218868437227405312"}) {
        REQUIRE_THAT(refusal<BadCheckpoint>(damaged("ctcnn.last_lr_bits", value)),
                     Catch::Matchers::ContainsSubstring("ctcnn.last_lr_bits"));
    }
    REQUIRE_THAT(refusal<BadCheckpoint>(damaged("ctcnn.checkpoint", "2")),
                 Catch::Matchers::ContainsSubstring("version '2'"));
    for (const auto& [key, value] :
         std::multimap<std::string, std::string>{{"ctcnn.epoch_steps", "6"},
                                                 {"ctcnn.steps", "1"},
                                                 {"ctcnn.images", "0"},
                                                 {"ctcnn.images", "4294967297"},
                                                 {"ctcnn.batch_size", "0"},
                                                 {"ctcnn.batch_size", "101"},
                                                 {"ctcnn.loss_sum_bits", "9218868437227405312"}}) {
        CAPTURE(key, value);
        REQUIRE_THAT(refusal<BadCheckpoint>(damaged(key, value)),
                     Catch::Matchers::ContainsSubstring("contradict one another"));
    }
    // 2^32 images can be.
    Net net_of_many = small::net();
    Trainer of_many(net_of_many, sgd, options);
    REQUIRE_NOTHROW(resume(of_many, damaged("ctcnn.images", "4294967296")));
    // It is good as it is.
    Net again = small::net();
    Trainer resumed(again, sgd, options);
    resume(resumed, path);
    resumed.fit(data);
    REQUIRE(bits_of(again) == bits_of(fitted(data, sgd)));
}

TEST_CASE("The learning rate of a resumed training is that of the last step, also of one without memory of it") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(100);
    const auto halving = [](std::size_t step, std::size_t) { return step < 3 ? 1.0 : 0.5; };
    Net net = small::net();
    Trainer trainer(net, SGD{.lr = 0.5f}, {.epochs = 2, .batch_size = 50, .schedule = halving});
    save_checkpoint(trainer, path);
    REQUIRE_FALSE(safetensors_metadata(path).contains("ctcnn.last_lr_bits"));
    trainer.fit(data);
    REQUIRE(trainer.last_lr() == std::vector<double>{0.25});
    resume(trainer, path);
    REQUIRE(trainer.last_lr() == std::vector<double>{0.5});
    trainer.fit(data);
    save_checkpoint(trainer, path);
    // One that has no schedule has the rate of its own optimizer from its next step on.
    Net other = small::net();
    Trainer without(other, SGD{.lr = 0.125f}, {.epochs = 3, .batch_size = 50});
    resume(without, path);
    REQUIRE(without.last_lr() == std::vector<double>{0.25});
    without.run_epoch(data);
    REQUIRE(without.last_lr() == std::vector<double>{0.125});
    // Another number of rates.
    Trainer groups(other, ParameterGroups(SGD{.lr = 0.5f}, group<"0">(SGD{.lr = 2})), {.batch_size = 50});
    resume(groups, path);
    REQUIRE(groups.last_lr() == std::vector<double>{0.5, 2});
}

TEST_CASE("A training that is killed 200 times ends with the bits of one that is not") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    const small::Data data = small::data(96);
    const FitOptions long_options{.epochs = 10, .batch_size = 8, .threads = 1};
    Net wanted = small::net();
    fit(wanted, data, adam, long_options);
    // Trains on from the checkpoint, if there is one, and saves another one after each step.
    const auto train_on = [&](Net& net) {
        FitOptions saving = long_options;
        Trainer<Net, Adam>* running = nullptr;
        saving.on_step = [&](const StepReport&) { save_checkpoint(*running, path); };
        Trainer trainer(net, adam, saving);
        running = &trainer;
        if (std::filesystem::exists(path)) {
            resume(trainer, path);
        }
        trainer.fit(data);
    };

    Draw draw(1);
    std::size_t finished = 0;
    for (int kill = 0; kill < 200; ++kill) {
        CAPTURE(kill);
        const pid_t child = fork();
        REQUIRE(child != -1);
        if (child == 0) {
            try {
                Net net = small::net();
                train_on(net);
                _exit(0);
            } catch (...) {
                _exit(1);
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(draw.whole(0, 20'000)));
        REQUIRE(::kill(child, SIGKILL) == 0);
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        const bool ended = WIFEXITED(status);
        REQUIRE((!ended || WEXITSTATUS(status) == 0));
        if (ended || kill == 199) {
            // The rest of the way, not disturbed.
            Net net = small::net();
            train_on(net);
            REQUIRE(bits_of(net) == bits_of(wanted));
            std::filesystem::remove(path);
            ++finished;
        }
    }
    REQUIRE(finished > 0);
}
