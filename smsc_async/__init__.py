"""asyncio-native SMPP client for the SMSC.ru gateway.

Rule: the public API is `__all__`. Importing the package is cheap, so nothing of an extra is
imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pdu

if not getattr(pdu, "__smsc_async__", False):  # another package of that name came in between
    raise ImportError(
        f"smsc_async needs its own package `pdu`, but {pdu.__file__} belongs to another "
        "distribution that has overwritten or hidden it; uninstall that one and install "
        "smsc-async again: pip install --force-reinstall smsc-async"
    )

from pdu import CommandStatus, MessageState
from smsc_async._incoming_kind import IncomingKind
from smsc_async._submit import Submit
from smsc_async.client.client import SmscClient
from smsc_async.client.stats import Health, Stats
from smsc_async.client.submission import FailedSubmission, Submission
from smsc_async.config import Host, ReconnectPolicy, SmscConfig, Timeouts, Tls
from smsc_async.errors import (
    BindRefusedError,
    ClientClosedError,
    ConfigError,
    ConnectFailedError,
    FloodLimitError,
    HeldByRuleError,
    InvalidMessageError,
    LinkError,
    LinkLostError,
    LocalProtocolError,
    NoReceiptError,
    Outcome,
    PartsOverdueError,
    ProtocolError,
    ReceiptTimeoutError,
    RemoteProtocolError,
    RepeatedMessageError,
    RequestRefusedError,
    RequestTimeoutError,
    ResponseTimeoutError,
    SendError,
    SmscError,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.gateway.dialect import GENERIC, SMSC_RU, Dialect
from smsc_async.gateway.plan import Plan
from smsc_async.link import LinkState
from smsc_async.messages import (
    Coding,
    Email,
    HlrQuery,
    LongText,
    Message,
    Ping,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)
from smsc_async.receipts import DeliveryError, HlrReceipt, IncomingMessage, QueryResult, Receipt
from smsc_async.rules.checks import Check, QuietHours
from smsc_async.rules.limits import GatewayLimits
from smsc_async.rules.verdict import Hold
from smsc_async.stores import MemoryRuleStore, RuleStore

if TYPE_CHECKING:
    from smsc_async.stores.redis import RedisRuleStore

__version__ = "0.2.0.dev0"

__all__ = [  # noqa: RUF022 - in groups for the reader
    "__version__",
    # the client and its settings
    "SmscClient",
    "SmscConfig",
    "Host",
    "Tls",
    "Timeouts",
    "ReconnectPolicy",
    "GatewayLimits",
    "Hold",
    "Check",
    "QuietHours",
    "RuleStore",
    "MemoryRuleStore",
    "RedisRuleStore",
    "Dialect",
    "SMSC_RU",
    "GENERIC",
    # messages
    "Message",
    "Sms",
    "Email",
    "VoiceCall",
    "Voice",
    "Viber",
    "Social",
    "TelegramCode",
    "TelegramBot",
    "HlrQuery",
    "Ping",
    "Submit",
    "Coding",
    "LongText",
    # results
    "Submission",
    "FailedSubmission",
    "Receipt",
    "HlrReceipt",
    "IncomingKind",
    "IncomingMessage",
    "QueryResult",
    "DeliveryError",
    "MessageState",
    "CommandStatus",
    "Outcome",
    # introspection
    "Plan",
    "Stats",
    "Health",
    "LinkState",
    # errors
    "SmscError",
    "ConfigError",
    "InvalidMessageError",
    "LinkError",
    "ConnectFailedError",
    "BindRefusedError",
    "LinkLostError",
    "ClientClosedError",
    "SendError",
    "HeldByRuleError",
    "RepeatedMessageError",
    "FloodLimitError",
    "SubmitRefusedError",
    "ThrottledError",
    "ResponseTimeoutError",
    "SubmitInterruptedError",
    "PartsOverdueError",
    "ReceiptTimeoutError",
    "NoReceiptError",
    "RequestRefusedError",
    "RequestTimeoutError",
    "ProtocolError",
    "LocalProtocolError",
    "RemoteProtocolError",
]


if not TYPE_CHECKING:  # a checker that sees it takes every misspelt name for an object

    def __getattr__(name: str) -> object:
        """Import `RedisRuleStore` when it is first used, since most programs never use it."""
        if name == "RedisRuleStore":
            from smsc_async.stores.redis import RedisRuleStore  # noqa: PLC0415 - as above

            return RedisRuleStore
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
