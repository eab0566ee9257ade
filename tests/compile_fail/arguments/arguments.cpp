// SPDX-License-Identifier: MIT
//
// Calls with wrong arguments. Each line that ends in a comment with a sentence is one error, whose text has that sentence. See
// arguments.cmake.
#include <ctcnn/training.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ctcnn/data/dataset.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 4, 4>, Flatten, Linear<16, 3>>;

struct OwnLoss {
    template <typename T, std::size_t N>
    T operator()(std::span<const T, N> outputs, int label, std::span<T, N>) const {
        return outputs[static_cast<std::size_t>(label)];
    }
};

void call(Net& net, Workspace<Net>& workspace, const std::vector<Net::input_tensor>& images,
          const std::vector<std::uint8_t>& labels, const Dataset<Net::input_shape>& set) {
    const std::vector<float> flat(16);
    const std::array<float, 16> array{};
    const float* pointer = flat.data();
    const Tensor<float, Shape<4, 4>> other{};
    const Tensor<double, Shape<1, 4, 4>> in_double{};
    const std::vector<Tensor<float, Shape<4, 4>>> others;
    const std::vector<std::vector<float>> nested;
    const std::vector<double> numbers;
    const std::vector<Tensor<float, Shape<4>>> other_targets;
    const std::vector<Net::output_tensor> targets;
    const Dataset<Shape<4, 4>> other_set;
    const Dataset<Net::input_shape, float, Net::output_tensor> tensor_set;
    const Dataset<Net::input_shape, float, Tensor<float, Shape<4>>> other_tensor_set;
    const Net fixed{};
    Gradients<Net> gradients;

#ifdef CTCNN_REJECT
    // One call a line. Each has arguments of other types than the others of its kind: a compiler reports one of each.
    // clang-format off
    net(flat);                                                              // a network is called with one image
    net(array);                                                             // a network is called with one image
    net(pointer);                                                           // a network is called with one image
    net(other);                                                             // a network is called with one image
    net(in_double);                                                         // a network is called with one image
    net(images);                                                            // a network is called with one image
    net(flat, workspace);                                                   // a network is called with one image
    net(images[0], flat);                                                   // a network is called with one image
    net();                                                                  // a network is called with one image
    predict(net, flat);                                                     // predict takes one image
    predict(net, nested);                                                   // predict takes one image
    predict(net, others);                                                   // predict takes one image
    predict(net, set);                                                      // predict takes one image
    predict(net, images[0], flat);                                          // predict takes one image
    predict(net, images, labels);                                           // predict takes one image
    predict(net);                                                           // predict takes one image
    probabilities(net, flat);                                               // probabilities takes one image
    probabilities(net, images);                                             // probabilities takes one image
    probabilities(net, images[0], labels);                                  // probabilities takes one image
    probabilities(net);                                                     // probabilities takes one image
    top_k(net, flat, 3);                                                    // top_k takes one image
    top_k(net, images, 3);                                                  // top_k takes one image
    top_k(net, images[0]);                                                  // top_k takes one image
    top_k(net, images[0], labels);                                          // top_k takes one image
    top_k(net, images[0], 3, labels);                                       // top_k takes one image
    top_k(net, images[0], workspace, 3);                                    // top_k takes one image
    value_and_grad(net, CrossEntropyLoss{}, flat, labels);                  // the images are not what the network takes
    value_and_grad(net, CrossEntropyLoss{}, nested, labels);                // the images are not what the network takes
    value_and_grad(net, CrossEntropyLoss{}, images[0], labels[0]);          // the images are not what the network takes
    value_and_grad(net, CrossEntropyLoss{}, others, labels, gradients);     // the images are not what the network takes
    value_and_grad(net, CrossEntropyLoss{}, images, numbers);               // the targets are labels
    value_and_grad(net, CrossEntropyLoss{}, images, nested);                // the targets are labels
    value_and_grad(net, MSELoss{}, images, other_targets);                  // the targets are labels
    value_and_grad(net, NLLLoss{}, images, targets);                        // this loss does not take tensors
    value_and_grad(net, L1Loss{}, images, labels);                          // this is not a loss
    value_and_grad(net, BCEWithLogitsLoss{}, images, labels);               // this is not a loss
    value_and_grad(net, SGD{}, images, labels);                             // this is not a loss
    value_and_grad(net, OwnLoss{}, images, targets);                        // this loss does not take tensors
    value_and_grad(net, CrossEntropyLoss{}, images, labels, flat);          // the arguments of value_and_grad are
    value_and_grad(net, images, labels);                                    // the arguments of value_and_grad are
    value_and_grad(net, CrossEntropyLoss{}, set);                           // the arguments of value_and_grad are
    evaluate(net, images);                                                  // a data set has images
    evaluate(net, images, labels);                                          // the arguments of evaluate are
    evaluate(net, set, MSELoss{});                                          // the arguments of evaluate are
    evaluate(net, set, 2, Adam{});                                          // this is not a loss
    evaluate(net, set, MeanAbsoluteError{});                                // a metric does not take the targets
    evaluate(net, tensor_set, 1, ConfusionMatrix{});                        // a metric does not take the targets
    evaluate(net, other_tensor_set, 0, MSELoss{});                          // the targets of this data set are not
    fit(net, other_set, SGD{.lr = 1});                                      // the images of this data set are not
    fit(net, images, labels, SGD{});                                        // the arguments of fit are
    fit(net, set);                                                          // the arguments of fit are
    fit(net, set, SGD{}, 10);                                               // the arguments of fit are
    fit(net, set, SGD{}, {.epochs = 1}, 3);                                 // this is not a loss
    fit(net, set, 0.1f);                                                    // the third argument of fit is an optimizer
    fit(net, set, CrossEntropyLoss{}, {.epochs = 1});                       // the third argument of fit is an optimizer
    fit(fixed, set, SGD{});                                                 // fit changes the network
    initialize(net, 7);                                                     // the second argument of initialize
    // clang-format on
#else
    net(images[0]);
    net(images[0], workspace);
    predict(net, images[0], workspace);
    predict(net, images);
    predict(net, set.images(), 2);
    probabilities(net, images[0]);
    probabilities(net, images[0], workspace);
    top_k(net, images[0], 3);
    top_k(net, images[0], std::size_t{3}, workspace);
    value_and_grad(net, CrossEntropyLoss{}, images, labels);
    value_and_grad(net, CrossEntropyLoss{}, set.images(), set.labels(), gradients);
    value_and_grad(net, CrossEntropyLoss{}, images, std::vector<int>{1, 2});
    value_and_grad(net, CrossEntropyLoss{}, {images.data(), 1}, std::vector<int>{1}, gradients);
    value_and_grad(net, OwnLoss{}, images, labels);
    value_and_grad(net, MSELoss{}, images, targets, gradients);
    value_and_grad(net, MSELoss{}, std::array<Net::input_tensor, 1>{}, std::array<long long, 1>{});
    value_and_grad(net, MSELoss{}, {images.data(), 1}, {targets.data(), 1});
    evaluate(net, set);
    evaluate(net, set, 2, MSELoss{});
    evaluate(net, set, Accuracy{.top_k = 2}, ConfusionMatrix{}, [](const auto& outputs, int) { return outputs[0]; });
    evaluate(net, tensor_set, 2, MeanAbsoluteError{});
    value_and_grad(net, CrossEntropyLoss{}, images, targets);
    fit(net, tensor_set, SGD{}, {}, L1Loss{});
    fit(net, set, SGD{});
    fit(net, set, SGD{}, {.epochs = 1}, MSELoss{});
    fit(net, set, Adam{}, FitOptions{});
    initialize(net, KaimingUniform{}, 7);
    static_cast<void>(std::array{other.size(), in_double.size(), others.size(), nested.size(), numbers.size(),
                                 other_targets.size(), other_set.size(), other_tensor_set.size(),
                                 fixed.parameters().size(), array.size()});
    static_cast<void>(pointer);
#endif
}
