"""Settings of the embedded simulator of `sim://`.

Rule: the few that a program sets by its URL. All others are fields of `Scenario`, for a simulator
that the program starts itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from pdu._tracebacks import hides_arguments
from pdu.enums import MessageState
from pdu.half_made import shows_half_made
from smsc_async._base_errors import ConfigError, check_kind
from smsc_async._config_checks import check_choice, check_integer, check_number

HoldMode = Literal["off", "receipt", "answer"]
"""What the simulator keeps back, see `SimulatorSettings`."""


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """What the embedded simulator of `sim://` does with each message.

    The defaults are those of `Scenario`. A running simulator is `SmscClient.simulator`.

    Args:
        state: Its outcome, a `MessageState`.
        error_code: The gateway's delivery error in its receipt, 0 to 999. It doesn't change the
            *state*; in a URL without a `state` any other than 0 makes it UNDELIVERABLE.
        receipt_delay: Seconds from the response to the outcome, and with it the receipt.
        hold: "receipt" keeps outcome and receipt back, "answer" the response as well, until the
            program decides them; "off" keeps nothing back.

    Raises:
        ConfigError: A setting is out of its range.
    """

    state: MessageState = MessageState.DELIVERED
    error_code: int = 0
    receipt_delay: float = 0.2
    hold: HoldMode = "off"

    def __post_init__(self) -> None:
        check_kind("state", self.state, MessageState)
        check_integer("error_code", self.error_code, 0, 999)
        check_number("receipt_delay", self.receipt_delay, 0, 86_400, "seconds")
        check_choice("hold", self.hold, get_args(HoldMode))


_DEFAULT: Final = SimulatorSettings()


def check_simulator(settings: object, *, is_simulated: bool) -> None:
    """Refuse settings of another type, and any where no simulator is started.

    Raises:
        ConfigError: It is the one or the other.
    """
    check_kind("simulator", settings, SimulatorSettings)
    if not is_simulated and settings != _DEFAULT:
        raise ConfigError("simulator", None, "is for the embedded simulator; use sim://")
