"""What the gateway tells by HTTP, in FastAPI: who was reached, asked by another route.

    SMSC_SECRET='our secret' python examples/callback_fastapi.py

Needs fastapi and uvicorn. docs/callback.md shows how to send it a status by curl.
"""

from __future__ import annotations

import os

from fastapi import FastAPI
from starlette.routing import Route

from smsc_async import Receipt
from smsc_async.contrib.callback import Event, StatusCallback

statuses: dict[str, str] = {}


async def store(event: Event) -> None:
    """Remember the newest status of each message; a real one would use a database."""
    if isinstance(event, Receipt):
        statuses[event.message_id] = repr(event)


callback = StatusCallback(store, secret=os.environ["SMSC_SECRET"])
app = FastAPI(routes=[Route("/smsc", callback)])


@app.get("/statuses/{message_id}")
async def status(message_id: str) -> str:
    """Tell what is known of a message."""
    return statuses.get(message_id, "nothing yet")


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=8000)
