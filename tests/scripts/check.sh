#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the scripts do on machines other than this one: each case is a folder of programs, real ones and ones that only
# pretend, which is the whole PATH. No network, and nothing is installed: apt-get writes down what it is asked for.
#
#     check.sh <repository> <scratch folder> <C++ compiler>
set -uo pipefail
repository="$1" scratch="$2" real_compiler="$3"
real_cmake="$(command -v cmake)"
failures=0
unset CXX CXXFLAGS CMAKE_GENERATOR

# The case that is being looked at --------------------------------------------------------------------------------------

# Begins a case: a machine without compilers, CMake and apt-get.
machine() {
    name="$1"
    root="$scratch/${name// /_}"
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/repository/build" "$root/candidates"
    local tool
    for tool in awk bash cat chmod cut dirname env getconf grep head ls mkdir printf rm sed sort timeout tr uname; do
        ln -s "$(command -v "$tool")" "$root/bin/$tool"
    done
    for tool in CMakeLists.txt CMakePresets.json LICENSE cmake data examples include; do
        ln -s "$repository/$tool" "$root/repository/$tool"
    done
    cp -r "$repository/scripts" "$root/repository/scripts"
    program id 'echo 0'
    : >"$root/headers"
    : >"$root/installed"
}

program() { printf '#!%s\n%s\n' "$(command -v bash)" "$2" >"$root/bin/$1" && chmod +x "$root/bin/$1"; }

# A compiler of a kind and version, which finds the headers that the file `headers` lists.
compiler() {
    program "$1" "input=\"\$(cat)\"
case \"\$input\" in
*__GNUC__*) echo; echo '$2 $3' ;;
*__has_include*span*) ;;
*__has_include*) while read -r header; do [[ \$input != *\"<\$header>\"* ]] || exit 0; done <'$root/headers'; exit 1 ;;
esac"
}
all_headers() { printf '%s\n' boost/hana/tuple.hpp zlib.h CLI/CLI.hpp catch2/catch.hpp >"$root/headers"; }
cmake_of_version() { program cmake "echo 'cmake version $1'"; }

# An apt-get that knows packages: apt g++=4:11.2.0-1 ... Those that it is asked for get their programs and headers.
apt() {
    local package
    for package in "$@"; do
        echo "${package#*=}" >"$root/candidates/${package%%=*}"
    done
    program apt-cache "[ \"\$1\" = policy ] && [ -f '$root/candidates/'\"\$2\" ] && echo \"\$2:\" && echo '  Installed: (none)' &&
        echo \"  Candidate: \$(cat '$root/candidates/'\"\$2\")\""
    program apt-get "[ \"\$1\" = install ] || exit 0
shift
for package in \"\$@\"; do
    case \"\$package\" in
    -*) continue ;;
    g++) cp '$root/bin/.g++' '$root/bin/g++' ;;
    g++-12) cp '$root/bin/.g++-12' '$root/bin/g++-12' ;;
    ninja-build) cp '$root/bin/.ninja' '$root/bin/ninja' ;;
    cmake) cp '$root/bin/.cmake' '$root/bin/cmake' ;;
    libboost-dev) echo boost/hana/tuple.hpp >>'$root/headers' ;;
    zlib1g-dev) echo zlib.h >>'$root/headers' ;;
    libcli11-dev) echo CLI/CLI.hpp >>'$root/headers' ;;
    esac
    echo \"\$package\" >>'$root/installed'
done"
    ln -s "$(command -v cp)" "$root/bin/cp"
    compiler .g++ gcc 12
    compiler .g++-12 gcc 12
    program .ninja ''
    program .cmake "echo 'cmake version 3.25.1'"
}
readonly debian="g++=4:12.2.0-3 cmake=3.25.1-1 ninja-build=1.11.1-2 libboost-dev=1.74.0.3 zlib1g-dev=1:1.2.13
    libcli11-dev=2.1.2 catch2=2.13.10-1 clang-19=1:19.1.7-3 libomp-19-dev=1:19.1.7-3"
readonly jammy="g++=4:11.2.0-1ubuntu1 g++-11=11.4.0-1 g++-12=12.3.0-1 cmake=3.22.1-1 ninja-build=1.10.1-1
    libboost-dev=1.74.0.3 zlib1g-dev=1:1.2.11 libcli11-dev=2.1.2 catch2=2.13.8-1 clang-14=1:14.0.0-1 libomp-14-dev=1:14.0.0-1
    clang-15=1:15.0.7-0 libomp-15-dev=1:15.0.7-0"

# Runs a line of bash in the repository; gives back `status` and `output`.
try() {
    output="$(cd "$root/repository" && PATH="$root/bin" bash -c "$1" 2>&1 </dev/null)"
    status=$?
}
# What the scripts need, and then the compiler that they take.
ask() { try "set -euo pipefail; source scripts/setup; require $*; echo \"takes \$compiler\""; }

fail() {
    failures=$((failures + 1))
    printf '%s: %s\n    status %s; installed: %s; output:\n%s\n\n' "$name" "$1" "$status" \
        "$(tr '\n' ' ' <"$root/installed")" "$output"
}
ends_with() { [ "$status" = "$1" ] || fail "it should end with status $1"; }
says() { [[ $output == *"$1"* ]] || fail "it should say: $1"; }
does_not_say() { [[ $output != *"$1"* ]] || fail "it should not say: $1"; }
installs() { [ "$(tr '\n' ' ' <"$root/installed")" = "${1:+$1 }" ] || fail "it should install: ${1:-nothing}"; }
names_nothing_else() {
    local other
    for other in Boost zlib CLI11 Ninja; do
        does_not_say "$other"
    done
}

# Compilers -------------------------------------------------------------------------------------------------------------

machine "all is there"
compiler g++ gcc 12 && all_headers && cmake_of_version 3.25.1 && program ninja ''
ask build mnist tests
ends_with 0 && says "takes g++" && [ "$output" = "takes g++" ] || fail "it should say nothing else"

machine "an old g++ beside a new one"
compiler g++ gcc 11 && compiler g++-13 gcc 13 && all_headers && cmake_of_version 3.25.1 && program ninja ''
ask build mnist
ends_with 0
says "takes g++-13"

machine "clang alone"
compiler clang++-18 clang 18 && compiler clang++ clang 14 && all_headers && cmake_of_version 3.25.1 && program ninja ''
ask build mnist
ends_with 0
says "takes clang++-18"
ask build gcc mnist
ends_with 1
says "a C++20 compiler: g++ 12 or newer (Debian: g++)"

machine "no compiler and no apt-get"
ask build mnist
ends_with 1
says "a C++20 compiler: g++ 12 or newer, or clang 18 or newer (Debian: g++)"
names_nothing_else

machine "an old compiler and no apt-get"
compiler g++ gcc 11 && all_headers
ask build mnist
ends_with 1
says "(g++ is here, but that is g++ 11)"
names_nothing_else

machine "a compiler without its library"
program g++ 'input="$(cat)"; [[ $input == *__GNUC__* ]] && echo gcc 12'
ask build
ends_with 1
says "does not find the headers of the C++20 standard library"
names_nothing_else

machine "a wrapper"
program ccache 'exec "$@"'
compiler g++ gcc 12 && all_headers && cmake_of_version 3.25.1 && program ninja ''
CXX="ccache g++" ask build mnist
ends_with 0
says "takes ccache g++"

machine "CXX is missing"
compiler g++ gcc 12 && all_headers && cmake_of_version 3.25.1 && program ninja ''
# shellcheck disable=SC2086  # the list is meant as words
apt $debian
CXX=icpx ask build mnist
ends_with 1
says "CXX is 'icpx', and there is no program 'icpx'."
says "g++ 12 or newer, or clang 18 or newer"
installs ""
names_nothing_else

machine "CXX is old"
compiler clang++-15 clang 15 && all_headers
CXX="clang++-15 -m64" ask build mnist
ends_with 1
says "CXX is 'clang++-15 -m64', and that is clang 15."
names_nothing_else

machine "CXX is no compiler"
CXX=cat ask build mnist
ends_with 1
says "CXX is 'cat', and it does not work as a C++ compiler."

machine "nothing but CXX is missing its headers"
compiler clang++-18 clang 18 && cmake_of_version 3.25.1 && program ninja ''
CXX=clang++-18 ask build mnist
ends_with 1
does_not_say "C++20 compiler"
says "the headers of Boost (Hana) (Debian: libboost-dev)"
says "CLI11 2 (Debian: libcli11-dev)"

# Systems ---------------------------------------------------------------------------------------------------------------

machine "Debian 12"
# shellcheck disable=SC2086
apt $debian
ask build mnist
ends_with 0
installs "g++ cmake ninja-build libboost-dev zlib1g-dev libcli11-dev"
says "takes g++"

machine "Ubuntu 22.04"
compiler g++ gcc 11
# shellcheck disable=SC2086
apt $jammy
ask build mnist
ends_with 1
installs "g++-12"
says "CMake 3.23 or newer: apt-get does not have it here"
says "sudo apt-get install python3-pip && python3 -m pip install --user cmake && export PATH="
says "sudo snap install cmake --classic"

machine "Ubuntu 22.04 with a newer CMake"
compiler g++ gcc 11 && cmake_of_version 3.31.2
# shellcheck disable=SC2086
apt $jammy
ask build mnist
ends_with 0
installs "g++-12 ninja-build libboost-dev zlib1g-dev libcli11-dev"
says "takes g++-12"

machine "Ubuntu 22.04 with its own CMake"
compiler g++-12 gcc 12 && cmake_of_version 3.22.1 && all_headers && program ninja ''
# shellcheck disable=SC2086
apt $jammy
ask build mnist
ends_with 1
installs ""
says "CMake 3.23 or newer (here is 3.22.1)"
says "python3 -m pip install --user cmake"

machine "Ubuntu 22.04 without root"
compiler g++ gcc 11 && program id 'echo 1000'
# shellcheck disable=SC2086
apt $jammy
ask build
ends_with 1
installs ""
says "(Debian: g++-12)"
names_nothing_else

machine "clang of Ubuntu 22.04"
compiler g++ gcc 12 && all_headers && cmake_of_version 3.25.1 && program ninja ''
# shellcheck disable=SC2086
apt $jammy
try scripts/test
ends_with 1
installs ""
says "clang++ 18 or newer, with OpenMP: apt-get does not have it here"
says "scripts/test gcc gcc-no-openmp"
says "0 passed, 1 failed"

machine "clang of Debian 12"
compiler g++ gcc 12 && all_headers && cmake_of_version 3.25.1 && program ninja ''
# shellcheck disable=SC2086
apt $debian
ask build clang
installs "clang-19 libomp-19-dev"

machine "WebAssembly"
compiler g++ gcc 12 && all_headers && cmake_of_version 3.25.1 && program ninja '' && program node ''
# Builds programs with OpenMP, and those for WebAssembly once their libraries are installed.
program clang++-19 "input=\"\$(cat)\"
case \"\$* \$input\" in
*wasm32*) [[ \$(cat '$root/installed') == *wasi-libc* ]] ;;
*__GNUC__*) echo 'clang 19' ;;
*' __clang_major__') echo 19 ;;
esac"
apt libc++-19-dev-wasm32=1:19.1.7-3
ask build clang wasm
ends_with 0
says "the linker and the libraries of clang++-19 for WebAssembly"
installs "lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc"
ask build clang wasm
[ "$output" = "takes g++" ] || fail "nothing is missing any more"

machine "an old distribution"
compiler g++ gcc 10
apt g++=4:10.2.1-1 g++-10=10.2.1-6 cmake=3.18.4-2
ask build
ends_with 1
installs ""
says "a C++20 compiler: g++ 12 or newer, or clang 18 or newer (g++ is here, but that is g++ 10): apt-get does not have it here"
says "Install one that is found as g++ or g++-<number>."

machine "clang-format needs no compiler"
program clang-format-19 'echo clang-format version 19.1.7'
ask format
does_not_say "C++20 compiler"

for words in "format --help" "format --check include" "structure --help" "structure --check include"; do
    machine "wrong words for a script"
    ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$root/bin/python3"  # and not a wrapper that needs the PATH
    try "scripts/$words"
    ends_with 2
    says "usage: scripts/${words%% *} [--check]"
done

for seeds in x 3- 9-3; do
    machine "seeds that are none"
    ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$root/bin/python3"
    try "scripts/records fashion-92.0 --seeds $seeds"
    ends_with 2
    says "takes a seed, 3, or a range of them, 1-20, not '$seeds'"
done
machine "records without cmake"
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$root/bin/python3"
rm -f "$root/bin/cmake"
try "scripts/records fashion-92.0 --seeds 99"
ends_with 1
says "cmake cannot be started: No such file or directory"

# Build folders ---------------------------------------------------------------------------------------------------------

ready() {
    compiler g++ gcc 12 && compiler g++-13 gcc 13 && all_headers && program ninja ''
    program cmake "[ \"\$1\" != --version ] || { echo cmake version 3.25.1; exit; }
echo \"cmake \$*, CXX is \${CXX-}\" >>'$root/calls'
[ \"\$1\" != --build ] || { mkdir -p \"\$2/examples\"; printf '#!%s\necho trains\n' '$(command -v bash)' >\"\$2/examples/mnist\"; chmod +x \"\$2/examples/mnist\"; }"
}

machine "a file instead of the build folder"
ready
rm -r "$root/repository/build" && touch "$root/repository/build"
try scripts/mnist
ends_with 1
says "The build folder $root/repository/build/mnist cannot be made: Not a directory."
says "work in a copy of the repository that is yours"

machine "nothing odd"
ready
try scripts/mnist
ends_with 0
says "trains"
does_not_say "anew"
# What CMake would have written.
printf '%s\n' "CMAKE_HOME_DIRECTORY:INTERNAL=$root/repository" "CMAKE_CACHEFILE_DIR:INTERNAL=$root/repository/build/mnist" \
    "CMAKE_GENERATOR:INTERNAL=Ninja" >"$root/repository/build/mnist/CMakeCache.txt"
try scripts/mnist
does_not_say "anew"
[ -f "$root/repository/build/mnist/CMakeCache.txt" ] || fail "the cache should stay"
sed -i.old 's/Ninja/Unix Makefiles/' "$root/repository/build/mnist/CMakeCache.txt"
try scripts/mnist
ends_with 0
says "anew with g++ (gcc 12): it was configured for Unix Makefiles."
[ ! -f "$root/repository/build/mnist/CMakeCache.txt" ] || fail "the cache should be removed"
printf '%s\n' "CMAKE_HOME_DIRECTORY:INTERNAL=/home/another/ctcnn" "CMAKE_CACHEFILE_DIR:INTERNAL=/home/another/ctcnn/build/mnist" \
    "CMAKE_GENERATOR:INTERNAL=Ninja" >"$root/repository/build/mnist/CMakeCache.txt"
try scripts/mnist
ends_with 0
says "anew with g++ (gcc 12): it was configured for another folder, /home/another/ctcnn."

machine "a build folder of somebody else"
ready
try scripts/mnist
chmod -R a-w "$root/repository/build/mnist"
if [ "$(id -u)" != 0 ]; then
    try scripts/mnist
elif command -v setpriv >/dev/null; then
    # Root may write everywhere: the same as nobody, if nobody may come here at all.
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    output="$("${as_nobody[@]}" env PATH="$root/bin" bash "$root/repository/scripts/mnist" 2>&1)"
    status=$?
    "${as_nobody[@]}" ls "$root/repository/scripts/mnist" >/dev/null 2>&1 || status=unknown
else
    status=unknown
fi
if [ "$status" = unknown ]; then
    echo "$name: not tried, since root may write everywhere"
else
    ends_with 1
    says "You may not write to $root/repository/build/mnist, which belongs to $(id -un)."
    says "Remove the folder $root/repository/build/mnist, or work in a copy"
fi
chmod -R u+w "$root/repository/build/mnist"

machine "all scripts name the compiler that was found"
ready
compiler g++ gcc 11
try scripts/mnist
grep -q -- "-G Ninja .*-DCTCNN_BUILD_TESTS=OFF, CXX is g++-13" "$root/calls" || fail "$(cat "$root/calls")"
CXX=g++-12 try "scripts/test gcc"
grep -q -- "--preset gcc -DCMAKE_CXX_COMPILER=g++-13," "$root/calls" || fail "$(cat "$root/calls")"
echo benchmark/benchmark.h >>"$root/headers"
program python3 'echo "measures $*"'
try "scripts/benchmark --quick"
grep -q -- "--preset benchmark -DCMAKE_CXX_COMPILER=g++-13," "$root/calls" || fail "$(cat "$root/calls")"
says "--compiler g++-13 --quick"

# Benchmarks -----------------------------------------------------------------------------------------------------------

machine "peers of a Python that lacks one"
program snake "[[ \$* != *openvino* ]]"
try "set -euo pipefail; source scripts/setup; CTCNN_PEERS_PYTHON=snake; prepare_peers; echo \"uses \$peers_python\""
ends_with 0
says "uses snake"
says "OpenVINO is skipped: snake, which CTCNN_PEERS_PYTHON names, cannot import openvino."
does_not_say "PyTorch"
does_not_say "Installing"

machine "peers that pip installs"
program python3 "mkdir -p \"\$3/bin\" && cp '$root/bin/.python' \"\$3/bin/python\""
program .python "case \"\$*\" in
*'pip install'*MNN* | *'pip install'*mnn*) exit 1 ;;
*'pip install'*) echo \"\${@: -1}\" >>'$root/installed' ;;
*'import onnx') ;;
*) exit 1 ;;
esac"
ln -s "$(command -v cp)" "$root/bin/cp"
try "set -euo pipefail; source scripts/setup; prepare_peers; echo \"uses \$peers_python\""
ends_with 0
says "uses $root/repository/build/python/bin/python"
says "MNN is skipped: pip cannot install mnn=="
does_not_say "OpenVINO is skipped"
for package in numpy torch onnxruntime openvino ncnn pnnx jax; do
    grep -q "^$package\(==.*\)\?$" "$root/installed" || fail "it should install $package"
done

machine "peers without an environment for pip"
program python3 'exit 1'
try "set -euo pipefail; source scripts/setup; prepare_peers; echo \"uses '\$peers_python'\""
ends_with 0
says "uses ''"
says "The peers in Python are skipped: python3 makes no environment for pip (Debian: python3-venv)."

# Programs that print what they are said to have measured. The Python of the peers has ONNX Runtime alone.
machine "a row with a peer"
real_python="$(python3 -c 'import sys; print(sys.executable)')"  # and not a wrapper that needs the PATH
mkdir -p "$root/build/benchmarks"
program ../build/benchmarks/machine "[ \"\$1\" != --list ] || { echo machine/fma/threads_1; exit; }
printf '{\"case\": \"machine/fma/threads_1\", \"gflops\": 100, \"sustained_gflops\": %s}\n' \"\$(cat '$root/peak')\""
program ../build/benchmarks/training "case \"\$*\" in
--list) printf '%s\n' latency/lenet/plain latency/lenet/prepared latency/lenet/prepared_bf16 export/lenet ;;
*latency/lenet/plain*) time=10 ;;
*latency/lenet/prepared_bf16*) time=4 ;;
*latency/lenet/prepared*) time=5 ;;
*export/lenet*) echo exported >>'$root/calls' ;;
esac
if [ -n \"\${time:-}\" ]; then
    case=\"\$(sed 's/.*--case \([^ ]*\).*/\1/' <<<\"\$*\")\"
    [ ! -f '$root/other' ] || case=latency/lenet/other
    printf '{\"case\": \"%s\", \"median_microseconds\": %s, \"p99_microseconds\": 11}\n' \"\$case\" \"\$time\"
fi"
program ../build/benchmarks/kernels ''
program snake "case \"\$*\" in
*latency/lenet*onnxruntime*) [ ! -f '$root/wrong' ] || { cat '$root/wrong' >&2; exit 1; }
    echo '{\"case\": \"latency/lenet\", \"peer\": \"ONNX Runtime\", \"version\": \"9.8\", \"median_microseconds\": 20, \"p99_microseconds\": 30}' ;;
*onnxruntime*) ;;
*) for module in \"\${@:3}\"; do echo \"CANNOT \$module\"; done ;;
esac"
echo 100 >"$root/peak"
measure="CTCNN_PEERS_PYTHON='$root/bin/snake' '$real_python' -B '$repository/benchmarks/run.py' --build '$root/build'"
try "$measure --quick --rounds 2 --only latency/"
ends_with 0
says "Not measured: PyTorch: $root/bin/snake cannot import torch and onnx (scripts/benchmark --peers installs it;"
says "round 2/2"
says "Written: $root/build/benchmarks.md"
[ "$(cat "$root/calls")" = exported ] || fail "the network should be exported once"
output="$(cat "$root/build/benchmarks.md")"
says "| single image, µs | LeNet | 5.00 | ONNX Runtime 20.0 | 4.00x (4.00 to 4.00) | 4.00 | ONNX Runtime 20.0 | 5.00x"
says "ONNX Runtime 9.8"
does_not_say "(slow"

echo "WrongOutputs: wrong outputs: they differ" >"$root/wrong"
try "$measure --quick --only latency/"
ends_with 0
says "this failed: WrongOutputs: wrong outputs: they differ"
output="$(cat "$root/build/benchmarks.md")"
says "latency/lenet, ONNX Runtime: WrongOutputs: wrong outputs: they differ"
does_not_say "The strongest rivals"

# A program that measures another case than it is asked for.
touch "$root/other"
try "$measure --quick --no-peers --only latency/"
ends_with 1
says "latency/lenet/other"
rm "$root/other"

try "$measure --quick --no-peers --only latency/"
ends_with 0
says "left out by --no-peers"
does_not_say "latency/lenet  ONNX Runtime"

for bad in "--rounds 0|--rounds has to be 1 or more" "--rounds two|invalid int value: 'two'" \
    "--speed|unrecognized arguments: --speed" "--timeout 0|--timeout has to be more than 0 seconds" \
    "--from nowhere.json|--from: there is no file nowhere.json"; do
    try "$measure ${bad%%|*}"
    ends_with 2
    says "${bad#*|}"
done
try "$measure --quick --only latency/resnet"
ends_with 1
says "Nothing is measured: no case or program here has latency/resnet in its name."

# With the real CMake and a real compiler under two names: a switch keeps the options.
machine "a switch of compilers"
ready
all_headers
program ninja "exec '$(command -v ninja)' \"\$@\""
program cmake "[ \"\$1\" = --build ] || exec '$real_cmake' \"\$@\"
mkdir -p \"\$2/examples\"; printf '#!%s\necho trains\n' '$(command -v bash)' >\"\$2/examples/mnist\"; chmod +x \"\$2/examples/mnist\""
program one "PATH='$PATH' exec '$real_compiler' \"\$@\""
program two "PATH='$PATH' exec '$real_compiler' \"\$@\""
program launch 'exec "$@"'
for cxx in one two "launch one" two two; do
    CXX="$cxx" try scripts/mnist
    ends_with 0
    says "trains"
    cache="$(cat "$root/repository/build/mnist/CMakeCache.txt" 2>&1)"
    [[ $cache == *CTCNN_BUILD_TESTS:BOOL=OFF* ]] || fail "with '$cxx' the tests are on"
    [[ $cache == *CMAKE_CXX_COMPILER:*"=$root/bin/${cxx%% *}"* ]] || fail "with '$cxx' another compiler is used"
done
does_not_say "anew"

# The commands with which the guide begins work where only scripts/mnist has been: there is no Catch2.
machine "the guide's first commands"
commands="$(sed -n '/scripts\/mnist/,/^$/s/^    //p' "$repository/docs/guide.md" | head -n 3)"
[[ $commands == *example_01_convolution* ]] || fail "the guide should begin with other commands than: $commands"
[[ $(cat "$repository/docs/zh/guide.md") == *"    ${commands//$'\n'/$'\n    '}"* ]] || fail "the Chinese guide begins otherwise"
printf '%s\n' boost/hana/tuple.hpp zlib.h CLI/CLI.hpp >"$root/headers"
program ninja "exec '$(command -v ninja)' \"\$@\""
program g++ "PATH='$PATH' exec '$real_compiler' \"\$@\""
program cmake "[[ \"\$*\" != *--build*mnist ]] || exit 0
exec '$real_cmake' \"\$@\""
mkdir -p "$root/repository/build/mnist/examples"
program ../repository/build/mnist/examples/mnist 'echo trains'
try "set -e; $commands"
ends_with 0
says "trains"
says "43     49"
[ "$failures" = 0 ] || { echo "$failures failures" && exit 1; }
echo "all is as it should be"
