// SPDX-License-Identifier: MIT
//
// Values just work, however large they are: on the stack of main, and on that of a thread with 256 KiB. This file is
// also compiled without optimisation, where nothing that lies on the stack is left out.
#include <ctcnn/training.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__unix__)
#include <pthread.h>
#endif

#include "catch.hpp"
#include "sanitized.hpp"

using namespace ctcnn;

namespace {

// PyTorch's own MNIST example, 1.2 million parameters.
using Example = Sequential<Input<1, 28, 28>, Conv2d<1, 32, Kernel<3>>, ReLU, Conv2d<32, 64, Kernel<3>>, ReLU,
                           MaxPool2d<Kernel<2>>, Flatten, Linear<9216, 128>, ReLU, Linear<128, 10>>;
using ManyOutputs = Sequential<Input<4>, Linear<4, 150'000>>;
using LargeImages = Sequential<Input<3, 640, 640>, Conv2d<3, 4, Kernel<3>, Padding<1>>, ReLU, MaxPool2d<Kernel<8>>>;

// Small networks are plain bytes; large ones are as cheap to move as a pointer.
using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<400, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>;
static_assert(std::is_trivially_copyable_v<LeNet> && std::is_trivially_copyable_v<Gradients<LeNet>>);
static_assert(std::is_trivially_copyable_v<Workspace<LeNet>>);
static_assert(!std::is_trivially_copyable_v<Example> && sizeof(Example) == 2 * sizeof(void*));
static_assert(sizeof(Gradients<Example>) == 2 * sizeof(void*) && sizeof(Workspace<LargeImages>) == sizeof(void*));
static_assert(std::is_nothrow_move_constructible_v<Example> && std::is_nothrow_move_assignable_v<Example>);
static_assert(noexcept(std::declval<const LeNet&>()(std::declval<const LeNet::input_tensor&>())));

// Up to 32 KiB of buffers lie in a workspace: here as many inputs as outputs.
template <std::size_t Inputs>
using Positive = Sequential<Input<Inputs>, ReLU>;
static_assert(Positive<4096>::inference_workspace_bytes == 32 * 1024);
static_assert(sizeof(Workspace<Positive<4095>>) >= Positive<4095>::inference_workspace_bytes &&
              std::is_trivially_copyable_v<Workspace<Positive<4095>>>);
static_assert(sizeof(Workspace<Positive<4097>>) == sizeof(void*));

template <typename Net>
bool same(const Net& a, const Net& b) {
    return std::memcmp(a.parameters().data(), b.parameters().data(), Net::parameter_bytes) == 0;
}

/// Runs a function on a thread with so many bytes of stack, and throws on what it throws.
template <typename F>
void on_a_small_stack([[maybe_unused]] std::size_t bytes, const F& f) {
#if defined(__unix__) && !CTCNN_TEST_SANITIZED
    struct Call {
        const F& f;
        std::exception_ptr error;
    } call{f, nullptr};
    pthread_attr_t attributes;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstacksize(&attributes, bytes) == 0);
    pthread_t thread;
    REQUIRE(pthread_create(
                &thread, &attributes,
                [](void* argument) -> void* {
                    auto& here = *static_cast<Call*>(argument);
                    try {
                        here.f();
                    } catch (...) {
                        here.error = std::current_exception();
                    }
                    return nullptr;
                },
                &call) == 0);
    pthread_attr_destroy(&attributes);
    pthread_join(thread, nullptr);
    if (call.error) {
        std::rethrow_exception(call.error);
    }
#else
    f();
#endif
}

void use_example() {
    Example net{};
    initialize(net, KaimingUniform{});
    const std::vector<Example::input_tensor> images(3, Example::input_tensor{1, 2, 3});
    const std::vector<std::uint8_t> labels{1, 2, 3};
    auto step = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    if (!(step.loss > 0)) {
        throw std::logic_error("no loss");
    }
    Example copy = net;
    SGD{.lr = 0.1f}.step(copy.parameters(), step.gradients.parameters());
    if (same(copy, net)) {
        throw std::logic_error("a copy that is not one");
    }
    Example moved = std::move(copy);
    copy = net;
    if (!same(copy, net) || same(moved, net)) {
        throw std::logic_error("a move that is not one");
    }
    if (predict(net, images[0]) > 9 || predict(net, images, 1).size() != 3 || net(images[1]).size() != 10) {
        throw std::logic_error("no answer");
    }
    fit(net, Dataset<Shape<1, 28, 28>>(images, labels), SGD{.lr = 0.01f}, {.threads = 1});
    if (!(evaluate(net, Dataset<Shape<1, 28, 28>>(images, labels), 1).loss > 0)) {
        throw std::logic_error("no loss");
    }
}

void use_many_outputs() {
    ManyOutputs net{};
    net.layer<0>().bias(149'999) = 3;
    const std::vector<ManyOutputs::input_tensor> images(20);
    if (predict(net, images[0]) != 149'999 || predict(net, images, 1)[19] != 149'999) {
        throw std::logic_error("another answer");
    }
    const Dataset<Shape<4>> data(images, std::vector<std::uint8_t>(20, 1));
    const Evaluation evaluation = evaluate(net, data, 1);
    if (!(evaluation.loss > 0) || evaluation.accuracy != 0) {
        throw std::logic_error("another evaluation");
    }
}

}  // namespace

TEST_CASE("a large network, its gradients, copies and moves, as local variables") {
    use_example();
    const std::vector<Example> several(3);
    CHECK(same(several[0], several[2]));
}

TEST_CASE("a network of many outputs") {
    use_many_outputs();
    ManyOutputs net{};
    const auto outputs = net({1, 2, 3, 4});
    CHECK(outputs.size() == 150'000);
}

TEST_CASE("images and buffers that are large for a stack, as local variables") {
    LargeImages net{};
    net.layer<0>().bias(2) = 5;
    LargeImages::input_tensor image{};
    image(2, 639, 639) = 1;
    const auto outputs = net(image);
    CHECK(outputs(2, 79, 79) == 5);
    Workspace<LargeImages> workspace;
    CHECK(net(image, workspace) == outputs);
    const Workspace<LargeImages> copy = workspace;
    workspace = copy;
    CHECK(net(image, workspace) == outputs);
}

TEST_CASE("threads with small stacks") {
    // musl gives a thread 128 KiB, macOS 512 KiB; main has 8 MiB.
    on_a_small_stack(256 * 1024, use_example);
    on_a_small_stack(256 * 1024, use_many_outputs);
    static LeNet lenet{};
    static const LeNet::input_tensor digit{1, 2, 3};
    static std::size_t answer = 0;
    on_a_small_stack(128 * 1024, [] { answer = predict(lenet, digit) + lenet(digit).size(); });
    CHECK(answer == 10);
    on_a_small_stack(512 * 1024, [] {
        LeNet net{};
        initialize(net, XavierUniform{});
        answer = predict(net, digit);
    });
    CHECK(answer < 10);
}
