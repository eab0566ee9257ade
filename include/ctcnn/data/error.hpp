// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>

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

namespace CTCNN_DETAIL {

/// The length of the character that a text begins with, if it is UTF-8 and a terminal shows it as it is; otherwise 0.
/// Control characters are not shown, nor are line separators and characters that change the direction of writing.
[[gnu::cold, gnu::noinline]] inline std::size_t shown_length(std::string_view text) {
    const auto byte = [text](std::size_t n) { return static_cast<unsigned>(static_cast<unsigned char>(text[n])); };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
        return 0;
    }
    unsigned code = lead & (0x7fu >> length);
    for (std::size_t n = 1; n < length; ++n) {
        if ((byte(n) & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (byte(n) & 0x3f);
    }
    const auto between = [code](unsigned first, unsigned last) { return first <= code && code <= last; };
    const bool longer_than_needed = code < (length == 2 ? 0x80u : length == 3 ? 0x800u : 0x10000u);
    const bool hidden = between(0x80, 0x9f) || code == 0x61c || between(0x200e, 0x200f) || between(0x2028, 0x202e) ||
                        between(0x2066, 0x2069);
    return longer_than_needed || hidden || between(0xd800, 0xdfff) || code > 0x10ffff ? 0 : length;
}

/// The text with each byte that is not to be shown spelled as in "\x1b".
[[gnu::cold, gnu::noinline]] inline std::string escaped(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = shown_length(text);
        if (length == 0) {
            constexpr std::string_view digits = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(text[0]);
            const char spelled[]{'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
            result.append(spelled, sizeof spelled);
        } else {
            result.append(text.data(), length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return result;
}

/// What a message shows of a text that came from a file or from a person: escaped, and without its middle if it is
/// long.
[[gnu::cold, gnu::noinline]] inline std::string printable(std::string_view text) {
    const std::string shown = escaped(text);
    if (shown.size() <= 1000) {
        return shown;
    }
    const auto begins_character = [&shown](std::size_t n) {
        return (static_cast<unsigned char>(shown[n]) & 0xc0) != 0x80;
    };
    std::size_t first = 400;
    std::size_t last = shown.size() - 400;
    while (!begins_character(first)) {
        --first;
    }
    while (!begins_character(last)) {
        ++last;
    }
    const std::string_view all = shown;
    return sentence({all.substr(0, first), " ... ", all.substr(last)});
}

/// A file's name as one word of a command line: 'a name', or $'it\'s' where that is not possible.
[[gnu::cold, gnu::noinline]] inline std::string quoted(const std::filesystem::path& file) {
    const std::string name = file.string();
    const std::string shown = escaped(name);
    if (shown == name && name.find('\'') == std::string::npos) {
        return sentence({"'", name, "'"});
    }
    std::string word = "$'";
    for (std::string_view rest = name; !rest.empty();) {
        const std::size_t length = shown_length(rest) == 0 ? 1 : shown_length(rest);
        const bool is_special = rest[0] == '\'' || rest[0] == '\\';
        word.append(sentence({is_special ? "\\" : "", escaped(rest.substr(0, length))}));
        rest.remove_prefix(length);
    }
    return sentence({word, "'"});
}

}  // namespace CTCNN_DETAIL

// Exceptions carry no target in their names: a file compiled for one processor can catch what a file compiled for
// another one throws. Their constructors take something that does.
namespace ctcnn {

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wweak-vtables"  // A header has no source file for a vtable.
#endif
/// DataError: the base of all errors that loading and saving throw because of a file. what() is one sentence that says
/// where, what was expected and what was found, followed by how to fix it.
/// The texts can be printed: bytes of file names and of files that a terminal would obey are escaped. file() is the
/// name as it is. Copying an error cannot throw, since the texts are shared; what a temporary error hands out is a
/// copy.
class DataError : public std::runtime_error {
public:
    // Out of line: an error costs the compiler one call wherever it is thrown.
    [[gnu::cold, gnu::noinline]] explicit DataError(DataFault fault)
        : std::runtime_error(told(fault)), fault_(new DataFault(std::move(fault))) {}
    DataError(const DataError&) = default;
    DataError& operator=(const DataError&) = default;
    [[gnu::cold, gnu::noinline]] ~DataError() override = default;

    const std::filesystem::path& file() const& noexcept { return fault_->file; }
    std::filesystem::path file() const&& { return fault_->file; }
    /// The byte at which reading went wrong; 0 where no byte could be read.
    std::uint64_t offset() const noexcept { return fault_->offset; }
    OffsetIn offset_in() const noexcept { return fault_->offset_in; }
    const std::string& expected() const& noexcept { return fault_->expected; }
    std::string expected() const&& { return fault_->expected; }
    const std::string& found() const& noexcept { return fault_->found; }
    std::string found() const&& { return fault_->found; }
    const std::string& remedy() const& noexcept { return fault_->remedy; }
    std::string remedy() const&& { return fault_->remedy; }

private:
    /// The sentence; makes the texts printable, too.
    [[gnu::cold]] static std::string told(DataFault& fault) {
        for (std::string* text : {&fault.expected, &fault.found}) {
            *text = detail_::printable(*text);
        }
        const std::string file = detail_::printable(fault.file.string());
        return detail_::sentence({file.empty() ? "''" : file, ", byte ", detail_::decimal(fault.offset),
                                  fault.offset_in == OffsetIn::unpacked ? " of the unpacked data" : "", ": expected ",
                                  fault.expected, ", found ", fault.found, ".",
                                  fault.remedy.empty() || fault.remedy.starts_with('\n') ? "" : " ", fault.remedy});
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

/// What the file holds does not fit into memory.
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

/// The file does not begin as its format demands; found() names what it is, where its first bytes tell.
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

/// A .gz file or a PNG image cannot be unpacked: its compressed data or its checksum is wrong.
class DecompressionError : public DataError {
    using DataError::DataError;
};

/// The file is compressed, and this program was built without zlib; or it is a PNG image, and there was no libpng.
class CompressionUnsupported : public DataError {
    using DataError::DataError;
};
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace ctcnn
