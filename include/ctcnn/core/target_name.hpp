// SPDX-License-Identifier: MIT
#pragma once

// CTCNN_TARGET: the name of what a file is compiled for, such as for_x86_64_v3 or for_x86_64_v4_vbmi_vnni. Files that
// may not share compiled functions, since one uses instructions or arithmetic that the other one does not, have
// different names here. Instructions that compilers do not use unasked, such as those for cryptography, do not count.

// Each namespace that a file opens expands the name anew, hundreds of times in a program: a group of words of which
// there is none is nothing, and one of which there are all is one word.

// CTCNN_IF(macro, word) is the word if the macro is defined as 1, and nothing if it is not defined.
#define CTCNN_IF(macro, word) CTCNN_IF_VALUE(macro, word)
#define CTCNN_IF_VALUE(value, word) CTCNN_IF_COMMA(CTCNN_COMMA_##value word, , )
#define CTCNN_IF_COMMA(...) CTCNN_IF_SECOND(__VA_ARGS__)
#define CTCNN_IF_SECOND(first, second, ...) second
#define CTCNN_COMMA_1 0,
#define CTCNN_JOIN(a, b) CTCNN_JOIN_VALUES(a, b)
#define CTCNN_JOIN_VALUES(a, b) a##b
#define CTCNN_JOIN_4(a, b, c, d) CTCNN_JOIN_4_VALUES(a, b, c, d)
#define CTCNN_JOIN_4_VALUES(a, b, c, d) a##b##c##d
#define CTCNN_JOIN_8(a, b, c, d, e, f, g, h) CTCNN_JOIN_8_VALUES(a, b, c, d, e, f, g, h)
#define CTCNN_JOIN_8_VALUES(a, b, c, d, e, f, g, h) a##b##c##d##e##f##g##h

// The level of x86-64, and what there is of the next ones. Source: x86-64 psABI, micro-architecture levels.
#if !defined(__x86_64__)
#define CTCNN_LEVEL 0
#elif !(defined(__SSE3__) && defined(__SSSE3__) && defined(__SSE4_1__) && defined(__SSE4_2__) && defined(__POPCNT__))
#define CTCNN_LEVEL 1
#elif !(defined(__AVX__) && defined(__AVX2__) && defined(__FMA__) && defined(__F16C__) && defined(__BMI__) && \
        defined(__BMI2__) && defined(__LZCNT__) && defined(__MOVBE__))
#define CTCNN_LEVEL 2
#elif !(defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && \
        defined(__AVX512VL__))
#define CTCNN_LEVEL 3
#else
#define CTCNN_LEVEL 4
#endif

#if CTCNN_LEVEL >= 1 || !(defined(__SSE__) || defined(__SSE2__))
#define CTCNN_BEYOND_0
#else
#define CTCNN_BEYOND_0 CTCNN_JOIN(CTCNN_IF(__SSE__, _sse), CTCNN_IF(__SSE2__, _sse2))
#endif
#if CTCNN_LEVEL >= 2 || \
    !(defined(__POPCNT__) || defined(__SSE3__) || defined(__SSSE3__) || defined(__SSE4_1__) || defined(__SSE4_2__))
#define CTCNN_BEYOND_1
#else
#define CTCNN_BEYOND_1                                                                                            \
    CTCNN_JOIN(CTCNN_IF(__POPCNT__, _popcnt),                                                                     \
               CTCNN_JOIN_4(CTCNN_IF(__SSE3__, _sse3), CTCNN_IF(__SSSE3__, _ssse3), CTCNN_IF(__SSE4_1__, _sse41), \
                            CTCNN_IF(__SSE4_2__, _sse42)))
#endif
#if CTCNN_LEVEL >= 3 || !(defined(__AVX__) || defined(__AVX2__) || defined(__FMA__) || defined(__F16C__) || \
                          defined(__BMI__) || defined(__BMI2__) || defined(__LZCNT__) || defined(__MOVBE__))
#define CTCNN_BEYOND_2
#else
#define CTCNN_BEYOND_2                                                                          \
    CTCNN_JOIN_8(CTCNN_IF(__AVX__, _avx), CTCNN_IF(__AVX2__, _avx2), CTCNN_IF(__FMA__, _fma),   \
                 CTCNN_IF(__F16C__, _f16c), CTCNN_IF(__BMI__, _bmi), CTCNN_IF(__BMI2__, _bmi2), \
                 CTCNN_IF(__LZCNT__, _lzcnt), CTCNN_IF(__MOVBE__, _movbe))
#endif
#if CTCNN_LEVEL >= 4 || !(defined(__AVX512F__) || defined(__AVX512BW__) || defined(__AVX512CD__) || \
                          defined(__AVX512DQ__) || defined(__AVX512VL__))
#define CTCNN_BEYOND_3
#else
#define CTCNN_BEYOND_3                                                                                             \
    CTCNN_JOIN(CTCNN_IF(__AVX512F__, _avx512f),                                                                    \
               CTCNN_JOIN_4(CTCNN_IF(__AVX512BW__, _bw), CTCNN_IF(__AVX512CD__, _cd), CTCNN_IF(__AVX512DQ__, _dq), \
                            CTCNN_IF(__AVX512VL__, _vl)))
#endif
// Those that Ice Lake has added to x86-64-v4.
#if defined(__AVX512IFMA__) && defined(__AVX512VBMI__) && defined(__AVX512VBMI2__) && defined(__AVX512VNNI__) && \
    defined(__AVX512BITALG__) && defined(__AVX512VPOPCNTDQ__)
#define CTCNN_ICE_LAKE _ifma_vbmi_vbmi2_vnni_bitalg_vpopcntdq
#elif defined(__AVX512IFMA__) || defined(__AVX512VBMI__) || defined(__AVX512VBMI2__) || defined(__AVX512VNNI__) || \
    defined(__AVX512BITALG__) || defined(__AVX512VPOPCNTDQ__)
#define CTCNN_ICE_LAKE                                                                          \
    CTCNN_JOIN(CTCNN_JOIN(CTCNN_IF(__AVX512IFMA__, _ifma), CTCNN_IF(__AVX512VBMI__, _vbmi)),    \
               CTCNN_JOIN_4(CTCNN_IF(__AVX512VBMI2__, _vbmi2), CTCNN_IF(__AVX512VNNI__, _vnni), \
                            CTCNN_IF(__AVX512BITALG__, _bitalg), CTCNN_IF(__AVX512VPOPCNTDQ__, _vpopcntdq)))
#else
#define CTCNN_ICE_LAKE
#endif
#if defined(__AVX512BF16__) || defined(__AVX512FP16__) || defined(__GFNI__)
#define CTCNN_BF16 \
    CTCNN_JOIN_4(CTCNN_IF(__AVX512BF16__, _bf16), CTCNN_IF(__AVX512FP16__, _fp16), CTCNN_IF(__GFNI__, _gfni), )
#else
#define CTCNN_BF16
#endif
#if defined(__AVXVNNI__) || defined(__AVXIFMA__) || defined(__FMA4__) || defined(__XOP__) || defined(__TBM__) || \
    defined(__APX_F__)
#define CTCNN_OTHER_X86                                                                                  \
    CTCNN_JOIN(CTCNN_JOIN(CTCNN_IF(__AVXVNNI__, _avxvnni), CTCNN_IF(__AVXIFMA__, _avxifma)),             \
               CTCNN_JOIN_4(CTCNN_IF(__FMA4__, _fma4), CTCNN_IF(__XOP__, _xop), CTCNN_IF(__TBM__, _tbm), \
                            CTCNN_IF(__APX_F__, _apx)))
#else
#define CTCNN_OTHER_X86
#endif

// Other processors.
#if CTCNN_LEVEL == 4
#define CTCNN_BASE for_x86_64_v4
#elif CTCNN_LEVEL == 3
#define CTCNN_BASE for_x86_64_v3
#elif CTCNN_LEVEL == 2
#define CTCNN_BASE for_x86_64_v2
#elif CTCNN_LEVEL == 1
#define CTCNN_BASE for_x86_64
#elif defined(__i386__)
#define CTCNN_BASE for_x86
#elif defined(__aarch64__)
#define CTCNN_BASE for_aarch64
#elif defined(__arm__)
#define CTCNN_BASE for_arm
#elif defined(__wasm__)
#define CTCNN_BASE for_wasm
#else
#define CTCNN_BASE for_cpu
#endif
#if defined(__x86_64__) || defined(__i386__)
#define CTCNN_OTHER
#else
#define CTCNN_OTHER                                                                                                   \
    CTCNN_JOIN_8(CTCNN_IF(__ARM_NEON, _neon), CTCNN_IF(__ARM_FEATURE_SVE, _sve), CTCNN_IF(__ARM_FEATURE_SVE2, _sve2), \
                 CTCNN_IF(__ARM_FEATURE_ATOMICS, _atomics), CTCNN_IF(__ARM_FEATURE_DOTPROD, _dotprod),                \
                 CTCNN_IF(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC, _fp16), CTCNN_IF(__wasm_simd128__, _simd128),         \
                 CTCNN_IF(__wasm_relaxed_simd__, _relaxed))
#endif

// Arithmetic: -ffast-math, and the x87 unit, whose results have more digits.
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ == 2
#define CTCNN_X87 _x87
#else
#define CTCNN_X87
#endif
#if !defined(__FAST_MATH__) && (!defined(__FINITE_MATH_ONLY__) || __FINITE_MATH_ONLY__ == 0)
#define CTCNN_ARITHMETIC CTCNN_X87
#else
#define CTCNN_ARITHMETIC \
    CTCNN_JOIN_4(CTCNN_IF(__FAST_MATH__, _fast), CTCNN_IF(__FINITE_MATH_ONLY__, _finite), CTCNN_X87, )
#endif

#if CTCNN_LEVEL == 4
#define CTCNN_BELOW_4
#else
#define CTCNN_BELOW_4 CTCNN_JOIN_4(CTCNN_BEYOND_0, CTCNN_BEYOND_1, CTCNN_BEYOND_2, CTCNN_BEYOND_3)
#endif
#define CTCNN_BEYOND_4 CTCNN_JOIN_4(CTCNN_ICE_LAKE, CTCNN_BF16, CTCNN_OTHER_X86, CTCNN_OTHER)
#define CTCNN_TARGET CTCNN_JOIN_4(CTCNN_BASE, CTCNN_BELOW_4, CTCNN_BEYOND_4, CTCNN_ARITHMETIC)
#define CTCNN_TEXT_OF(name) CTCNN_TEXT_OF_VALUE(name)
#define CTCNN_TEXT_OF_VALUE(name) #name
