// SPDX-License-Identifier: MIT
//
// A network for your own images: own_images FOLDER, in which each class has a folder of PNG images of 32 x 32 pixels,
// as in FOLDER/cat/1.png.
#include <ctcnn/ctcnn.hpp>
#include <ctcnn/data/folds.hpp>
#include <ctcnn/data/png.hpp>
#include <ctcnn/data/transforms.hpp>

#include <array>
#include <cstdio>
#include <exception>

using namespace ctcnn;

// At most 10 classes.
using Net = Sequential<Input<3, 32, 32>, Conv2d<3, 16, Kernel<3>, Stride<2>, Padding<1>>, BatchNorm2d<16>, ReLU,
                       Conv2d<16, 32, Kernel<3>, Stride<2>, Padding<1>>, BatchNorm2d<32>, ReLU, AdaptiveAvgPool2d<1>,
                       Flatten, Linear<32, 10>>;

int main(int count, char** arguments) {
    if (count != 2) {
        std::puts("Give a folder that has a folder of PNG images for each class.");
        return 0;
    }
    try {
        const auto images = load_image_folder<Shape<3, 32, 32>>(arguments[1]);
        const auto [train, validation] = random_split(images.data, std::array{0.8, 0.2}, {.stratify = true});
        Net net{};
        initialize(net, KaimingUniform{});
        fit(net, augmented(train, RandomHorizontalFlip{}, RandomCrop{.padding = 4}), Adam{},
            {.epochs = 20, .batch_size = 32, .schedule = OneCycle{}});
        for (std::size_t n = 0; n < validation.size() && n < 10; ++n) {
            const std::size_t predicted = predict(net, validation.image(n));
            std::printf("%s is taken for %s\n", images.classes[validation.label(n)].c_str(),
                        predicted < images.classes.size() ? images.classes[predicted].c_str() : "something else");
        }
        std::printf("accuracy %.4f\n", evaluate(net, validation).accuracy);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
