"""Send a one-time code and say what became of it.

    python examples/send_code.py 79991234567

Sends to the embedded simulator, or to the gateway whose URL is in the variable SMSC_URL.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys

from smsc_async import (
    InvalidMessageError,
    MessageState,
    Outcome,
    ReceiptTimeoutError,
    SendError,
    Sms,
    SmscClient,
)


async def send_code(smsc: SmscClient, phone: str) -> str:
    """Send a code to a phone and return what happened, for the user's eyes."""
    code = f"{secrets.randbelow(10_000):04}"
    try:
        sent = await smsc.send(Sms(to=phone, text=f"Код входа: {code}"), timeout=10)
    except InvalidMessageError as error:
        return f"Not sent: {error}"
    except SendError as error:
        if error.outcome is Outcome.UNKNOWN:  # it may arrive and be charged: don't send it again
            return "It may be on its way; wait a minute before you ask for another one."
        return f"Not sent: {error}"
    try:
        receipt = await sent.receipt(timeout=30)
    except ReceiptTimeoutError:
        return "Sent; the phone hasn't confirmed it yet."
    if receipt.state is MessageState.DELIVERED:
        return "Delivered."
    return f"Not delivered, error {receipt.error_code}."


async def main(phone: str) -> None:
    """Open a client for one code; a real program keeps it open while it runs."""
    async with SmscClient(os.environ.get("SMSC_URL", "sim://")) as smsc:
        print(await send_code(smsc, phone))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/send_code.py PHONE")
    asyncio.run(main(sys.argv[1]))
