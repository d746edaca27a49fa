#!/bin/sh
# run.sh - the main job on a fresh machine: install what is needed, build,
# find the people on photos, print JSON, draw the skeletons.
# Usage: sh examples/run.sh [PHOTO...]      (default: tests/photos)
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
shared=${HATPOSE_SHARED:-$root/../shared}
build=$root/build/release
model=$root/build/human-pose-estimation-0001.gguf
weights=$shared/weights/human-pose-estimation-0001.xml
drawn=$root/build/drawn

mkdir -p "$drawn"
sh "$root/cmake/packages.sh"
cmake -S "$root" -B "$build" -DBUILD_TESTING=OFF >"$root/build/configure.log"
cmake --build "$build" --parallel "$(nproc)" >"$root/build/build.log"

# The library has no model inside yet: convert the one at hand.
if [ ! -f "$model" ]; then
    if [ ! -f "$weights" ]; then
        echo "run.sh: no model: none is built in and $weights is not there" >&2
        exit 4
    fi
    echo "run.sh: converting $weights" >&2
    python=$(sh "$root/cmake/venv.sh" "$root/bindings/python[convert]")
    "$python" -m hatpose.convert "$weights" -o "$model" >&2
fi

if [ $# = 0 ]; then
    set -- "$root/tests/photos"
fi
"$build/tools/hatpose" detect --model "$model" --json --draw "$drawn" "$@"
echo "run.sh: pictures with skeletons in $drawn:" >&2
ls "$drawn"/* >&2
