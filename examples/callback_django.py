"""What the gateway tells by HTTP, beside Django: one path goes past it, all others to it.

    SMSC_SECRET='our secret' python examples/callback_django.py

Needs django and uvicorn. docs/callback.md shows how to send it a status by curl.
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
    """Stand for all that Django serves."""
    return HttpResponse("Django is here")


urlpatterns = [path("", index)]


# In a real project: asgi.py.
async def store(event: Event) -> None:
    """Keep it where it survives a restart: 200 is answered when this has returned."""
    print(event, flush=True)


django = get_asgi_application()
callback = StatusCallback(store, secret=os.environ["SMSC_SECRET"])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Send each request where it belongs; a server's start and stop are answered as well."""
    is_ours = scope["type"] == "lifespan" or scope["path"] == "/smsc"
    await (callback if is_ours else django)(scope, receive, send)


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=8000)
