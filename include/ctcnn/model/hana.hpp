// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/target.hpp>

// The parts of Boost.Hana that the library uses. Hana has names that are macros elsewhere: I in C's <complex.h>.
#if !__has_include(<boost/hana/tuple.hpp>)
#error "ctcnn needs the headers of Boost.Hana to train: install Boost (libboost-dev), give its folder with -I, or include <ctcnn/inference.hpp>, which does not need them"
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
