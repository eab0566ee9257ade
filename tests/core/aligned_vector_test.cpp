// SPDX-License-Identifier: MIT
#include <ctcnn/core/aligned_vector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <ctcnn/core/target.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

bool begins_on(const auto& elements, std::size_t multiple) {
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

// Arrays begin with zeros, and are copied, moved and assigned as values.
static_assert([] {
    AlignedArray<int> elements(3);
    const bool zeros = elements[0] == 0 && elements[1] == 0 && elements[2] == 0;
    elements[2] = 5;
    AlignedArray<int> copy = elements;
    copy[2] = 7;
    const AlignedArray<int> moved = std::move(elements);
    AlignedArray<int> assigned(1);
    assigned = copy;
    return zeros && moved[2] == 5 && copy[2] == 7 && assigned.size() == 3 && assigned[2] == 7 &&
           AlignedArray<int>(0).data() == nullptr;
}());

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

TEST_CASE("arrays of zeros begin where vectors do, and are no larger than memory") {
    CHECK(begins_on(AlignedArray<float>(1), alignment));
    const AlignedArray<float> large(2 * large_page / sizeof(float));
    CHECK(begins_on(large, large_page));
    CHECK(std::all_of(large.data(), large.data() + large.size(), [](float number) { return number == 0; }));
    CHECK_THROWS_AS(AlignedArray<float>(std::size_t(-1) / sizeof(float)), std::length_error);
}
