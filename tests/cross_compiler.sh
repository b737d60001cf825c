#!/usr/bin/env bash
# Installs the library as each compiler built it and uses the copy as a stranger would: through find_package and through
# pkg-config, with the other compiler and with other flags than the library's own.
#
#   tests/cross_compiler.sh CLANG_BUILD GCC_BUILD      the two build directories, completely built
#
# Prints "ok WHAT" or "not ok WHAT" for each program.
set -euo pipefail

clang_build=${1:?the build directory made with clang}
gcc_build=${2:?the build directory made with g++}
user=$(cd "$(dirname "${BASH_SOURCE[0]}")/cross_compiler" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# report WHAT COMMAND...: runs the command and prints its verdict, with its output if it failed.
report() {
  local what=$1 log=$work/log
  shift
  # In a subshell, and not as a condition: `set -e` would not work inside.
  set +e
  (set -e; "$@") >"$log" 2>&1
  local status=$?
  set -e
  if ((status == 0)); then
    echo "ok $what"
  else
    echo "not ok $what"
    sed 's/^/    /' "$log"
    failures=$((failures + 1))
  fi
}

# has_printed_the_expected PROGRAM
has_printed_the_expected() {
  timeout 60 "$1" >"$1.out"
  diff -u "$user/expected.txt" "$1.out"
}

# with_find_package PREFIX CXX WORK: unoptimised, so that it also mixes flags.
with_find_package() {
  cmake -S "$user" -B "$3" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="$2" -DCMAKE_PREFIX_PATH="$1"
  cmake --build "$3"
  has_printed_the_expected "$3/program"
}

# with_pkg_config PREFIX CXX WORK
with_pkg_config() {
  local flags pc
  mkdir -p "$3"
  pc=$(find "$1" -name weft.pc)
  read -ra flags <<<"$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs weft)"
  "$2" -std=c++20 -O2 "$user/program.cpp" -o "$3/program" "${flags[@]}"
  has_printed_the_expected "$3/program"
}

cmake --install "$clang_build" --prefix "$work/clang" >"$work/log" || { cat "$work/log"; exit 1; }
cmake --install "$gcc_build" --prefix "$work/gcc" >"$work/log" || { cat "$work/log"; exit 1; }

report "library by clang, program by g++, find_package" with_find_package "$work/clang" g++ "$work/1"
report "library by g++, program by clang, find_package" with_find_package "$work/gcc" clang++-19 "$work/2"
report "library by clang, program by g++, pkg-config" with_pkg_config "$work/clang" g++ "$work/3"
report "library by g++, program by clang, pkg-config" with_pkg_config "$work/gcc" clang++-19 "$work/4"
((failures == 0))
