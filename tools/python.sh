#!/bin/sh
# Runs a script with the first Python on PATH that works and is new enough.
# Rule: POSIX sh only, since there may be no such Python.
set -eu

for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$name" "$@"
    fi
done

found=$(python3 --version 2>/dev/null || echo "no python3")
echo "smsc-async needs Python 3.11 or later; PATH has $found and no python3.11 to python3.14." >&2
echo "Install one (Debian 12, Ubuntu 24.04: apt install python3; elsewhere: python.org or your package manager)." >&2
exit 1
