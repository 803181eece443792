#!/usr/bin/env bash
# Goal: someone who installs Tidings can use its library by find_package and by pkg-config, with
# nothing of our source tree.
# Method: install the component `development` below a temporary folder, move it (a package must not
# remember where it was built), build examples/library both ways, compare what it prints, and compile
# every installed header on its own.
# Usage: package_test.sh SOURCE_DIR BINARY_DIR CMAKE COMPILER SANITIZE
set -euo pipefail
source_dir=$1 binary_dir=$2 cmake=$3 compiler=$4 sanitize=$5

work=$(mktemp -d "${TMPDIR:-/tmp}/tidings-package.XXXXXX")
trap 'rm -rf "$work"' EXIT

flags=()
case $sanitize in
  address) flags=(-fsanitize=address,undefined -D_GLIBCXX_ASSERTIONS) ;;
  thread) flags=(-fsanitize=thread) ;;
esac

fail() { echo "package test: $*" >&2; exit 1; }

"$cmake" --build "$binary_dir" --target libtidings >"$work/build.log" 2>&1 ||
  { cat "$work/build.log" >&2; fail "libtidings does not build"; }
"$cmake" --install "$binary_dir" --prefix "$work/first" --component development >"$work/install.log"
mv "$work/first" "$work/prefix"
cp -r "$source_dir/examples/library" "$work/example"

if grep -rn --include='*.h' -E '#include "(base|protocol|community|store|net)/' "$work/prefix/include"; then
  fail "an installed header includes a file of src/"
fi
if grep -rlF -e "$source_dir/" -e "$binary_dir" --include='*.cmake' --include='*.pc' "$work/prefix"; then
  fail "an installed file names the build machine's folders"
fi

check_output() {
  "$1" >"$work/output.txt" || fail "$2: the example failed"
  diff -u "$source_dir/examples/library/expected_output.txt" "$work/output.txt" ||
    fail "$2: the example printed something else"
  echo "ok: $2"
}

"$cmake" -G Ninja -S "$work/example" -B "$work/example-build" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="${flags[*]:-}" >"$work/configure.log" 2>&1 ||
  { cat "$work/configure.log" >&2; fail "find_package(tidings) failed"; }
"$cmake" --build "$work/example-build" >"$work/build.log" 2>&1 ||
  { cat "$work/build.log" >&2; fail "the example does not build with find_package"; }
check_output "$work/example-build/example" "find_package(tidings)"

pc_dir=$(dirname "$(find "$work/prefix" -name tidings.pc)")
export PKG_CONFIG_PATH=$pc_dir
read -r -a package <<<"$(pkg-config --cflags --libs tidings)"
"$compiler" -std=c++20 "${flags[@]}" "$work/example/main.cc" "${package[@]}" -o "$work/example-pc" ||
  fail "the example does not build with pkg-config"
check_output "$work/example-pc" "pkg-config tidings"

# The sanitizers change nothing about a header.
[[ -z $sanitize ]] || exit 0
for header in "$work"/prefix/include/tidings/*.h; do
  echo "#include <tidings/$(basename "$header")>" | "$compiler" -std=c++20 -Wall -Wextra -Wpedantic \
    -Werror -fsyntax-only -x c++ -I"$work/prefix/include" - ||
    fail "$(basename "$header") does not compile on its own"
done
echo "ok: every header stands on its own"
