// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// What a program needs that runs a network from a file.
#include <ctcnn/inference.hpp>
#include <ctcnn/io/any_of.hpp>
#include <ctcnn/io/safetensors.hpp>

#if defined(BOOST_HANA_CONFIG_HPP)
#error "files must not need Boost.Hana"
#endif

#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;

namespace {

using Small = Sequential<Input<1, 6, 6>, Conv2d<1, 3, Kernel<3>>, ReLU, Flatten, LazyLinear<5>>;
using Nested =
    Sequential<Input<2, 9, 7>,
               Sequential<Conv2d<2, 4, Kernel<3, 2>, Groups<2>>, Sequential<Tanh, Conv2d<4, 3, Kernel<1>, NoBias>>>,
               MaxPool2d<Kernel<2>>, Flatten, LazyLinear<7, NoBias>, Linear<7, 2>>;
using Empty = Sequential<Input<3>, ReLU>;
using Two = Sequential<Input<3>, Linear<3, 2>>;  // 0.weight (2, 3), 0.bias (2)
/// More than lies inside an object, and than one piece of writing.
using Large = Sequential<Input<300>, Linear<300, 300>, ReLU, Linear<300, 10>>;

template <typename T>
void append(Bytes& bytes, T number) {
    for (std::size_t n = 0; n < sizeof(T); ++n) {
        bytes.push_back(static_cast<std::uint8_t>(number >> (8 * n)));
    }
}
/// The bytes of float32 numbers in a file.
Bytes floats(const std::vector<float>& numbers) {
    Bytes bytes;
    for (const float number : numbers) {
        append(bytes, std::bit_cast<std::uint32_t>(number));
    }
    return bytes;
}

std::string two_header(const std::string& dtype = "F32", std::size_t size = 4) {
    return "{" + entry("0.bias", dtype, "[2]", 0, 2 * size) + "," +
           entry("0.weight", dtype, "[2,3]", 2 * size, 8 * size) + "}";
}

template <typename Net>
void check_round_trip() {
    const ScratchFolder folder;
    const auto net = std::make_unique<Net>(filled<Net>());
    const auto other = std::make_unique<Net>();
    save_safetensors(*net, folder.path() / "net.safetensors");
    load_safetensors(*other, folder.path() / "net.safetensors");
    CHECK(bits_of(*net) == bits_of(*other));
    save_safetensors(*other, folder.path() / "again.safetensors");
    CHECK(read_bytes(folder.path() / "net.safetensors") == read_bytes(folder.path() / "again.safetensors"));
    CHECK(names_in(folder.path()).size() == 2);
}

}  // namespace

TEST_CASE("what is saved is loaded", "[safetensors]") {
    check_round_trip<Small>();
    check_round_trip<Nested>();
    check_round_trip<Empty>();
    check_round_trip<Two>();
    check_round_trip<Large>();
    check_round_trip<Nested::with_scalar<double>>();
}

TEST_CASE("a saved file, byte for byte", "[safetensors]") {
    const ScratchFolder folder;
    Two net{};
    for (std::size_t n = 0; n < 8; ++n) {
        net.parameters()[n] = static_cast<float>(n);
    }
    save_safetensors(net, folder.path() / "a", {{"z", "2"}, {"a\"\n\x01", "\xc3\xa9\\"}});
    std::string header =
        "{\"__metadata__\":{\"a\\\"\\n\\u0001\":\"\xc3\xa9\\\\\",\"z\":\"2\"}," + two_header().substr(1);
    header.append((8 - header.size() % 8) % 8, ' ');
    CHECK(read_bytes(folder.path() / "a") == safetensors(header, floats({6, 7, 0, 1, 2, 3, 4, 5})));
    CHECK(safetensors_metadata(folder.path() / "a") ==
          std::map<std::string, std::string>{{"z", "2"}, {"a\"\n\x01", "\xc3\xa9\\"}});
    save_safetensors(Empty{}, folder.path() / "b");
    CHECK(read_bytes(folder.path() / "b") == safetensors("{}      "));
    CHECK(safetensors_metadata(folder.path() / "b").empty());
}

TEST_CASE("names are sorted as text", "[safetensors]") {
    using Twelve =
        Sequential<Input<1>, Linear<1, 1>, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, ReLU, Linear<1, 1>>;
    const ScratchFolder folder;
    save_safetensors(Twelve{}, folder.path() / "a");
    const Bytes bytes = read_bytes(folder.path() / "a");
    const std::string text(bytes.begin(), bytes.end());
    CHECK(text.find("0.weight") < text.find("10.bias"));
    CHECK(text.find("10.bias") < text.find("10.weight"));
}

TEST_CASE("the bits of all numbers are kept", "[safetensors]") {
    const ScratchFolder folder;
    Two net{};
    const std::vector<std::uint32_t> patterns{0x7f80'0001, 0xffff'ffff, 0x7fc1'2345, 0x0000'0001,
                                              0x8000'0000, 0xff80'0000, 0x007f'ffff, 0x3f80'0000};
    std::memcpy(net.parameters().data(), patterns.data(), sizeof(net.parameters()[0]) * patterns.size());
    save_safetensors(net, folder.path() / "a");
    Two other{};
    load_safetensors(other, folder.path() / "a");
    CHECK(bits_of(net) == bits_of(other));
    const Bytes bytes = read_bytes(folder.path() / "a");
    CHECK(Bytes(bytes.end() - 24, bytes.end() - 20) == Bytes{0x01, 0x00, 0x80, 0x7f});
}

// Dtypes --------------------------------------------------------------------------------------------------------------

TEST_CASE("all patterns of 16 bits are loaded and saved again", "[safetensors]") {
    using Wide = Sequential<Input<65536>, Linear<65536, 1, NoBias>>;
    const ScratchFolder folder;
    Bytes patterns;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        append(patterns, static_cast<std::uint16_t>(bits));
    }
    for (const auto& [dtype, spelling] : {std::pair{Dtype::float16, "F16"}, {Dtype::bfloat16, "BF16"}}) {
        std::string header = "{" + entry("0.weight", spelling, "[1,65536]", 0, 131072) + "}";
        header.append((8 - header.size() % 8) % 8, ' ');
        const Bytes file = safetensors(header, patterns);
        const auto net = std::make_unique<Wide>();
        load_safetensors(*net, folder.write("a", file), {.convert = true});
        CHECK(net->parameters()[0x3c00] == (dtype == Dtype::float16 ? 1.0f : 0.0078125f));
        save_safetensors(*net, folder.path() / "b", {}, dtype);
        CHECK(read_bytes(folder.path() / "b") == file);
        const auto fine = std::make_unique<Wide::with_scalar<double>>();
        load_safetensors(*fine, folder.path() / "a", {.convert = true});
        save_safetensors(*fine, folder.path() / "c", {}, dtype);
        CHECK(read_bytes(folder.path() / "c") == file);
    }
}

TEST_CASE("other dtypes are converted when it is asked for", "[safetensors]") {
    const ScratchFolder folder;
    Bytes doubles;
    for (const double number : {1.5, -2.0, 0.1, 1e-300, -1e-45, 3.0, 1e38, -0.0}) {
        append(doubles, std::bit_cast<std::uint64_t>(number));
    }
    const auto a = folder.write("a", safetensors(two_header("F64", 8), doubles));
    Two net{};
    const auto mismatch = error_of<TensorMismatch>([&] { load_safetensors(net, a); });
    CHECK_THAT(mismatch.what(), ContainsSubstring("F64 (2, 3)") && ContainsSubstring("LoadOptions::convert"));
    CHECK(bits_of(net) == bits_of(Two{}));
    load_safetensors(net, a, {.convert = true});
    CHECK(bits_of(net) == floats({0.1f, 0.0f, -1e-45f, 3.0f, 1e38f, -0.0f, 1.5f, -2.0f}));
    Two::with_scalar<double> fine{};
    load_safetensors(fine, a);
    CHECK(fine.parameters()[1] == 1e-300);

    load_safetensors(net, folder.write("b", safetensors(two_header("I8", 1), {0xff, 2, 0x80, 0x7f, 0, 1, 3, 0xfd})),
                     {.convert = true});
    CHECK(bits_of(net) == floats({-128, 127, 0, 1, 3, -3, -1, 2}));
    save_safetensors(net, folder.path() / "c", {}, Dtype::int8);
    CHECK(bits_of(net) == floats({-128, 127, 0, 1, 3, -3, -1, 2}));
    Two again{};
    load_safetensors(again, folder.path() / "c", {.convert = true});
    CHECK(bits_of(again) == bits_of(net));
}

TEST_CASE("values that do not fit are refused, and nothing is written or changed", "[safetensors]") {
    const ScratchFolder folder;
    Two net = filled<Two>();
    save_safetensors(net, folder.path() / "a");
    const Bytes before = read_bytes(folder.path() / "a");
    net.layer<0>().bias(1) = 65520;
    for (const Dtype dtype : {Dtype::float16, Dtype::int8}) {
        const auto error = error_of<BadValue>([&] { save_safetensors(net, folder.path() / "a", {}, dtype); });
        check_sentence(error);
        CHECK_THAT(error.found(),
                   ContainsSubstring(dtype == Dtype::int8 ? "0.weight, element 0" : "0.bias, element 1"));
    }
    CHECK(read_bytes(folder.path() / "a") == before);
    CHECK(names_in(folder.path()).size() == 1);
    save_safetensors(net, folder.path() / "a", {}, Dtype::bfloat16);

    Bytes doubles(8 * 8);
    doubles[3 * 8 + 7] = 0x7f;
    const auto path = folder.write("b", safetensors(two_header("F64", 8), doubles));
    const Bytes bits = bits_of(net);
    const auto error = error_of<BadValue>([&] { load_safetensors(net, path, {.convert = true}); });
    check_sentence(error);
    CHECK(error.offset() == 8 + two_header("F64", 8).size() + 3 * 8);
    CHECK(bits_of(net) == bits);
}

TEST_CASE("dtypes that are not read are named", "[safetensors]") {
    const ScratchFolder folder;
    Two net = filled<Two>();
    for (const auto& [dtype, bits] : std::vector<std::pair<std::string, std::size_t>>{{"BOOL", 8},
                                                                                      {"F4", 4},
                                                                                      {"F8_E5M2", 8},
                                                                                      {"F8_E4M3", 8},
                                                                                      {"F8_E8M0", 8},
                                                                                      {"F8_E4M3FNUZ", 8},
                                                                                      {"F8_E5M2FNUZ", 8},
                                                                                      {"U8", 8},
                                                                                      {"I16", 16},
                                                                                      {"U16", 16},
                                                                                      {"I32", 32},
                                                                                      {"U32", 32},
                                                                                      {"C64", 64},
                                                                                      {"I64", 64},
                                                                                      {"U64", 64}}) {
        std::string header = "{" + entry("0.bias", dtype, "[2]", 0, 2 * bits / 8) + "," +
                             entry("0.weight", dtype, "[2,3]", 2 * bits / 8, 8 * bits / 8) + "}";
        const auto path = folder.write("a", safetensors(header, Bytes(bits)));
        for (const bool convert : {false, true}) {
            const auto error = error_of<TensorMismatch>([&] { load_safetensors(net, path, {.convert = convert}); });
            CHECK_THAT(error.what(),
                       ContainsSubstring(dtype + " (2, 3)") && ContainsSubstring("I8, F16, BF16, F32, F64 are read"));
        }
    }
    for (const std::string dtype : {"F6_E2M3", "F6_E3M2"}) {
        const std::string header = "{" + entry("x", dtype, "[4]", 0, 3) + "}";
        const auto error =
            error_of<TensorMismatch>([&] { load_safetensors(net, folder.write("a", safetensors(header, Bytes(3)))); });
        CHECK_THAT(error.what(), ContainsSubstring(dtype + " (4)"));
    }
    const auto unknown = error_of<BadHeader>(
        [&] { load_safetensors(net, folder.write("a", safetensors(two_header("F128", 16), Bytes(128)))); });
    CHECK_THAT(unknown.what(), ContainsSubstring("'F128'") && ContainsSubstring("F8_E4M3FNUZ"));
}

// Names and shapes ----------------------------------------------------------------------------------------------------

TEST_CASE("one error tells all differences, and the network stays as it was", "[safetensors]") {
    const ScratchFolder folder;
    const std::string header =
        "{" + entry("0.weight", "F32", "[3,2]", 0, 24) + "," + entry("extra\\u001b[31m", "I64", "[]", 24, 32) + "}";
    const auto path = folder.write("a", safetensors(header, Bytes(32)));
    Two net = filled<Two>();
    const Bytes bits = bits_of(net);
    const auto error = error_of<TensorMismatch>([&] { load_safetensors(net, path); });
    check_sentence(error);
    CHECK(error.found() == "1 missing, 1 unexpected, 1 of another shape");
    const std::string table =
        "\n    tensor         the network  the file"
        "\n    0.weight       F32 (2, 3)   F32 (3, 2)"
        "\n    0.bias         F32 (2)      missing"
        "\n    extra\\x1b[31m  unexpected   I64 ()\n";
    CHECK_THAT(error.what(), ContainsSubstring(table) && ContainsSubstring("LoadOptions::transpose"));
    CHECK(bits_of(net) == bits);
    CHECK_THAT(error_of<TensorMismatch>([&] { load_safetensors(net, path, {.allow_missing = true}); }).found(),
               Catch::Matchers::Equals("1 unexpected, 1 of another shape"));
    CHECK_THAT(error_of<TensorMismatch>([&] {
                   load_safetensors(net, path, {.allow_missing = true, .allow_unexpected = true});
               }).found(),
               Catch::Matchers::Equals("1 of another shape"));
    CHECK(bits_of(net) == bits);
}

TEST_CASE("running statistics are saved and loaded, and PyTorch's count of batches is not", "[safetensors]") {
    // What normalises an image is no weight.
    using Normalised = Sequential<Input<1>, Linear<1, 1, NoBias>, Named<"norm", BatchNorm1d<1>>>;
    const ScratchFolder folder;
    Normalised net{};
    for (std::size_t n = 0; n < 3; ++n) {
        net.parameters()[n] = static_cast<float>(n + 1);
    }
    net.buffers()[0] = 4;
    net.buffers()[1] = 5;
    save_safetensors(net, folder.path() / "a");
    Normalised loaded{};
    load_safetensors(loaded, folder.path() / "a");
    CHECK(bits_of(loaded) == bits_of(net));
    CHECK((loaded.buffers()[0] == 4 && loaded.buffers()[1] == 5));

    // As PyTorch saves it: a scalar of 64 bits beside the others, which the file begins with here.
    const auto with_count = [](const std::string& name) {
        Bytes data(8, 0);
        data[0] = 77;
        const Bytes rest = floats({3, 4, 5, 2, 1});
        data.insert(data.end(), rest.begin(), rest.end());
        return safetensors("{" + entry(name, "I64", "[]", 0, 8) + "," + entry("norm.bias", "F32", "[1]", 8, 12) + "," +
                               entry("norm.running_mean", "F32", "[1]", 12, 16) + "," +
                               entry("norm.running_var", "F32", "[1]", 16, 20) + "," +
                               entry("norm.weight", "F32", "[1]", 20, 24) + "," +
                               entry("0.weight", "F32", "[1,1]", 24, 28) + "}",
                           data);
    };
    const auto path = folder.write("b", with_count("norm.num_batches_tracked"));
    Normalised other{};
    load_safetensors(other, path);
    CHECK(bits_of(other) == bits_of(net));
    CHECK((other.buffers()[0] == 4 && other.buffers()[1] == 5));
    // Not beside a running_mean of the network, it is a tensor like others.
    for (const std::string name :
         {"num_batches_tracked", "0.num_batches_tracked", "norm.x.num_batches_tracked", "norm.num_batches_tracked2"}) {
        const auto refused_path = folder.write("c", with_count(name));
        CHECK_THROWS_AS(load_safetensors(other, refused_path), TensorMismatch);
    }
}

TEST_CASE("missing and unexpected tensors may be allowed", "[safetensors]") {
    const ScratchFolder folder;
    const std::string header =
        "{" + entry("0.bias", "F32", "[2]", 0, 8) + "," + entry("other", "BOOL", "[3]", 8, 11) + "}";
    const auto path = folder.write("a", safetensors(header, joined(floats({7, 8}), Bytes(3))));
    Two net = filled<Two>();
    const float weight = net.parameters()[5];
    load_safetensors(net, path, {.allow_missing = true, .allow_unexpected = true});
    CHECK(net.parameters()[5] == weight);
    CHECK(net.parameters()[6] == 7);
    CHECK(net.parameters()[7] == 8);
}

TEST_CASE("a table of very many differences is cut short", "[safetensors]") {
    const ScratchFolder folder;
    std::string header = two_header();
    header.pop_back();
    for (int n = 0; n < 1000; ++n) {
        header.append(",").append(entry(std::string("x").append(std::to_string(n)), "F32", "[0]", 32, 32));
    }
    const auto path = folder.write("a", safetensors(header + "}", Bytes(32)));
    Two net{};
    const auto error = error_of<TensorMismatch>([&] { load_safetensors(net, path); });
    CHECK(error.found() == "1000 unexpected");
    CHECK_THAT(error.what(), ContainsSubstring("and 970 more"));
    CHECK(std::string(error.what()).size() < 4000);
    load_safetensors(net, path, {.allow_unexpected = true});
}

TEST_CASE("a shape of very many sizes is cut short", "[safetensors]") {
    const ScratchFolder folder;
    std::string header = two_header();
    header.pop_back();
    header.append("," + entry("x8", "F32", "[1,2,3,4,5,6,7,0]", 32, 32));
    header.append("," + entry("x9", "F32", "[1,2,3,4,5,6,7,8,0]", 32, 32) + "}");
    const auto path = folder.write("a", safetensors(header, Bytes(32)));
    Two net{};
    const auto error = error_of<TensorMismatch>([&] { load_safetensors(net, path); });
    CHECK_THAT(error.what(), ContainsSubstring("F32 (1, 2, 3, 4, 5, 6, 7, 0)\n") &&
                                 ContainsSubstring("F32 (1, 2, 3, 4, 5, 6, 7, 8, ...)\n"));
}

TEST_CASE("names are changed by prefix and by map", "[safetensors]") {
    const ScratchFolder folder;
    const auto write = [&](const std::string& bias, const std::string& weight) {
        return folder.write(
            "a", safetensors("{" + entry(bias, "F32", "[2]", 0, 8) + "," + entry(weight, "F32", "[2,3]", 8, 32) + "}",
                             floats({1, 2, 3, 4, 5, 6, 7, 8})));
    };
    const auto loads = [](const std::filesystem::path& path, const LoadOptions& options) {
        Two net{};
        load_safetensors(net, path, options);
        return bits_of(net) == floats({3, 4, 5, 6, 7, 8, 1, 2});
    };
    CHECK(loads(write("0.bias", "0.weight"), {}));
    CHECK(loads(write("model.0.bias", "model.0.weight"), {.prefix = "model."}));
    CHECK(loads(write("fc.bias", "fc.weight"), {.rename = {{"fc", "0"}}}));
    CHECK(loads(write("b", "w"), {.rename = {{"b", "0.bias"}, {"w", "0.weight"}}}));
    CHECK(loads(write("model.fc.bias", "model.fc.weight"), {.prefix = "model.", .rename = {{"fc", "0"}}}));
    CHECK(loads(write("a.b.bias", "a.c.weight"), {.rename = {{"a.b", "0"}, {"a", "no"}, {"a.c", "0"}}}));
    CHECK(loads(write("module.0.bias", "module.0.weight"), {.rename = {{"module", ""}}}));
    CHECK(loads(write("0.weight", "0.bias"), {.rename = {{"0.weight", "0.bias"}, {"0.bias", "0.weight"}}}));

    Two net{};
    const auto taken = error_of<TensorMismatch>(
        [&] { load_safetensors(net, write("0.bias", "fc.bias"), {.allow_missing = true, .rename = {{"fc", "0"}}}); });
    CHECK(taken.found() == "1 with a name that is taken");
    const auto prefix =
        error_of<TensorMismatch>([&] { load_safetensors(net, write("0.bias", "0.weight"), {.prefix = "model."}); });
    CHECK(prefix.found() == "2 missing, 2 unexpected");
}

TEST_CASE("weights that are stored as Keras does", "[safetensors]") {
    const ScratchFolder folder;
    using Keras = Sequential<Input<2, 4, 4>, Conv2d<2, 3, Kernel<2, 1>>, Conv2d<3, 6, Kernel<2>, Groups<3>>, Flatten,
                             LazyLinear<2>>;
    const auto net = filled<Keras>();
    const auto first = net.layer<0>();
    const auto second = net.layer<1>();
    const auto last = net.layer<3>();
    constexpr std::size_t inputs = Keras::shape_after<2>::size;
    std::vector<float> a;
    std::vector<float> b;
    std::vector<float> c;
    for (std::size_t h = 0; h < 2; ++h) {
        for (std::size_t i = 0; i < 2; ++i) {
            for (std::size_t o = 0; o < 3; ++o) {
                a.push_back(first.weight(o, i, h, 0));
            }
        }
        for (std::size_t w = 0; w < 2; ++w) {
            for (std::size_t o = 0; o < 6; ++o) {
                b.push_back(second.weight(o, 0, h, w));
            }
        }
    }
    for (std::size_t i = 0; i < inputs; ++i) {
        for (std::size_t o = 0; o < 2; ++o) {
            c.push_back(last.weight(o, i));
        }
    }
    const auto numbers = [](const auto& view) { return std::vector<float>(view.span().begin(), view.span().end()); };
    std::string header;
    Bytes data;
    const auto add = [&](const std::string& name, const std::string& shape, const std::vector<float>& values) {
        header +=
            (header.empty() ? "{" : ",") + entry(name, "F32", shape, data.size(), data.size() + 4 * values.size());
        data = joined(data, floats(values));
    };
    // A depthwise weight has two shapes: (Kh, Kw, 1, 6) and (Kh, Kw, 3, 2).
    for (const std::string depthwise : {"[2,2,1,6]", "[2,2,3,2]", "[2,2,6,1]"}) {
        header.clear();
        data.clear();
        add("0.weight", "[2,1,2,3]", a);
        add("0.bias", "[3]", numbers(first.bias));
        add("1.weight", depthwise, b);
        add("1.bias", "[6]", numbers(second.bias));
        add("3.weight", "[" + std::to_string(inputs) + ",2]", c);
        add("3.bias", "[2]", numbers(last.bias));
        const auto path = folder.write("a", safetensors(header + "}", data));
        Keras other{};
        const auto error = error_of<TensorMismatch>([&] { load_safetensors(other, path); });
        CHECK_THAT(error.what(), ContainsSubstring("LoadOptions::transpose"));
        load_safetensors(other, path, {.transpose = true});
        CHECK(bits_of(other) == bits_of(net));
    }
    save_safetensors(net, folder.path() / "b");
    Keras other{};
    CHECK(error_of<TensorMismatch>([&] {
              load_safetensors(other, folder.path() / "b", {.transpose = true});
          }).found() == "3 of another shape");
}

TEST_CASE("a weight of Conv1d as Keras stores it is transposed, also where its shape stays the same", "[safetensors]") {
    const ScratchFolder folder;
    // (3, 2, 3) in both orders, and a depthwise one.
    using Sequence = Sequential<Input<2, 8>, Conv1d<2, 3, Kernel<3>>, Conv1d<3, 6, Kernel<2>, Groups<3>>>;
    static_assert(detail_::model::drawn_tensors<Sequence::layers> == std::array{true, false, true, false});
    const auto net = filled<Sequence>();
    const auto first = net.layer<0>();
    const auto second = net.layer<1>();
    std::vector<float> a;
    std::vector<float> b;
    for (std::size_t k = 0; k < 3; ++k) {
        for (std::size_t i = 0; i < 2; ++i) {
            for (std::size_t o = 0; o < 3; ++o) {
                a.push_back(first.weight(o, i, k));
            }
        }
    }
    for (std::size_t k = 0; k < 2; ++k) {
        for (std::size_t o = 0; o < 6; ++o) {
            b.push_back(second.weight(o, 0, k));
        }
    }
    for (const std::string depthwise : {"[2,1,6]", "[2,3,2]"}) {
        std::string header =
            "{" + entry("0.weight", "F32", "[3,2,3]", 0, 72) + "," + entry("0.bias", "F32", "[3]", 72, 84);
        header +=
            "," + entry("1.weight", "F32", depthwise, 84, 132) + "," + entry("1.bias", "F32", "[6]", 132, 156) + "}";
        const auto numbers = [](const auto& view) {
            return std::vector<float>(view.span().begin(), view.span().end());
        };
        const Bytes data =
            joined(joined(floats(a), floats(numbers(first.bias))), joined(floats(b), floats(numbers(second.bias))));
        const auto path = folder.write("a", safetensors(header, data));
        Sequence other{};
        load_safetensors(other, path, {.transpose = true});
        CHECK(bits_of(other) == bits_of(net));
    }
    // What normalises an image is no weight.
    using Normalised = Sequential<Input<2, 3, 2>, LayerNorm<>>;
    const auto image = filled<Normalised>();
    save_safetensors(image, folder.path() / "b");
    Normalised same{};
    load_safetensors(same, folder.path() / "b", {.transpose = true});
    CHECK(bits_of(same) == bits_of(image));
}

TEST_CASE("metadata that no file can hold is refused", "[safetensors]") {
    const ScratchFolder folder;
    CHECK_THROWS_AS(save_safetensors(Two{}, folder.path() / "a", {{"a", "\xff"}}), std::invalid_argument);
    CHECK_THROWS_AS(save_safetensors(Two{}, folder.path() / "a", {{"\xed\xa0\x80", "a"}}), std::invalid_argument);
    CHECK_THROWS_AS(save_safetensors(Two{}, folder.path() / "a", {{"a", std::string(100'000'000, 'a')}}),
                    std::invalid_argument);
    CHECK(names_in(folder.path()).empty());
}

// Several networks ----------------------------------------------------------------------------------------------------

TEST_CASE("any_of picks the network that a file fits", "[any_of]") {
    const ScratchFolder folder;
    using A = Sequential<Input<3>, Linear<3, 2>>;
    using B = Sequential<Input<3>, Linear<3, 4>, ReLU, Linear<4, 2>>;
    const auto path = folder.path() / "net.safetensors";
    const auto visited = [&path](const auto&... options) {
        return any_of<A, B, Large>(
            path,
            [](auto& net) { return std::pair(std::remove_cvref_t<decltype(net)>::parameter_count, bits_of(net)); },
            options...);
    };
    const auto a = filled<A>();
    const auto b = filled<B>();
    save_safetensors(a, path);
    CHECK(visited() == std::pair(A::parameter_count, bits_of(a)));
    save_safetensors(b, path);
    CHECK(visited() == std::pair(B::parameter_count, bits_of(b)));
    const auto large = std::make_unique<Large>(filled<Large>());
    save_safetensors(*large, path);
    CHECK(visited() == std::pair(Large::parameter_count, bits_of(*large)));

    save_safetensors(b, path, {}, Dtype::bfloat16);
    CHECK(visited(LoadOptions{.convert = true}).first == B::parameter_count);
    CHECK(error_of<TensorMismatch>([&] { visited(); }).remedy().find("convert") != std::string::npos);
    save_safetensors(Small{}, path);
    const auto error = error_of<TensorMismatch>([&] { visited(); });
    check_sentence(error);
    CHECK_THAT(error.what(), ContainsSubstring("network 0: 2 unexpected, 2 of another shape") &&
                                 ContainsSubstring("network 1: ") && ContainsSubstring("network 2: ") &&
                                 ContainsSubstring("F32 (3, 1, 3, 3)"));
    CHECK_THROWS_AS((any_of<A, B>(folder.path() / "none", [](auto&) {})), FileMissing);
    save_safetensors(a, path);
    CHECK_THROWS_AS((any_of<A, B>(path, [](auto&) { throw std::out_of_range("visitor"); })), std::out_of_range);
}
