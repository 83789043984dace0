"""asyncio-native SMPP client for the SMSC.ru gateway.

Rule: the public API is `__all__`. Importing the package is cheap: a name is imported from its
module when it is first used, so a program pays for what it uses, and nothing of an extra is
imported before.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pdu import CommandStatus, MessageState
    from smsc_async._incoming_kind import IncomingKind
    from smsc_async._submit import Submit
    from smsc_async.client.client import SmscClient
    from smsc_async.client.stats import Health, Stats
    from smsc_async.client.submission import FailedSubmission, Submission
    from smsc_async.config import (
        Host,
        ReconnectPolicy,
        SimulatorSettings,
        SmscConfig,
        Timeouts,
        Tls,
    )
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
    "SimulatorSettings",
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

# Of each name in `__all__`, the module that defines it, as in the imports above.
_MODULES: Final = {
    "pdu": ("CommandStatus", "MessageState"),
    "smsc_async._incoming_kind": ("IncomingKind",),
    "smsc_async._submit": ("Submit",),
    "smsc_async.client.client": ("SmscClient",),
    "smsc_async.client.stats": ("Health", "Stats"),
    "smsc_async.client.submission": ("FailedSubmission", "Submission"),
    "smsc_async.config": (
        "Host",
        "ReconnectPolicy",
        "SimulatorSettings",
        "SmscConfig",
        "Timeouts",
        "Tls",
    ),
    "smsc_async.errors": (
        "BindRefusedError",
        "ClientClosedError",
        "ConfigError",
        "ConnectFailedError",
        "FloodLimitError",
        "HeldByRuleError",
        "InvalidMessageError",
        "LinkError",
        "LinkLostError",
        "LocalProtocolError",
        "NoReceiptError",
        "Outcome",
        "PartsOverdueError",
        "ProtocolError",
        "ReceiptTimeoutError",
        "RemoteProtocolError",
        "RepeatedMessageError",
        "RequestRefusedError",
        "RequestTimeoutError",
        "ResponseTimeoutError",
        "SendError",
        "SmscError",
        "SubmitInterruptedError",
        "SubmitRefusedError",
        "ThrottledError",
    ),
    "smsc_async.gateway.dialect": ("Dialect", "GENERIC", "SMSC_RU"),
    "smsc_async.gateway.plan": ("Plan",),
    "smsc_async.link": ("LinkState",),
    "smsc_async.messages": (
        "Coding",
        "Email",
        "HlrQuery",
        "LongText",
        "Message",
        "Ping",
        "Sms",
        "Social",
        "TelegramBot",
        "TelegramCode",
        "Viber",
        "Voice",
        "VoiceCall",
    ),
    "smsc_async.receipts": (
        "DeliveryError",
        "HlrReceipt",
        "IncomingMessage",
        "QueryResult",
        "Receipt",
    ),
    "smsc_async.rules.checks": ("Check", "QuietHours"),
    "smsc_async.rules.limits": ("GatewayLimits",),
    "smsc_async.rules.verdict": ("Hold",),
    "smsc_async.stores": ("MemoryRuleStore", "RuleStore"),
    "smsc_async.stores.redis": ("RedisRuleStore",),
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}
_SUBMODULES: Final = frozenset(
    ("client", "config", "errors", "gateway", "link", "messages", "receipts", "rules", "stores")
)


def _check_codec() -> None:
    """Refuse a package `pdu` of another distribution, which has overwritten or hidden ours.

    Its source is read and not run, since importing it takes as long as importing asyncio.
    """
    spec = find_spec("pdu")
    read = getattr(spec.loader, "get_source", None) if spec is not None else None
    source = read("pdu") if read is not None else None  # None: compiled, so nothing was overwritten
    if spec is None or (source is not None and "__smsc_async__ = True" not in source):
        found = "it is missing"
        if spec is not None:
            found = (
                f"{spec.origin} belongs to another distribution that has overwritten or hidden"
                " it; uninstall that one"
            )
        raise ImportError(
            f"smsc_async needs its own package `pdu`, but {found}; install smsc-async again:"
            " pip install --force-reinstall smsc-async"
        )


_check_codec()


if not TYPE_CHECKING:  # a checker that sees it takes every misspelt name for an object

    def __getattr__(name: str) -> object:
        """Import what is used for the first time; `smsc_async.errors` is such a name, too."""
        if name in _MODULE_OF:
            value = getattr(import_module(_MODULE_OF[name]), name)
        elif name in _SUBMODULES:
            value = import_module(f"smsc_async.{name}")
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """Return all names, so that a shell completes those that aren't imported yet."""
        return sorted({*globals(), *__all__, *_SUBMODULES})
