// SPDX-License-Identifier: MIT
#include <ctcnn/data/mapped_idx.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

#include <sys/stat.h>

#include <ctcnn/data/folds.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/model/prepare.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/averaged.hpp>
#include <ctcnn/train/callbacks/validation.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/metrics.hpp>

#include "../train/small.hpp"
#include "allocations.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;

namespace {

using Mapped = MappedIdx<small::Net::input_shape>;

/// 50 images of 6 x 5 pixels, and their classes.
struct Files {
    ScratchFolder folder{};
    std::filesystem::path images = folder.write("images", idx({0x803, 50, 6, 5}, ramp(1500)));
    std::filesystem::path labels = folder.write("labels", idx({0x801, 50}, classes()));

    static Bytes classes() {
        Bytes bytes(50);
        for (std::size_t n = 0; n < bytes.size(); ++n) {
            bytes[n] = static_cast<std::uint8_t>(n * n % 3);
        }
        return bytes;
    }
};

constexpr SGD sgd{.lr = 0.1f, .momentum = 0.9f};

}  // namespace

TEST_CASE("A data set in a mapped idx file trains and is evaluated with the bits of one in memory") {
    const Files files;
    const Mapped mapped(files.images, files.labels, {.classes = 3});
    const auto data = load_idx<small::Net::input_shape>(files.images, files.labels, {.classes = 3});
    REQUIRE(mapped.size() == 50);
    CHECK(std::ranges::equal(mapped.labels(), data.labels()));
    const auto trained = [](const auto& set, auto... callbacks) {
        small::Net net = small::net();
        fit(net, set, sgd, {.epochs = 2, .batch_size = 16, .threads = 2}, callbacks...);
        return net;
    };
    const small::Net net = trained(data);
    CHECK_FALSE(small::same_bits(net, small::net()));
    CHECK(small::same_bits(trained(mapped), net));
    CHECK(small::same_bits(trained(mapped, Validation{mapped}), net));
    const RandomHorizontalFlip flip;
    const Normalize<> normalize{.mean = {0.25}, .std = {0.5}};
    const MixUp mix_up;
    CHECK(small::same_bits(trained(augmented(mapped, flip)), trained(augmented(data, flip))));
    CHECK(small::same_bits(trained(augmented(mapped, flip, normalize)), trained(augmented(data, flip, normalize))));
    CHECK(small::same_bits(trained(augmented(mapped, mix_up)), trained(augmented(data, mix_up))));
    CHECK(small::same_bits(trained(augmented(mapped, normalize, mix_up)), trained(augmented(data, normalize, mix_up))));
    CHECK(class_counts(mapped) == class_counts(data));
    const ClassBalanced balanced(mapped);
    const ClassBalanced expected(data);
    CHECK(small::same_bits(trained(balanced), trained(expected)));
    CHECK(small::same_bits(trained(augmented(balanced, flip)), trained(augmented(expected, flip))));

    for (const std::size_t threads : {1u, 3u}) {
        CHECK(evaluate(net, mapped, threads).loss == evaluate(net, data).loss);
        CHECK(evaluate(net, mapped, threads).accuracy == evaluate(net, data).accuracy);
        CHECK(evaluate(net, mapped, threads, Accuracy{.top_k = 2}) == evaluate(net, data, Accuracy{.top_k = 2}));
        CHECK(predict(net, mapped.images(), threads) == predict(net, data.images()));
        CHECK(infer(net, mapped.images(), threads) == infer(net, data.images()));
        CHECK(infer(net, mapped.images().subspan(3, 20), threads)[19] == infer(net, data.images())[22]);
        CHECK(infer(prepare(net), mapped.images(), threads) == infer(prepare(net), data.images()));
    }
}

TEST_CASE("Statistics of a mapped file are those of one in memory") {
    using Normed =
        Sequential<Input<1, 6, 5>, Conv2d<1, 4, Kernel<3>, Padding<1>>, BatchNorm2d<4>, Tanh, Flatten, Linear<120, 3>>;
    const Files files;
    const Mapped mapped(files.images, files.labels);
    const auto data = load_idx<small::Net::input_shape>(files.images, files.labels);
    Normed net{};
    initialize(net, XavierUniform{}, 1);
    Normed other = net;
    fit(net, mapped, sgd, {.epochs = 2, .batch_size = 16});
    fit(other, data, sgd, {.epochs = 2, .batch_size = 16});
    CHECK(small::same_bits(net, other));
    update_bn(net, mapped, 16);
    update_bn(other, data, 16);
    CHECK(std::ranges::equal(net.buffers(), other.buffers()));
}

TEST_CASE("A step of a mapped file that is not finite says so") {
    const Files files;
    const Mapped mapped(files.images, files.labels);
    small::Net net = small::net();
    CHECK_THROWS_AS(fit(net, mapped, SGD{.lr = 1e38f}, {.epochs = 9}), LossNotFinite);
}

TEST_CASE("The types of images and labels are those of load_idx") {
    const ScratchFolder folder;
    const auto labels = folder.write("labels", idx({0xb01, 2}, {0, 1, 1, 0}));
    const auto channels = folder.write("images", idx({0x804, 2, 3, 2, 2}, ramp(24)));
    const MappedIdx<Shape<3, 2, 2>, std::uint16_t> images(channels, labels, {.classes = 300, .first_label = 1});
    CHECK(images.labels()[1] == 255);
    CHECK(images.images()[1].data()[0] == 7 * 12);
    CHECK(error_of<BadLabel>([&] { MappedIdx<Shape<3, 2, 2>>(channels, labels); }).found() == "256");
    const auto features = folder.write("features", idx({0x802, 2, 5}, ramp(10)));
    CHECK(MappedIdx<Shape<5>, std::uint16_t>(features, labels).size() == 2);
}

TEST_CASE("What cannot be used as it lies in an idx file is refused") {
    const ScratchFolder folder;
    const auto labels = folder.write("labels", idx({0x801, 4}, {0, 1, 2, 0}));
    const auto refused = [&]<typename Error>(const Bytes& bytes) {
        const auto file = folder.write("images", bytes);
        const Error error = error_of<Error>([&] { Mapped(file, labels); });
        check_sentence(error);
        return error;
    };
    const Bytes whole = idx({0x803, 4, 6, 5}, ramp(120));
    CHECK(refused.operator()<WrongMagic>(idx({0xd03, 4, 6, 5}, Bytes(480))).found() == "32-bit floats");
    refused.operator()<BadDimension>(idx({0x803, 4, 5, 6}, ramp(120)));
    refused.operator()<BadDimension>(idx({0x803, 0, 6, 5}, {}));
    refused.operator()<CountMismatch>(idx({0x803, 2, 6, 5}, ramp(60)));
    refused.operator()<FileTruncated>(first(whole, 135));
    refused.operator()<FileTruncated>(first(whole, 9));
    refused.operator()<FileTruncated>(idx({0x803, 0xffffffff, 6, 5}, ramp(120)));
    refused.operator()<TrailingBytes>(joined(whole, {0}));
    refused.operator()<WrongMagic>(Bytes(whole.rbegin(), whole.rend()));
#if CTCNN_WITH_ZLIB
    CHECK(refused.operator()<WrongMagic>(gzip(whole)).remedy() == "Unpack it with `gunzip <'" +
                                                                      (folder.path() / "images").string() +
                                                                      "' >FILE`, and give the name of that file.");
#endif
    check_sentence(error_of<FileMissing>([&] { Mapped(folder.path() / "none", labels); }));
    CHECK(error_of<FileUnreadable>([&] { Mapped(folder.path(), labels); }).found() == "a folder");
    const auto empty = folder.write("empty", {});
    check_sentence(error_of<FileTruncated>([&] { Mapped(empty, labels); }));
    const auto pipe = (folder.path() / "pipe").string();
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(error_of<FileUnreadable>([&] { Mapped(pipe, labels); }).found() == "a pipe or a device");
    // The two files have changed places.
    check_sentence(error_of<WrongMagic>([&] { Mapped(labels, folder.write("images", whole)); }));
}

TEST_CASE("A mapped idx file that is packed is unpacked with a command, behind which either name is right") {
    const ScratchFolder folder;
    const auto labels = folder.write("labels", idx({0x801, 4}, {0, 1, 2, 0}));
    const auto images = folder.path() / "images";
    const Bytes whole = idx({0x803, 4, 6, 5}, ramp(120));
#if CTCNN_WITH_ZLIB
    const Bytes content = gzip(whole);
#else
    const Bytes content{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
#endif
    const auto packed = folder.write("images.gz", content);
    const std::string command = "Unpack it with `gunzip --keep '" + packed.string() + "'`";
    const auto missing = error_of<FileMissing>([&] { Mapped(images, labels); });
    check_sentence(missing);
    CHECK(missing.remedy() == command + ".");
    CHECK(missing.found() == "no such file, but 'images.gz'");
#if CTCNN_WITH_ZLIB
    CHECK(error_of<WrongMagic>([&] { Mapped(packed, labels); }).remedy() == command + ".");
#else
    CHECK(error_of<CompressionUnsupported>([&] { Mapped(packed, labels); }).remedy().starts_with(command));
#endif
    folder.write("images", whole);
    CHECK(Mapped(images, labels).size() == 4);
    CHECK(Mapped(packed, labels).size() == 4);
}

TEST_CASE("The remedies for a mapped idx file name MappedIdx") {
    const ScratchFolder folder;
    const auto images = folder.write("images", idx({0x803, 4, 6, 5}, ramp(120)));
    const auto labels = folder.write("labels", idx({0x801, 4}, {1, 2, 3, 3}));
    const auto large = folder.write("large", idx({0xb01, 4}, {0, 1, 3, 0, 0, 2, 3, 1}));
    CHECK(error_of<BadDimension>([&] { MappedIdx<Shape<1, 5, 6>>(images, labels); }).remedy() ==
          "Load it with MappedIdx<Shape<1, 6, 5>>.");
    CHECK(error_of<BadLabel>([&] { Mapped(images, labels, {.classes = 3}); }).remedy() ==
          "The labels run from 1 to 3: load them with MappedIdx<Shape<1, 6, 5>>(images, labels, {.classes = 3, "
          ".first_label = 1}). Those of EMNIST have their columns where the rows should be: only load_idx exchanges "
          "them, with .transpose = true.");
    CHECK(
        error_of<BadLabel>([&] { Mapped(images, large); }).remedy().find("MappedIdx<Shape<1, 6, 5>, std::uint16_t>(") !=
        std::string::npos);
    try {
        Mapped(images, labels, {.classes = 257});
        FAIL("257 classes have no room in a byte");
    } catch (const std::invalid_argument& error) {
        CHECK(std::string(error.what()).find("take a wider one, MappedIdx<S, std::uint16_t>(...).") !=
              std::string::npos);
    }
}

TEST_CASE("An idx file that is replaced while it is opened is the old one or the new one, and no mixture of both") {
    const ScratchFolder folder;
    const auto labels = folder.write("labels", idx({0x801, 4}, {0, 1, 2, 0}));
    static std::string images;
    static std::string other;
    images = (folder.path() / "images").string();
    const Bytes old_content = ramp(120);
    const Bytes new_content(old_content.rbegin(), old_content.rend());
    bool has_happened = true;
    std::size_t replaced = 0;
    std::size_t allocations = 0;
    for (; has_happened; ++allocations) {
        INFO("it is replaced after " << allocations << " allocations");
        folder.write("images", idx({0x803, 4, 6, 5}, old_content));
        // As many images behind a longer header.
        other = folder.write("other", idx({0x804, 4, 1, 6, 5}, new_content)).string();
        event = [] { std::rename(other.c_str(), images.c_str()); };
        allocations_before_event = allocations;
        const Mapped mapped(images, labels);
        has_happened = allocations_before_event > allocations;  // it has counted below 0
        allocations_before_event = any_number;
        const bool is_new = std::memcmp(mapped.images().data(), new_content.data(), 120) == 0;
        const bool is_old = std::memcmp(mapped.images().data(), old_content.data(), 120) == 0;
        CHECK(is_new != is_old);
        replaced += is_new ? std::size_t{1} : 0;
    }
    CHECK(replaced < allocations - 5);
}

TEST_CASE("Where memory is short, a mapped idx file is refused with a sentence") {
    const Files files;
    const std::size_t refusals =
        count_refusals([&] { const Mapped mapped(files.images, files.labels); },
                       [](const std::exception& error) { REQUIRE(typeid(error) == typeid(FileTooLarge)); });
    CHECK(refusals > 5);
}
