"""A webhook for the gateway in FastAPI, and a route that shows the state of a message.

    SMSC_SECRET='our secret' python examples/callback_fastapi.py

Needs fastapi and uvicorn. docs/en/callback.md shows how to send it a status with curl.
"""

from __future__ import annotations

import os

from fastapi import FastAPI
from starlette.routing import Route

from smsc_async import Receipt
from smsc_async.contrib.callback import Event, StatusCallback

statuses: dict[str, str] = {}


async def store(event: Event) -> None:
    """Keep the latest status of each message; a real program uses a database."""
    if isinstance(event, Receipt):
        statuses[event.message_id] = repr(event)


callback = StatusCallback(store, secret=os.environ["SMSC_SECRET"])
app = FastAPI(routes=[Route("/smsc", callback)])


@app.get("/statuses/{message_id}")
async def status(message_id: str) -> str:
    """Return the latest status of a message."""
    return statuses.get(message_id, "nothing yet")


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=8000)
