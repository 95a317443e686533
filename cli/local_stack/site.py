"""The status site of the local stack as the public sees it: through the emulator's CloudFront."""

from __future__ import annotations

import httpx

from cli.local_stack.stack import LocalStack


def public_page(stack: LocalStack, path: str = "/") -> httpx.Response:
    """What a reader gets for a path (`/en/feed.json`), headers and all.

    Browsers take the site's own address for this machine; Python asks a name server, which does not know it, so the
    name goes into the request.
    """
    asked = {"host": stack.outputs["SiteDomain"], "x-forwarded-proto": "https"}
    with stack.http() as http:
        return http.get(f"{stack.endpoint_url}/{path.lstrip('/')}", headers=asked)
