"""A webhook for the gateway beside Django: one path bypasses Django, all others go to it.

    SMSC_SECRET='our secret' python examples/callback_django.py

Needs django and uvicorn. docs/en/callback.md shows how to send it a status with curl.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from smsc_async.contrib.callback import Event, StatusCallback

if TYPE_CHECKING:
    from smsc_async.contrib.callback import Receive, Scope, Send

# In a real project: settings.py, urls.py and views.py.
if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["127.0.0.1", "localhost"], ROOT_URLCONF=__name__)


async def index(_request: HttpRequest) -> HttpResponse:
    """Show that Django serves the other paths."""
    return HttpResponse("Django is here")


urlpatterns = [path("", index)]


# In a real project: asgi.py.
async def store(event: Event) -> None:
    """Store an event. The gateway gets 200 when this returns; a real program uses a database."""
    print(event, flush=True)


django = get_asgi_application()
callback = StatusCallback(store, secret=os.environ["SMSC_SECRET"])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Route a request by its path. The server's start and stop go to the webhook."""
    is_ours = scope["type"] == "lifespan" or scope["path"] == "/smsc"
    await (callback if is_ours else django)(scope, receive, send)


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=8000)
