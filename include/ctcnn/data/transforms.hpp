// SPDX-License-Identifier: MIT
#pragma once

// Transforms of images in training: augmented(), transformed(), and what they take. ctcnn.hpp does not include them,
// since they cost the compiler time that a program without them need not pay.

#include <ctcnn/data/augment.hpp>
#include <ctcnn/data/elastic_transform.hpp>
#include <ctcnn/data/gaussian_noise.hpp>
#include <ctcnn/data/mix_up.hpp>
#include <ctcnn/data/normalize.hpp>
#include <ctcnn/data/random_affine.hpp>
#include <ctcnn/data/random_crop.hpp>
#include <ctcnn/data/random_erasing.hpp>
#include <ctcnn/data/random_flip.hpp>
