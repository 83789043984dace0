"""Where the rules of the gateway keep what they remember.

Rule: a store knows where the memory is, how a change to it is atomic, and what time it is. It
knows none of the gateway's numbers; those come with each question. What needs an extra
(`smsc_async.stores.redis`) is imported by its own name.
"""

from __future__ import annotations

from smsc_async.stores.base import RuleStore, StoreHealth
from smsc_async.stores.memory import MemoryRuleStore

__all__ = ["MemoryRuleStore", "RuleStore", "StoreHealth"]
