// SPDX-License-Identifier: MIT
//
// Macros of other headers that a program may have included before: C's <complex.h>, Apple's <AssertMacros.h>, Unreal
// Engine, X11, Qt, Windows, glog, <termios.h>, <sys/sysmacros.h>.
#include <complex.h>
#if !defined(I)
#define I _Complex_I
#endif
#define check(assertion) do_not_expand(assertion)
#define verify(assertion) do_not_expand(assertion)
#define require(assertion, label) do_not_expand(assertion)
#define ensure(assertion) do_not_expand(assertion)
#define fail(sentence) do_not_expand(sentence)
#define TEXT(text) do_not_expand(text)
#define F(text) do_not_expand(text)
#define slots do_not_expand
#define signals do_not_expand
#define emit do_not_expand
#define foreach do_not_expand
#define forever do_not_expand
#define None do_not_expand
#define Bool do_not_expand
#define Status do_not_expand
#define True do_not_expand
#define False do_not_expand
#define Success do_not_expand
#define Always do_not_expand
#define B0 do_not_expand
#define major(device) do_not_expand(device)
#define minor(device) do_not_expand(device)
#undef unix
#define unix do_not_expand
#undef linux
#define linux do_not_expand
#define near do_not_expand
#define far do_not_expand
#define IN do_not_expand
#define OUT do_not_expand
#define ERROR do_not_expand
#define PI do_not_expand
#define PAGE_SIZE do_not_expand
#define EPS do_not_expand
#define small char
#define interface struct
#define test do_not_expand
#define print do_not_expand
#define debug do_not_expand
#define info do_not_expand
#define ll long long
#define pb do_not_expand
#define rep(i, n) do_not_expand(i, n)
#define MIN(a, b) do_not_expand(a, b)
#define MAX(a, b) do_not_expand(a, b)
#define ABS(x) do_not_expand(x)
#define likely(x) do_not_expand(x)
#define unlikely(x) do_not_expand(x)
#define CHECK(assertion) do_not_expand(assertion)
#define LOG(text) do_not_expand(text)
#define DEBUG do_not_expand
#define TRUE do_not_expand
#define FALSE do_not_expand
#define YES do_not_expand
#define NO do_not_expand
#define Complex do_not_expand
#define Convex do_not_expand
#define Expose do_not_expand
#define CursorShape do_not_expand
#define GrayScale do_not_expand
#define KeyPress do_not_expand

#include <ctcnn/ctcnn.hpp>

int main() {
    using namespace ctcnn;
    using Net = Sequential<Input<1, 8, 8>, Conv2d<1, 2, Kernel<3>>, ReLU, MaxPool2d<Kernel<2>>, Flatten, LazyLinear<2>>;
    static_assert(Accepts<Linear<18, 2>, Shape<18>>);
    Net net{};
    initialize(net, KaimingUniform{});
    return net.layer<0>().weight.size() == 18 && !summary<Net>().empty() ? 0 : 1;
}
