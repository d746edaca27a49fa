"""`python -m hatpose.convert`: the same as `hatpose-convert`."""

import sys

from .cli import main

sys.exit(main())
