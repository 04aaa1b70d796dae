"""The operator's product inventory over HTTP (TMF637 v4): one GET, one guarded PATCH."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

from trueline.writeback.document import CHARACTERISTICS, Characteristic

TIMEOUT_S = 20.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MERGE_PATCH = "application/merge-patch+json"
AGAIN = frozenset({401, 403, 408, 409, 412, 423, 425, 429})  # 4xx that may pass by themselves


class Unavailable(Exception):
    """Not now: try again later."""


class Refused(Exception):
    """Not so: the same message would be refused again."""


class Changed(Exception):
    """Somebody changed the product since it was read (412)."""


@dataclass(frozen=True)
class ReadProduct:
    """A product as the inventory gives it. `etag` None: the inventory guards nothing."""

    content: Mapping[str, object]
    etag: str | None


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the token to another host."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@dataclass(frozen=True)
class InventoryClient:
    """`base` is the API's root, such as `https://inventory.example/tmf-api/productInventory/v4`."""

    base: str
    token: str = ""

    def read(self, product_id: str) -> ReadProduct:
        with self._ask("GET", product_id) as answer:
            etag = answer.headers.get("ETag")
            return ReadProduct(_parsed(answer.read(MAX_ANSWER_BYTES + 1)), etag)

    def change(self, product_id: str, own: Sequence[Characteristic], etag: str | None) -> None:
        """Replace the characteristics; Changed where the product is not as it was read."""
        body = json.dumps({CHARACTERISTICS: list(own)}).encode()
        guard = {"If-Match": etag} if etag else {}
        headers = {"Content-Type": MERGE_PATCH, **guard}
        with self._ask("PATCH", product_id, body, headers) as answer:
            answer.read(MAX_ANSWER_BYTES)

    def _ask(
        self,
        method: str,
        product_id: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HTTPResponse:
        address = f"{self.base.rstrip('/')}/product/{quote(product_id, safe='')}"
        told = {"Accept": "application/json", **(headers or {})}
        if self.token:
            told["Authorization"] = f"Bearer {self.token}"
        request = Request(address, data=body, headers=told, method=method)
        try:
            opener = build_opener(_NoRedirects)
            return cast(HTTPResponse, opener.open(request, timeout=TIMEOUT_S))
        except HTTPError as error:
            with error:
                raise _failure(error.code, f"{method} {address}") from None
        except (URLError, HTTPException, TimeoutError, OSError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise Unavailable(f"{method} {address}: {reason}") from None


def _failure(code: int, what: str) -> Exception:
    told = f"{what} was answered with {code}"
    if code == 412:
        return Changed(told)
    if 400 <= code < 500 and code not in AGAIN:
        return Refused(told)
    return Unavailable(told)


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        content = json.loads(body)
    except ValueError:
        raise Refused("The inventory's answer is no JSON") from None
    if not isinstance(content, dict):
        raise Refused("The inventory's answer is no product")
    return content
