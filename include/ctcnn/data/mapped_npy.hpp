// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/mapped_file.hpp>
#include <ctcnn/data/mapped_images.hpp>
#include <ctcnn/data/npy.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_API::inline CTCNN_FILES {

/// MappedNpy: a data set whose images stay in a .npy file, for data larger than memory. It is mapped: the operating
/// system reads the pages that a training step touches. The labels are read into memory.
/// Shapes   images (N, C, H, W), or (N, H, W) for Shape<1, H, W>, or (N, F), in C order; labels (N) or (N, 1)
/// Numbers  those of the file: float32 for T = float, float64 for double, in the byte order of the machine
/// Refuses  BadDimension · WrongMagic for another dtype or order, and what load_npy refuses
/// The file must not become shorter while it is mapped.
template <typename S, typename T = float, typename Label = std::uint8_t>
class MappedNpy : public detail_::MappedImages<Tensor<T, S>, Label> {
    using Mapped = detail_::MappedImages<Tensor<T, S>, Label>;
    static_assert(sizeof(Tensor<T, S>) == S::size * sizeof(T), "images of more than 1 MiB cannot be mapped");

public:
    MappedNpy(const std::filesystem::path& image_file, const std::filesystem::path& label_file,
              const NpyOptions& options = {})
        : Mapped(detail_::load_in_memory(image_file, [&] { return opened(image_file, label_file, options); })) {}

private:
    static Mapped opened(const std::filesystem::path& image_file, const std::filesystem::path& label_file,
                         const NpyOptions& options) {
        using namespace detail_;
        // Opened once, so that header and images are those of one file.
        MappedFile file(image_file);
        const NpyFile header(image_file, file.bytes());
        expect_usable(header, options);
        NpyFile labels(label_file);
        const std::vector<std::int64_t> classes = read_npy_labels<Label>(labels, options);
        expect_labels(header, labels, image_file, classes.size());
        return {std::move(file), header.offset_of(0), {classes.begin(), classes.end()}};
    }

    /// Refuses a file that does not hold what can be used as it lies.
    static void expect_usable(const NpyFile& header, const NpyOptions& options) {
        using namespace detail_;
        expect_images<S>(header, options.channels_last);
        const std::string expected{std::endian::native == std::endian::little ? '<' : '>', 'f',
                                   static_cast<char>('0' + sizeof(T))};
        const bool is_aligned = header.offset_of(0) % alignof(T) == 0;
        if (header.dtype() != expected || header.fortran_order() || options.channels_last || header.is_packed() ||
            !is_aligned) {
            DataFault fault = header.fault(
                0, sentence({"images of dtype '", expected, "' in C order, channels first, not packed"}),
                sentence({"dtype '", header.dtype(), "'", header.fortran_order() ? ", Fortran order" : "",
                          options.channels_last ? ", channels last" : "", header.is_packed() ? ", a .gz file" : "",
                          is_aligned ? "" : ", elements that are not aligned"}));
            fault.remedy =
                "Write them so, with numpy.lib.format.open_memmap where they do not fit into memory; load_npy "
                "reads them into memory and converts them.";
            throw WrongMagic(std::move(fault));
        }
    }
};

}  // namespace CTCNN_API::inline CTCNN_FILES
