// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/atomic_file.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/elements.hpp>
#include <ctcnn/io/error.hpp>
#include <ctcnn/io/excerpt.hpp>
#include <ctcnn/io/json.hpp>
#include <ctcnn/io/safetensors_header.hpp>
#include <ctcnn/io/utf8.hpp>
#include <ctcnn/model/state_names.hpp>

namespace CTCNN_DETAIL::io {

/// ConstState: the parameters of a network, without its type.
struct ConstState {
    std::span<const NamedTensor> names;
    Dtype dtype;
    const std::byte* parameters;

    /// One element, as in a file.
    void read(std::size_t place, std::byte* out) const {
        copy_element(parameters + place * element_bytes(dtype), out, element_bytes(dtype));
    }
};

using Metadata = std::map<std::string, std::string>;

inline void require_utf8(std::string_view text) {
    if (utf8_valid_size(text) != text.size()) {
        throw std::invalid_argument(
            sentence({"The metadata of a file is UTF-8, and this is not: '", excerpt(text), "'. Convert it first."}));
    }
}

/// The tensors in the order of a file, which the reference implementation writes: by name, since all have one dtype.
template <typename Names>
auto in_file_order(const Names& names) {
    std::vector<decltype(names.data())> order;
    for (const NamedTensor& tensor : names) {
        order.push_back(&tensor);
    }
    std::sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) { return a->name < b->name; });
    return order;
}

inline void append_metadata(const Metadata& metadata, std::string& json) {
    json += "\"__metadata__\":{";
    const char* separator = "";
    for (const auto& [key, value] : metadata) {
        require_utf8(key);
        require_utf8(value);
        json += separator;
        append_json_string(key, json);
        json += ':';
        append_json_string(value, json);
        separator = ",";
    }
    json += '}';
}

inline void append_tensor(const NamedTensor& tensor, Dtype dtype, std::size_t begin, std::string& json) {
    append_json_string(tensor.name, json);
    json.append(sentence({":{\"dtype\":\"", file_dtype(dtype).spelling, "\",\"shape\":["}));
    const char* separator = "";
    for (const std::size_t dim : tensor.shape) {
        json.append(separator).append(decimal(dim));
        separator = ",";
    }
    const std::size_t end = begin + tensor.count * element_bytes(dtype);
    json.append(sentence({"],\"data_offsets\":[", decimal(begin), ",", decimal(end), "]}"}));
}

/// The header, filled up with blanks to a multiple of 8 bytes. A template, so that only those programs compile it that
/// save a network.
template <typename Order>
std::string header_text(const Order& order, Dtype dtype, const Metadata& metadata) {
    std::string json = "{";
    if (!metadata.empty()) {
        append_metadata(metadata, json);
    }
    std::size_t begin = 0;
    for (const NamedTensor* tensor : order) {
        json.append(json.size() == 1 ? "" : ",");
        append_tensor(*tensor, dtype, begin, json);
        begin += tensor->count * element_bytes(dtype);
    }
    json += '}';
    json.append((8 - json.size() % 8) % 8, ' ');
    if (json.size() > most_header_bytes) {
        throw std::invalid_argument(
            sentence({"The metadata is too long: the header of a file has at most ", decimal(most_header_bytes),
                      " bytes, and would have ", decimal(json.size()), ". Save less of it."}));
    }
    return json;
}

/// Refuses values that the dtype cannot hold, before a file is touched.
inline void check_values(const std::filesystem::path& path, const ConstState& state, Dtype dtype) {
    if (element_bytes(dtype) >= element_bytes(state.dtype)) {
        return;
    }
    std::array<std::byte, 8> element{};
    std::array<std::byte, 8> converted{};
    for (const NamedTensor& tensor : state.names) {
        for (std::size_t n = 0; n < tensor.count; ++n) {
            state.read(tensor.offset + n, element.data());
            if (!convert_element(state.dtype, element.data(), dtype, converted.data())) {
                throw BadValue({path, 0, sentence({"values that ", file_dtype(dtype).spelling, " can hold"}),
                                sentence({dtype == Dtype::int8 ? "no whole number from -128 to 127" : "a larger one",
                                          " in tensor ", tensor.name, ", element ", decimal(n)}),
                                "Save the network in its own dtype.", OffsetIn::file});
            }
        }
    }
}

/// ElementWriter: writes the elements of tensors to a file, in pieces of 64 KiB.
template <typename Calls>
class ElementWriter {
public:
    explicit ElementWriter(AtomicFile<Calls>& file) : file_(file), bytes_(std::size_t{1} << 16) {}

    void write(const ConstState& state, const NamedTensor& tensor, Dtype dtype) {
        std::array<std::byte, 8> element{};
        for (std::size_t n = 0; n < tensor.count; ++n, used_ += element_bytes(dtype)) {
            if (used_ == bytes_.size()) {
                flush();
            }
            state.read(tensor.offset + n, element.data());
            convert_element(state.dtype, element.data(), dtype, bytes_.data() + used_);
        }
    }
    void flush() {
        file_.write({bytes_.data(), used_});
        used_ = 0;
    }

private:
    AtomicFile<Calls>& file_;
    AlignedArray<std::byte> bytes_;
    std::size_t used_ = 0;
};

/// Writes a network's parameters, a ConstState, to a file, which then has its name. As a template of the state, it
/// costs a program that saves nothing nothing.
template <typename Calls = PosixCalls, typename State>
void save_state(const std::filesystem::path& path, const State& state, const Metadata& metadata, Dtype dtype) {
    const auto order = in_file_order(state.names);
    const std::string header = header_text(order, dtype, metadata);
    check_values(path, state, dtype);

    AtomicFile<Calls> file(path);
    std::array<std::byte, 8> element{};
    store_little_endian(element.data(), std::uint64_t{header.size()});
    file.write(element);
    file.write(header);
    ElementWriter<Calls> writer(file);
    for (const NamedTensor* tensor : order) {
        writer.write(state, *tensor, dtype);
    }
    writer.flush();
    file.commit();
}

}  // namespace CTCNN_DETAIL::io
