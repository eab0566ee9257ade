// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/target.hpp>

#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#include <arm_neon.h>
#endif

// The instructions that compilers do not find by themselves, of each processor and for each compiler: the only place
// that names them. A function has a general definition, which says what it computes, and an overload for each register
// that has an instruction for it. Deleted are those that only one kind of register has; callers ask for vector_bytes.
// Registers are passed by reference and changed in place: by value, those that the processor lacks have no settled ABI.
namespace CTCNN_DETAIL::processor {

typedef float Floats4 __attribute__((vector_size(16)));
typedef float Floats8 __attribute__((vector_size(32)));
typedef float Floats16 __attribute__((vector_size(64)));
typedef std::int32_t Integers8 __attribute__((vector_size(32)));
typedef std::int32_t Integers16 __attribute__((vector_size(64)));

#if defined(__AVX512F__)
// Arguments of the compilers' built-in functions for 16 lanes: rounding as it is set, and the mask of all lanes.
inline constexpr int rounding_as_set = 4;
#if defined(__clang__)
inline constexpr unsigned short every_lane = 0xffff;
#else
inline constexpr short every_lane = -1;
#endif
#endif

/// value = value < limit ? limit : value; NaN stays NaN.
template <typename R>
[[gnu::always_inline]] constexpr void at_least(R& value, const R& limit) {
    value = value < limit ? limit : value;
}
/// value = limit < value ? limit : value; NaN stays NaN.
template <typename R>
[[gnu::always_inline]] constexpr void at_most(R& value, const R& limit) {
    value = limit < value ? limit : value;
}
#if defined(__SSE__) && !defined(__clang__)
// GCC 12 makes a comparison and a blend of the expressions above; clang finds the instructions.
[[gnu::always_inline]] inline void at_least(Floats4& value, const Floats4& limit) {
    value = __builtin_ia32_maxps(limit, value);
}
[[gnu::always_inline]] inline void at_most(Floats4& value, const Floats4& limit) {
    value = __builtin_ia32_minps(limit, value);
}
#if defined(__AVX__)
[[gnu::always_inline]] inline void at_least(Floats8& value, const Floats8& limit) {
    value = __builtin_ia32_maxps256(limit, value);
}
[[gnu::always_inline]] inline void at_most(Floats8& value, const Floats8& limit) {
    value = __builtin_ia32_minps256(limit, value);
}
#if defined(__AVX512F__)
[[gnu::always_inline]] inline void at_least(Floats16& value, const Floats16& limit) {
    value = __builtin_ia32_maxps512_mask(limit, value, limit, every_lane, rounding_as_set);
}
[[gnu::always_inline]] inline void at_most(Floats16& value, const Floats16& limit) {
    value = __builtin_ia32_minps512_mask(limit, value, limit, every_lane, rounding_as_set);
}
#endif
#endif
#endif

/// value = 1 / value, the first 14 bits.
template <typename R>
void estimate_reciprocal(R& value) = delete;
/// a = a b + c, rounded once, also without optimisation.
template <typename R>
void fused_multiply_add(R& a, const R& b, const R& c) = delete;
/// index = the element of a table of 32 numbers, low and high, at the lowest five bits of index.
template <typename R>
void look_up(R& index, const R& low, const R& high) = delete;
#if defined(__AVX512F__)
[[gnu::always_inline]] inline void estimate_reciprocal(Floats16& value) {
    value = __builtin_ia32_rcp14ps512_mask(value, value, static_cast<unsigned short>(every_lane));
}
[[gnu::always_inline]] inline void fused_multiply_add(Floats16& a, const Floats16& b, const Floats16& c) {
    a = __builtin_ia32_vfmaddps512_mask(a, b, c, every_lane, rounding_as_set);
}
[[gnu::always_inline]] inline void look_up(Integers16& index, const Integers16& low, const Integers16& high) {
#if defined(__clang__)
    index = __builtin_ia32_vpermi2vard512(low, index, high);
#else
    index = __builtin_shuffle(low, high, index);
#endif
}
#endif

/// Whether there is an instruction for add_pair_products.
inline constexpr bool has_pair_products =
#if (defined(__AVX512F__) && defined(__AVX512BF16__)) || defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
    true;
#else
    false;
#endif

/// In each lane, sum = sum + the products of two pairs of bf16, which are the halves of the lanes of a and b.
template <typename R>
void add_pair_products(R& sum, const R& a, const R& b) = delete;
/// pairs = the floats of low and high, rounded to the nearest bf16: those of neighbouring lanes are a pair.
template <typename R>
void round_to_pairs(R& pairs, const R& low, const R& high) = delete;
/// The same where those of one lane are a pair.
template <typename R>
void zip_to_pairs(R& pairs, const R& first, const R& second) = delete;
#if defined(__AVX512F__) && defined(__AVX512BF16__)
#if defined(__clang__)
typedef __bf16 Halves32 __attribute__((vector_size(64)));
[[gnu::always_inline]] inline void add_pair_products(Floats16& sum, const Floats16& a, const Floats16& b) {
    sum = __builtin_ia32_dpbf16ps_512(sum, reinterpret_cast<Halves32>(a), reinterpret_cast<Halves32>(b));
}
[[gnu::always_inline]] inline void round_to_pairs(Floats16& pairs, const Floats16& low, const Floats16& high) {
    pairs = reinterpret_cast<Floats16>(__builtin_ia32_cvtne2ps2bf16_512(high, low));
}
#else
#if __GNUC__ >= 13
typedef __bf16 Halves32 __attribute__((vector_size(64)));
[[gnu::always_inline]] inline void round_to_pairs(Floats16& pairs, const Floats16& low, const Floats16& high) {
    pairs = reinterpret_cast<Floats16>(__builtin_ia32_cvtne2ps2bf16_v32bf(high, low));
}
#else
typedef short Halves32 __attribute__((vector_size(64)));
[[gnu::always_inline]] inline void round_to_pairs(Floats16& pairs, const Floats16& low, const Floats16& high) {
    pairs = reinterpret_cast<Floats16>(__builtin_ia32_cvtne2ps2bf16_v32hi(high, low));
}
#endif
[[gnu::always_inline]] inline void add_pair_products(Floats16& sum, const Floats16& a, const Floats16& b) {
    sum = __builtin_ia32_dpbf16ps_v16sf(sum, reinterpret_cast<Halves32>(a), reinterpret_cast<Halves32>(b));
}
#endif
typedef std::int16_t Shorts32 __attribute__((vector_size(64)));
[[gnu::always_inline]] inline void zip_to_pairs(Floats16& pairs, const Floats16& first, const Floats16& second) {
    round_to_pairs(pairs, first, second);
    const auto halves = reinterpret_cast<Shorts32>(pairs);
    pairs = reinterpret_cast<Floats16>(__builtin_shufflevector(halves, halves, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21,
                                                               6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                                               29, 14, 30, 15, 31));
}
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
[[gnu::always_inline]] inline void add_pair_products(Floats4& sum, const Floats4& a, const Floats4& b) {
    sum = reinterpret_cast<Floats4>(vbfdotq_f32(reinterpret_cast<float32x4_t>(sum), reinterpret_cast<bfloat16x8_t>(a),
                                                reinterpret_cast<bfloat16x8_t>(b)));
}
[[gnu::always_inline]] inline void round_to_pairs(Floats4& pairs, const Floats4& low, const Floats4& high) {
    pairs = reinterpret_cast<Floats4>(vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(reinterpret_cast<float32x4_t>(low)),
                                                          reinterpret_cast<float32x4_t>(high)));
}
typedef std::int16_t Shorts8 __attribute__((vector_size(16)));
[[gnu::always_inline]] inline void zip_to_pairs(Floats4& pairs, const Floats4& first, const Floats4& second) {
    round_to_pairs(pairs, first, second);
    const auto halves = reinterpret_cast<Shorts8>(pairs);
    pairs = reinterpret_cast<Floats4>(__builtin_shufflevector(halves, halves, 0, 4, 1, 5, 2, 6, 3, 7));
}
#endif

/// value = its square root, correctly rounded. g++ has no vector of std::sqrt unless it is told -fno-math-errno.
[[gnu::always_inline]] inline void square_root(float& value) { value = __builtin_sqrtf(value); }
[[gnu::always_inline]] inline void square_root(double& value) { value = __builtin_sqrt(value); }
template <typename R>
[[gnu::always_inline]] inline void square_root(R& value) {
#if __has_builtin(__builtin_elementwise_sqrt)
    value = __builtin_elementwise_sqrt(value);
#else
    for (std::size_t lane = 0; lane < sizeof(R) / sizeof(value[0]); ++lane) {
        auto element = value[lane];
        square_root(element);
        value[lane] = element;
    }
#endif
}
#if !__has_builtin(__builtin_elementwise_sqrt)
#if defined(__AVX512F__)
[[gnu::always_inline]] inline void square_root(Floats16& value) {
    value = __builtin_ia32_sqrtps512_mask(value, value, every_lane, rounding_as_set);
}
#elif defined(__AVX__)
[[gnu::always_inline]] inline void square_root(Floats8& value) { value = __builtin_ia32_sqrtps256(value); }
#elif defined(__SSE2__)
[[gnu::always_inline]] inline void square_root(Floats4& value) { value = __builtin_ia32_sqrtps(value); }
#endif
#endif

/// result = elements[indices], lane by lane.
template <typename R, typename T, typename Integers>
[[gnu::always_inline]] inline void gather(R& result, const T* elements, const Integers& indices) {
    for (std::size_t lane = 0; lane < sizeof(R) / sizeof(T); ++lane) {
        result[lane] = elements[indices[lane]];
    }
}
#if defined(__AVX512F__)
[[gnu::always_inline]] inline void gather(Floats16& result, const float* elements, const Integers16& indices) {
    result = __builtin_ia32_gathersiv16sf(Floats16{}, elements, indices, every_lane, 4);
}
#elif defined(__AVX2__)
[[gnu::always_inline]] inline void gather(Floats8& result, const float* elements, const Integers8& indices) {
    const Floats8 every = reinterpret_cast<Floats8>(~Integers8{});
#if defined(__clang__)
    result = __builtin_ia32_gatherd_ps256(Floats8{}, elements, indices, every, 4);
#else
    result = __builtin_ia32_gathersiv8sf(Floats8{}, elements, indices, every, 4);
#endif
}
#endif

/// Tells the compiler that the number is to be held in a register here.
template <typename R>
[[gnu::always_inline]] inline void hold([[maybe_unused]] R& value) {
#if defined(__x86_64__) && defined(__AVX__)
    // No register of these is smaller than 16 bytes.
    if constexpr (sizeof(R) >= 16 && sizeof(R) <= vector_bytes) {
#if defined(__AVX512F__)
        asm("" : "+v"(value));
#else
        asm("" : "+x"(value));
#endif
    }
#endif
}

/// Lets the other thread of a core work while this one waits in a loop.
[[gnu::always_inline]] inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace CTCNN_DETAIL::processor
