// SPDX-License-Identifier: MIT
// All layers of a network in order, with their places: blocks and branches are opened, a join is where its branches are.
#include <ctcnn/model/names.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/model/summary.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using Down = Conv2d<4, 8, Kernel<1>, Stride<2>, NoBias>;
using Net =
    Sequential<Input<2, 6, 6>, Named<"stem", Conv2d<2, 4, Kernel<3>, Padding<1>>>, BatchNorm2d<4>, ReLU,
               Residual<Down, BatchNorm2d<8>, Shortcut<Down, BatchNorm2d<8, NoAffine>>>,
               Concat<Conv2d<8, 2, Kernel<1>>, Sequential<MaxPool2d<Kernel<1>>, Conv2d<8, 2, Kernel<1>>>>,
               Named<"gate", Multiply<Tanh, Sequential<Conv2d<4, 4, Kernel<1>>, Sigmoid>>>, Flatten, LazyLinear<3>>;

}  // namespace

TEST_CASE("the tensors have PyTorch's names in PyTorch's order") {
    std::vector<std::string> names;
    for (const NamedTensor& tensor : Net::names()) {
        names.emplace_back(tensor.name);
    }
    // torch.nn.Sequential of an OrderedDict, whose modules for branches have their parts as children "0", "1", ... and
    // "shortcut".
    CHECK(names == std::vector<std::string>{"stem.weight",
                                            "stem.bias",
                                            "1.weight",
                                            "1.bias",
                                            "1.running_mean",
                                            "1.running_var",
                                            "3.0.weight",
                                            "3.1.weight",
                                            "3.1.bias",
                                            "3.1.running_mean",
                                            "3.1.running_var",
                                            "3.shortcut.0.weight",
                                            "3.shortcut.1.running_mean",
                                            "3.shortcut.1.running_var",
                                            "4.0.weight",
                                            "4.0.bias",
                                            "4.1.1.weight",
                                            "4.1.1.bias",
                                            "gate.1.0.weight",
                                            "gate.1.0.bias",
                                            "7.weight",
                                            "7.bias"});
}

TEST_CASE("parameters lie in the order of the names, and buffers behind them") {
    std::size_t parameters = 0;
    std::size_t buffers = Net::parameter_count;
    for (const NamedTensor& tensor : Net::names()) {
        std::size_t& next = (tensor.offset < Net::parameter_count) ? parameters : buffers;
        CHECK(tensor.offset == next);
        next += tensor.count;
        CHECK((tensor.offset < Net::parameter_count) == (tensor.name.find("running") == std::string_view::npos));
    }
    CHECK(parameters == Net::parameter_count);
    CHECK(buffers == Net::parameter_count + Net::buffer_count);
    CHECK(Net::buffer_count == 2 * (4 + 8 + 8));
}

TEST_CASE("the layers in the order in which they run") {
    std::vector<std::string> names;
    for (const model::PlacedLayer& layer : model::placed_layers<Net>) {
        names.push_back(layer.name());
    }
    CHECK(names == std::vector<std::string>{"stem", "1", "2", "3.0", "3.1", "3.shortcut.0", "3.shortcut.1", "3", "4.0",
                                            "4.1.0", "4.1.1", "4", "gate.0", "gate.1.0", "gate.1.1", "gate", "6", "7"});
    const auto& layers = model::placed_layers<Net>;
    CHECK(layers[7].kind == LayerKind::add);
    CHECK(layers[11].kind == LayerKind::concat);
    CHECK((layers[1].buffer_count == 8 && layers[1].fan_in == 0 && layers[1].initial[0] == 1));
    CHECK((layers[0].fan_in == 18 && layers[0].weight_count == 72));
    // What a layer has not.
    CHECK((layers[0].buffer_count == 0 && layers[0].tensors == nullptr && layers[0].tensor_count == 0));
    CHECK((layers[1].fan_out == 0 && layers[1].parameter_offset == 76 && layers[1].parameter_count == 8));
    CHECK((layers[2].fan_in == 0 && layers[2].fan_out == 0 && layers[2].parameter_count == 0));
}

TEST_CASE("the summary shows branches below the layer that they belong to") {
    const std::string_view table = summary<Net>();
    std::size_t from = 0;
    for (const std::string_view part : {"stem", "Residual", "shortcut", "Concat", "gate", "Multiply"}) {
        INFO(part << "\n" << table);
        const std::size_t found = table.find(part);
        CHECK(found != std::string_view::npos);
        from = found == std::string_view::npos ? from : found;
    }
    CHECK(table.find("Residual") < table.find("Concat"));
}
