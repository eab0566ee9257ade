// SPDX-License-Identifier: MIT
// Counts every operator new of this program: forward, backward and step allocate nothing. Large networks live on the
// heap.
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "small.hpp"

namespace {

std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) noexcept {
    ++allocations;
    // aligned_alloc wants a multiple of the alignment.
    return std::aligned_alloc(alignment, (size / alignment + 1) * alignment);
}
void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    void* data = allocate(size, alignment);
    if (data == nullptr) {
        throw std::bad_alloc();
    }
    return data;
}

constexpr std::size_t usual = alignof(std::max_align_t);

}  // namespace

// All forms, since a sanitizer brings its own of those that are left out. Inlined, GCC would take the pairs for
// mismatched.
#define CTCNN_TEST_ALLOCATION(name)                                                                              \
    [[gnu::noinline]] void* operator new name(std::size_t size) { return allocate_or_throw(size, usual); }       \
    [[gnu::noinline]] void* operator new name(std::size_t size, const std::nothrow_t&) noexcept {                \
        return allocate(size, usual);                                                                            \
    }                                                                                                            \
    [[gnu::noinline]] void* operator new name(std::size_t size, std::align_val_t alignment) {                    \
        return allocate_or_throw(size, static_cast<std::size_t>(alignment));                                     \
    }                                                                                                            \
    [[gnu::noinline]] void operator delete name(void* data) noexcept { std::free(data); }                        \
    [[gnu::noinline]] void operator delete name(void* data, std::size_t) noexcept { std::free(data); }           \
    [[gnu::noinline]] void operator delete name(void* data, const std::nothrow_t&) noexcept { std::free(data); } \
    [[gnu::noinline]] void operator delete name(void* data, std::align_val_t) noexcept { std::free(data); }      \
    [[gnu::noinline]] void operator delete name(void* data, std::size_t, std::align_val_t) noexcept { std::free(data); }
#define CTCNN_TEST_NOTHING
CTCNN_TEST_ALLOCATION(CTCNN_TEST_NOTHING)
CTCNN_TEST_ALLOCATION([])

using namespace ctcnn;
using namespace ctcnn::detail_;
using small::Net;

namespace {

template <typename Action>
std::size_t allocations_of(const Action& action) {
    const std::size_t before = allocations;
    action();
    return allocations - before;
}

}  // namespace

TEST_CASE("allocations are counted") {
    // Calls of the functions, since a compiler may leave a new-expression out that nobody looks at.
    CHECK(allocations_of([] { ::operator delete(::operator new(8)); }) == 1);
    CHECK(allocations_of([] { ::operator delete[](::operator new[](8)); }) == 1);
    constexpr std::align_val_t line{64};
    CHECK(allocations_of([&] { ::operator delete(::operator new(8, line), line); }) == 1);
    std::vector<int> numbers;
    CHECK(allocations_of([&] { numbers.resize(100); }) == 1);
    CHECK(numbers[99] == 0);
}

TEST_CASE("forward allocates nothing") {
    const Net net = small::net();
    const small::Data data = small::data(1);
    Net::output_tensor output{};
    Workspace<Net> workspace;
    CHECK(allocations_of([&] { output = net(data.image(0)); }) == 0);
    CHECK(allocations_of([&] { output = net(data.image(0), workspace); }) == 0);
    CHECK(output == net(data.image(0)));
}

TEST_CASE("a training step allocates nothing") {
    Net net = small::net();
    const small::Data data = small::data(300);
    const SGD sgd{.lr = 0.1f, .momentum = 0.9f};
    std::vector<float> velocity(Net::parameter_count);
    const train::Batch<Net::input_tensor, std::uint8_t> batch{data.images().data(), data.labels().data(), nullptr,
                                                              data.size()};
    for (const std::size_t threads : {1u, 2u}) {
        train::StepWorkspace<Net, Lanes<float>> workspace(300, threads);
        double loss = 0;
        const auto update = [&](std::size_t offset, std::size_t count) {
            sgd.step(net.parameters().subspan(offset, count),
                     std::span<const float>(workspace.gradients() + offset, count),
                     {std::span<float>(velocity).subspan(offset, count)});
        };
        CHECK(allocations_of([&] {
                  run::parallel(threads, [&](run::Team& team) {
                      workspace.step(team, net.parameters().data(), CrossEntropyLoss{}, batch, update,
                                     [&](double mean, bool) { loss = mean; });
                  });
              }) == 0);
        CHECK(loss > 0);
    }
    CHECK_FALSE(small::same_bits(net.parameters(), small::net()));
}

TEST_CASE("fit allocates as often for one step an epoch as for ten") {
    const small::Data ten = small::data(640);
    const small::Data one = ten.first(64);
    for (const std::size_t threads : {1u, 2u}) {
        const FitOptions options{.epochs = 3, .batch_size = 64, .threads = threads};
        Net net = small::net();
        const std::size_t few = allocations_of([&] { fit(net, one, SGD{.momentum = 0.5f}, options); });
        const std::size_t many = allocations_of([&] { fit(net, ten, SGD{.momentum = 0.5f}, options); });
        CHECK(few > 0);
        CHECK(many == few);
    }
}

TEST_CASE("one network serves many threads at once") {
    const Net net = small::net();
    const small::Data data = small::data(200);
    std::vector<Net::output_tensor> expected;
    for (const auto& image : data.images()) {
        expected.push_back(net(image));
    }
    std::atomic<std::size_t> wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (std::size_t round = 0; round < 20; ++round) {
                for (std::size_t n = 0; n < data.size(); ++n) {
                    wrong += net(data.image(n)) == expected[n] ? 0u : 1u;
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(wrong == 0);
}

TEST_CASE("a network that is larger than the stack computes and learns on the heap") {
    using Large = Sequential<Input<64, 3, 3>, Conv2d<64, 1024, Kernel<3>>, Flatten, ReLU, Linear<1024, 2400>>;
    static_assert(Large::parameter_bytes > 12'000'000, "a stack usually has 8 MiB");
    const auto net = std::make_unique<Large>();
    net->layer<0>().bias(5) = 1;
    net->layer<0>().weight(7, 63, 2, 2) = 0.5f;
    net->layer<3>().weight(100, 5) = 2;
    net->layer<3>().weight(101, 7) = 3;
    net->layer<3>().bias(2399) = -1;
    std::vector<Large::input_tensor> images(2);
    images[0](63, 2, 2) = 4;
    const auto workspace = std::make_unique<Workspace<Large>>();
    const auto output = (*net)(images[0], *workspace);
    CHECK(output(100) == 2);
    CHECK(output(101) == 6);
    CHECK(output(2399) == -1);
    CHECK(output(0) == 0);

    const std::vector<std::uint8_t> labels{101, 100};
    // Written so that the result is made where it stays, and never lies on the stack.
    const std::unique_ptr<LossAndGradients<Large>> result(
        new LossAndGradients<Large>(value_and_grad(*net, CrossEntropyLoss{}, images, labels)));
    CHECK(result->gradients.layer<3>().bias(100) < 0);
    fit(*net, Dataset<Large::input_shape>(images, labels), SGD{.lr = 0.5f}, {.batch_size = 2, .threads = 2});
    CHECK(net->layer<3>().bias(100) == -0.5f * result->gradients.layer<3>().bias(100));
}
