// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/mapped_file.hpp>

namespace CTCNN_DETAIL {

/// MappedImages: a data set whose images lie side by side in a mapped file, from byte `begin` on, one for each label.
template <typename Image, typename Label>
class MappedImages {
public:
    using image_type = Image;

    MappedImages(MappedFile file, std::uint64_t begin, std::vector<Label> labels)
        : file_(std::move(file)),
          // An object of a trivially copyable type without padding may lie in bytes that come from elsewhere.
          images_(reinterpret_cast<const image_type*>(file_.bytes().data() + begin), labels.size()),
          labels_(std::move(labels)) {}

    std::size_t size() const noexcept { return labels_.size(); }
    std::span<const image_type> images() const& noexcept { return images_; }
    std::span<const Label> labels() const& noexcept { return labels_; }
    std::span<const image_type> images() const&& = delete;
    std::span<const Label> labels() const&& = delete;

private:
    MappedFile file_;
    std::span<const image_type> images_;
    std::vector<Label> labels_;
};

}  // namespace CTCNN_DETAIL
