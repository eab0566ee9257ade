// SPDX-License-Identifier: MIT
// Catch2 2 and 3 under the names of 3. Tests include this header instead of one of Catch2's.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <string>

#include <catch2/catch.hpp>

namespace Catch {

using Detail::Approx;

namespace Matchers {

inline auto ContainsSubstring(const std::string& text) { return Contains(text); }

}  // namespace Matchers
}  // namespace Catch
#endif

using Catch::Approx;
