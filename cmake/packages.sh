#!/bin/sh
# packages.sh - installs what the build and the tests need on Debian 12 and
# newer or Ubuntu 24.04 and newer, if it is not there yet. As root, or with
# sudo. Usage: packages.sh [--foreign ARCHITECTURE] [PACKAGE...]
set -eu

foreign=""
if [ "${1:-}" = --foreign ]; then
    foreign=$2
    shift 2
fi

needed="gcc g++ make cmake pkg-config libc6-dev zlib1g-dev libjpeg-dev
    libopenblas-serial-dev libstb-dev libjansson-dev libmicrohttpd-dev
    python3 python3-venv"
missing=""
for package in $needed "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
        grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "packages.sh: installing$missing" >&2
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null; then
    as_root="sudo"
else
    echo "packages.sh: root or sudo is needed to install$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
[ -z "$foreign" ] || $as_root dpkg --add-architecture "$foreign"
$as_root apt-get update -qq >&2
# shellcheck disable=SC2086 # a list of words
$as_root apt-get install -y -qq --no-install-recommends $missing >&2
