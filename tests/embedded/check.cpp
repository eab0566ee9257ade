// SPDX-License-Identifier: MIT
//
// Compares what examples/embedded says on a microcontroller with what this machine computes from the same file.
//     check digits|lenet <file of parameters> <output of the program>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/ctcnn.hpp>

#include "images.hpp"
#include "networks.hpp"

namespace {

using namespace ctcnn;

int failures = 0;

void expect(bool condition, const std::string& text) {
    if (!condition) {
        ++failures;
        std::printf("wrong: %s\n", text.c_str());
    }
}

/// The program prints six decimals. Its sums have hundreds of terms in float32, whose last bit is worth 2e-6 where an
/// output is as large as here, at most 26.
constexpr double tolerance = 1e-5;

template <typename Net>
void check(const std::string& parameters, const std::string& path, double accuracy) {
    Net net{};
    load_safetensors(net, parameters);
    const auto test_set = load_mnist(CTCNN_MNIST_FOLDER, Split::test);
    const double reached = evaluate(net, test_set).accuracy;
    std::printf("test accuracy %.2f %%\n", 100 * reached);
    expect(reached >= accuracy, "the accuracy is below " + std::to_string(accuracy));

    // In double, the outputs of this machine do not depend on its vectors.
    typename Net::template with_scalar<double> exact{};
    load_safetensors(exact, parameters, {.convert = true});
    std::ifstream output(path);
    double worst = 0;
    for (std::size_t n = 0; n < test_digits.size(); ++n) {
        const auto& image = test_set.image(n);
        for (std::size_t pixel = 0; pixel < test_digits[n].size(); ++pixel) {
            expect(image.data()[pixel] == static_cast<float>(test_digits[n][pixel]) / 255.0f,
                   "an image is not MNIST's");
        }
        std::string line;
        std::getline(output, line);
        std::istringstream words(line);
        std::string word;
        words >> word;
        expect(word == "logits", "a line without logits: " + line);
        typename decltype(exact)::input_tensor exact_image{};
        std::copy(image.data(), image.data() + image.size(), exact_image.data());
        const auto logits = exact(exact_image);
        for (std::size_t i = 0; i < logits.size(); ++i) {
            words >> word;
            const double difference = std::abs(std::stod(word) - logits(i));
            worst = std::max(worst, difference);
            expect(difference <= tolerance, "image " + std::to_string(n) + ", logit " + std::to_string(i) + " is " +
                                                word + " instead of " + std::to_string(logits(i)));
        }
        expect(line.ends_with(", digit " + std::to_string(predict(net, image))), "another digit: " + line);
        expect(predict(net, image) == test_set.label(n), "the digit is not the label");
    }
    std::printf("largest difference of a logit %.2g\n", worst);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const std::string_view net = count == 4 ? arguments[1] : "";
        if (net == "digits") {
            check<Digits>(arguments[2], arguments[3], 0.99);
        } else if (net == "lenet") {
            check<LeNet>(arguments[2], arguments[3], 0.9);
        } else {
            std::puts("usage: check digits|lenet PARAMETERS OUTPUT");
            return 2;
        }
    } catch (const std::exception& error) {
        std::printf("wrong: %s\n", error.what());
        return 1;
    }
    return failures == 0 ? 0 : 1;
}
