"""The fixture `smsc_simulator` under the name that it had in 0.1.0.

The pytest plugin is the module `smsc_async_pytest`, which pytest loads by itself.
"""

from __future__ import annotations

from smsc_async_pytest import smsc_simulator

__all__ = ["smsc_simulator"]
