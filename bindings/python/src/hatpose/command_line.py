"""What hatpose-calibrate and hatpose-convert share: exit codes, and one line
on stderr for whatever goes wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from .network import ModelFileError, NetworkError

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class CommandError(ValueError):
    """One line that names the thing."""


class Parser(argparse.ArgumentParser):
    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message} (--help tells more)\n")


def run(
    prog: str, extra: str, source: str, work: Callable[[], Sequence[str]]
) -> int:
    """Prints the lines that the work gives, or what stopped it. What has no
    name of its own is about the file `source`; `extra` is that of the package
    which brings the modules that the work imports."""
    try:
        lines = work()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except ImportError as error:
        fault = f"{error.name} is missing: pip install 'hatpose[{extra}]'"
    except OSError as error:
        fault = f"{error.filename or source}: {error.strerror or error}"
    except MemoryError:
        fault = f"{source}: not enough memory"
    except (CommandError, ModelFileError) as error:
        fault = str(error)
    except NetworkError as error:
        fault = f"{source}: {error}"
    else:
        print("\n".join(lines))
        return EXIT_OK
    # Names inside a hostile file may hold line ends or terminal codes.
    shown = "".join(c if c.isprintable() else "?" for c in fault)
    print(f"{prog}: {shown}", file=sys.stderr)
    return EXIT_FAILED
