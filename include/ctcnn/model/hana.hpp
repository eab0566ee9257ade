// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/target.hpp>

// The parts of Boost.Hana that the library uses. Hana has names that are macros elsewhere: I in C's <complex.h>.
#if !__has_include(<boost/hana/tuple.hpp>)
#error "ctcnn needs Boost.Hana to train (libboost-dev); <ctcnn/inference.hpp> does without"
#endif
#pragma push_macro("I")
#undef I
#include <boost/hana/flatten.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/unpack.hpp>
#pragma pop_macro("I")

namespace CTCNN_DETAIL::model {
namespace hana = boost::hana;
}  // namespace CTCNN_DETAIL::model
