"""Type of number and numbering plan of the addresses of a submit_sm.

Rule: they follow from the settings and from the sender's form; no number is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from pdu.enums import Npi, Ton

if TYPE_CHECKING:
    from smsc_async.config import SmscConfig

# Attributes of an enumeration are slow to look up (hot path).
_INTERNATIONAL, _ALPHANUMERIC, _ISDN = Ton.INTERNATIONAL, Ton.ALPHANUMERIC, Npi.ISDN


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """Type of number and numbering plan of both addresses.

    Args:
        source_ton: None is 5 for a name and 1 for a number, as the gateway's sample has it.
        source_npi: None is 1.
        dest_ton: 1, international.
        dest_npi: 1, ISDN.
        is_smsc_ru: An empty sender is a name, 5 and 1, and not unknown, 0 and 0 (v3.4 §5.2.5).
    """

    source_ton: int | None = None
    source_npi: int | None = None
    dest_ton: int = Ton.INTERNATIONAL
    dest_npi: int = Npi.ISDN
    is_smsc_ru: bool = True

    @classmethod
    def from_config(cls, config: SmscConfig) -> Self:
        """Return the types of number and numbering plans of *config*."""
        return cls(
            source_ton=config.source_ton,
            source_npi=config.source_npi,
            dest_ton=config.dest_ton,
            dest_npi=config.dest_npi,
            is_smsc_ru=_is_smsc_ru(config),
        )

    def of_sender(self, sender: str) -> tuple[int, int]:
        """Return the type of number and the numbering plan of *sender*."""
        ton, npi = self.source_ton, self.source_npi
        if not sender and not self.is_smsc_ru:
            return ton or 0, npi or 0
        if ton is None:
            ton = _INTERNATIONAL if sender.isdigit() else _ALPHANUMERIC
        return ton, _ISDN if npi is None else npi


def _is_smsc_ru(config: SmscConfig) -> bool:
    """Whether a host, or the name in its certificate, is the gateway's, or it is simulated."""
    certified = config.tls.server_hostname if config.tls else None
    names = (certified or "", *(host.name for host in config.hosts))
    return config.is_simulated or any(
        f".{name}".lower().rstrip(".").endswith(".smsc.ru") for name in names
    )


DEFAULT_ADDRESSING: Final = Addressing()
