// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/train/stored_image.hpp>

// What is refused before anything is computed: by the compiler, if it is a data set's type, else by an exception.
namespace CTCNN_DETAIL::train {

/// Optimizers and losses may have a validate(), which throws if their settings make no sense.
template <typename Settings>
constexpr void validate(const Settings& settings) {
    if constexpr (requires { settings.validate(); }) {
        settings.validate();
    }
}

/// A loss may also refuse a network: by the compiler, in validate<Outputs>().
template <typename Net, typename Loss>
constexpr void validate_loss(const Loss& loss) {
    if constexpr (requires { loss.template validate<Net::output_shape::size>(); }) {
        loss.template validate<Net::output_shape::size>();
    } else {
        train::validate(loss);
    }
}

/// LabelRange: contiguous labels of any integer type, as std::span takes them. (<ranges> has concepts for that, and is one
/// of the largest headers to compile.)
template <typename Range>
concept LabelRange = requires(const Range& labels) {
    { typename decltype(std::span(labels))::value_type{} } -> std::integral;
    requires !std::same_as<typename decltype(std::span(labels))::value_type, bool>;
};

/// The images of a batch, the targets, the loss: one static_assert at most fails.
template <typename Net, typename Images>
consteval bool check_images() {
    constexpr bool right = std::is_convertible_v<const Images&, std::span<const typename Net::input_tensor>>;
    static_assert(right,
                  "the images are not what the network takes: give contiguous elements of Net::input_tensor, as in "
                  "std::vector<Net::input_tensor>, std::span<const Net::input_tensor> or the images() of a data set");
    return right;
}
template <typename Net, typename Targets>
consteval bool check_targets() {
    constexpr bool right =
        LabelRange<Targets> || std::is_convertible_v<const Targets&, std::span<const typename Net::output_tensor>>;
    static_assert(
        right,
        "the targets are labels, integers as in std::vector<int> or the labels() of a data set; or, for losses such as "
        "MSELoss, tensors of the network's output, as in std::vector<Net::output_tensor>");
    return right;
}
template <typename Net, typename Loss, typename Target>
consteval bool check_loss() {
    using T = typename Net::scalar;
    constexpr bool right = TileLoss<Loss, Net::output_shape::size, Lanes<T>, Target> ||
                           ImageLoss<Loss, Net::output_shape::size, T, Target>;
    constexpr bool one_output = Net::output_shape::size == 1;
    static_assert(
        right || !std::integral<Target> || !one_output,
        "this is not a loss that takes labels of a network with one output, as BCEWithLogitsLoss{} takes 0 and "
        "1; for a number, as MSELoss{} learns it, the targets are tensors, Net::output_tensor");
    static_assert(right || !std::integral<Target> || one_output,
                  "this is not a loss, such as CrossEntropyLoss{} or MSELoss{}, or not one that takes labels; a loss "
                  "of your own is called as loss(outputs, label, gradient)");
    static_assert(right || std::integral<Target>,
                  "this loss does not take tensors as targets: give it labels, integers as in std::vector<int>, or use "
                  "MSELoss{}");
    return right;
}

/// The targets that check_targets has let pass.
template <typename Net, typename Targets>
constexpr auto targets_of(const Targets& targets) {
    if constexpr (LabelRange<Targets>) {
        return std::span<const typename decltype(std::span(targets))::value_type>(targets);
    } else {
        return std::span<const typename Net::output_tensor>(targets);
    }
}

/// View: where the images and targets of a data set lie.
template <typename Net, typename Target, typename Image = typename Net::input_tensor>
struct View {
    std::span<const Image> images;
    std::span<const Target> targets;
};

/// Whether what a function returned is still there behind the call: outlives_call<std::vector<int>> is false.
template <typename Returned>
inline constexpr bool outlives_call =
    std::is_lvalue_reference_v<Returned> || std::ranges::enable_borrowed_range<std::remove_cvref_t<Returned>>;

// Sentences with numbers, put together without std::to_string and +, which compilers expand wherever they stand.
[[noreturn, gnu::cold]] inline void refuse_counts(std::size_t images, std::size_t targets) {
    Text<160> text;
    text.append("there are ");
    text.append_number(images);
    text.append(" images and ");
    text.append_number(targets);
    text.append(" targets: each image needs one target");
    throw std::invalid_argument(std::string(text.view()));
}
[[noreturn, gnu::cold]] inline void refuse_label(bool negative, std::uint64_t magnitude, std::size_t image,
                                                 std::size_t labels, std::size_t outputs) {
    Text<160> text;
    text.append(negative ? "label -" : "label ");
    text.append_number(magnitude);
    text.append(" of image ");
    text.append_number(image);
    text.append(" is out of range: the network has ");
    text.append_number(outputs);
    text.append(outputs == 1 ? " output" : " outputs");
    text.append(labels == outputs ? ", 0 to " : ", and the labels are 0 to ");
    text.append_number(labels - 1);
    throw std::invalid_argument(std::string(text.view()));
}
[[noreturn, gnu::cold]] inline void refuse_nan_target(std::size_t image) {
    Text<160> text;
    text.append("the target of image ");
    text.append_number(image);
    text.append(" holds NaN, which no output can reach");
    throw std::invalid_argument(std::string(text.view()));
}

/// Refuses images and targets that do not fit: throws std::invalid_argument. `empty` says so of no images at all. A
/// loss or a metric of a program's own may have a use for NaN.
template <typename Net, typename Loss, typename Images, typename Targets>
[[gnu::cold]] constexpr void check_batch(const Loss& loss, const Images& images, const Targets& targets,
                                         const char* empty) {
    using Target = std::remove_cvref_t<decltype(targets[0])>;
    constexpr std::size_t outputs = Net::output_shape::size;
    if (images.size() != targets.size()) {
        refuse_counts(images.size(), targets.size());
    }
    if (images.empty()) {
        throw std::invalid_argument(empty);
    }
    if constexpr (std::integral<Target>) {
        const std::size_t labels = label_count(loss, outputs);
        for (std::size_t n = 0; n < targets.size(); ++n) {
            const bool negative = targets[n] < 0;
            const auto bits = static_cast<std::uint64_t>(targets[n]);
            if ((negative || bits >= labels) && !detail_::ignores(loss, targets[n])) {
                refuse_label(negative, negative ? 0 - bits : bits, n, labels, outputs);
            }
        }
    } else if constexpr (!ImageLoss<Loss, outputs, typename Net::scalar, Target> &&
                         !requires { requires Loss::takes_nan; }) {
        for (std::size_t n = 0; n < targets.size(); ++n) {
            for (const auto element : targets[n].span()) {
                if (math::is_nan(element)) {
                    refuse_nan_target(n);
                }
            }
        }
    }
}

/// Refuses a batch whose variance is not defined: one image of which BatchNorm1d sees one element for each feature.
template <typename Net>
constexpr void check_statistics([[maybe_unused]] std::size_t images) {
    if constexpr (Net::plan::normalises_features) {
        if (images == 1) {
            throw std::invalid_argument(
                "a batch has one image, and BatchNorm needs more than one element of each channel in training: choose "
                "a batch size that leaves two images or more in the last batch of an epoch");
        }
    }
}

/// The targets of a data set: its labels() or, where it has none, its targets().
template <typename Data>
    requires requires(const Data& dataset) { dataset.labels(); } || requires(const Data& dataset) { dataset.targets(); }
constexpr decltype(auto) targets_in(const Data& dataset) {
    if constexpr (requires { dataset.labels(); }) {
        return dataset.labels();
    } else {
        return dataset.targets();
    }
}

/// The images and targets of anything with images() and labels() or targets(), which fit the network. One static_assert
/// at most fails.
/// Throws   what check_batch throws
template <typename Net, typename Data, typename Loss>
auto view_of(const Data& dataset, const Loss& loss) {
    constexpr bool has_both = requires {
        dataset.images();
        dataset.labels();
    } || requires {
        dataset.images();
        dataset.targets();
    };
    // Such as Augmented and ClassBalanced, whose images are made or drawn where a training step reads them.
    constexpr bool of_training = !has_both && requires { dataset.data().images(); };
    static_assert(has_both || of_training,
                  "a data set has images() and labels(), or images() and targets(), all const, as Dataset has");
    static_assert(!of_training,
                  "this is a data set for fit and a Trainer alone, such as augmented(...) or ClassBalanced: give the "
                  "data set itself here, or transformed(dataset, Normalize{...})");
    if constexpr (has_both) {
        using Images = decltype(dataset.images());
        using Targets = decltype(train::targets_in(dataset));
        constexpr bool labelled = requires { dataset.labels(); };
        constexpr bool stays = outlives_call<Images> && outlives_call<Targets>;
        static_assert(stays,
                      "images() and labels() of a data set return spans, or references to what it keeps: what they "
                      "return by value would be gone before it is read");
        constexpr bool stored = are_stored_images<Net, std::remove_cvref_t<Images>>;
        constexpr bool right_images =
            stored || std::is_convertible_v<Images, std::span<const typename Net::input_tensor>>;
        static_assert(right_images || !stays,
                      "the images of this data set are not what the network takes: images() must give "
                      "contiguous elements of Net::input_tensor, of the same shape and number type");
        constexpr bool right_labels = LabelRange<std::remove_reference_t<Targets>>;
        static_assert(right_labels || !labelled || !right_images || !stays,
                      "labels() of a data set must give contiguous integers; tensors are its targets()");
        constexpr bool right_targets = [] {
            if constexpr (right_labels) {
                return true;
            } else {
                return std::is_convertible_v<Targets, std::span<const typename Net::output_tensor>>;
            }
        }();
        static_assert(right_targets || labelled || !right_images || !stays,
                      "the targets of this data set are not what the network gives: targets() must give contiguous "
                      "elements of Net::output_tensor, of the same shape and number type, or integers");
        if constexpr (stays && right_images && right_targets && (right_labels || !labelled)) {
            const Targets given = train::targets_in(dataset);
            const auto targets = targets_of<Net>(given);
            using Image = typename StoredOr<stored, Images, Net>::type;
            const View<Net, typename decltype(targets)::value_type, Image> view{dataset.images(), targets};
            check_batch<Net>(loss, view.images, view.targets,
                             "the data set is empty: the mean loss needs one image or more");
            return view;
        } else {
            return View<Net, std::uint8_t>{};
        }
    } else {
        return View<Net, std::uint8_t>{};
    }
}

}  // namespace CTCNN_DETAIL::train
