#!/bin/sh
# install.sh - an independent program against the installed library: by
# pkg-config, statically, and by CMake's find_package. It finds the one
# person of a photo.
# Usage: sh tests/install.sh BUILD_DIRECTORY PYTHON
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$1
python=$2
weights=${HATPOSE_SHARED:-$root/../shared}/weights
photo=$root/tests/photos/grace_hopper.jpg
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
prefix=$place/usr

cmake --install "$build" --prefix "$prefix" >/dev/null
# The .pc file of the build names the prefix that was configured.
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name hatpose.pc)")
export PKG_CONFIG_PATH
libdir=$(dirname "$PKG_CONFIG_PATH")
moved="--define-variable=libdir=$libdir
    --define-variable=includedir=$prefix/include"

# shellcheck disable=SC2046,SC2086 # lists of words
cc -Wall -Wextra -Werror -o "$place/shared" "$root/examples/picture.c" \
    $(pkg-config $moved --cflags --libs hatpose)
# shellcheck disable=SC2046,SC2086
cc -pthread -Wall -Wextra -Werror -o "$place/threads" \
    "$root/examples/threads.c" $(pkg-config $moved --cflags --libs hatpose)
# shellcheck disable=SC2046,SC2086
cc -o "$place/static" "$root/examples/picture.c" -I"$prefix/include" \
    "$libdir/libhatpose.a" \
    $(pkg-config $moved --static --libs hatpose | sed 's/-lhatpose//')

cat >"$place/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.20)
project(client C)
find_package(hatpose 0.1 REQUIRED)
add_executable(client $root/examples/picture.c)
target_link_libraries(client PRIVATE hatpose::hatpose)
CMAKE
cmake -S "$place" -B "$place/client" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$place/client" >/dev/null

if [ ! -f "$weights/human-pose-estimation-0001.xml" ]; then
    echo "install.sh: linked; not run: no weights in $weights"
    exit 0
fi
"$python" -m hatpose.convert "$weights/human-pose-estimation-0001.xml" \
    -o "$place/model.gguf" >/dev/null
LD_LIBRARY_PATH=$libdir
export LD_LIBRARY_PATH
for program in "$place/shared" "$place/static" "$place/client/client"; do
    people=$("$program" "$place/model.gguf" "$photo")
    echo "$(basename "$program"): $people"
    [ "$(echo "$people" | grep -c '^person 0: score .* joints, box ')" = 1 ]
    [ "$(echo "$people" | wc -l)" = 1 ]
done
# Four threads on one model see the same picture: nobody on a black one.
head -c 57600 /dev/zero |
    "$place/threads" "$place/model.gguf" 160 120 >"$place/answers"
[ "$(grep -c ': 0 people' "$place/answers")" = 4 ]
