// SPDX-License-Identifier: MIT
//
// Any bytes as a .npy file: of elements, of images and of labels.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/data/npy.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fuzz;
    const std::filesystem::path path = write("array.npy", {data, size});
    accepts(size, [&] {
        ctcnn::NpyFile file(path);
        const std::size_t count = file.size();
        expect(file.read<double>().size() == count, "as many elements as the shape says");
    });
    // The others of a pair: two labels, and two images of six pixels.
    static const Bytes bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    const auto pair = [](const char* name, std::string_view header, std::size_t content) {
        Bytes file = bytes;
        file.insert(file.end(), {static_cast<std::uint8_t>(header.size()), 0});
        file.insert(file.end(), header.begin(), header.end());
        file.resize(file.size() + content);
        return write(name, file);
    };
    static const auto labels = pair("labels.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", 2);
    static const auto images = pair("images.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3)}", 12);
    using Grey = ctcnn::Shape<1, 2, 3>;
    accepts(size, [&] { expect(ctcnn::load_npy<Grey>(path, labels).size() == 2, "an image for each label"); });
    accepts(size, [&] { expect(ctcnn::load_npy<Grey>(images, path).size() == 2, "a label for each image"); });
    accepts(size, [&] { ctcnn::load_npy<ctcnn::Shape<4, 3, 1>>(path, labels, {.channels_last = true}); });
    return 0;
}
