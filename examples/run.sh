#!/bin/sh
# run.sh - the main job on a fresh machine: install what is needed, build,
# find the people on photos, print JSON, draw the skeletons.
# Usage: sh examples/run.sh [PHOTO...]      (default: tests/photos)
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$root/build/release
drawn=$root/build/drawn

mkdir -p "$drawn"
sh "$root/cmake/packages.sh"
cmake -S "$root" -B "$build" -DBUILD_TESTING=OFF >"$root/build/configure.log"
cmake --build "$build" --parallel "$(nproc)" >"$root/build/build.log"

if [ $# = 0 ]; then
    set -- "$root/tests/photos"
fi
"$build/tools/hatpose" detect --json --draw "$drawn" "$@"
echo "run.sh: pictures with skeletons in $drawn:" >&2
ls "$drawn"/* >&2
