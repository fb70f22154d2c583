"""Calls about one batch, without retries."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union, cast
from urllib.parse import quote, urlencode

from ._errors import retry_after_of
from ._http import Http, Response
from ._inputs import ImageInput, Upload, wire_options
from ._jobs import json_of, upload
from ._results import BatchKey, Cutout, JobKey, custom_id_of, facts_of
from ._wire import Batch, BatchCreated, BatchJob


@dataclass(frozen=True)
class NextResult:
    """The next finished image of a batch."""

    custom_id: str
    cutout: Cutout


@dataclass(frozen=True)
class NoResult:
    """No image is finished yet, or none is left."""

    is_complete: bool
    #: Seconds until the next question makes sense.
    retry_after: float


class AsyncBatches:
    """The calls of the API about one batch, without retries. Each raises `RemoveBgError`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def open(
        self, *, start_within: Optional[int] = None, keep_at_most: Optional[int] = None
    ) -> BatchCreated:
        """Opens a batch. Only the token in the answer gives access to it.

        The options apply to images that are added without their own.
        """
        headers = {"Accept": "application/json", **self._http.key_headers}
        fields = wire_options({"start_within": start_within, "keep_at_most": keep_at_most})
        path = f"/v1/batches?{urlencode(fields)}" if fields else "/v1/batches"
        response = await self._http.send("POST", path, headers, timeout=self._http.idle_s)
        return cast(BatchCreated, await json_of(response, 201))

    async def add(
        self,
        batch: BatchKey,
        image: ImageInput,
        *,
        custom_id: str,
        background: Optional[ImageInput] = None,
        mask: Optional[ImageInput] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> BatchJob:
        """Adds an image. A repeated `custom_id` returns the existing job."""
        loop = asyncio.get_running_loop()
        given = options or {}
        sent = await loop.run_in_executor(None, Upload, image, given, background, mask)
        query: List[Tuple[str, str]] = [("custom_id", custom_id)]
        response = await upload(self._http, _path(batch, "/jobs"), query, sent, _bearer(batch))
        return cast(BatchJob, await json_of(response, 202, 200))

    async def next(
        self, batch: BatchKey, *, wait: Optional[int] = None
    ) -> Union[NextResult, NoResult]:
        """The next finished image; waits up to `wait` seconds for one. Each is delivered once."""
        response = await self._ask("GET", batch, "/results", wait)
        headers = response.headers
        if response.status == 204:
            await response.read()
            delay = retry_after_of(headers.get("retry-after"))
            is_complete = headers.get("x-batch-status") == "complete"
            return NoResult(is_complete, 1.0 if delay is None else delay)
        if response.status != 200:
            raise await response.error()
        data = await response.read()
        # The token of the job comes with the answer to `add`.
        job = JobKey(headers.get("x-job-id", ""), "")
        cutout = Cutout(facts=facts_of(headers, len(data)), job=job, data=data)
        return NextResult(custom_id_of(headers), cutout)

    async def view(self, batch: BatchKey, *, wait: Optional[int] = None) -> Batch:
        """Counts by status, and the failures."""
        return cast(Batch, await json_of(await self._ask("GET", batch, "", wait), 200))

    async def close(self, batch: BatchKey) -> Batch:
        """Closes the batch for new images. It is complete when every image has ended."""
        return cast(Batch, await json_of(await self._ask("POST", batch, "/close"), 200))

    async def cancel(self, batch: BatchKey) -> None:
        """Cancels the batch and deletes all its data."""
        response = await self._ask("DELETE", batch, "")
        if response.status >= 300:
            raise await response.error()
        await response.read()

    async def _ask(
        self, method: str, batch: BatchKey, suffix: str, wait: Optional[int] = None
    ) -> Response:
        query = "" if wait is None else f"?wait={wait}"
        limit = (wait or 0) + self._http.idle_s
        path = _path(batch, suffix) + query
        return await self._http.send(method, path, _bearer(batch), timeout=limit)


def _path(batch: BatchKey, suffix: str) -> str:
    return f"/v1/batches/{quote(batch.id, safe='')}{suffix}"


def _bearer(batch: BatchKey) -> Dict[str, str]:
    return {"Authorization": f"Bearer {batch.token}"}
