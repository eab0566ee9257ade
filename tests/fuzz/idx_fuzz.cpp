// SPDX-License-Identifier: MIT
//
// Any bytes as two idx files, one of images and one of labels: the first two bytes are the size of the first one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/shape.hpp>

#include "fuzz.hpp"
#include "idx.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fuzz;
    if (size < 2) {
        return 0;
    }
    const std::span bytes(data + 2, size - 2);
    const std::size_t first = std::min<std::size_t>(bytes.size(), data[0] + data[1] * 256u);
    const auto images = write("images", bytes.first(first));
    const auto labels = write("labels", bytes.subspan(first));
    check_file(images, first);
    check_file(labels, bytes.size() - first);
    // The shapes that the number of axes fits.
    const std::uint8_t rank = first < 4 ? 0 : bytes[3];
    if (rank == 3 || rank == 4) {
        check_pair<ctcnn::Shape<1, 2, 3>>(images, labels, size);
    } else {
        check_pair<ctcnn::Shape<4>>(images, labels, size);
    }
    if (rank == 4) {
        check_pair<ctcnn::Shape<2, 2, 2>>(images, labels, size);
    }
    return 0;
}
