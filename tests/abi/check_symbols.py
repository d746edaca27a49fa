"""The header, the version script and `nm -D` name the same functions.

Usage: check_symbols.py HEADER MAP LIBRARY ARCHIVE
"""

import re
import subprocess
import sys
from pathlib import Path


def functions_of_header(path: Path) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    declarations = re.findall(r"^HATPOSE_API([^;]*);", text, flags=re.MULTILINE)
    return {re.search(r"(hatpose_\w+)\s*\(", d).group(1) for d in declarations}


def functions_of_map(path: Path) -> set[str]:
    return set(re.findall(r"^\s*(hatpose_\w+);", path.read_text(), flags=re.MULTILINE))


def defined_symbols(library: Path, *options: str) -> set[str]:
    listing = subprocess.run(
        ["nm", *options, "--defined-only", "--extern-only", library],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    fields = (line.split() for line in listing.splitlines())
    names = {f[2].split("@")[0] for f in fields if len(f) == 3 and f[1] != "A"}
    # Names with two underscores are the compiler's, sanitizers' included.
    return {name for name in names if not name.startswith("__")}


def main() -> int:
    header, version_map, library, archive = map(Path, sys.argv[1:5])
    expected = functions_of_header(header)
    failures = 0
    for name, found in (
        (version_map, functions_of_map(version_map)),
        (library, defined_symbols(library, "-D")),
        (archive, defined_symbols(archive)),
    ):
        for symbol in sorted(expected - found):
            print(f"{name}: {symbol} is missing")
            failures += 1
        for symbol in sorted(found - expected):
            print(f"{name}: {symbol} is not in the header")
            failures += 1
    print(f"{len(expected)} functions, {failures} differences")
    return 1 if failures or not expected else 0


if __name__ == "__main__":
    sys.exit(main())
