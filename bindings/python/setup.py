"""Puts the shared library into the wheel when it has been built.

Taken is libhatpose.so.1 of HATPOSE_LIBRARY_DIR if that is set, else of the
folders below, where the README builds it. Without one the wheel has no
library and the package uses the system's (bindings/python/README.md).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

SONAME = "libhatpose.so.1"
ROOT = Path(__file__).resolve().parents[2]
BUILD_FOLDERS = ("build/release", "build")


def find_library() -> Path | None:
    folder = os.environ.get("HATPOSE_LIBRARY_DIR")
    if folder:
        library = Path(folder) / SONAME
        if not library.exists():
            raise SystemExit(f"{library}: not found (HATPOSE_LIBRARY_DIR)")
        return library
    built = [ROOT / build / SONAME for build in BUILD_FOLDERS]
    return next((library for library in built if library.exists()), None)


class CarryLibrary(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        library = find_library()
        target = Path(self.build_lib, "hatpose", SONAME)
        if library is None:
            target.unlink(missing_ok=True)
            self.warn(f"{SONAME} not found: this wheel will use the system's")
        else:
            shutil.copyfile(library, target)
            self.announce(f"carrying {library}", level=2)


class PlatformWheel(bdist_wheel):
    """py3-none-PLATFORM: any Python, but the library's own machine."""

    def get_tag(self) -> tuple[str, str, str]:
        _, _, platform = super().get_tag()
        return "py3", "none", platform


class MaybeBinary(Distribution):
    def has_ext_modules(self) -> bool:
        return find_library() is not None


setup(
    cmdclass={"build_py": CarryLibrary, "bdist_wheel": PlatformWheel},
    distclass=MaybeBinary,
)
