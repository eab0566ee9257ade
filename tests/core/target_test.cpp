// SPDX-License-Identifier: MIT
// The numbers of the target agree with each other and with the processor that runs the test.
#include <ctcnn/core/target.hpp>

#include <string>
#include <string_view>

#include <ctcnn/core/language.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

// A vector is a power of two of bytes, and no array of parameters begins inside one.
static_assert(vector_bytes >= 16 && (vector_bytes & (vector_bytes - 1)) == 0);
static_assert(alignment % vector_bytes == 0);
static_assert(vector_registers >= 16);
// What a program keeps many of is smaller: a workspace in each call, a network and its gradients, tensors by choice.
static_assert(most_inside_workspace <= most_inside_network && most_inside_network <= most_inside_tensor);
// What the documentation says. The borders themselves are tested where they matter: tensor_test.cpp, model/large_test.cpp.
static_assert(most_inside_workspace == 32 * 1024);
static_assert(most_inside_network == 256 * 1024);
static_assert(most_inside_tensor == 1024 * 1024);
static_assert(alignment == 64 && set_period == 2048);

TEST_CASE("the target's vectors are those of this processor", "[core]") {
    [[maybe_unused]] constexpr std::string_view name = CTCNN_TEXT_OF(CTCNN_TARGET);
    INFO(name << ", vectors of " << vector_bytes << " bytes");
#if defined(__x86_64__)
    CHECK(has_vectors);
    CHECK(name.starts_with("for_x86_64"));
    CHECK((vector_bytes < 64 || __builtin_cpu_supports("avx512f")));
    CHECK((vector_bytes < 32 || __builtin_cpu_supports("avx")));
    CHECK((vector_registers == 32) == (vector_bytes == 64));
#elif defined(__aarch64__)
    CHECK(has_vectors);
    CHECK(vector_bytes == 16);
    CHECK(vector_registers == 32);
#endif
    CHECK(name.starts_with("for_"));
}

#if defined(__x86_64__)
TEST_CASE("the target's name has a word for each kind of instruction beyond its level", "[core]") {
    const std::string name = std::string(CTCNN_TEXT_OF(CTCNN_TARGET)) + "_";
    const auto has = [&](std::string word) { return name.find(word + "_") != std::string::npos; };
#define CTCNN_TEST_WORD(macro, word) CHECK(has(#word) == (std::string(CTCNN_TEXT_OF(macro)) == "1"))
    CTCNN_TEST_WORD(__AVX512IFMA__, _ifma);
    CTCNN_TEST_WORD(__AVX512VBMI__, _vbmi);
    CTCNN_TEST_WORD(__AVX512VBMI2__, _vbmi2);
    CTCNN_TEST_WORD(__AVX512VNNI__, _vnni);
    CTCNN_TEST_WORD(__AVX512BITALG__, _bitalg);
    CTCNN_TEST_WORD(__AVX512VPOPCNTDQ__, _vpopcntdq);
    CTCNN_TEST_WORD(__AVX512BF16__, _bf16);
    CTCNN_TEST_WORD(__AVX512FP16__, _fp16);
    CTCNN_TEST_WORD(__AVXVNNI__, _avxvnni);
    CTCNN_TEST_WORD(__AVXIFMA__, _avxifma);
    CTCNN_TEST_WORD(__GFNI__, _gfni);
    CTCNN_TEST_WORD(__FMA4__, _fma4);
    CTCNN_TEST_WORD(__XOP__, _xop);
    CTCNN_TEST_WORD(__TBM__, _tbm);
    CTCNN_TEST_WORD(__APX_F__, _apx);
    CTCNN_TEST_WORD(__FAST_MATH__, _fast);
#undef CTCNN_TEST_WORD
    // The level itself stands for the others.
#if defined(__AVX512VL__) && defined(__AVX512DQ__)
    CHECK(name.starts_with("for_x86_64_v4_"));
#elif defined(__AVX2__) && defined(__FMA__)
    CHECK(name.starts_with("for_x86_64_v3_"));
#elif !defined(__SSE3__)
    CHECK(name == "for_x86_64_");
#endif
}
#endif

TEST_CASE("what differs with the target has its name", "[core]") {
    // The target's namespace is inline.
    STATIC_REQUIRE(&ctcnn::CTCNN_TARGET::detail_::vector_bytes == &ctcnn::detail_::vector_bytes);
}
