"""A webhook for the gateway in Starlette: statuses, incoming messages, confirmed calls.

    SMSC_SECRET='our secret' python examples/callback_starlette.py

Needs starlette and uvicorn. docs/en/callback.md shows how to send it a status with curl.
"""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.routing import Route

from smsc_async.contrib.callback import Event, StatusCallback


async def store(event: Event) -> None:
    """Store an event. The gateway gets 200 when this returns; a real program uses a database."""
    print(event, flush=True)


callback = StatusCallback(store, secret=os.environ["SMSC_SECRET"])
app = Starlette(routes=[Route("/smsc", callback)])

if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=8000)
