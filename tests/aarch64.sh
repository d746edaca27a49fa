#!/bin/sh
# aarch64.sh - cross-compiles for aarch64 and runs the C tests under qemu.
# Usage: sh tests/aarch64.sh BUILD_DIRECTORY. Exit 77: a tool is absent.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$1

for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
    if ! command -v "$tool" >/dev/null; then
        echo "aarch64.sh: skipped: $tool is not installed"
        exit 77
    fi
done
if [ ! -e /usr/lib/aarch64-linux-gnu/libz.so ]; then
    echo "aarch64.sh: skipped: zlib1g-dev:arm64 is not installed"
    exit 77
fi
cmake -S "$root" -B "$build" --toolchain "$root/cmake/aarch64.cmake" \
    -DHATPOSE_WERROR=ON >"$build.log"
cmake --build "$build" --parallel "$(nproc)" >>"$build.log"
ctest --test-dir "$build" -L quick --output-on-failure
