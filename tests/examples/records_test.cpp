// SPDX-License-Identifier: MIT
// The recipes of examples/records: the smallest one runs, and test-time shifts are the mean of what the network says of
// each view.
#include <ctcnn/data/mnist.hpp>
#include <ctcnn/data/transforms.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../../examples/records/mnist_99_0_2500.cpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace records;

TEST_CASE("the smallest recipe trains, and two runs of a seed are the same for any number of threads") {
    const Pictures train = load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(512);
    const Pictures test = train.first(64);
    Job job{.train = train, .test = test, .seed = 3, .threads = 1, .max_steps = 12};
    const Outcome alone = mnist_99_0_2500.run(job);
    job.threads = 2;
    const Outcome together = mnist_99_0_2500.run(job);
    CHECK(alone.plain == together.plain);
    CHECK(alone.with_shifts == together.with_shifts);
    CHECK(alone.plain > 15);  // 10 by chance
    CHECK(mnist_99_0_2500.parameters == 2438);

    job.shifts = false;
    CHECK(std::isnan(mnist_99_0_2500.run(job).with_shifts));
}

// Each class looks at one pixel of the image.
using Places = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 10, NoBias>>;

TEST_CASE("test-time shifts move an image by one pixel to each side") {
    // Class k looks at row 10, column 2k + 4. The dots of the images lie one pixel beside it: without shifts, all
    // outputs are 0 and the answer is class 0.
    Places net{};
    for (std::size_t k = 0; k < 10; ++k) {
        net.layer<1>().weight(k, 10 * 28 + 2 * k + 4) = 8;
    }
    std::vector<Pictures::image_type> images(10);
    std::vector<std::uint8_t> labels(10);
    for (std::size_t k = 0; k < 10; ++k) {
        images[k](0, k % 2 == 0 ? 9 : 11, 2 * k + 4) = 1;
        labels[k] = static_cast<std::uint8_t>(k);
    }
    const Pictures pictures(std::move(images), std::move(labels));
    CHECK(evaluate(net, pictures).accuracy == Approx(0.1));
    CHECK(accuracy_with_shifts(net, pictures, false) == 1);
}

TEST_CASE("test-time shifts equal softmax of each view, added") {
    const Pictures pictures = load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(70);
    Places net{};
    initialize(net, KaimingUniform{}, 4);
    const auto moved = [](const Pictures::image_type& image, int right, int down, bool mirrored) {
        Pictures::image_type result{};
        for (int h = 0; h < 28; ++h) {
            for (int w = 0; w < 28; ++w) {
                const int from_h = h - down;
                const int from_w = (mirrored ? 27 - w : w) - right;
                if (from_h >= 0 && from_h < 28 && from_w >= 0 && from_w < 28) {
                    result(0, static_cast<std::size_t>(h), static_cast<std::size_t>(w)) =
                        image(0, static_cast<std::size_t>(from_h), static_cast<std::size_t>(from_w));
                }
            }
        }
        return result;
    };
    for (const bool mirrored : {false, true}) {
        std::size_t right = 0;
        for (std::size_t n = 0; n < pictures.size(); ++n) {
            std::vector<double> sums(10);
            for (const auto& [x, y] : {std::pair{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
                for (int mirror = 0; mirror <= (mirrored ? 1 : 0); ++mirror) {
                    const auto view = probabilities(net, moved(pictures.image(n), x, y, mirror == 1));
                    for (std::size_t k = 0; k < 10; ++k) {
                        sums[k] += static_cast<double>(view(k));
                    }
                }
            }
            right += std::ranges::max_element(sums) - sums.begin() == pictures.label(n) ? 1 : 0;
        }
        CHECK(accuracy_with_shifts(net, pictures, mirrored) == Approx(static_cast<double>(right) / 70));
    }
}
