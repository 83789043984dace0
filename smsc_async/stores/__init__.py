"""Rule stores: the state of the rules, and their clock.

Rule: a store owns where the state is, how a change is atomic, and what time it is. It has none of
the gateway's numbers: each step carries them. A store that needs an extra is imported by its own
name (`smsc_async.stores.redis`).
"""

from __future__ import annotations

from smsc_async.stores.base import MovableClock, RuleStore, StoreHealth
from smsc_async.stores.memory import MemoryRuleStore

__all__ = ["MemoryRuleStore", "MovableClock", "RuleStore", "StoreHealth"]
