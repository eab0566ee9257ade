// SPDX-License-Identifier: MIT
//
// It must be refused with std::invalid_argument, as torch's OneCycleLR does: pct_start outside 0 to 1 (30 for 30 %),
// div_factor 0 or below; now pct_start = 30 trains at 1/25 of the learning rate and says nothing.
//
// EXPECT: runs
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<2>, Linear<2, 2>>;
int main() {
    std::vector<Net::input_tensor> x(10);
    std::vector<std::uint8_t> y(10);
    const Dataset<Shape<2>> data(x, y);
    int accepted = 0;
    for (const OneCycle& cycle :
         {OneCycle{.pct_start = 30}, OneCycle{.pct_start = -0.5}, OneCycle{.div_factor = -25}}) {
        Net net{};
        try {
            fit(net, data, SGD{.lr = 0.1f}, {.batch_size = 1, .schedule = cycle});
            ++accepted;
        } catch (const std::invalid_argument&) {
        }
    }
    return accepted;
}
