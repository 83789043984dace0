"""`python -m smsc_async` is the command `smsc`."""

from __future__ import annotations

import sys

from smsc_async.cli import main

if __name__ == "__main__":
    sys.exit(main())
