// SPDX-License-Identifier: MIT
//
// What a program does with the library, as one function PART. check.cmake compiles it with different flags, and links
// the results into one program.
#include <ctcnn/ctcnn.hpp>

#include <memory>
#include <vector>

using namespace ctcnn;

namespace {

using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, MaxPool2d<Kernel<2>>,
                       Sequential<Conv2d<6, 16, Kernel<5>>, ReLU>, AvgPool2d<Kernel<2>>, Flatten, LazyLinear<10>>;

std::size_t use(const Dataset<Shape<1, 28, 28>>& data) {
    const auto net = std::make_unique<Net>();
    initialize(*net, KaimingUniform{});
    fit(*net, data, SGD{.lr = 0.1f, .momentum = 0.9f}, {.batch_size = 64, .schedule = OneCycle{}});
    const std::vector<Net> copies(2, *net);
    const auto step = value_and_grad(copies[1], MSELoss{}, data.images().first(16), data.labels().first(16));
    const bool same = (*net)(data.image(1)) == copies[0](data.image(1));
    const auto answers = predict(*net, data.images());
    return answers.size() + predict(*net, data.image(3)) + (same ? 1 : 0) + (step.loss > 0 ? 1 : 0) +
           static_cast<std::size_t>(evaluate(*net, data).accuracy);
}

/// Weights through a file; never called, only linked.
[[gnu::used]] std::size_t use_files(const char* path) {
    using Small = Sequential<Input<4>, Linear<4, 2>>;
    Small net{};
    save_safetensors(net, path, {{"epoch", "1"}}, Dtype::float16);
    export_onnx(net, path);
    load_safetensors(net, path, {.convert = true, .rename = {{"fc", "0"}}});
    const std::size_t count = any_of<Small, Net>(path, [](const auto& loaded) { return loaded.parameters().size(); });
    return count + safetensors_metadata(path).size() + Net::names()[0].name.size() + Net::names()[0].shape.size();
}

}  // namespace

/// 1 if the data was read, 2 if it was refused since there is no zlib.
extern "C" int PART(const char* folder) {
    try {
        return use(load_mnist(folder, Split::test).first(256)) > 0 ? 1 : 0;
    } catch (const CompressionUnsupported&) {
        return 2;
    }
}
