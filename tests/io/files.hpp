// SPDX-License-Identifier: MIT
// Safetensors files that tests write, and what they compare.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "../data/files.hpp"

/// A safetensors file: the size of the header, the header, the data.
inline Bytes safetensors(const std::string& header, const Bytes& data = {}) {
    Bytes bytes;
    for (int shift = 0; shift < 64; shift += 8) {
        bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{header.size()} >> shift));
    }
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
}

/// "name":{"dtype":...,"shape":...,"data_offsets":...}
inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape, std::size_t begin,
                         std::size_t end) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
}

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
inline Bytes read_bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// The numbers' bits, whatever they are, in the order of bytes that a file has.
template <typename Net>
Bytes bits_of(const Net& net) {
    constexpr std::size_t size = sizeof(typename Net::scalar);
    const auto* first = reinterpret_cast<const std::uint8_t*>(net.parameters().data());
    Bytes bytes(first, first + size * Net::parameter_count);
    if constexpr (std::endian::native == std::endian::big) {
        for (auto number = bytes.begin(); number != bytes.end(); number += size) {
            std::reverse(number, number + size);
        }
    }
    return bytes;
}

/// A network whose parameters are normal numbers, each another.
template <typename Net>
Net filled(unsigned seed = 1) {
    Net net{};
    std::mt19937 random(seed);
    for (auto& parameter : net.parameters()) {
        parameter = static_cast<typename Net::scalar>(static_cast<double>(random()) / 4294967296.0 - 0.5);
    }
    return net;
}

/// The names in a folder.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        names.push_back(file.path().filename().string());
    }
    return names;
}
