// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::train {

/// StoredImage: an image of a data set that becomes the network's numbers when it is read: decode(place) writes them,
/// and Decoder is a pipeline (data/augment.hpp) without transforms.
template <typename Image>
concept StoredImage = requires { typename Image::Decoder; };

template <typename Net, typename Images>
inline constexpr bool are_stored_images = false;
template <typename Net, typename Images>
    requires StoredImage<typename Images::value_type>
inline constexpr bool are_stored_images<Net, Images> =
    std::is_same_v<typename Images::value_type::shape, typename Net::input_shape>;

/// The type of the images.
template <bool Stored, typename Images, typename Net>
struct StoredOr {
    using type = typename Net::input_tensor;
};
template <typename Images, typename Net>
struct StoredOr<true, Images, Net> {
    using type = typename std::remove_cvref_t<Images>::value_type;
};

template <typename Decoder>
inline const Decoder decoder{};

/// The numbers of an image: where they lie, or in a place of so many numbers.
template <typename T, typename Image>
constexpr const T* numbers_of(const Image& image, [[maybe_unused]] T* place) {
    if constexpr (StoredImage<Image>) {
        image.decode(place);
        return place;
    } else {
        return image.data();
    }
}

}  // namespace CTCNN_DETAIL::train
