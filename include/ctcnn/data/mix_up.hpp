// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/image_random.hpp>

namespace CTCNN_API {

/// MixUp: each image of a batch becomes share * image + (1 - share) * partner, and its loss
/// share * loss(target) + (1 - share) * loss(partner's target). The partner is any image of the batch, behind its own
/// other transforms; the share has the distribution Beta(alpha, alpha). It is the last one of augmented(...).
/// As in    torchvision.transforms.v2.MixUp, where all images of a batch have one share
/// Source   Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: Beyond empirical risk minimization", ICLR 2018
struct MixUp {
    double alpha = 1;

    /// Mix: a partner, by its place in the batch, and the image's own share.
    struct Mix {
        std::size_t partner;
        double share;
    };
    static constexpr bool mixes_images = true;

    void validate() const {
        if (!(std::isfinite(alpha) && alpha > 0)) {
            throw std::invalid_argument("MixUp: alpha is a number above 0, such as 0.2");
        }
    }

    /// What one image of a batch of `count` is mixed with.
    Mix draw(const ImageRandom& random, std::size_t count) const {
        // Student's t of 2 alpha degrees of freedom by polar coordinates (Bailey 1994), which becomes a symmetric beta.
        const double cosine = std::cos(6.283185307179586477 * random.uniform(1));
        const double square = (std::pow(1 - random.uniform(0), -1 / alpha) - 1) * cosine * cosine;
        const double share = 0.5 + std::copysign(0.5, cosine) / std::sqrt(1 + 1 / square);
        // Neither target may vanish: it may be the only one that a loss does not ignore.
        return {random.below(2, count), std::clamp(share, 0x1p-24, 1 - 0x1p-24)};
    }
};

}  // namespace CTCNN_API
