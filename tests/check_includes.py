"""Includes point one way: the order of the folders is the way of the data.

Usage: check_includes.py ROOT
"""

import re
import sys
from pathlib import Path

# A folder of src/ may include itself and what stands before it.
ORDER = ["base", "image", "model", "engine", "pose", "hat", "result", "api"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', flags=re.MULTILINE)


def allowed_in(folder: str, name: str) -> bool:
    if name == "hatpose.h":
        return True
    if "/" not in name:
        return name == "kernels.h" and ORDER.index(folder) >= ORDER.index("image")
    target = name.split("/")[0]
    return target in ORDER and ORDER.index(target) <= ORDER.index(folder)


def main() -> int:
    root = Path(sys.argv[1])
    failures = checked = 0
    for path in sorted((root / "src").rglob("*.[ch]")):
        folder = path.relative_to(root / "src").parts[0]
        checked += 1
        for name in INCLUDE.findall(path.read_text()):
            if not allowed_in(folder, name):
                print(f"{path.relative_to(root)} includes {name}")
                failures += 1
    for outside, banned in (("kernels", "src"), ("tools", "src"), ("server", "src")):
        for path in sorted((root / outside).rglob("*.[ch]")):
            checked += 1
            for name in INCLUDE.findall(path.read_text()):
                if (root / banned / name).exists():
                    print(f"{path.relative_to(root)} includes {name}")
                    failures += 1
    print(f"{checked} files, {failures} includes that point the wrong way")
    return 1 if failures or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
