// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/error.hpp>
#include <ctcnn/io/input_file.hpp>
#include <ctcnn/io/load_state.hpp>
#include <ctcnn/io/safetensors_header.hpp>
#include <ctcnn/io/save_state.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/model/state_names.hpp>
#include <ctcnn/train/trainer.hpp>

// A checkpoint is a safetensors file. It has the parameters of the network under their names; the state of the
// optimizer, where "optimizer.0.3.weight" is its first number of each element of 3.weight, and
// "optimizer.average.3.weight" that of EMA or SWA; and the progress of the training as metadata.
namespace CTCNN_DETAIL::io {

/// The tensors of a training: those of the network, then as many for each number that the optimizer keeps. The last one
/// of an average has a name of its own: it is no number of another optimizer.
/// As a template, it costs a program that saves no training nothing.
template <typename Names>
class TrainingNames {
    using Tensor = typename Names::value_type;

public:
    TrainingNames(const Names& network, std::size_t parameters, std::size_t buffers, std::size_t state_count,
                  bool has_average, bool has_kept)
        : names_(network.data(), network.data() + network.size()) {
        texts_.reserve(network.size() * (state_count + 2));  // views of short texts do not survive a move
        for (std::size_t s = 0; s < state_count; ++s) {
            const bool is_average = has_average && s + 1 == state_count;
            const std::string number(is_average ? std::string_view("average") : decimal(s));
            for (const Tensor& tensor : network) {
                if (tensor.offset < parameters) {
                    texts_.push_back(sentence({"optimizer.", number, ".", tensor.name}));
                    names_.push_back(
                        {texts_.back(), tensor.shape, buffers + (s + 1) * parameters + tensor.offset, tensor.count});
                }
            }
        }
        const std::size_t end = (1 + state_count) * parameters + buffers;
        for (std::size_t k = 0; has_kept && k < (has_average ? 2 : 1); ++k) {
            for (const Tensor& tensor : network) {
                if (k == 0 || tensor.offset < parameters) {
                    texts_.push_back(sentence({k == 0 ? "kept." : "kept.average.", tensor.name}));
                    names_.push_back(
                        {texts_.back(), tensor.shape, end + k * (parameters + buffers) + tensor.offset, tensor.count});
                }
            }
        }
    }

    std::span<const Tensor> names() const { return {names_.data(), names_.size()}; }

private:
    std::vector<Tensor> names_;
    std::vector<std::string> texts_;
};

template <typename Net, typename Optimizer>
auto training_names(bool has_kept) {
    constexpr bool has_average = requires { Optimizer::is_average; };
    using Names = std::remove_cvref_t<decltype(Net::names())>;
    return TrainingNames<Names>(Net::names(), Net::parameter_count, Net::buffer_count, Optimizer::state_count,
                                has_average, has_kept);
}
/// How many elements Trainer::keep_weights keeps.
template <typename Net, typename Optimizer>
inline constexpr std::size_t kept_count =
    Net::buffer_count + (requires { Optimizer::is_average; } ? 2 : 1) * Net::parameter_count;

/// The numbers of a Progress, by their keys in the metadata.
inline constexpr std::string_view version_key = "ctcnn.checkpoint";
inline constexpr std::string_view version = "1";
inline constexpr std::string_view shuffle_key = "ctcnn.shuffle";
template <typename Progress, typename F>
void for_each_number(Progress& progress, const F& f) {
    f("ctcnn.seed", progress.seed);
    f("ctcnn.epochs", progress.epochs);
    f("ctcnn.steps", progress.steps);
    f("ctcnn.epoch_steps", progress.epoch_steps);
    f("ctcnn.images", progress.images);
    f("ctcnn.batch_size", progress.batch_size);
    // The bits of a double, so that it is the same again.
    auto bits = std::bit_cast<std::uint64_t>(progress.loss_sum);
    f("ctcnn.loss_sum_bits", bits);
    if constexpr (!std::is_const_v<Progress>) {
        progress.loss_sum = std::bit_cast<double>(bits);
    }
}

/// The same of what the schedule remembers, which is not there for schedules that remember nothing.
template <typename Progress, typename F>
void for_each_schedule_number(Progress& progress, const F& f) {
    constexpr std::string_view keys[] = {"ctcnn.schedule.0_bits", "ctcnn.schedule.1_bits", "ctcnn.schedule.2_bits",
                                         "ctcnn.schedule.3_bits", "ctcnn.schedule.4_bits", "ctcnn.schedule.5_bits"};
    std::size_t n = 0;
    for (auto& number : progress.schedule.numbers) {
        f(keys[n++], number);
    }
}

/// What to do about a file with the tensors of another training.
inline constexpr std::string_view resume_remedy =
    "Resume with the network, its number type and the optimizer that saved the file; the parameters alone are loaded "
    "with load_safetensors and .allow_unexpected = true.";

[[noreturn, gnu::cold]] inline void refuse_checkpoint(const std::filesystem::path& path, std::string expected,
                                                      std::string found, std::string remedy) {
    throw BadCheckpoint({path, 0, std::move(expected), std::move(found), std::move(remedy), OffsetIn::file});
}

/// The value of a key in the metadata of a checkpoint.
template <typename Calls>
std::string_view value_of(const SafetensorsHeader<Calls>& header, std::string_view key) {
    for (const auto& [name, value] : header.metadata()) {
        if (name == key) {
            return value;
        }
    }
    refuse_checkpoint(header.path(), "a checkpoint of a training", sentence({"no ", key, " in the metadata"}),
                      "Resume from a file of save_checkpoint; the parameters alone are loaded with load_safetensors.");
}

template <typename Calls>
std::uint64_t number_of(const SafetensorsHeader<Calls>& header, std::string_view key) {
    const std::string_view text = value_of(header, key);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        refuse_checkpoint(header.path(), sentence({"a number as ", key}), sentence({"'", excerpt(text), "'"}),
                          "The file is damaged: resume from another checkpoint.");
    }
    return number;
}

/// The states of callbacks, and the learning rates of the last step, are numbers, as their bits; "ctcnn.kept" says that
/// there are tensors of keep_weights.
inline constexpr std::string_view callback_key = "ctcnn.callback.";
inline constexpr std::string_view rates_key = "ctcnn.last_lr_bits";
inline constexpr std::string_view kept_key = "ctcnn.kept";

inline std::string text_of_state(std::span<const double> state) {
    std::string text;
    for (std::size_t n = 0; n < state.size(); ++n) {
        text += n == 0 ? "" : " ";
        text += decimal(std::bit_cast<std::uint64_t>(state[n]));
    }
    return text;
}

template <typename Calls>
std::vector<double> numbers_of(const SafetensorsHeader<Calls>& header, std::string_view key, std::string_view text) {
    std::vector<double> numbers;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        std::uint64_t number = 0;
        const auto [behind, error] = std::from_chars(at, end, number);
        if (error != std::errc{} || (behind != end && (*behind != ' ' || behind + 1 == end))) {
            refuse_checkpoint(header.path(), sentence({"numbers as ", key}), sentence({"'", excerpt(text), "'"}),
                              "The file is damaged: resume from another checkpoint.");
        }
        numbers.push_back(std::bit_cast<double>(number));
        at = behind == end ? end : behind + 1;
    }
    return numbers;
}

/// The learning rates of the last step; none in older checkpoints.
template <typename Calls>
std::vector<double> rates_of(const SafetensorsHeader<Calls>& header) {
    for (const auto& [key, text] : header.metadata()) {
        if (key == rates_key) {
            std::vector<double> rates = numbers_of(header, key, text);
            if (!std::ranges::all_of(rates, [](double rate) { return math::is_finite(rate); })) {
                refuse_checkpoint(header.path(), sentence({"finite numbers as ", key}), "one that is not",
                                  "The file is damaged: resume from another checkpoint.");
            }
            return rates;
        }
    }
    return {};
}

template <typename Calls>
train::CallbackStates<> states_of(const SafetensorsHeader<Calls>& header) {
    train::CallbackStates<> states;
    for (const auto& [key, text] : header.metadata()) {
        if (key.starts_with(callback_key)) {
            states.set(key.substr(callback_key.size()), numbers_of(header, key, text));
        }
    }
    return states;
}

template <typename Calls>
bool has_kept(const SafetensorsHeader<Calls>& header) {
    return std::ranges::any_of(header.metadata(), [](const auto& entry) { return entry.first == kept_key; });
}

/// What the metadata says, if it is possible.
template <typename Calls>
train::Progress progress_of(const SafetensorsHeader<Calls>& header) {
    if (const std::string_view found = value_of(header, version_key); found != version) {
        refuse_checkpoint(header.path(), sentence({"a checkpoint of version ", version}),
                          sentence({"version '", excerpt(found), "'"}),
                          "Resume with the version of the library that has saved it.");
    }
    train::Progress progress;
    for_each_number(progress,
                    [&header](std::string_view key, std::uint64_t& number) { number = number_of(header, key); });
    // NaN where no batch of the epoch has had a loss.
    bool finite = math::is_finite(progress.loss_sum) || math::is_nan(progress.loss_sum);
    for_each_schedule_number(progress, [&](std::string_view key, double& number) {
        for (const auto& entry : header.metadata()) {
            if (entry.first == key) {
                number = std::bit_cast<double>(number_of(header, key));
                finite = finite && math::is_finite(number);
            }
        }
    });
    constexpr std::uint64_t most_images = std::uint64_t{1} << 32;
    const bool within = progress.epoch_steps != 0;
    if ((within && (progress.images == 0 || progress.images > most_images || progress.batch_size == 0 ||
                    progress.batch_size > progress.images || progress.epoch_steps > progress.steps ||
                    progress.epoch_steps > (progress.images - 1) / progress.batch_size + 1)) ||
        !finite) {
        refuse_checkpoint(header.path(), "a training that can be",
                          "numbers in the metadata that contradict one another",
                          "The file is damaged: resume from another checkpoint.");
    }
    return progress;
}

/// In the middle of an epoch, the next batch depends on the settings of those before.
template <typename Calls>
void check_settings(const SafetensorsHeader<Calls>& header, const train::Progress& progress, std::size_t batch_size,
                    bool shuffle) {
    if (progress.epoch_steps == 0) {
        return;
    }
    if (std::min<std::uint64_t>(batch_size, progress.images) != progress.batch_size) {
        refuse_checkpoint(header.path(),
                          sentence({"an epoch with batches of ", decimal(std::uint64_t{batch_size}), " images"}),
                          sentence({"one that was begun with ", decimal(progress.batch_size)}),
                          sentence({"Resume with .batch_size = ", decimal(progress.batch_size), "."}));
    }
    if (const std::string_view found = value_of(header, shuffle_key); found != (shuffle ? "1" : "0")) {
        refuse_checkpoint(header.path(), shuffle ? "an epoch that is shuffled" : "an epoch that is not shuffled",
                          "one that was begun the other way",
                          shuffle ? "Resume with .shuffle = false." : "Resume with .shuffle = true.");
    }
}

}  // namespace CTCNN_DETAIL::io

namespace CTCNN_API {

/// save_checkpoint: writes a training to a safetensors file: the parameters, the state of the optimizer, and the
/// progress. The parameters have the names of Net::names(), so that other programs can read them. The file is complete
/// once it has its name: an error, or the end of the process, leaves the file that was there before.
/// Refuses  FileUnwritable · std::invalid_argument for metadata that is not UTF-8, too long, or has keys that begin
///          with "ctcnn."
template <AnyNetwork Net, typename Optimizer, typename Loss>
void save_checkpoint(const Trainer<Net, Optimizer, Loss>& trainer, const std::filesystem::path& path,
                     std::map<std::string, std::string> metadata = {}) {
    using namespace detail_;
    using T = typename Net::scalar;
    for (const auto& entry : metadata) {
        if (entry.first.starts_with("ctcnn.")) {
            throw std::invalid_argument("keys that begin with 'ctcnn.' are those of the checkpoint: choose others");
        }
    }
    metadata.emplace(io::version_key, io::version);
    metadata.emplace(io::shuffle_key, trainer.options().shuffle ? "1" : "0");
    io::for_each_number(train::ProgressOf::get(trainer), [&metadata](std::string_view key, std::uint64_t number) {
        metadata.emplace(key, decimal(number));
    });
    if (const train::Progress& progress = train::ProgressOf::get(trainer); trainer.options().schedule.has_state()) {
        io::for_each_schedule_number(progress, [&metadata](std::string_view key, double number) {
            metadata.emplace(key, decimal(std::bit_cast<std::uint64_t>(number)));
        });
    }
    if (trainer.steps() != 0) {
        metadata.emplace(io::rates_key, io::text_of_state(trainer.last_lr()));
    }
    const auto& kept = train::ProgressOf::kept(trainer);
    for (std::size_t n = 0; n < kept.states.size(); ++n) {
        metadata.emplace(sentence({io::callback_key, kept.states.key(n)}), io::text_of_state(kept.states.numbers(n)));
    }
    if (!kept.weights.empty()) {
        metadata.emplace(io::kept_key, "1");
    }
    const auto names = io::training_names<Net, Optimizer>(!kept.weights.empty());
    std::vector<T> elements(trainer.net().parameters().begin(), trainer.net().parameters().end());
    elements.insert(elements.end(), trainer.net().buffers().begin(), trainer.net().buffers().end());
    elements.insert(elements.end(), trainer.state().begin(), trainer.state().end());
    elements.insert(elements.end(), kept.weights.begin(), kept.weights.end());
    io::save_state(path,
                   io::ConstState{names.names(), io::own_dtype<T>, reinterpret_cast<const std::byte*>(elements.data())},
                   metadata, io::own_dtype<T>);
}

/// resume: sets a training to the state of a checkpoint. It ends with the same bits as one that was not interrupted, if
/// network, optimizer, options, loss and data set are the same; the seed is that of the checkpoint. An error leaves the
/// training as it was.
/// Memory   at most the size of the file and 16 MB, and once more the parameters and the state
/// Refuses  what load_safetensors refuses · BadCheckpoint
template <AnyNetwork Net, typename Optimizer, typename Loss>
void resume(Trainer<Net, Optimizer, Loss>& trainer, const std::filesystem::path& path) {
    using namespace detail_;
    using T = typename Net::scalar;
    io::in_memory(path, [&] {
        const io::InputFile<> file(path);
        const io::SafetensorsHeader<> header(file);
        const train::Progress progress = io::progress_of(header);
        io::check_settings(header, progress, trainer.options().batch_size, trainer.options().shuffle);
        const bool has_kept = io::has_kept(header);
        const auto names = io::training_names<Net, Optimizer>(has_kept);
        constexpr std::size_t own = (1 + Optimizer::state_count) * Net::parameter_count + Net::buffer_count;
        std::vector<T> elements(own + (has_kept ? io::kept_count<Net, Optimizer> : 0));
        train::CallbackStates<> states = io::states_of(header);
        std::vector<double> rates = io::rates_of(header);
        io::load_state(file, header, {names.names(), io::own_dtype<T>, reinterpret_cast<std::byte*>(elements.data())},
                       {}, io::resume_remedy);
        const auto buffers = elements.begin() + static_cast<std::ptrdiff_t>(Net::parameter_count);
        const auto state = buffers + static_cast<std::ptrdiff_t>(Net::buffer_count);
        const auto kept = elements.begin() + static_cast<std::ptrdiff_t>(own);
        AlignedVector<T> weights(kept, elements.end());
        // From here on, nothing throws.
        std::copy(elements.begin(), buffers, trainer.net().parameters().begin());
        std::copy(buffers, state, trainer.net().buffers().begin());
        std::copy(state, kept, trainer.state().begin());
        train::ProgressOf::kept(trainer) = {std::move(states), std::move(weights)};
        train::ProgressOf::get(trainer) = progress;
        train::ProgressOf::set_last_lr(trainer, std::move(rates));
    });
}

template <RefusedNetwork Net, typename Optimizer, typename Loss>
void save_checkpoint(const Trainer<Net, Optimizer, Loss>&, const std::filesystem::path&,
                     const std::map<std::string, std::string>& = {}) {}
template <RefusedNetwork Net, typename Optimizer, typename Loss>
void resume(Trainer<Net, Optimizer, Loss>&, const std::filesystem::path&) {}

}  // namespace CTCNN_API
