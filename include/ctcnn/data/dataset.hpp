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

[[noreturn, gnu::cold]] inline void refuse_unequal(std::size_t images, std::size_t targets, bool are_labels) {
    throw UnequalCounts(
        sentence({"A data set needs one ", are_labels ? "label" : "target", " for each image, but was given ",
                  decimal(images), " images and ", decimal(targets), are_labels ? " labels." : " targets."}));
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
         decimal(largest),
         label.starts_with('-') ? ". For labels below 0, of images that losses ignore, give Dataset a type with a "
                                  "sign: Dataset<S, float, int>."
                                : ". For more classes, give Dataset a wider type: Dataset<S, float, std::uint32_t>."}));
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

/// The images, or the targets, as a data set keeps them: one tensor each. They may also be given as elements in a row.
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

/// Whether a type is a tensor of elements T.
template <typename T, typename Target>
inline constexpr bool is_tensor_of = false;
template <typename T, typename S>
inline constexpr bool is_tensor_of<T, Tensor<T, S>> = true;

/// The labels as a data set keeps them. Each must be a number that the type can hold. One below 0 is no class: it is
/// for images that losses ignore.
template <typename Label, typename Labels>
std::vector<Label> stored_labels(Labels&& labels) {
    using Given = std::remove_reference_t<Labels>;
    std::vector<Label> stored;
    if constexpr (std::same_as<std::remove_cv_t<Given>, std::vector<Label>> && std::unsigned_integral<Label>) {
        stored = std::forward<Labels>(labels);
    } else if constexpr (RangeOfIntegers<Given>) {
        using Integer = std::iter_value_t<decltype(std::begin(labels))>;
        constexpr auto smallest = static_cast<std::int64_t>(std::numeric_limits<Label>::min());
        constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<Label>::max());
        for (const Integer label : labels) {
            bool fits = static_cast<std::uint64_t>(label) <= largest;
            if constexpr (std::signed_integral<Integer>) {
                fits = label < 0 ? static_cast<std::int64_t>(label) >= smallest : fits;
            }
            if (!fits) {
                refuse_label(std::signed_integral<Integer> ? decimal_signed(static_cast<std::int64_t>(label))
                                                           : decimal(static_cast<std::uint64_t>(label)),
                             stored.size(), largest);
            }
            stored.push_back(static_cast<Label>(label));
        }
    }
    return stored;
}

template <typename Target, typename Targets>
std::vector<Target> stored_targets(Targets&& targets) {
    if constexpr (std::integral<Target>) {
        return stored_labels<Target>(std::forward<Targets>(targets));
    } else {
        return stored_images<Target>(std::forward<Targets>(targets));
    }
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// Dataset: images of one shape, and the target of each: a label, which is an integer, or a tensor. The n-th target
/// belongs to the n-th image.
///     Dataset<Shape<1, 28, 28>>                                  labels
///     Dataset<Shape<8>, float, Tensor<float, Shape<1>>>          a number for each image
/// Refuses  UnequalCounts · std::invalid_argument · std::out_of_range
template <typename S, typename T = float, typename Target = std::uint8_t>
    requires is_shape<S>
class Dataset {
    static constexpr bool labelled = std::integral<Target>;
    static_assert(!std::integral<T>,
                  "a Dataset holds images of float or double; the type of labels is its third argument");
    static_assert((labelled && !std::same_as<Target, bool>) || detail_::is_tensor_of<T, Target>,
                  "the targets of a Dataset are labels, integers such as std::uint8_t or int, or tensors of its number "
                  "type, such as Tensor<float, Shape<1>>");

public:
    using shape = S;
    using value_type = T;
    using image_type = Tensor<T, S>;
    using target_type = Target;
    using label_type = Target;

    Dataset() = default;

    /// Images are a range of image_type, or all elements in a row as a range of T: a vector, a span, an array. So are
    /// targets that are tensors; labels are a range of any integer type.
    template <typename Images = std::vector<image_type>, typename Targets = std::vector<Target>>
    Dataset(Images&& images, Targets&& targets)
        : images_(detail_::stored_images<image_type>(std::forward<Images>(images))),
          targets_(detail_::stored_targets<Target>(std::forward<Targets>(targets))) {
        using GivenImages = std::remove_reference_t<Images>;
        using GivenTargets = std::remove_reference_t<Targets>;
        constexpr bool right_images = !detail_::is_known_shape<S> || detail_::RangeOf<GivenImages, image_type> ||
                                      detail_::RangeOf<GivenImages, T>;
        static_assert(
            right_images,
            "the images of a Dataset<S, T> are tensors, as in std::vector<Tensor<T, S>>, or their elements in a "
            "row, as in std::vector<T> or std::span<const T>: bytes and other numbers are converted first, and "
            "tensors have the data set's shape");
        static_assert(!labelled || detail_::RangeOfIntegers<GivenTargets> || !right_images,
                      "the labels of a Dataset are integers, one for each image, as in std::vector<int>; tensors are "
                      "named, as in Dataset<S, float, Tensor<float, Shape<1>>>");
        static_assert(
            labelled || detail_::RangeOf<GivenTargets, Target> || detail_::RangeOf<GivenTargets, T> || !right_images,
            "the targets of this Dataset are tensors, as in std::vector<Tensor<T, Shape<1>>>, or their elements in a "
            "row, as in std::vector<T>");
        if (images_.size() != targets_.size()) {
            detail_::refuse_unequal(images_.size(), targets_.size(), labelled);
        }
    }

    std::size_t size() const noexcept { return targets_.size(); }
    bool empty() const noexcept { return targets_.empty(); }

    const image_type& image(std::size_t index) const& {
        expect_image(index);
        return images_[index];
    }
    Target label(std::size_t index) const
        requires labelled
    {
        expect_image(index);
        return targets_[index];
    }
    const Target& target(std::size_t index) const& {
        expect_image(index);
        return targets_[index];
    }

    std::span<const image_type> images() const& noexcept { return images_; }
    std::span<const Target> labels() const& noexcept
        requires labelled
    {
        return targets_;
    }
    std::span<const Target> targets() const& noexcept { return targets_; }

    // They would refer to images and targets that are gone: give the data set a name first.
    const image_type& image(std::size_t) const&& = delete;
    const Target& target(std::size_t) const&& = delete;
    std::span<const image_type> images() const&& = delete;
    std::span<const Target> labels() const&& = delete;
    std::span<const Target> targets() const&& = delete;

    /// A copy of the first images and their targets.
    Dataset first(std::size_t count) const { return subset(0, count); }

    /// A copy of some images in a row and their targets: subset(50000, 10000) sets aside the last images of 60000.
    Dataset subset(std::size_t begin, std::size_t count) const {
        if (begin > size() || count > size() - begin) {
            detail_::refuse_part(size(), begin, count);
        }
        return Dataset(images().subspan(begin, count), targets().subspan(begin, count));
    }

private:
    void expect_image(std::size_t index) const {
        if (index >= size()) {
            detail_::refuse_image(size(), index);
        }
    }

    std::vector<image_type> images_;
    std::vector<Target> targets_;
};

/// ImagesAsTargets: the images of a data set, each of which is its own target, as an autoencoder learns them. It refers
/// to the data set, which outlives it, and copies nothing.
///     fit(autoencoder, ImagesAsTargets(train_set), Adam{}, {.epochs = 5}, MSELoss{});
template <typename Data>
class ImagesAsTargets {
public:
    explicit ImagesAsTargets(const Data& dataset) : dataset_(dataset) {}
    explicit ImagesAsTargets(const Data&&) = delete;

    decltype(auto) images() const { return dataset_.images(); }
    decltype(auto) targets() const { return dataset_.images(); }

private:
    const Data& dataset_;
};

template <typename Data>
ImagesAsTargets(const Data&) -> ImagesAsTargets<Data>;

}  // namespace CTCNN_API
