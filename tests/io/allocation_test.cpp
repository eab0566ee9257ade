// SPDX-License-Identifier: MIT
//
// How much memory a file can take: at most its own size and 16 MB, whatever it says. And that nothing is half loaded
// where memory is short.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string>

#include <ctcnn/inference.hpp>
#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/io/safetensors.hpp>
#include <ctcnn/optim/sgd.hpp>

#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;

namespace {

std::size_t in_use = 0;
std::size_t most_in_use = 0;
std::size_t limit = static_cast<std::size_t>(-1);
std::size_t allocations_before_failure = static_cast<std::size_t>(-1);

constexpr std::size_t prefix = 64;  // keeps the size of each piece, and its alignment

}  // namespace

// Out of line, since g++ 12 takes the free() that it sees in an inlined delete for a mistake.
[[gnu::noinline]] static void* allocate(std::size_t size) noexcept {
    if (allocations_before_failure-- == 0 || in_use + size > limit) {
        return nullptr;
    }
    void* memory = std::aligned_alloc(prefix, (size + prefix + prefix - 1) / prefix * prefix);
    if (memory == nullptr) {
        return nullptr;
    }
    *static_cast<std::size_t*>(memory) = size;
    in_use += size;
    most_in_use = std::max(most_in_use, in_use);
    return static_cast<std::byte*>(memory) + prefix;
}
[[gnu::noinline]] static void* allocate_or_throw(std::size_t size) {
    if (void* memory = allocate(size)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] static void release(void* memory) {
    if (memory != nullptr) {
        void* const whole = static_cast<std::byte*>(memory) - prefix;
        in_use -= *static_cast<std::size_t*>(whole);
        std::free(whole);
    }
}
[[gnu::noinline]] void* operator new(std::size_t size) { return allocate_or_throw(size); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return allocate_or_throw(size); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t) { return allocate_or_throw(size); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { release(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { release(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace {

constexpr std::size_t allowed = 16'000'000;

using Net = Sequential<Input<3>, Linear<3, 2>>;
using Large = Sequential<Input<2000>, Linear<2000, 2000>>;  // 16 MB

/// What the action takes at most, besides what is there before.
template <typename Action>
std::size_t taken_by(const Action& action) {
    const std::size_t before = in_use;
    most_in_use = in_use;
    try {
        action();
    } catch (const DataError&) {
    }
    return most_in_use - before;
}

std::size_t taken_by_loading(const std::filesystem::path& path) {
    Net net{};
    return taken_by([&] { load_safetensors(net, path); });
}

/// A file with many of something in its header.
template <typename Entry>
std::filesystem::path with_many(const ScratchFolder& folder, std::size_t count, const std::string& before,
                                const Entry& entry_of, const std::string& after) {
    std::string header = before;
    for (std::size_t n = 0; n < count; ++n) {
        header.append(n == 0 ? "" : ",").append(entry_of(n));
    }
    return folder.write("a", safetensors(header.append(after)));
}

}  // namespace

TEST_CASE("a file takes at most its size and 16 MB", "[memory]") {
    const ScratchFolder folder;
    const auto large = std::make_unique<Large>(filled<Large>());
    for (const Dtype dtype : {Dtype::float32, Dtype::float16, Dtype::float64}) {
        save_safetensors(*large, folder.path() / "a", {}, dtype);
        const std::size_t size = std::filesystem::file_size(folder.path() / "a");
        CHECK(taken_by([&] { load_safetensors(*large, folder.path() / "a", {.convert = true}); }) < size + 1'000'000);
    }
    CHECK(taken_by([&] { save_safetensors(*large, folder.path() / "a"); }) < 1'000'000);
}

TEST_CASE("what a header announces is not allocated", "[memory]") {
    const ScratchFolder folder;
    Bytes bytes(1000);
    bytes[3] = 5;  // a header of 83 MB
    CHECK(taken_by_loading(folder.write("a", bytes)) < 100'000);
    CHECK(taken_by_loading(folder.write(
              "a", safetensors("{" + entry("0.weight", "F32", "[1000000,1000000]", 0, 4'000'000'000'000) + "}"))) <
          100'000);
}

TEST_CASE("very many entries", "[memory]") {
    const ScratchFolder folder;
    const auto tensor = [](std::size_t n) { return entry(std::to_string(n), "U8", "[0]", 0, 0); };
    const auto text = [](std::size_t n) { return std::string("\"").append(std::to_string(n)).append("\":\"\""); };
    for (const std::size_t count : {std::size_t{100'000}, std::size_t{100'001}, std::size_t{300'000}}) {
        auto path = with_many(folder, count, "{", tensor, "}");
        CHECK(taken_by_loading(path) < std::filesystem::file_size(path) + allowed);
        Net net{};
        if (count > 100'000) {
            CHECK_THROWS_AS(load_safetensors(net, path), BadHeader);
        } else {
            CHECK_THROWS_AS(load_safetensors(net, path), TensorMismatch);
        }
        path = with_many(folder, count, "{\"__metadata__\":{", text, "}}");
        CHECK(taken_by_loading(path) < std::filesystem::file_size(path) + allowed);
        if (count > 100'000) {
            CHECK_THROWS_AS(safetensors_metadata(path), BadHeader);
        } else {
            CHECK(safetensors_metadata(path).size() == count);
        }
    }
}

TEST_CASE("very long names, shapes and values", "[memory]") {
    const ScratchFolder folder;
    const std::string long_text(5'000'000, 'a');
    for (const std::string& header :
         {"{" + entry(long_text, "U8", "[0]", 0, 0) + "}",
          "{" + entry("a", "U8", "[0" + std::string(4'000'000, ' ') + "]", 0, 0) + "}",
          "{\"__metadata__\":{\"a\":\"" + long_text + "\"}}", "{\"a\":{\"b\":" + std::string(5'000'000, '1') + "}}"}) {
        const auto path = folder.write("a", safetensors(header));
        CHECK(taken_by_loading(path) < std::filesystem::file_size(path) + allowed);
    }
}

TEST_CASE("too little memory is a sentence about the file", "[memory]") {
    const ScratchFolder folder;
    const auto large = std::make_unique<Large>(filled<Large>());
    save_safetensors(*large, folder.path() / "a");
    const Bytes before = bits_of(*large);
    limit = in_use + 1'000'000;
    std::string text;
    try {
        load_safetensors(*large, folder.path() / "a");
    } catch (const FileTooLarge& error) {
        text = error.what();
    }
    limit = static_cast<std::size_t>(-1);
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("ulimit -v"));
    CHECK(bits_of(*large) == before);
}

TEST_CASE("whichever allocation of resume fails, the training stays as it was", "[memory]") {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "a";
    constexpr SGD sgd{.lr = 0.1f, .momentum = 0.9f};
    {
        Net net = filled<Net>(2);
        Trainer trainer(net, sgd, {});
        trainer.keep_weights();
        save_checkpoint(trainer, path);
    }
    Net net = filled<Net>(1);
    const Bytes before = bits_of(net);
    Trainer trainer(net, sgd, {});
    std::size_t refusals = 0;
    for (bool is_refused = true; is_refused;) {
        is_refused = false;
        allocations_before_failure = refusals;
        try {
            resume(trainer, path);
        } catch (const FileTooLarge&) {
            is_refused = true;
        }
        allocations_before_failure = static_cast<std::size_t>(-1);
        CAPTURE(refusals);
        REQUIRE((bits_of(net) == before) == is_refused);
        refusals += is_refused ? 1 : 0;
    }
    CHECK(refusals > 10);
}
