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
    bool schedule;
    float pct_start, div_factor, final_div_factor;
    bool linear, cycle_momentum, three_phase;
};

template <typename Optimizer>
Optimizer read_optimizer(Reader& in) {
    Optimizer result;
    result.lr = in.number();
    const float a = in.number();
    const float b = in.number();
    result.weight_decay = in.number();
    const bool nesterov = in.count() != 0;
    if constexpr (std::is_same_v<Optimizer, ctcnn::SGD>) {
        result.momentum = a;
        result.nesterov = nesterov;
    } else {
        result.betas = {static_cast<double>(a), static_cast<double>(b)};
    }
    return result;
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
template <typename Net, typename Loss, Target target, typename Optimizer, bool Whole>
void work(Writer& out, const std::string& prefix, const Settings& settings, const Optimizer& optimizer,
          const Loss& loss, const std::vector<float>& parameters, const std::vector<float>& pixels,
          const std::vector<std::uint8_t>& labels, const std::vector<float>& target_numbers) {
    using T = typename Net::scalar;
    using Targets = std::conditional_t<target == Target::labels, std::uint8_t, typename Net::output_tensor>;
    constexpr std::size_t inputs = Net::input_shape::size;
    constexpr std::size_t outputs = Net::output_shape::size;
    const std::size_t count = labels.size();

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
        if constexpr (target == Target::labels) {
            const ctcnn::Dataset<typename Net::input_shape, T> data(many, names);
            const auto indices = ctcnn::predict(*net, data.images());
            out.write(prefix + "predicted", std::vector<std::uint64_t>(indices.begin(), indices.end()));
            const auto evaluation = ctcnn::evaluate(*net, data, 0, loss);
            out.write(prefix + "evaluated_loss", evaluation.loss);
            out.write(prefix + "evaluated_accuracy", evaluation.accuracy);
        }
        const ctcnn::OneCycle cycle{
            .pct_start = settings.pct_start,
            .anneal_strategy = settings.linear ? ctcnn::Anneal::linear : ctcnn::Anneal::cos,
            .cycle_momentum = settings.cycle_momentum,
            .div_factor = settings.div_factor,
            .final_div_factor = settings.final_div_factor,
            .three_phase = settings.three_phase,
        };
        // A training loop by hand, and then the same by fit, which takes labels.
        std::vector<T> first(Net::parameter_count);
        std::vector<T> second(Net::parameter_count);
        const std::size_t per_epoch = (many.size() + settings.fit_batch - 1) / settings.fit_batch;
        for (std::size_t step = 1; step <= settings.fit_steps; ++step) {
            const std::size_t from = (step - 1) % per_epoch * settings.fit_batch;
            const std::size_t size = std::min(settings.fit_batch, many.size() - from);
            const std::span<const typename Net::input_tensor> x(many.data() + from, size);
            const std::span<const Targets> t(names.data() + from, size);
            result.run(*net, loss, x, t, {settings.seed, step});
            Optimizer now = optimizer;
            if (settings.schedule) {
                const double factor = cycle(step, settings.fit_steps);
                out.write("factor" + std::to_string(step), factor);
                now.lr = static_cast<float>(optimizer.lr * factor);
                if (const auto momentum = cycle.momentum(step, settings.fit_steps)) {
                    if constexpr (std::is_same_v<Optimizer, ctcnn::SGD>) {
                        now.momentum = static_cast<float>(*momentum);
                    } else {
                        now.betas[0] = *momentum;
                    }
                }
            }
            if constexpr (std::is_same_v<Optimizer, ctcnn::SGD>) {
                now.step(net->parameters(), std::span<const T>(result.gradients), first);
            } else {
                now.step(net->parameters(), std::span<const T>(result.gradients), first, second, step);
            }
            std::copy(result.buffers.begin(), result.buffers.end(), net->buffers().begin());
            const std::string number = std::to_string(step);
            out.write(prefix + "step_loss" + number, static_cast<double>(result.loss));
            out.write(prefix + "step_grad" + number, result.gradients.data(), Net::parameter_count);
            out.write(prefix + "step_parameters" + number, net->parameters().data(), Net::parameter_count);
            out.write(prefix + "step_moved" + number, result.buffers.data(), Net::buffer_count);
        }
        if constexpr (target == Target::labels) {
            const ctcnn::Dataset<typename Net::input_shape, T> data(many, names);
            reset();
            std::vector<double> losses;
            ctcnn::FitOptions options{.epochs = settings.fit_steps,
                                      .max_steps = settings.fit_steps,
                                      .batch_size = settings.fit_batch,
                                      .seed = settings.seed,
                                      .shuffle = false};
            if (settings.schedule) {
                options.schedule = cycle;
            }
            options.on_step = [&](const ctcnn::StepReport& report) { losses.push_back(report.loss); };
            ctcnn::fit(*net, data, optimizer, options, loss);
            out.write(prefix + "fit_losses", losses.data(), losses.size());
            out.write(prefix + "fit_parameters", net->parameters().data(), Net::parameter_count);
            out.write(prefix + "fit_moved", net->buffers().data(), Net::buffer_count);
        }
    }
}

template <typename Net, typename Loss, Target target, typename Optimizer, bool Double, typename Places>
void run(const std::string& path, const Places& places) {
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
    settings.schedule = in.count() != 0;
    settings.linear = in.count() != 0;
    settings.cycle_momentum = in.count() != 0;
    settings.three_phase = in.count() != 0;
    settings.pct_start = in.number();
    settings.div_factor = in.number();
    settings.final_div_factor = in.number();
    const auto optimizer = read_optimizer<Optimizer>(in);
    Loss loss{};
    const float smoothing = in.number();
    if constexpr (requires { loss.label_smoothing; }) {
        loss.label_smoothing = smoothing;
    }
    const std::size_t count = in.count();
    std::vector<float> parameters(in.count());
    std::vector<float> pixels(in.count());
    std::vector<float> target_numbers(in.count());
    std::vector<std::uint8_t> labels(count);
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
        work<Net, Loss, target, Optimizer, true>(out, "", settings, optimizer, loss, parameters, pixels, labels,
                                                 target_numbers);
        if constexpr (Double) {
            using Fine = typename Net::template with_scalar<double>;
            work<Fine, Loss, target, Optimizer, false>(out, "double_", settings, optimizer, loss, parameters, pixels,
                                                       labels, target_numbers);
        }
    } catch (const std::exception& error) {
        out.write(std::string("exception"), 0.0);
        std::fprintf(stderr, "%s: %s\n", path.c_str(), error.what());
    }
}

}  // namespace harness
