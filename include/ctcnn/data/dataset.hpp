// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/sentence.hpp>

namespace ctcnn {

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wweak-vtables"  // A header has no source file for a vtable.
#endif
/// A data set was to be built from images and labels that are not equally many.
class UnequalCounts : public std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace ctcnn

namespace CTCNN_DETAIL {

[[noreturn, gnu::cold]] inline void refuse_unequal(std::size_t images, std::size_t labels) {
    throw UnequalCounts(sentence({"A data set needs one label for each image, but was given ", decimal(images),
                                  " images and ", decimal(labels), " labels."}));
}
[[noreturn, gnu::cold]] inline void refuse_image(std::size_t size, std::size_t index) {
    throw std::out_of_range(sentence(
        {"The data set holds ", decimal(size), " images, counted from 0; there is no number ", decimal(index), "."}));
}
[[noreturn, gnu::cold]] inline void refuse_part(std::size_t size, std::size_t begin, std::size_t count) {
    throw std::out_of_range(sentence({"The data set holds ", decimal(size), " images; ", decimal(count),
                                      " images from number ", decimal(begin), " on are more than that."}));
}
[[noreturn, gnu::cold]] inline void refuse_elements(std::size_t count, std::size_t size) {
    throw std::invalid_argument(sentence({"A data set was given ", decimal(count),
                                          " elements, which do not divide into images of ", decimal(size), "."}));
}
[[noreturn, gnu::cold]] inline void refuse_label(std::string_view label, std::size_t image, std::uint64_t largest) {
    throw std::invalid_argument(sentence(
        {"Label ", label, " of image ", decimal(image), " is no class: the labels of this data set are 0 to ",
         decimal(largest), ". For more classes, give Dataset a wider type: Dataset<S, float, std::uint32_t>."}));
}

/// Whether a type is a range of these elements, as std::vector<Element> and std::span<const Element> are.
template <typename Range, typename Element>
concept RangeOf = requires(Range& range) {
    std::size(range);
    std::end(range);
    requires std::same_as<std::iter_value_t<decltype(std::begin(range))>, Element>;
};
template <typename Range>
concept RangeOfIntegers = requires(Range& range) {
    std::end(range);
    requires std::integral<std::iter_value_t<decltype(std::begin(range))>>;
};

/// The images as a data set keeps them: one tensor each. They may also be given as elements in a row.
template <typename Image, typename Images>
std::vector<Image> stored_images(Images&& images) {
    using Given = std::remove_reference_t<Images>;
    std::vector<Image> stored;
    if constexpr (std::same_as<std::remove_cv_t<Given>, std::vector<Image>>) {
        stored = std::forward<Images>(images);
    } else if constexpr (RangeOf<Given, Image>) {
        stored.assign(std::begin(images), std::end(images));
    } else if constexpr (RangeOf<Given, typename Image::value_type>) {
        const auto count = static_cast<std::size_t>(std::size(images));
        if (count % Image::size() != 0) {
            refuse_elements(count, Image::size());
        }
        stored.resize(count / Image::size());
        auto element = std::begin(images);
        for (Image& image : stored) {
            for (auto& value : image.span()) {
                value = *element++;
            }
        }
    }
    return stored;
}

/// The labels as a data set keeps them. Each must be a number that the type can hold, and none is below 0.
template <typename Label, typename Labels>
std::vector<Label> stored_labels(Labels&& labels) {
    using Given = std::remove_reference_t<Labels>;
    std::vector<Label> stored;
    if constexpr (std::same_as<std::remove_cv_t<Given>, std::vector<Label>> && std::unsigned_integral<Label>) {
        stored = std::forward<Labels>(labels);
    } else if constexpr (RangeOfIntegers<Given>) {
        using Integer = std::iter_value_t<decltype(std::begin(labels))>;
        constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<Label>::max());
        for (const Integer label : labels) {
            bool is_class = static_cast<std::uint64_t>(label) <= largest;
            if constexpr (std::signed_integral<Integer>) {
                is_class = is_class && label >= 0;
            }
            if (!is_class) {
                refuse_label(std::signed_integral<Integer> ? decimal_signed(static_cast<std::int64_t>(label))
                                                           : decimal(static_cast<std::uint64_t>(label)),
                             stored.size(), largest);
            }
            stored.push_back(static_cast<Label>(label));
        }
    }
    return stored;
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// Dataset: images of one shape, and the label of each. The n-th label belongs to the n-th image.
/// Refuses  UnequalCounts · std::invalid_argument · std::out_of_range
template <typename S, typename T = float, typename Label = std::uint8_t>
    requires is_shape<S>
class Dataset {
    static_assert(!std::integral<T>,
                  "a Dataset holds images of float or double; the type of labels is its third argument");
    static_assert(std::integral<Label> && !std::same_as<Label, bool>,
                  "the labels of a Dataset are integers, such as std::uint8_t or int");

public:
    using shape = S;
    using value_type = T;
    using image_type = Tensor<T, S>;
    using label_type = Label;

    Dataset() = default;

    /// Images are a range of image_type, or all elements in a row as a range of T: a vector, a span, an array. Labels
    /// are a range of any integer type.
    template <typename Images = std::vector<image_type>, typename Labels = std::vector<Label>>
    Dataset(Images&& images, Labels&& labels)
        : images_(detail_::stored_images<image_type>(std::forward<Images>(images))),
          labels_(detail_::stored_labels<Label>(std::forward<Labels>(labels))) {
        using GivenImages = std::remove_reference_t<Images>;
        constexpr bool right_images = !detail_::is_known_shape<S> || detail_::RangeOf<GivenImages, image_type> ||
                                      detail_::RangeOf<GivenImages, T>;
        static_assert(
            right_images,
            "the images of a Dataset<S, T> are tensors, as in std::vector<Tensor<T, S>>, or their elements in a "
            "row, as in std::vector<T> or std::span<const T>: bytes and other numbers are converted first, and "
            "tensors have the data set's shape");
        static_assert(detail_::RangeOfIntegers<std::remove_reference_t<Labels>> || !right_images,
                      "the labels of a Dataset are integers, one for each image, as in std::vector<int>");
        if (images_.size() != labels_.size()) {
            detail_::refuse_unequal(images_.size(), labels_.size());
        }
    }

    std::size_t size() const noexcept { return labels_.size(); }
    bool empty() const noexcept { return labels_.empty(); }

    const image_type& image(std::size_t index) const& {
        expect_image(index);
        return images_[index];
    }
    Label label(std::size_t index) const {
        expect_image(index);
        return labels_[index];
    }

    std::span<const image_type> images() const& noexcept { return images_; }
    std::span<const Label> labels() const& noexcept { return labels_; }

    // They would refer to images and labels that are gone: give the data set a name first.
    const image_type& image(std::size_t) const&& = delete;
    std::span<const image_type> images() const&& = delete;
    std::span<const Label> labels() const&& = delete;

    /// A copy of the first images and their labels.
    Dataset first(std::size_t count) const { return subset(0, count); }

    /// A copy of some images in a row and their labels: subset(50000, 10000) sets aside the last images of 60000.
    Dataset subset(std::size_t begin, std::size_t count) const {
        if (begin > size() || count > size() - begin) {
            detail_::refuse_part(size(), begin, count);
        }
        return Dataset(images().subspan(begin, count), labels().subspan(begin, count));
    }

private:
    void expect_image(std::size_t index) const {
        if (index >= size()) {
            detail_::refuse_image(size(), index);
        }
    }

    std::vector<image_type> images_;
    std::vector<Label> labels_;
};

}  // namespace CTCNN_API
