// SPDX-License-Identifier: MIT
// A program that the check must refuse: something in ctcnn is virtual.
#include <exception>

#include <ctcnn/train/not_finite.hpp>

namespace ctcnn {

struct VirtualLayer {
    virtual ~VirtualLayer() = default;
    virtual int size() const { return 1; }
};

}  // namespace ctcnn

int main(int argc, char**) {
    const ctcnn::VirtualLayer layer;
    // Volatile, so that the compiler cannot know which function is called.
    const ctcnn::VirtualLayer* volatile pointer = &layer;
    try {
        if (argc > 0) {
            throw ctcnn::LossNotFinite({1, 1, "0", "loss is", "the output of layer ", "0", " holds"});
        }
    } catch (const std::exception&) {
        return pointer->size() - 1;
    }
    return 2;
}
