// SPDX-License-Identifier: MIT
//
// The threads that update parts of a tensor have no scratch memory.
//
// EXPECT: scratch memory is for optimizers of whole tensors: add static constexpr bool whole_tensors = true
#include <ctcnn/training.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

using namespace ctcnn;

struct Own {
    static constexpr std::size_t state_count = 0;
#ifndef CTCNN_REJECT
    static constexpr bool whole_tensors = true;
#endif
    template <typename T>
    static constexpr std::size_t scratch_size(const ParameterTensor& tensor) {
        return tensor.count;
    }
    template <typename T>
    void step(const ParameterTensor&, std::span<T>, std::span<const T>, std::array<std::span<T>, 0>, std::uint64_t,
              std::span<T>) const {}
};

using Net = Sequential<Input<4>, Linear<4, 3>>;

void train(Net& net, const Dataset<Net::input_shape>& data) { fit(net, data, Own{}); }
