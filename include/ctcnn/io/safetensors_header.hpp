// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/elements.hpp>
#include <ctcnn/io/error.hpp>
#include <ctcnn/io/excerpt.hpp>
#include <ctcnn/io/input_file.hpp>
#include <ctcnn/io/json.hpp>
#include <ctcnn/io/utf8.hpp>

namespace CTCNN_DETAIL::io {

inline constexpr const char* write_again = "Write the file again with the program that made it.";
inline constexpr const char* copy_again = "Copy or download the file again.";

/// The largest header that the format allows, in bytes.
inline constexpr std::uint64_t most_header_bytes = 100'000'000;
/// How many tensors and how many entries of metadata a file may have. Each takes some bytes of memory while the file is
/// open.
inline constexpr std::size_t most_file_entries = 100'000;

/// FileTensor: a tensor as the header of a file announces it. Its texts lie in the header.
struct FileTensor {
    std::string_view name;
    std::string_view shape;  // "[6, 1, 5, 5]", checked
    const FileDtype* dtype;
    std::uint64_t begin;  // bytes from the beginning of the data
    std::uint64_t end;
};

/// Calls f(dim) for the sizes of a shape that has been checked.
template <typename F>
void for_each_dim(std::string_view shape, const F& f) {
    constexpr std::string_view digits = "0123456789";
    std::size_t at = shape.find_first_of(digits);
    while (at != std::string_view::npos) {
        std::uint64_t dim = 0;
        for (; digits.find(shape[at]) != std::string_view::npos; ++at) {
            dim = dim * 10 + static_cast<std::uint64_t>(shape[at] - '0');
        }
        f(dim);
        at = shape.find_first_of(digits, at);
    }
}

/// SafetensorsHeader: the header of a safetensors file, checked as the reference implementation does, and against the
/// size of the file: every byte of the data belongs to one tensor. What the format's description forbids and that
/// implementation accepts is refused, too: a key twice, an entry that is an array, a dtype that is an object.
/// As a template, it costs a program that reads no files nothing.
/// Memory   the header, and at most 11 MB for the list of tensors
/// Refuses  FileTruncated · TrailingBytes · BadHeader · BadOffsets · BadDimension
/// Source   https://github.com/huggingface/safetensors
template <typename Calls = PosixCalls>
class SafetensorsHeader {
public:
    explicit SafetensorsHeader(const InputFile<Calls>& file) : path_(file.path()) {
        const std::uint64_t size = header_size(file);
        text_.resize(static_cast<std::size_t>(size));
        file.read(length_bytes, text_);
        data_offset_ = length_bytes + size;
        parse();
        refuse_doubles();
        check_layout(file.size() - data_offset_);
    }

    const std::filesystem::path& path() const { return path_; }
    // Not as spans: the first one of each type takes compilers a while.
    /// By their place in the file.
    const std::vector<FileTensor>& tensors() const { return tensors_; }
    /// By key.
    const std::vector<std::pair<std::string_view, std::string_view>>& metadata() const { return metadata_; }
    /// Where the data begins in the file.
    std::uint64_t data_offset() const { return data_offset_; }

private:
    static constexpr std::size_t length_bytes = 8;

    std::uint64_t header_size(const InputFile<Calls>& file) const {
        if (file.size() < length_bytes) {
            throw FileTruncated(fault(0, "the size of the header in 8 bytes",
                                      sentence({"the end of the file after ", decimal(file.size()), " bytes"}),
                                      copy_again));
        }
        std::array<std::byte, length_bytes> bytes{};
        file.read(0, bytes);
        const auto size = load_little_endian<std::uint64_t>(bytes.data());
        if (size > most_header_bytes) {
            throw BadHeader(fault(0, sentence({"a header of at most ", decimal(most_header_bytes), " bytes"}),
                                  sentence({"a size of ", decimal(size), " bytes"}),
                                  "Is it a safetensors file? Write it again with the program that made it."));
        }
        if (size > file.size() - length_bytes) {
            throw FileTruncated(fault(0, sentence({"a header of ", decimal(size), " bytes"}),
                                      sentence({"the end of the file after ", decimal(file.size()), " bytes"}),
                                      copy_again));
        }
        return size;
    }

    void parse() {
        const std::size_t valid = utf8_valid_size(text_);
        if (valid != text_.size()) {
            throw BadHeader(fault(length_bytes + valid, "UTF-8", "bytes that are none", write_again));
        }
        JsonReader json(text_, path_, length_bytes);
        bool has_metadata = false;
        json.object("a header that begins with '{'", [&](std::string_view key) {
            if (key == "__metadata__") {
                if (std::exchange(has_metadata, true)) {
                    json.refuse("each key once", "__metadata__ a second time");
                }
                parse_metadata(json);
            } else {
                append(tensors_, parse_tensor(json, key), "tensors");
            }
        });
        json.expect_end();
    }

    void parse_metadata(JsonReader& json) {
        if (json.take_null()) {
            return;
        }
        json.object("an object of texts as __metadata__", [&](std::string_view key) {
            append(metadata_, {key, json.string("a text in quotes as a value of __metadata__")}, "entries of metadata");
        });
    }

    template <typename Entry>
    void append(std::vector<Entry>& entries, const Entry& entry, const char* what) {
        if (entries.size() == most_file_entries) {
            throw BadHeader(fault(length_bytes, sentence({"at most ", decimal(most_file_entries), " ", what}), "more",
                                  "Write what the network needs into a file of its own."));
        }
        entries.push_back(entry);
    }

    static FileTensor parse_tensor(JsonReader& json, std::string_view name) {
        FileTensor tensor{name, {}, nullptr, 0, 0};
        bool has_offsets = false;
        const auto once = [&json](bool there, const char* found) {
            if (there) {
                json.refuse("each key once", found);
            }
        };
        json.object("an object with dtype, shape and data_offsets", [&](std::string_view key) {
            if (key == "dtype") {
                once(tensor.dtype != nullptr, "dtype a second time");
                tensor.dtype = parse_dtype(json);
            } else if (key == "shape") {
                once(!tensor.shape.empty(), "shape a second time");
                tensor.shape = parse_shape(json);
            } else if (key == "data_offsets") {
                once(std::exchange(has_offsets, true), "data_offsets a second time");
                parse_offsets(json, tensor);
            } else {
                json.skip_value();
            }
        });
        if (tensor.dtype == nullptr || tensor.shape.empty() || !has_offsets) {
            json.refuse(sentence({"dtype, shape and data_offsets of tensor ", excerpt(name)}),
                        sentence({"no ", tensor.dtype == nullptr ? "dtype"
                                         : tensor.shape.empty()  ? "shape"
                                                                 : "data_offsets"}));
        }
        return tensor;
    }

    static const FileDtype* parse_dtype(JsonReader& json) {
        const std::string_view spelling = json.string("a dtype in quotes");
        const FileDtype* dtype = find_dtype(spelling);
        if (dtype == nullptr) {
            json.refuse(sentence({"one of the dtypes ", dtype_names(true)}), sentence({"'", excerpt(spelling), "'"}));
        }
        return dtype;
    }

    static std::string_view parse_shape(JsonReader& json) {
        const char* const first = json.place();
        json.array("a shape such as [6, 1, 5, 5]", [&json] { json.whole_number("a size: a whole number"); });
        return {first, static_cast<std::size_t>(json.position() - first)};
    }

    static void parse_offsets(JsonReader& json, FileTensor& tensor) {
        std::size_t count = 0;
        json.array("two offsets such as [0, 600]", [&] {
            const std::uint64_t offset = json.whole_number("an offset: a whole number");
            if (count < 2) {
                (count == 0 ? tensor.begin : tensor.end) = offset;
            }
            ++count;
        });
        if (count != 2) {
            json.refuse("two offsets", sentence({decimal(count), " of them"}));
        }
    }

    void refuse_doubles() {
        const auto by_name = [](const FileTensor& a, const FileTensor& b) { return a.name < b.name; };
        std::sort(tensors_.begin(), tensors_.end(), by_name);
        // A comparison that depends on Calls: without it, clang would compile the sorting wherever this is included.
        std::sort(metadata_.begin(), metadata_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (std::size_t n = 1; n < tensors_.size(); ++n) {
            if (tensors_[n - 1].name == tensors_[n].name) {
                refuse_double("tensor ", tensors_[n].name);
            }
        }
        for (std::size_t n = 1; n < metadata_.size(); ++n) {
            if (metadata_[n - 1].first == metadata_[n].first) {
                refuse_double("metadata ", metadata_[n].first);
            }
        }
    }

    [[noreturn, gnu::cold]] void refuse_double(const char* kind, std::string_view name) const {
        throw BadHeader(fault(length_bytes, "each key once", sentence({kind, excerpt(name), " twice"}), write_again));
    }

    /// The tensors lie side by side from the first byte of the data to the last.
    void check_layout(std::uint64_t data_size) {
        std::sort(tensors_.begin(), tensors_.end(), [](const FileTensor& a, const FileTensor& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
        });
        std::uint64_t end = 0;
        for (const FileTensor& tensor : tensors_) {
            if (tensor.begin != end || tensor.end < tensor.begin) {
                throw BadOffsets(fault(
                    length_bytes,
                    sentence({"tensor ", excerpt(tensor.name), " from byte ", decimal(end), " of the data on"}),
                    sentence({"data_offsets ", decimal(tensor.begin), " to ", decimal(tensor.end)}), write_again));
            }
            check_size(tensor);
            end = tensor.end;
        }
        if (end > data_size) {
            throw FileTruncated(fault(data_offset_ + data_size, sentence({decimal(end), " bytes of data"}),
                                      sentence({"the end of the file after ", decimal(data_size), " of them"}),
                                      copy_again));
        }
        if (end < data_size) {
            throw TrailingBytes(fault(data_offset_ + end,
                                      sentence({"the end of the file after ", decimal(end), " bytes of data"}),
                                      "more bytes", write_again));
        }
    }

    void check_size(const FileTensor& tensor) const {
        const std::optional<std::uint64_t> bits = size_in_bits(tensor);
        if (!bits || *bits % 8 != 0 || *bits / 8 != tensor.end - tensor.begin) {
            throw BadDimension(fault(length_bytes,
                                     sentence({"tensor ", excerpt(tensor.name), " of dtype ", tensor.dtype->spelling,
                                               " and shape ", excerpt(tensor.shape)}),
                                     !bits            ? "a size that cannot be counted"
                                     : *bits % 8 != 0 ? "a size that is no whole number of bytes"
                                                      : sentence({decimal(tensor.end - tensor.begin), " bytes"}),
                                     write_again));
        }
    }

    static std::optional<std::uint64_t> size_in_bits(const FileTensor& tensor) {
        std::optional<std::uint64_t> product = 1;
        const auto multiply = [&product](std::uint64_t factor) {
            if (product && factor != 0 && *product > std::numeric_limits<std::uint64_t>::max() / factor) {
                product.reset();
            } else if (product) {
                *product *= factor;
            }
        };
        for_each_dim(tensor.shape, multiply);
        multiply(tensor.dtype->bits);
        return product;
    }

    [[gnu::cold]] DataFault fault(std::uint64_t offset, std::string expected, std::string found,
                                  const char* remedy) const {
        return {path_, offset, std::move(expected), std::move(found), remedy, OffsetIn::file};
    }

    std::filesystem::path path_;
    std::string text_;
    std::uint64_t data_offset_ = 0;
    std::vector<FileTensor> tensors_;
    std::vector<std::pair<std::string_view, std::string_view>> metadata_;
};

}  // namespace CTCNN_DETAIL::io
