// SPDX-License-Identifier: MIT
// All versions that this machine has answer alike, and the dispatcher takes the newest of them.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "lenet.hpp"
#include "net.hpp"

namespace {

// The versions add in different orders, and fuse multiplications or do not. A sum of n terms then differs by about
// sqrt(n) roundings: of the 85 terms of a logit, with partial sums below 32, by 9 * 32 * 2^-24 = 2e-5. The layers
// before it add about as much. Ten times that is far below what a wrong weight or pixel changes: the largest logit of
// each image is above the next by 0.04 or more.
constexpr float tolerance = 2e-4f;

constexpr std::size_t image_count = 70;  // several tiles of each width, and a last one that is not full
constexpr std::size_t pixels = 28 * 28;

int failures = 0;

void expect(bool right, const char* version, const char* what) {
    if (!right) {
        std::printf("%s: %s\n", version, what);
        ++failures;
    }
}

struct Version {
    const char* name;
    bool supported;
    decltype(&lenet_logits) logits;
    decltype(&lenet_labels) labels;
    decltype(&lenet_vector_bytes) vector_bytes;
};

struct Answer {
    std::array<std::array<float, 10>, image_count> logits{};
    std::array<std::size_t, image_count> labels{};
    std::array<std::uint8_t, image_count> labels_of_many{};
};

Answer ask(const Version& version, const float* parameters, const float* images) {
    Answer answer;
    for (std::size_t i = 0; i < image_count; ++i) {
        answer.labels[i] = version.logits(parameters, images + i * pixels, answer.logits[i].data());
    }
    expect(!version.labels(parameters, images, image_count, 10, answer.labels_of_many.data()), version.name,
           "there is no label 10");
    const auto wanted = static_cast<std::uint8_t>(answer.labels[0]);
    expect(version.labels(parameters, images, image_count, wanted, answer.labels_of_many.data()), version.name,
           "the label of the first image is not among the labels of all");
    for (std::size_t i = 0; i < image_count; ++i) {
        expect(answer.labels[i] == answer.labels_of_many[i], version.name, "one image and many differ in a label");
    }
    return answer;
}

}  // namespace

int main() {
    const auto net = std::make_unique<LeNet>();
    ctcnn::initialize(*net, ctcnn::XavierUniform{.gain = 8}, 10);
    const float* const parameters = net->parameters().data();
    std::vector<float> images(image_count * pixels);
    // A grey image with noise in one square, at a place of its own.
    const ctcnn::detail_::Philox random(5);
    for (std::size_t i = 0; i < image_count; ++i) {
        const std::size_t top = random.below(2 * i, 17);
        const std::size_t left = random.below(2 * i + 1, 17);
        const auto grey = static_cast<float>(i % 7) / 2 - 1.5f;
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            const std::size_t row = pixel / 28;
            const std::size_t column = pixel % 28;
            const bool inside = row >= top && row < top + 12 && column >= left && column < left + 12;
            images[i * pixels + pixel] = inside ? random.uniform(1000 + i * pixels + pixel, 0.0f, 4.0f) : grey;
        }
    }

    // What the compiler asks for beside these came earlier, or in the same processors.
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    const std::array<Version, 3> versions{
        {{"x86-64", true, lenet_logits__x86_64, lenet_labels__x86_64, lenet_vector_bytes__x86_64},
         {"x86-64-v3", v3, lenet_logits__x86_64_v3, lenet_labels__x86_64_v3, lenet_vector_bytes__x86_64_v3},
         {"x86-64-v4", v4, lenet_logits__x86_64_v4, lenet_labels__x86_64_v4, lenet_vector_bytes__x86_64_v4}}};

    const Version* newest = nullptr;
    Answer baseline;
    Answer answer;
    float largest_difference = 0;
    for (const Version& version : versions) {
        if (!version.supported) {
            std::printf("%s: not on this machine\n", version.name);
            continue;
        }
        answer = ask(version, parameters, images.data());
        if (newest == nullptr) {
            baseline = answer;
        }
        newest = &version;
        for (std::size_t i = 0; i < image_count; ++i) {
            for (std::size_t k = 0; k < 10; ++k) {
                const float difference = std::fabs(answer.logits[i][k] - baseline.logits[i][k]);
                largest_difference = std::max(largest_difference, difference);
                expect(difference <= tolerance, version.name, "a logit differs from that of x86-64");  // NaN, too
            }
            expect(answer.labels[i] == baseline.labels[i], version.name, "a label differs from that of x86-64");
        }
        std::printf("%s: %zu images answered\n", version.name, image_count);
    }

    const Version dispatched{"dispatcher", true, lenet_logits, lenet_labels, lenet_vector_bytes};
    const Answer chosen = ask(dispatched, parameters, images.data());
    expect(std::memcmp(&chosen.logits, &answer.logits, sizeof(chosen.logits)) == 0, newest->name,
           "the dispatcher has other bits than the newest version");
    expect(chosen.labels == answer.labels && chosen.labels_of_many == answer.labels_of_many, newest->name,
           "the dispatcher has other labels than the newest version");
    expect(dispatched.vector_bytes() == newest->vector_bytes(), newest->name, "the dispatcher takes another version");
    for (std::size_t i = 1; i < versions.size(); ++i) {
        expect(!versions[i].supported || versions[i].vector_bytes() == 2 * versions[i - 1].vector_bytes(),
               versions[i].name, "its vectors are not twice as wide as those of the version before it");
    }
    auto kinds = baseline.labels;
    std::sort(kinds.begin(), kinds.end());
    expect(std::unique(kinds.begin(), kinds.end()) - kinds.begin() >= 3, "the test",
           "it needs images of several labels");
    std::printf("largest difference of two versions: %g; the dispatcher takes %s\n",
                static_cast<double>(largest_difference), newest->name);
    return failures == 0 ? 0 : 1;
}
