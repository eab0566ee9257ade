// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// Dtype: what the elements of a tensor in a file are, as PyTorch names it.
enum class Dtype : std::uint8_t { float32, float16, bfloat16, float64, int8 };

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::io {

/// FileDtype: a dtype that a safetensors file may have; without a Dtype, it is one that the library does not read.
struct FileDtype {
    std::string_view spelling;
    unsigned bits;
    std::optional<Dtype> dtype = std::nullopt;
};

/// All that there are.
/// Source   safetensors 0.8
inline constexpr std::array file_dtypes{
    FileDtype{"BOOL", 8},
    FileDtype{"F4", 4},
    FileDtype{"F6_E2M3", 6},
    FileDtype{"F6_E3M2", 6},
    FileDtype{"U8", 8},
    FileDtype{"I8", 8, Dtype::int8},
    FileDtype{"F8_E5M2", 8},
    FileDtype{"F8_E4M3", 8},
    FileDtype{"F8_E8M0", 8},
    FileDtype{"F8_E4M3FNUZ", 8},
    FileDtype{"F8_E5M2FNUZ", 8},
    FileDtype{"I16", 16},
    FileDtype{"U16", 16},
    FileDtype{"F16", 16, Dtype::float16},
    FileDtype{"BF16", 16, Dtype::bfloat16},
    FileDtype{"I32", 32},
    FileDtype{"U32", 32},
    FileDtype{"F32", 32, Dtype::float32},
    FileDtype{"C64", 64},
    FileDtype{"F64", 64, Dtype::float64},
    FileDtype{"I64", 64},
    FileDtype{"U64", 64},
};

/// How a Dtype is spelled in a file.
constexpr const FileDtype& file_dtype(Dtype dtype) {
    return *std::find_if(file_dtypes.begin(), file_dtypes.end(),
                         [dtype](const FileDtype& entry) { return entry.dtype == dtype; });
}

constexpr std::size_t element_bytes(Dtype dtype) { return file_dtype(dtype).bits / 8; }

/// The dtype of a spelling; null where there is none.
constexpr const FileDtype* find_dtype(std::string_view spelling) {
    const auto found = std::find_if(file_dtypes.begin(), file_dtypes.end(),
                                    [spelling](const FileDtype& entry) { return entry.spelling == spelling; });
    return found == file_dtypes.end() ? nullptr : &*found;
}

/// "F16, BF16, ...": those that the library reads, or all.
[[gnu::cold]] inline std::string dtype_names(bool all) {
    std::string names;
    for (const FileDtype& entry : file_dtypes) {
        if (all || entry.dtype) {
            names.append(names.empty() ? "" : ", ").append(entry.spelling);
        }
    }
    return names;
}

/// The dtype of a network's own numbers.
template <typename T>
inline constexpr Dtype own_dtype = sizeof(T) == sizeof(double) ? Dtype::float64 : Dtype::float32;

}  // namespace CTCNN_DETAIL::io
