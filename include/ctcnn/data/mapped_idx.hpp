// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/augment.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/find_file.hpp>
#include <ctcnn/data/idx_pair.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/mapped_file.hpp>
#include <ctcnn/data/mapped_images.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_API {

/// The options of MappedIdx, as those of load_idx.
struct MappedIdxOptions {
    std::size_t classes = 0;       ///< 0: any label that fits into the labels' type
    std::int32_t first_label = 0;  ///< the label in the file that becomes class 0
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL {

/// StoredBytes: an image whose pixels are bytes; steps and evaluate read them as fractions of 255.
template <typename S>
struct StoredBytes {
    using shape = S;
    using Decoder = Pipeline<>;

    std::uint8_t values[S::size];

    const std::uint8_t* data() const { return values; }
    /// The numbers that a network takes.
    template <typename T>
    void decode(T* place) const {
        fractions_of_bytes<S::size>(values, place);
    }
};

/// How a packed file is unpacked, also one whose name does not say that it is packed.
[[gnu::cold]] inline std::string unpack_remedy(const std::filesystem::path& packed) {
    return packed.extension() == ".gz"
               ? sentence({"Unpack it with `gunzip --keep ", quoted(packed), "`."})
               : sentence({"Unpack it with `gunzip <", quoted(packed), " >FILE`, and give the name of that file."});
}

/// The file that MappedIdx was given; the unpacked one beside a file that is called .gz, where there is one.
[[gnu::cold]] inline std::filesystem::path find_unpacked_idx_file(const std::filesystem::path& file) {
    const auto is_file = [](const std::filesystem::path& name) {
        std::error_code ignored;
        return std::filesystem::is_regular_file(name, ignored);
    };
    if (file.extension() == ".gz") {
        std::filesystem::path unpacked = file;
        unpacked.replace_extension();
        if (is_file(unpacked)) {
            return unpacked;
        }
    }
    std::filesystem::path found = find_idx_file(file);
    if (std::filesystem::path packed = file; found == (packed += ".gz") && is_file(found)) {
        throw FileMissing({file, 0, "an idx file that is not packed",
                           sentence({"no such file, but '", packed.filename().string(), "'"}), unpack_remedy(packed),
                           OffsetIn::file});
    }
    return found;
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API::inline CTCNN_FILES {

/// MappedIdx: a data set whose images stay in an idx file of unsigned bytes, for data larger than memory. It is mapped:
/// the operating system reads the pages that a training step touches, and the step makes numbers of them. The labels
/// are read into memory.
/// Shapes   as load_idx; there is no limit of images
/// Numbers  fractions of 255, in [0, 1], exactly those of load_idx
/// Refuses  WrongMagic for images of floats, and for images in a .gz file that is not unpacked beside it; what load_idx
///          refuses
/// The file must not become shorter while it is mapped.
template <typename S, typename Label = std::uint8_t>
class MappedIdx : public detail_::MappedImages<detail_::StoredBytes<S>, Label> {
    using Mapped = detail_::MappedImages<detail_::StoredBytes<S>, Label>;
    static_assert(S::rank != 0 && S::size != 0, "an image has one pixel or more");
    static_assert(S::rank < 256, "an idx file has at most 255 axes");
    static_assert(sizeof(detail_::StoredBytes<S>) == S::size && alignof(detail_::StoredBytes<S>) == 1);

public:
    MappedIdx(const std::filesystem::path& image_file, const std::filesystem::path& label_file,
              const MappedIdxOptions& options = {})
        : Mapped(detail_::load_in_memory(image_file, [&] { return opened(image_file, label_file, options); })) {}

private:
    static Mapped opened(const std::filesystem::path& image_file, const std::filesystem::path& label_file,
                         const MappedIdxOptions& options) {
        using namespace detail_;
        // Opened once, so that header and images are those of one file.
        const std::filesystem::path path = find_unpacked_idx_file(image_file);
        MappedFile file(path);
        const std::span<const std::byte> bytes = file.bytes();
        constexpr auto sizes = S::dims;
        IdxPair<> files(path, find_idx_file(label_file), sizes,
                        {.classes = options.classes, .first_label = options.first_label, .max_images = 0},
                        "Copy or download the file again.", &bytes);
        const auto& images = files.images();
        if (images.is_packed() || images.element().code != 0x08) {
            DataFault fault = images.fault(0, {"unsigned bytes, not packed"},
                                           {images.element().name, images.is_packed() ? ", a .gz file" : ""});
            fault.remedy =
                images.is_packed() ? unpack_remedy(path) : "load_idx reads them into memory and converts them.";
            throw WrongMagic(std::move(fault));
        }
        std::vector<Label> labels = files.template read_labels<Label>();
        return {std::move(file), images.header_size(), std::move(labels)};
    }
};

}  // namespace CTCNN_API::inline CTCNN_FILES
