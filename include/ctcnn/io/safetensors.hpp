// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include <ctcnn/core/target.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/load_options.hpp>
#include <ctcnn/io/load_state.hpp>
#include <ctcnn/io/save_state.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_API {

/// save_safetensors: writes the parameters of a network to a safetensors file, under the names that Net::names() gives.
/// The file is that of Python's safetensors.torch.save_file, byte for byte, with metadata sorted by key. It is complete
/// once it has its name: an error leaves the file that was there before.
/// dtype    the network's own, bit for bit, or another one: float16 and bfloat16 round to nearest, ties to even; int8
///          takes whole numbers from -128 to 127 alone
/// Refuses  FileUnwritable · BadValue for a finite value that the dtype cannot hold · std::invalid_argument for
///          metadata that is not UTF-8, or too long
template <typename Net>
    requires AnyNetwork<Net> || RefusedNetwork<Net>
void save_safetensors(const Net& net, const std::filesystem::path& path,
                      const std::map<std::string, std::string>& metadata = {},
                      Dtype dtype = detail_::io::own_dtype<typename Net::scalar>) {
    if constexpr (AnyNetwork<Net>) {
        const auto* parameters = reinterpret_cast<const std::byte*>(net.parameters().data());
        detail_::io::save_state(
            path, detail_::io::ConstState{Net::names(), detail_::io::own_dtype<typename Net::scalar>, parameters},
            metadata, dtype);
    }
}

/// load_safetensors: sets the parameters of a network from a safetensors file. Names, shapes and dtypes are compared
/// before any of its numbers is read. An error leaves the network as it was, and tells all differences in a table.
/// Memory   at most the size of the file and 16 MB
/// Refuses  FileMissing · FileUnreadable · FileTooLarge · FileTruncated · TrailingBytes · BadHeader · BadOffsets ·
///          BadDimension · TensorMismatch · BadValue
template <typename Net>
    requires AnyNetwork<Net> || RefusedNetwork<Net>
void load_safetensors(Net& net, const std::filesystem::path& path, const LoadOptions& options = {}) {
    if constexpr (AnyNetwork<Net>) {
        detail_::io::load_state(path, detail_::io::state_of(net), options);
    }
}

/// safetensors_metadata: the texts that a safetensors file holds beside its tensors.
/// Refuses  what load_safetensors refuses about the file itself
template <typename Calls = detail_::io::PosixCalls>
std::map<std::string, std::string> safetensors_metadata(const std::filesystem::path& path) {
    return detail_::io::in_memory(path, [&path] {
        const detail_::io::InputFile<Calls> file(path);
        const detail_::io::SafetensorsHeader<Calls> header(file);
        return std::map<std::string, std::string>(header.metadata().begin(), header.metadata().end());
    });
}

}  // namespace CTCNN_API
