// SPDX-License-Identifier: MIT
// Functions, sums, products and concatenations of blocked images, element by element.
#include <ctcnn/kernels/prepared/join.hpp>

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/join.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>

#include "catch.hpp"
#include "draw.hpp"
#include "images.hpp"

using namespace ctcnn::detail_;
using kernels::Product;
using kernels::Sum;

namespace {

template <std::size_t F>
using Features = Layout<F, 1, 1>;

template <typename L>
constexpr std::size_t elements_of = L::channels * L::height * L::width;

/// Features lie in whole vectors.
template <typename L, typename V>
using BufferOf =
    prepared_test::Buffer<L, scalar_t<V>,
                          std::is_same_v<L, Features<L::channels>> ? whole_vectors(L::channels, V::count) : L::size>;

/// f of each element, as a kernel computes it.
template <typename Function, typename V>
std::vector<scalar_t<V>> apply(std::vector<scalar_t<V>> image) {
    for (auto& element : image) {
        element = get_lane(Function::forward(broadcast<V>(element)), 0);
    }
    return image;
}

template <typename In, typename Out, typename Function, typename V>
void check_map() {
    using Kernel = kernels::prepared::Map<Stage<In, Out, Function, V>>;
    static_assert(kernels::prepared::PreparedKernel<Kernel>);
    Draw draw(1, In::channels);
    const auto image = draw.integers<scalar_t<V>>(elements_of<In>);
    const BufferOf<In, V> input(image);
    BufferOf<Out, V> output;
    Kernel::pack(nullptr, nullptr, nullptr);
    Kernel::forward(nullptr, input.data(), output.data(), nullptr);
    CHECK(output == BufferOf<Out, V>(apply<Function, V>(image)));
    if constexpr (std::is_same_v<In, Out>) {
        BufferOf<In, V> both(image);
        Kernel::forward(nullptr, both.data(), both.data(), nullptr);
        CHECK(both == BufferOf<Out, V>(apply<Function, V>(image)));
    }
}

/// Runs a kernel with several inputs.
template <typename Kernel, typename V, typename Out, typename... In>
BufferOf<Out, V> run(const std::array<std::vector<scalar_t<V>>, sizeof...(In)>& images, List<In...>) {
    return [&]<std::size_t... Input>(std::index_sequence<Input...>) {
        const std::tuple<BufferOf<In, V>...> inputs{images[Input]...};
        BufferOf<Out, V> output;
        Kernel::pack(nullptr, nullptr, nullptr);
        Kernel::forward(nullptr, {std::get<Input>(inputs).data()...}, output.data(), nullptr);
        return output;
    }(std::index_sequence_for<In...>{});
}

template <typename How, typename Function, typename V, typename Out, typename... In>
void check_join() {
    using T = scalar_t<V>;
    using Kernel = kernels::prepared::Join<How, Stage<List<In...>, Out, Function, V>>;
    static_assert(Kernel::packed_size == 0 && Kernel::scratch_size == 0);
    Draw draw(2, Out::channels);
    const std::array<std::vector<T>, sizeof...(In)> images{draw.integers<T>(elements_of<In>)...};
    constexpr std::size_t pixels = Out::height * Out::width;
    std::vector<T> expected(elements_of<Out>);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        for (std::size_t n = 0; n < sizeof...(In); ++n) {
            const T element = images[n][images[n].size() == Out::channels ? i / pixels : i];
            expected[i] = n == 0 ? element : How::join(expected[i], element);
        }
    }
    CHECK(run<Kernel, V, Out>(images, List<In...>{}) == BufferOf<Out, V>(apply<Function, V>(expected)));
}

template <typename Function, typename V, typename Out, typename... In>
void check_concat() {
    using T = scalar_t<V>;
    using Kernel = kernels::prepared::Concat<Stage<List<In...>, Out, Function, V>>;
    static_assert(Kernel::packed_size == 0 && Kernel::scratch_size == 0);
    Draw draw(3, Out::channels);
    const std::array<std::vector<T>, sizeof...(In)> images{draw.integers<T>(elements_of<In>)...};
    std::vector<T> expected;
    for (const std::vector<T>& image : images) {
        expected.insert(expected.end(), image.begin(), image.end());
    }
    CHECK(run<Kernel, V, Out>(images, List<In...>{}) == BufferOf<Out, V>(apply<Function, V>(expected)));
}

template <std::size_t C, typename V, std::size_t Border = 0>
using Image = BlockedLayout<V::count, C, 3, 4, Border, 2 * Border, 0, Border>;

template <typename V>
void check_all() {
    constexpr std::size_t n = V::count;
    check_map<Image<n + 1, V, 1>, Image<n + 1, V>, kernels::ReLU, V>();
    check_map<Image<2 * n, V>, Image<2 * n, V, 1>, kernels::Sigmoid, V>();
    check_map<Image<n + 3, V, 1>, Image<n + 3, V, 1>, kernels::Sigmoid, V>();
    check_map<Features<2 * n + 1>, Features<2 * n + 1>, kernels::Sigmoid, V>();

    check_join<Sum, NoFunction, V, Image<n + 2, V>, Image<n + 2, V, 1>, Image<n + 2, V>>();
    check_join<Sum, kernels::Sigmoid, V, Image<n + 2, V, 1>, Image<n + 2, V>, Image<n + 2, V>, Image<n + 2, V, 2>>();
    check_join<Product, kernels::ReLU, V, Image<2 * n, V>, Image<2 * n, V, 1>, Features<2 * n>>();
    check_join<Product, NoFunction, V, Image<5, V>, BlockedLayout<n, 5, 1, 1, 1, 1>, Image<5, V, 1>>();
    check_join<Sum, kernels::Sigmoid, V, Features<n + 1>, Features<n + 1>, Features<n + 1>>();

    check_concat<NoFunction, V, Image<4 * n, V>, Image<n, V, 1>, Image<3 * n, V>>();
    check_concat<kernels::Sigmoid, V, Image<3 * n + 1, V, 1>, Image<2 * n, V>, Image<n + 1, V, 1>>();
    check_concat<NoFunction, V, Image<n + 9, V>, Image<1, V>, Image<n + 3, V, 1>, Image<2, V>, Image<3, V>>();
    check_concat<kernels::Sigmoid, V, Image<2 * n + 1, V, 1>, Image<n - 1, V>, Image<1, V>, Image<n, V>, Image<1, V>>();
    check_concat<kernels::ReLU, V, Image<3 * n, V>, Image<n + n / 2, V, 1>, Image<n + n / 2, V>>();
    check_concat<NoFunction, V, Features<3 * n - 1>, Features<n + 1>, Features<2 * n - 2>>();
}

}  // namespace

TEST_CASE("functions, joins and concatenations of blocked images") { check_all<Lanes<float>>(); }

TEST_CASE("functions, joins and concatenations of blocked images of doubles") { check_all<Lanes<double>>(); }
