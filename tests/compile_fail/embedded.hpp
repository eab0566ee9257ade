// SPDX-License-Identifier: MIT
//
// What ctcnn-embed writes for Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1>>.
#pragma once

#include <ctcnn/graph/refusal.hpp>

#include <array>

#include <ctcnn/inference.hpp>
#include <ctcnn/model/embedded.hpp>

struct small_file {
    static consteval std::array<ctcnn::EmbeddedTensor, 4> tensors() {
        return {{{"0.bias", {2}}, {"0.weight", {2, 3}}, {"2.bias", {1}}, {"2.weight", {1, 2}}}};
    }
    static consteval std::array<float, 11> values() { return {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}; }
};
