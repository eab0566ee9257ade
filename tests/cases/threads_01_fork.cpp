// SPDX-License-Identifier: MIT
//
// It must end (not hang): a process trains on 2 threads, forks, and the child evaluates on 2 threads. Right: the
// child works (one thread will do), or the documentation says threads = 1 there.
//
// EXPECT: runs
#include <sys/wait.h>
#include <unistd.h>
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 8, Kernel<5>>, ReLU, MaxPool2d<Kernel<2>>, Flatten, LazyLinear<10>>;
int main() {
    std::vector<Net::input_tensor> images(1024);
    std::vector<std::uint8_t> labels(1024, 3);
    const Dataset<Shape<1, 28, 28>> data(images, labels);
    Net net{};
    initialize(net, KaimingUniform{});
    fit(net, data, SGD{.lr = 0.01f}, {.batch_size = 256, .threads = 2});
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        evaluate(net, data, 2);
        _exit(0);
    }
    int status = 1;
    waitpid(child, &status, 0);
    return status == 0 ? 0 : 1;
}
