"""The transport that may change something: a reader's transport with one more method, for the writer alone.

What is sent, and what its answer means, is the writer's. The one thing to know: no idle connection is kept, because one that died in the
meantime would leave a write uncertain for nothing.
"""

from __future__ import annotations

import httpx
from pydantic import SecretStr

from handoff_pipeline.halo.origin import below, same_origin
from handoff_pipeline.halo.transport import Answer, Transport, bearer

NO_IDLE_CONNECTIONS = httpx.Limits(max_keepalive_connections=0)


class WritingTransport(Transport):
    """Posts to the tenant's API. Use as an async context manager."""

    def __init__(self, base: httpx.URL, inner: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(base, inner, limits=NO_IDLE_CONNECTIONS)

    async def post(self, url: httpx.URL, body: bytes, token: SecretStr) -> Answer:
        """A POST of a JSON body to the tenant's own origin, with the token.

        Raises:
            Unreachable: no whole answer; it may have arrived.
            ProtocolError: a redirect, or an answer above the cap; it may have been done all the same.
            ValueError: an address of another origin.
        """
        self._own(url)
        return await self._send(
            self._client.build_request(
                "POST", url, content=body, headers={"content-type": "application/json; charset=utf-8", **bearer(token)}
            )
        )

    def _permits(self, request: httpx.Request) -> bool:
        """Besides what a reader may: a POST below the tenant's API."""
        is_api = same_origin(request.url, self._base) and request.url.path.startswith(below(self._base, "/api").path + "/")
        return super()._permits(request) or (request.method == "POST" and is_api)
