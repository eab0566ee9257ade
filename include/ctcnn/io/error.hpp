// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/data/error.hpp>

// What saving and loading throw, besides the errors of data/error.hpp. As there, the names carry no target.
namespace ctcnn {

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wweak-vtables"  // A header has no source file for a vtable.
#endif
/// A file cannot be written: a missing folder, no permission, a full disk. What was there before is unchanged, unless
/// what() says otherwise.
class FileUnwritable : public DataError {
    using DataError::DataError;
};

/// The header of a safetensors file is not what the format demands: not JSON, not UTF-8, too large, a key
/// twice, an unknown dtype.
class BadHeader : public DataError {
    using DataError::DataError;
};

/// Tensors of a safetensors file overlap, leave a gap between them, or end before they begin.
class BadOffsets : public DataError {
    using DataError::DataError;
};

/// The tensors of a file are not those of the network. remedy() begins with a table of all differences.
class TensorMismatch : public DataError {
    using DataError::DataError;
};

/// A value does not fit the dtype that it is to be stored as: 1e9 is no float16.
class BadValue : public DataError {
    using DataError::DataError;
};

/// A safetensors file is not a checkpoint of a training, or not of one with these settings.
class BadCheckpoint : public DataError {
    using DataError::DataError;
};
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace ctcnn
