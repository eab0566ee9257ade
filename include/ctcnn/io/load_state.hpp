// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/elements.hpp>
#include <ctcnn/io/error.hpp>
#include <ctcnn/io/excerpt.hpp>
#include <ctcnn/io/input_file.hpp>
#include <ctcnn/io/keras.hpp>
#include <ctcnn/io/load_options.hpp>
#include <ctcnn/io/safetensors_header.hpp>
#include <ctcnn/io/state_match.hpp>
#include <ctcnn/model/state_names.hpp>

namespace CTCNN_DETAIL::io {

/// State: the parameters of a network, without its type.
struct State {
    std::span<const NamedTensor> names;
    Dtype dtype;
    std::byte* parameters;
    std::span<const bool> drawn{};  ///< of each, whether it is a weight that an initializer draws; empty: of none
};

template <typename Net>
State state_of(Net& net) {
    return {Net::names(), own_dtype<typename Net::scalar>, reinterpret_cast<std::byte*>(net.parameters().data()),
            model::drawn_tensors<typename Net::layers>};
}

/// StagedTensors: the bytes of the tensors that a file has for a network, read and checked; nothing can go wrong behind
/// that.
/// Memory   what these tensors take in the file
template <typename Calls = PosixCalls>
class StagedTensors {
public:
    StagedTensors(const InputFile<Calls>& file, const SafetensorsHeader<Calls>& header, const StateMatch<Calls>& match,
                  State state, bool transpose)
        : sources_(match.sources()), state_(state), transpose_(transpose), bytes_(bytes_of(sources_)) {
        std::byte* next = bytes_.data();
        for (const FileTensor* source : sources_) {
            if (source != nullptr) {
                const std::uint64_t offset = header.data_offset() + source->begin;
                file.read(offset, {next, bytes_of(*source)});
                check_values(header.path(), *source, offset, next);
                next += bytes_of(*source);
            }
        }
    }

    void copy_to_network() const noexcept {
        const std::byte* next = bytes_.data();
        for (std::size_t n = 0; n < sources_.size(); ++n) {
            if (sources_[n] != nullptr) {
                copy(n, *sources_[n]->dtype->dtype, next);
                next += bytes_of(*sources_[n]);
            }
        }
    }

private:
    static std::size_t bytes_of(const FileTensor& tensor) { return narrowed<std::size_t>(tensor.end - tensor.begin); }
    static std::size_t bytes_of(const std::vector<const FileTensor*>& sources) {
        std::size_t size = 0;
        for (const FileTensor* source : sources) {
            size += source == nullptr ? 0 : bytes_of(*source);
        }
        return size;
    }

    void check_values(const std::filesystem::path& path, const FileTensor& source, std::uint64_t offset,
                      const std::byte* bytes) const {
        const Dtype from = *source.dtype->dtype;
        if (element_bytes(from) <= element_bytes(state_.dtype)) {
            return;
        }
        std::array<std::byte, 8> converted{};
        for (std::size_t place = 0; place < bytes_of(source); place += element_bytes(from)) {
            if (!convert_element(from, bytes + place, state_.dtype, converted.data())) {
                throw BadValue({path, offset + place,
                                sentence({"values of tensor ", excerpt(source.name), " that ",
                                          file_dtype(state_.dtype).spelling, " can hold"}),
                                "one that is too large", "Load the file into the network's with_scalar<double>.",
                                OffsetIn::file});
            }
        }
    }

    void copy(std::size_t index, Dtype from, const std::byte* bytes) const noexcept {
        const NamedTensor& tensor = state_.names[index];
        const std::size_t size = element_bytes(state_.dtype);
        std::byte* out = state_.parameters + tensor.offset * size;
        const bool reorder =
            transpose_ && WeightOrder::applies_to(tensor.shape, !state_.drawn.empty() && state_.drawn[index]);
        if (little_endian && from == state_.dtype && !reorder) {
            std::memcpy(out, bytes, tensor.count * size);
            return;
        }
        std::array<std::byte, 8> converted{};
        for (std::size_t place = 0; place < tensor.count; ++place) {
            const std::size_t place_in_file = reorder ? WeightOrder(tensor.shape).in_file(place) : place;
            convert_element(from, bytes + place_in_file * element_bytes(from), state_.dtype, converted.data());
            copy_element(converted.data(), out + place * size, size);
        }
    }

    const std::vector<const FileTensor*>& sources_;
    State state_;
    bool transpose_;
    AlignedArray<std::byte> bytes_;
};

/// What function() returns. Where memory is short, the error is a sentence about the file.
template <typename Function>
auto in_memory(const std::filesystem::path& path, const Function& function) {
    try {
        return function();
    } catch (const std::bad_alloc&) {
        throw FileTooLarge({path, 0, "memory to load the file", "too little",
                            "Close other programs, or allow this program more memory (`ulimit -v`).", OffsetIn::file});
    }
}

template <typename Calls>
[[noreturn, gnu::cold]] void refuse_match(const SafetensorsHeader<Calls>& header, const StateMatch<Calls>& match,
                                          std::size_t wanted, std::string_view remedy) {
    throw TensorMismatch(
        {header.path(), 0, sentence({"the ", decimal(wanted), " tensors of the network"}), match.found(),
         sentence({match.table(), "\n", remedy.empty() ? match.remedy() : std::string(remedy)}), OffsetIn::file});
}

/// Loads a file into a network. The network is unchanged if this throws. The remedy is for other tensors than the
/// network's; empty: the options that may help.
template <typename Calls>
void load_state(const InputFile<Calls>& file, const SafetensorsHeader<Calls>& header, State state,
                const LoadOptions& options, std::string_view remedy = {}) {
    const StateMatch<Calls> match(header, state.names, state.drawn, state.dtype, options);
    if (!match.fits()) {
        refuse_match(header, match, state.names.size(), remedy);
    }
    StagedTensors<Calls>(file, header, match, state, options.transpose).copy_to_network();
}

template <typename Calls = PosixCalls>
void load_state(const std::filesystem::path& path, State state, const LoadOptions& options) {
    in_memory(path, [&] {
        const InputFile<Calls> file(path);
        load_state(file, SafetensorsHeader<Calls>(file), state, options);
    });
}

}  // namespace CTCNN_DETAIL::io
