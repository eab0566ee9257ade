// SPDX-License-Identifier: MIT
#include <ctcnn/core/aligned_vector.hpp>

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/target.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

template <typename T>
bool begins_on(const AlignedVector<T>& elements, std::size_t multiple) {
    return reinterpret_cast<std::uintptr_t>(elements.data()) % multiple == 0;
}

static_assert([] {
    AlignedVector<int> elements(3, 5);
    elements.push_back(7);
    return elements[0] + elements[3] == 12;
}());

// All allocators are equal: each frees what another one has allocated.
static_assert(AlignedAllocator<int>{} == AlignedAllocator<int>{} &&
              AlignedAllocator<int>(AlignedAllocator<char>{}) == AlignedAllocator<int>{});
static_assert(large_page == 2 * 1024 * 1024);

}  // namespace

TEST_CASE("vectors begin on cache lines, those of many bytes on large pages") {
    for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, large_page / sizeof(float)}) {
        CHECK(begins_on(AlignedVector<float>(size), alignment));
    }
    AlignedVector<float> large(2 * large_page / sizeof(float), 1.0f);
    CHECK(begins_on(large, large_page));
    large.resize(3 * large_page / sizeof(float), 2.0f);
    CHECK(begins_on(large, large_page));
    CHECK(large.front() + large.back() == 3.0f);
    large.resize(1);
    large.shrink_to_fit();
    CHECK(begins_on(large, alignment));
}
