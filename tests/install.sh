#!/bin/sh
# install.sh - an independent program against the installed library: by
# pkg-config, statically, and by CMake's find_package. It finds the one
# person of a photo.
# Usage: sh tests/install.sh BUILD_DIRECTORY
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$1
model=$root/weights/hatpose-full.gguf
photo=$root/tests/photos/grace_hopper.jpg
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
prefix=$place/usr

cmake --install "$build" --prefix "$prefix" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name hatpose.pc)")
export PKG_CONFIG_PATH
libdir=$(dirname "$PKG_CONFIG_PATH")

# shellcheck disable=SC2046 # lists of words
cc -Wall -Wextra -Werror -o "$place/shared" "$root/examples/picture.c" \
    $(pkg-config --cflags --libs hatpose)
# shellcheck disable=SC2046
cc -pthread -Wall -Wextra -Werror -o "$place/threads" \
    "$root/examples/threads.c" $(pkg-config --cflags --libs hatpose)
# shellcheck disable=SC2046
cc -o "$place/static" "$root/examples/picture.c" -I"$prefix/include" \
    "$libdir/libhatpose.a" \
    $(pkg-config --static --libs hatpose | sed 's/-lhatpose//')

cat >"$place/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.20)
project(client C)
find_package(hatpose 0.1 REQUIRED)
add_executable(client $root/examples/picture.c)
target_link_libraries(client PRIVATE hatpose::hatpose)
CMAKE
cmake -S "$place" -B "$place/client" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$place/client" >/dev/null

LD_LIBRARY_PATH=$libdir
export LD_LIBRARY_PATH
for program in "$place/shared" "$place/static" "$place/client/client"; do
    people=$("$program" "$photo")
    echo "$(basename "$program"): $people"
    [ "$(echo "$people" | grep -c '^person 0: score .* joints, box ')" = 1 ]
    [ "$(echo "$people" | wc -l)" = 1 ]
    [ "$("$program" "$photo" "$model" | wc -l)" = 1 ]
done
# Four threads on one model see the same picture: nobody on a black one.
head -c 57600 /dev/zero |
    "$place/threads" 160 120 >"$place/answers"
[ "$(grep -c ': 0 people' "$place/answers")" = 4 ]
