// SPDX-License-Identifier: MIT
// What a generated program does with each of its networks: it reads numbers, runs everything that ctcnn offers on them,
// and writes the results for right.py, which compares them with PyTorch. See README.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/training.hpp>

namespace harness {

// The input is a row of 32-bit words: settings, then arrays.
class Reader {
public:
    explicit Reader(const std::string& path) {
        std::FILE* file = std::fopen(path.c_str(), "rb");
        if (file == nullptr) {
            std::fprintf(stderr, "cannot read %s\n", path.c_str());
            std::exit(2);
        }
        std::uint32_t word;
        while (std::fread(&word, sizeof(word), 1, file) == 1) {
            words_.push_back(word);
        }
        std::fclose(file);
    }
    std::size_t count() { return words_.at(at_++); }
    float number() {
        float result;
        std::memcpy(&result, &words_.at(at_++), sizeof(result));
        return result;
    }
    template <typename T>
    void numbers(T* to, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            to[i] = static_cast<T>(number());
        }
    }

private:
    std::vector<std::uint32_t> words_;
    std::size_t at_ = 0;
};

// The output is a row of sections: a line "name type count", then the raw numbers.
class Writer {
public:
    explicit Writer(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {}
    ~Writer() { std::fclose(file_); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void write(const std::string& name, const float* data, std::size_t n) { section(name, "f4", data, n, 4); }
    void write(const std::string& name, const double* data, std::size_t n) { section(name, "f8", data, n, 8); }
    void write(const std::string& name, const std::vector<std::uint64_t>& data) {
        section(name, "u8", data.data(), data.size(), 8);
    }
    void write(const std::string& name, double number) { write(name, &number, 1); }

private:
    void section(const std::string& name, const char* type, const void* data, std::size_t n, std::size_t size) {
        std::fprintf(file_, "%s %s %zu\n", name.c_str(), type, n);
        if (n != 0) {
            std::fwrite(data, size, n, file_);
        }
    }
    std::FILE* file_;
};

enum class Target { labels, tensors };

template <typename S>
struct Dims;
template <std::size_t... D>
struct Dims<ctcnn::Shape<D...>> {
    static std::vector<std::uint64_t> get() { return {D...}; }
};

/// Where a parameter lies, and its shape: {offset, sizes...}. Parts of networks call it, in the order of state_dict.
template <typename T, typename S>
std::vector<std::uint64_t> place(const T* begin, const ctcnn::TensorView<T, S>& view) {
    std::vector<std::uint64_t> result = Dims<S>::get();
    result.insert(result.begin(), static_cast<std::uint64_t>(view.data() - begin));
    return result;
}

struct Settings {
    std::vector<std::size_t> batches;
    std::size_t fit_images, fit_batch, fit_steps;
    std::uint64_t seed;

    std::size_t per_epoch() const { return (fit_images + fit_batch - 1) / fit_batch; }
};

/// A metric whose values are given, one for each epoch.
struct Values {
    std::vector<double> values;
    std::size_t next = 0;
    double operator()() { return values.at(next++); }
};

/// What a schedule makes of the learning rate in each step of a training, and of the momentum: -1 for none.
inline void write_schedule(Writer& out, const Settings& settings, const ctcnn::FitOptions& options, double lr) {
    const auto schedule = options.schedule;
    ctcnn::detail_::ScheduleState state;
    std::vector<double> factors;
    std::vector<double> momenta;
    for (std::size_t step = 1; step <= settings.fit_steps; ++step) {
        const ctcnn::ScheduleStep now{.step = step,
                                      .steps = settings.fit_steps,
                                      .epoch = (step - 1) / settings.per_epoch() + 1,
                                      .epochs = (settings.fit_steps - 1) / settings.per_epoch() + 1,
                                      .lr = lr,
                                      .state = &state};
        factors.push_back(schedule.factor(now));
        momenta.push_back(schedule.momentum(now).value_or(-1));
        if (step % settings.per_epoch() == 0) {
            schedule.end_epoch(state, 0);
        }
    }
    out.write("factors", factors.data(), factors.size());
    out.write("momenta", momenta.data(), momenta.size());
}

/// The learning rate of the parameters that are in no group.
template <typename Optimizer>
double rate_of(const Optimizer& optimizer) {
    if constexpr (requires { optimizer.lr; }) {
        return static_cast<double>(optimizer.lr);
    } else if constexpr (requires { Optimizer::is_average; }) {
        return rate_of(optimizer.optimizer);
    } else {
        // Whatever the groups take, the first of all optimizers is that of the others.
        std::optional<double> rate;
        Optimizer same = optimizer;
        Optimizer::for_each_pair(optimizer, same, [&rate](const auto& given, const auto&) {
            rate = rate.value_or(static_cast<double>(given.lr));
        });
        return *rate;
    }
}

/// What training computes of a batch; with the buffers behind it, if the network has some.
template <typename Net>
struct Step {
    using T = typename Net::scalar;
    T loss{};
    std::vector<T> gradients = std::vector<T>(Net::parameter_count);
    std::vector<T> buffers = std::vector<T>(Net::buffer_count);

    template <typename Loss, typename Images, typename Targets>
    void run(const Net& net, const Loss& loss_function, const Images& images, const Targets& targets,
             ctcnn::Randomness randomness) {
        if constexpr (Net::buffer_count != 0) {
            const auto result = ctcnn::value_and_grad(net, loss_function, images, targets, randomness);
            loss = result.loss;
            std::copy_n(result.gradients.parameters().data(), gradients.size(), gradients.data());
            std::copy_n(result.buffers.data(), buffers.size(), buffers.data());
        } else {
            loss = ctcnn::value_and_grad(net, loss_function, images, targets, *destination_, randomness);
            std::copy_n(destination_->parameters().data(), gradients.size(), gradients.data());
        }
    }

private:
    std::unique_ptr<ctcnn::Gradients<Net>> destination_ = std::make_unique<ctcnn::Gradients<Net>>();
};

/// Everything that is done in one number type. `Whole`: with training by fit, evaluate and predict.
template <typename Net, Target target, bool Whole, typename Loss, typename Optimizer>
void work(Writer& out, const std::string& prefix, const Settings& settings, const Loss& loss,
          const Optimizer& optimizer, const ctcnn::FitOptions& given, const std::vector<float>& parameters,
          const std::vector<float>& pixels, const std::vector<std::uint8_t>& labels,
          const std::vector<float>& target_numbers) {
    using T = typename Net::scalar;
    using Targets = std::conditional_t<target == Target::labels, std::uint8_t, typename Net::output_tensor>;
    constexpr std::size_t inputs = Net::input_shape::size;
    constexpr std::size_t outputs = Net::output_shape::size;
    const std::size_t count = pixels.size() / inputs;

    auto net = std::make_unique<Net>();
    auto reset = [&] {
        for (std::size_t i = 0; i < Net::parameter_count; ++i) {
            net->parameters()[i] = static_cast<T>(parameters[i]);
        }
        for (std::size_t i = 0; i < Net::buffer_count; ++i) {
            net->buffers()[i] = static_cast<T>(parameters[Net::parameter_count + i]);
        }
    };
    reset();
    std::vector<typename Net::input_tensor> images(count);
    for (std::size_t n = 0; n < count; ++n) {
        for (std::size_t i = 0; i < inputs; ++i) {
            images[n].data()[i] = static_cast<T>(pixels[n * inputs + i]);
        }
    }
    std::vector<Targets> targets(count);
    for (std::size_t n = 0; n < count; ++n) {
        if constexpr (target == Target::labels) {
            targets[n] = labels[n];
        } else {
            for (std::size_t i = 0; i < outputs; ++i) {
                targets[n].data()[i] = static_cast<T>(target_numbers[n * outputs + i]);
            }
        }
    }

    auto workspace = std::make_unique<ctcnn::Workspace<Net>>();
    std::vector<T> all;
    for (const auto& image : images) {
        const auto y = (*net)(image, *workspace);
        all.insert(all.end(), y.data(), y.data() + outputs);
    }
    out.write(prefix + "outputs", all.data(), all.size());
    {
        const auto prepared = std::make_unique<const ctcnn::Prepared<Net>>(*net);
        const auto buffers = std::make_unique<ctcnn::Workspace<ctcnn::Prepared<Net>>>();
        all.clear();
        for (const auto& image : images) {
            const auto y = (*prepared)(image, *buffers);
            all.insert(all.end(), y.data(), y.data() + outputs);
        }
        out.write(prefix + "prepared", all.data(), all.size());
    }

    Step<Net> result;
    for (const std::size_t batch : settings.batches) {
        const std::span<const typename Net::input_tensor> x(images.data(), batch);
        const std::span<const Targets> t(targets.data(), batch);
        result.run(*net, loss, x, t, {settings.seed, batch});
        out.write(prefix + "loss" + std::to_string(batch), static_cast<double>(result.loss));
        out.write(prefix + "grad" + std::to_string(batch), result.gradients.data(), Net::parameter_count);
        out.write(prefix + "moved" + std::to_string(batch), result.buffers.data(), Net::buffer_count);
    }

    if constexpr (Whole) {
        std::vector<typename Net::input_tensor> many(settings.fit_images);
        std::vector<Targets> names(settings.fit_images);
        for (std::size_t n = 0; n < many.size(); ++n) {
            many[n] = images[n % count];
            names[n] = targets[n % count];
        }
        using Data = ctcnn::Dataset<typename Net::input_shape, T, Targets>;
        const Data data(many, names);
        all.clear();
        for (const auto& y : ctcnn::infer(*net, data.images())) {
            all.insert(all.end(), y.data(), y.data() + outputs);
        }
        out.write(prefix + "inferred", all.data(), all.size());
        if constexpr (target == Target::labels) {
            const auto indices = ctcnn::predict(*net, data.images());
            out.write(prefix + "predicted", std::vector<std::uint64_t>(indices.begin(), indices.end()));
            const auto evaluation = ctcnn::evaluate(*net, data, 0, loss);
            out.write(prefix + "evaluated_loss", evaluation.loss);
            out.write(prefix + "evaluated_accuracy", evaluation.accuracy);
        }
        // A training, and then the gradients of each of its steps.
        std::vector<double> losses;
        std::vector<std::vector<T>> seen;
        std::span<const T> state;
        const auto see = [&] {
            seen.emplace_back(net->parameters().begin(), net->parameters().end());
            seen.emplace_back(net->buffers().begin(), net->buffers().end());
            if constexpr (requires { Optimizer::is_average; }) {
                const auto average = state.last(Net::parameter_count);
                seen.emplace_back(average.begin(), average.end());
            } else {
                seen.emplace_back();
            }
        };
        ctcnn::FitOptions options = given;
        options.epochs = options.max_steps = settings.fit_steps;
        options.batch_size = settings.fit_batch;
        options.seed = settings.seed;
        options.shuffle = false;
        options.on_step = [&](const ctcnn::StepReport& report) {
            losses.push_back(report.loss);
            see();
        };
        write_schedule(out, settings, options, rate_of(optimizer));
        ctcnn::Trainer trainer(*net, optimizer, options, loss);
        state = trainer.state();
        see();
        trainer.fit(data);
        out.write(prefix + "fit_losses", losses.data(), losses.size());
        for (std::size_t step = 1; step <= losses.size(); ++step) {
            const std::vector<T>* before = seen.data() + 3 * (step - 1);
            std::copy(before[0].begin(), before[0].end(), net->parameters().begin());
            std::copy(before[1].begin(), before[1].end(), net->buffers().begin());
            const std::size_t from = (step - 1) % settings.per_epoch() * settings.fit_batch;
            const std::size_t size = std::min(settings.fit_batch, many.size() - from);
            result.run(*net, loss, std::span(data.images()).subspan(from, size),
                       std::span(data.targets()).subspan(from, size), {settings.seed, step});
            const std::string number = std::to_string(step);
            out.write(prefix + "step_loss" + number, static_cast<double>(result.loss));
            out.write(prefix + "step_grad" + number, result.gradients.data(), Net::parameter_count);
            out.write(prefix + "step_parameters" + number, before[3].data(), before[3].size());
            out.write(prefix + "step_moved" + number, before[4].data(), before[4].size());
            out.write(prefix + "step_average" + number, before[5].data(), before[5].size());
        }
    }
}

template <typename Net, Target target, bool Double, typename Places, typename Loss, typename Optimizer>
void run(const std::string& path, const Places& places, const Loss& loss, const Optimizer& optimizer,
         const ctcnn::FitOptions& options) {
    Reader in(path + ".in");
    Settings settings;
    settings.batches.resize(in.count());
    for (auto& batch : settings.batches) {
        batch = in.count();
    }
    settings.fit_images = in.count();
    settings.fit_batch = in.count();
    settings.fit_steps = in.count();
    settings.seed = in.count();
    settings.seed |= static_cast<std::uint64_t>(in.count()) << 32;
    const std::size_t count = in.count();
    std::vector<float> parameters(in.count());
    std::vector<float> pixels(in.count());
    std::vector<float> target_numbers(in.count());
    std::vector<std::uint8_t> labels(target == Target::labels ? count : 0);
    Writer out(path + ".out");
    out.write("counts", std::vector<std::uint64_t>{Net::layer_count, Net::parameter_count, Net::multiply_adds,
                                                   parameters.size(), pixels.size()});
    std::vector<std::uint64_t> names;
    std::vector<std::uint64_t> offsets;
    for (const ctcnn::NamedTensor& tensor : Net::names()) {
        names.insert(names.end(), tensor.name.begin(), tensor.name.end());
        names.push_back('\n');
        offsets.push_back(tensor.offset);
    }
    out.write("names", names);
    out.write("name_offsets", offsets);
    if (parameters.size() != Net::parameter_count + Net::buffer_count ||
        pixels.size() != count * Net::input_shape::size) {
        return;
    }
    in.numbers(parameters.data(), parameters.size());
    in.numbers(pixels.data(), pixels.size());
    in.numbers(target_numbers.data(), target_numbers.size());
    for (auto& label : labels) {
        label = static_cast<std::uint8_t>(in.count());
    }
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (out.write("shape" + std::to_string(I), Dims<typename Net::template shape_after<I>>::get()), ...);
    }(std::make_index_sequence<Net::layer_count>{});
    {
        auto net = std::make_unique<Net>();
        places(*net, [&](const auto& view) { out.write("place", place(net->parameters().data(), view)); });
    }
    try {
        work<Net, target, true>(out, "", settings, loss, optimizer, options, parameters, pixels, labels,
                                target_numbers);
        if constexpr (Double) {
            using Fine = typename Net::template with_scalar<double>;
            work<Fine, target, false>(out, "double_", settings, loss, optimizer, options, parameters, pixels, labels,
                                      target_numbers);
        }
    } catch (const std::exception& error) {
        out.write(std::string("exception"), 0.0);
        std::fprintf(stderr, "%s: %s\n", path.c_str(), error.what());
    }
}

}  // namespace harness
