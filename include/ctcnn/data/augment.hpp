// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/image_random.hpp>

namespace CTCNN_DETAIL {

/// How many numbers a transform needs beside the image and the result.
template <typename Transform, typename S>
inline constexpr std::size_t transform_scratch = 0;
template <typename Transform, typename S>
    requires requires { Transform::template scratch_size<S>; }
inline constexpr std::size_t transform_scratch<Transform, S> = Transform::template scratch_size<S>;

/// Bytes as fractions of 255, exactly those of load_idx.
template <std::size_t Size, typename T>
void fractions_of_bytes(const std::uint8_t* bytes, T* result) {
    for (std::size_t n = 0; n < Size; ++n) {
        result[n] = static_cast<T>(bytes[n]) / static_cast<T>(255);
    }
}

/// MixesImages: MixUp, which does not transform an image alone.
template <typename Transform>
concept MixesImages = requires { requires Transform::mixes_images; };

/// Pipeline: transforms, one behind the other, each with random numbers of its own.
template <typename... Transforms>
class Pipeline {
    static constexpr std::size_t count_of_all = sizeof...(Transforms);
    /// The place of the one that mixes images; how many there are if none does.
    static constexpr std::size_t mixing = [] {
        std::size_t place = 0;
        static_cast<void>((... && (!MixesImages<Transforms> && ++place != 0)));
        return place;
    }();

public:
    static constexpr bool mixes = mixing != count_of_all;
    static_assert(!mixes || mixing + 1 == count_of_all,
                  "MixUp is the last one of augmented(data, transforms...): it mixes images behind their transforms");

    explicit Pipeline(const Transforms&... transforms) : transforms_(transforms...) {
        [[maybe_unused]] const auto validate = [](const auto& transform) {
            if constexpr (requires { transform.validate(); }) {
                transform.validate();
            }
        };
        (validate(transforms), ...);
    }

    /// How many numbers apply() needs beside image and result: an image, and what the transforms need.
    template <typename S>
    static constexpr std::size_t scratch_size =
        S::size + std::max({std::size_t{0}, transform_scratch<Transforms, S>...});

    /// What the `place`-th image of the batch of a step is mixed with.
    auto mix(std::uint64_t seed, std::uint64_t step, std::size_t place, std::size_t batch_size) const
        requires mixes
    {
        return std::get<mixing>(transforms_).draw(ImageRandom(seed, step, mixing, place), batch_size);
    }

    /// An image under all transforms but the one that mixes, as the `place`-th one of the batch of a step. Of bytes,
    /// the image is their fractions of 255.
    template <typename S, typename P, typename T>
    void apply(const P* image, T* result, T* scratch, [[maybe_unused]] std::uint64_t seed,
               [[maybe_unused]] std::uint64_t step, [[maybe_unused]] std::size_t place) const {
        // Each writes to the other one of two places, and the last one to the result.
        T* const others[2] = {result, scratch};
        const T* source = others[mixing % 2];
        if constexpr (!std::is_same_v<P, T>) {
            fractions_of_bytes<S::size>(image, others[mixing % 2]);
        } else if constexpr (mixing == 0) {
            std::copy_n(image, S::size, result);
        } else {
            source = image;
        }
        const auto one = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
            using Transform = std::tuple_element_t<N, std::tuple<Transforms...>>;
            T* const target = others[(mixing - 1 - N) % 2];
            const ImageRandom random(seed, step, N, place);
            const Transform& transform = std::get<N>(transforms_);
            const TensorView<const T, S> from(source);
            const TensorView<T, S> to(target);
            if constexpr (transform_scratch<Transform, S> != 0) {
                transform(from, to, random, std::span<T>(scratch + S::size, transform_scratch<Transform, S>));
            } else {
                transform(from, to, random);
            }
            source = target;
        };
        [&]<std::size_t... N>(std::index_sequence<N...>) {
            (one(std::integral_constant<std::size_t, N>{}), ...);
        }(std::make_index_sequence<mixing>{});
    }

private:
    std::tuple<Transforms...> transforms_;
};

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// Augmented: a data set whose images go through transforms when fit or a Trainer reads them: each image each time with
/// other random numbers, which depend on the seed, the step, and the image's place in its batch. The result is the same
/// for any number of threads, and after a training was resumed. The data set is the caller's, and outlives it.
/// It has no images() itself: evaluate and predict take the data set, and transformed() makes one for them.
template <typename Data, typename... Transforms>
class Augmented {
    static_assert(sizeof...(Transforms) != 0, "augmented(data, transforms...) takes one transform or more");
    static_assert(
        !requires(const Data& data) { data.pipeline(); },
        "the data set is augmented already: give augmented(data, transforms...) all transforms at once");

public:
    /// Throws   std::invalid_argument for what a transform refuses
    explicit Augmented(const Data& data, const Transforms&... transforms) : data_(data), pipeline_(transforms...) {}
    explicit Augmented(const Data&&, const Transforms&...) = delete;

    const Data& data() const { return data_; }
    const detail_::Pipeline<Transforms...>& pipeline() const { return pipeline_; }

private:
    const Data& data_;
    detail_::Pipeline<Transforms...> pipeline_;
};

/// augmented: a data set (anything with images() and labels()) and what happens to its images in training.
///     const auto pipeline = augmented(train_set, RandomAffine{.degrees = 10}, Normalize{{0.1307}, {0.3081}});
///     fit(net, pipeline, Adam{}, {.epochs = 5});
/// A transform of a program's own is called as transform(image, result, random), with a TensorView<const T, S>, a
/// TensorView<T, S> and an ImageRandom.
template <typename Data, typename... Transforms>
Augmented<Data, Transforms...> augmented(const Data& data, const Transforms&... transforms) {
    return Augmented<Data, Transforms...>(data, transforms...);
}
template <typename Data, typename... Transforms>
    requires(!std::is_lvalue_reference_v<Data>)
void augmented(Data&&, const Transforms&...) = delete;  // The data set would be gone: give it a name first.

/// transformed: a copy of a data set whose images went through transforms once, such as Normalize. The n-th image has
/// the random numbers of the n-th one of a batch in step 0.
template <typename S, typename T, typename Target, typename... Transforms>
Dataset<S, T, Target> transformed(const Dataset<S, T, Target>& data, const Transforms&... transforms) {
    using Pipeline = detail_::Pipeline<Transforms...>;
    static_assert(!Pipeline::mixes,
                  "transformed(dataset, transforms...) leaves targets as they are: MixUp is for augmented(...) alone");
    const Pipeline pipeline(transforms...);
    std::vector<Tensor<T, S>> images(data.size());
    std::vector<T> scratch(Pipeline::template scratch_size<S>);
    for (std::size_t n = 0; n < images.size(); ++n) {
        pipeline.template apply<S>(data.images()[n].data(), images[n].data(), scratch.data(), 0, 0, n);
    }
    return Dataset<S, T, Target>(std::move(images), data.targets());
}

}  // namespace CTCNN_API
