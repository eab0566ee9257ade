// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// What an offset counts: bytes as they lie in the file, or bytes after a .gz file was unpacked.
enum class OffsetIn { file, unpacked };

/// What is wrong with a file, where, and how to fix it; every DataError carries one.
struct DataFault {
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::string expected;
    std::string found;
    std::string remedy;  // whole sentences, with the command where there is one
    OffsetIn offset_in = OffsetIn::file;
};

}  // namespace CTCNN_API

// Exceptions carry no target in their names: a file compiled for one processor can catch what a file compiled for another one
// throws. Their constructors take something that does.
namespace ctcnn {

/// DataError: the base of all that load functions throw because of a file. what() is one sentence that says where, what
/// was expected and what was found, followed by how to fix it.
/// Copying it cannot throw, since the texts are shared.
class DataError : public std::runtime_error {
public:
    explicit DataError(DataFault fault)
        : std::runtime_error(sentence(fault)), fault_(std::make_shared<const DataFault>(std::move(fault))) {}

    const std::filesystem::path& file() const noexcept { return fault_->file; }
    /// The byte at which reading went wrong; 0 where no byte could be read.
    std::uint64_t offset() const noexcept { return fault_->offset; }
    OffsetIn offset_in() const noexcept { return fault_->offset_in; }
    const std::string& expected() const noexcept { return fault_->expected; }
    const std::string& found() const noexcept { return fault_->found; }
    const std::string& remedy() const noexcept { return fault_->remedy; }

private:
    static std::string sentence(const DataFault& fault) {
        const std::string_view place = fault.offset_in == OffsetIn::unpacked ? " of the unpacked data" : "";
        std::string text = fault.file.string();
        text.append(", byte ").append(std::to_string(fault.offset)).append(place);
        text.append(": expected ").append(fault.expected).append(", found ").append(fault.found).append(".");
        if (!fault.remedy.empty()) {
            text.append(" ").append(fault.remedy);
        }
        return text;
    }

    std::shared_ptr<const DataFault> fault_;
};

/// There is no such file.
class FileMissing : public DataError {
    using DataError::DataError;
};

/// There is something of that name, but it cannot be read: a folder, a pipe, a file without permission, a broken disk.
class FileUnreadable : public DataError {
    using DataError::DataError;
};

/// The file, or what a .gz file unpacks to, is larger than the reader allowed before it opened the file.
class FileTooLarge : public DataError {
    using DataError::DataError;
};

/// The file ends before what it announces is complete.
class FileTruncated : public DataError {
    using DataError::DataError;
};

/// The file goes on after what it announces is complete.
class TrailingBytes : public DataError {
    using DataError::DataError;
};

/// The file does not begin as its format demands.
class WrongMagic : public DataError {
    using DataError::DataError;
};

/// The file announces a size that is 0, too large, beyond what can be counted, or not that of the asked shape.
class BadDimension : public DataError {
    using DataError::DataError;
};

/// A label is not one of the classes.
class BadLabel : public DataError {
    using DataError::DataError;
};

/// One file holds images and another one labels, but not equally many.
class CountMismatch : public DataError {
    using DataError::DataError;
};

/// A .gz file cannot be unpacked: its compressed data or its checksum is wrong.
class DecompressionError : public DataError {
    using DataError::DataError;
};

/// The file is compressed, and this program was built without zlib.
class CompressionUnsupported : public DataError {
    using DataError::DataError;
};

}  // namespace ctcnn
