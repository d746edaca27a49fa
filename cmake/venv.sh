#!/bin/sh
# venv.sh - makes or completes the Python environment of the checkout and
# prints its interpreter. Arguments: what pip shall install.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=$root/build/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >&2
"$venv/bin/python" -m pip install -q --disable-pip-version-check "$@" >&2
echo "$venv/bin/python"
