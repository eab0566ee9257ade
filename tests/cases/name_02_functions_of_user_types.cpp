// SPDX-License-Identifier: MIT
//
// It must compile: a program has functions of its own for its network, data set and callback, which have names of
// functions that the library calls.
//
// EXPECT: runs
#include <vector>

#include <ctcnn/ctcnn.hpp>

namespace user {

struct Copy : ctcnn::Activation<Copy> {
    static constexpr auto forward(auto x) { return x; }
    static constexpr auto backward(auto, auto grad) { return grad; }
};
using Net = ctcnn::Sequential<ctcnn::Input<4>, Copy, ctcnn::Linear<4, 2>>;
struct Data {
    std::vector<Net::input_tensor> kept;
    std::vector<int> answers;
    const auto& images() const { return kept; }
    const auto& labels() const { return answers; }
};
struct Stop {
    bool should_stop() const { return false; }
};
void fuse(const Net&) = delete;
void state_of(Net&) = delete;
void targets_in(const Data&) = delete;
void wants_stop(Stop&) = delete;

}  // namespace user

int main() {
    user::Net net{};
    ctcnn::initialize(net, ctcnn::KaimingUniform{});
    const user::Data data{std::vector<user::Net::input_tensor>(4), std::vector<int>(4)};
    ctcnn::fit(net, data, ctcnn::SGD{}, {.threads = 1}, user::Stop{});
    const double right = ctcnn::evaluate(net, data, 1, ctcnn::Accuracy{});
    ctcnn::save_safetensors(net, "name_02.safetensors");
    const std::size_t found = ctcnn::any_of<user::Net>("name_02.safetensors", [](const auto& loaded) {
        return ctcnn::predict(ctcnn::prepare(loaded), user::Net::input_tensor{});
    });
    return right >= 0 && found < 2 ? 0 : 1;
}
