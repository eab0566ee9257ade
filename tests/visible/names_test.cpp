// SPDX-License-Identifier: MIT
//
// A program that says `using namespace ctcnn;` may give names of its own to everything that the reference does not
// name.
#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;

// Functions and namespaces that real programs have.
int train(Net& net) {
    initialize(net, KaimingUniform{});
    return 1;
}
namespace model {
constexpr int layers = 2;
}
namespace math {
constexpr double pi = 3.14;
}
namespace detail {
constexpr int secret = 3;
}
namespace kernels {
constexpr int count = 4;
}
namespace internal {
constexpr int number = 5;
}
namespace impl {
constexpr int number = 6;
}
namespace io {
constexpr int number = 7;
}
struct Window {
    int width = 8;
};
struct Range {
    int first = 9;
};
struct Option {
    int value = 10;
};
struct Text {
    int length = 11;
};
struct Extent {
    int height = 12;
};
struct Layout {
    int rows = 13;
};
template <typename T>
struct List {
    T value = 14;
};
template <typename T>
concept Number = requires(T x) { x + x; };
constexpr int alignment = 64;
constexpr int vector_bytes = 1;
constexpr int nothing = 0;
int shuffle(int x) { return x; }
int broadcast(int x) { return x; }
int transpose(int x) { return x; }
int larger(int x) { return x; }
int inside(int x) { return x; }
int fits(int x) { return x; }
int prefetch(int x) { return x; }
int gather(int x) { return x; }
int parallel(int x) { return x; }
int validate(int x) { return x; }
int reciprocal(int x) { return x; }
enum class LayerKind { input, output };
enum class Lanes { one, two };
using Description = int;
struct Plan {
    int steps = 1;
};
struct Batch {
    int size = 1;
};
struct Team {
    int members = 1;
};
struct Message {
    int length = 1;
};
struct View {
    int data = 1;
};
struct Worker {
    int jobs = 1;
};
struct Elementwise {
    int size = 1;
};
struct Loss {
    int value = 1;
};
int constant(int x) { return x; }
int at_least(int x) { return x; }
int at_most(int x) { return x; }
int select_less(int x) { return x; }
int sigmoid(int x) { return x; }
int evaluate_loss(int x) { return x; }

int main() {
    Net net{};
    const int sum = train(net) + model::layers + static_cast<int>(math::pi) + detail::secret + kernels::count +
                    internal::number + impl::number + io::number + Window{}.width + Range{}.first + Option{}.value +
                    Text{}.length + Extent{}.height + Layout{}.rows + List<int>{}.value + alignment + vector_bytes +
                    nothing + shuffle(1) + broadcast(1) + transpose(1) + larger(1) + inside(1) + fits(1) + prefetch(1) +
                    gather(1) + parallel(1) + validate(1) + reciprocal(1) + static_cast<int>(LayerKind::output) +
                    static_cast<int>(Lanes::two) + Description{} + Plan{}.steps + Batch{}.size + Team{}.members +
                    Message{}.length + View{}.data + Worker{}.jobs + Elementwise{}.size + Loss{}.value + constant(1) +
                    at_least(1) + at_most(1) + select_less(1) + sigmoid(1) + evaluate_loss(1);
    static_assert(Number<int>);
    static_assert(Philox(1).below(0, 1) == 0);  // what the reference names is there
    std::array<int, 2> two{1, 1};
    shuffle(std::span<int>(two), Philox(1));
    return sum > 0 ? 0 : 1;
}
