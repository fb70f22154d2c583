"""Calls about one job, and its events."""

from __future__ import annotations

import asyncio
import codecs
import json
import random
from typing import Any, AsyncGenerator, AsyncIterator, Dict, Iterator, List, Mapping, Optional, Tuple, cast
from urllib.parse import quote

from ._errors import RemoveBgError, error_of_end, retry_after_of
from ._http import Http, Response
from ._inputs import ImageInput, Upload
from ._results import Cutout, Facts, JobKey, Target, facts_of, write_to
from ._retry import limited
from ._wire import Job, JobAccepted, JobEvent, ReceiptKeySet

_FINAL = frozenset(["failed", "cancelled", "expired", "purged"])
_NAMES = _FINAL | {"accepted", "queued", "started", "progress", "done", "chunk"}
_POLL_WAIT_S = 20
_POLL_TIMEOUT_S = 90.0
_POLL_DELAY_S = 0.25
_MAX_STREAM_FAILURES = 3
_MAX_POLL_FAILURES = 8
_MAX_DELAY_S = 10.0


async def upload(
    http: Http,
    path: str,
    query: List[Tuple[str, str]],
    sent: Upload,
    headers: Mapping[str, str],
) -> Response:
    text, body = sent.request(query)
    all_headers = {"Accept": "application/json", **http.key_headers, **headers}
    return await http.send("POST", f"{path}?{text}" if text else path, all_headers, body)


class AsyncJobs:
    """The calls of the API about one job, without retries. Each raises `RemoveBgError`."""

    def __init__(self, http: Http, retry_delay: float, first_event_timeout: float) -> None:
        self._http = http
        self._retry_delay = retry_delay
        self._first_s = first_event_timeout

    async def submit(
        self,
        image: ImageInput,
        *,
        background: Optional[ImageInput] = None,
        mask: Optional[ImageInput] = None,
        idempotency_key: Optional[str] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> JobAccepted:
        """Submits an image. Only the token in the answer gives access to the job.

        A repeated submission with the same `idempotency_key` returns the existing job; that needs
        an API key.
        """
        loop = asyncio.get_running_loop()
        given = options or {}
        sent = await loop.run_in_executor(None, Upload, image, given, background, mask)
        return await self._submit(sent, idempotency_key)

    async def _submit(self, sent: Upload, idempotency_key: Optional[str]) -> JobAccepted:
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        response = await upload(self._http, "/v1/jobs", [], sent, headers)
        return cast(JobAccepted, await json_of(response, 202))

    async def status(self, job: JobKey, *, wait: Optional[int] = None) -> Job:
        """The job's status; with `wait`, waits up to that many seconds for a change."""
        return cast(Job, await json_of(await self._ask(job, "", wait), 200))

    async def result(self, job: JobKey, *, wait: Optional[int] = None) -> Optional[Cutout]:
        """The result, or None if it is not ready after `wait` seconds. Delivered once."""
        response = await self._result(job, wait)
        if not isinstance(response, Response):
            return None
        data = await response.read()
        return Cutout(facts=facts_of(response.headers, len(data)), job=job, data=data)

    async def result_to(
        self, job: JobKey, target: Target, *, wait: Optional[int] = None
    ) -> Optional[Facts]:
        """Writes the result to `target`; None if it is not ready after `wait` seconds."""
        response = await self._result(job, wait)
        if not isinstance(response, Response):
            return None
        try:
            size = await write_to(target, response)
        finally:
            response.close()
        return facts_of(response.headers, size)

    async def _result(self, job: JobKey, wait: Optional[int]) -> object:
        """The answer with the result, or the seconds until the next question."""
        response = await self._ask(job, "/result", wait)
        if response.status == 202:
            await response.read()
            delay = retry_after_of(response.headers.get("retry-after"))
            return 1.0 if delay is None else delay
        if response.status != 200:
            raise await response.error()
        return response

    async def receipt(self, job: JobKey, *, wait: Optional[int] = None) -> str:
        """The signed deletion receipt of a job that has ended: a compact JWS."""
        response = await self._ask(job, "/receipt", wait, {"Accept": "application/jose"})
        if response.status != 200:
            raise await response.error()
        return (await response.read()).decode("ascii", "replace").strip()

    async def cancel(self, job: JobKey) -> None:
        """Cancels the job and deletes its data."""
        response = await self._ask(job, "", None, method="DELETE")
        if response.status >= 300:
            raise await response.error()
        await response.read()

    async def events(self, job: JobKey) -> AsyncGenerator[JobEvent, None]:
        """The job's events up to the last one. An event can arrive twice.

        Uses server-sent events and reconnects; falls back to long polling if the stream is blocked.
        """
        last_id = ""
        failures = 0
        has_received = False
        delay = self._retry_delay
        while failures < _MAX_STREAM_FAILURES:
            response: Optional[Response] = None
            try:
                response = await self._open_stream(job, last_id)
                reader = SseReader(last_id)
                first_s = None if has_received else self._first_s
                async for chunk in response.chunks(first_s):
                    for name, data, last_id in reader.feed(chunk):
                        failures, has_received = 0, True
                        event = _event_of(name, data, last_id)
                        if event is None:
                            continue
                        yield event
                        if name in _FINAL:
                            return
                delay = reader.retry_s or delay
            except RemoveBgError as error:
                if _is_refusal(error):
                    raise
                if not has_received and isinstance(error.__cause__, asyncio.TimeoutError):
                    break
            finally:
                if response is not None:
                    response.close()
            failures += 1
            await asyncio.sleep(_backoff(delay, failures))
        async for event in self._polled_events(job):
            yield event

    async def _open_stream(self, job: JobKey, last_id: str) -> Response:
        headers = {"Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        response = await self._ask(job, "/events", None, headers, timeout=self._first_s)
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        if response.status != 200 or not is_stream:
            raise await response.error()
        return response

    async def _polled_events(self, job: JobKey) -> AsyncIterator[JobEvent]:
        etag: Optional[str] = None
        failures = 0
        while True:
            try:
                headers = {} if etag is None else {"If-None-Match": etag}
                wait = None if etag is None else _POLL_WAIT_S
                response = await limited(_POLL_TIMEOUT_S, self._ask(job, "", wait, headers))
                failures = 0
                if response.status == 304:
                    await response.read()
                else:
                    etag = response.headers.get("etag", etag)
                    event = event_of_view(cast(Job, await json_of(response, 200)))
                    yield event
                    if event["event"] in _FINAL:
                        return
                await asyncio.sleep(_POLL_DELAY_S)
            except RemoveBgError as error:
                failures += 1
                if _is_refusal(error) or failures >= _MAX_POLL_FAILURES:
                    raise
                asked = error.retry_after
                delay = _backoff(self._retry_delay, failures) if asked is None else asked
                await asyncio.sleep(delay)

    async def _ask(
        self,
        job: JobKey,
        suffix: str,
        wait: Optional[int],
        headers: Optional[Mapping[str, str]] = None,
        *,
        method: str = "GET",
        timeout: Optional[float] = None,
    ) -> Response:
        query = "" if wait is None else f"?wait={wait}"
        path = f"/v1/jobs/{quote(job.id, safe='')}{suffix}{query}"
        all_headers = {"Authorization": f"Bearer {job.token}", **(headers or {})}
        limit = (wait or 0) + self._http.idle_s if timeout is None else timeout
        return await self._http.send(method, path, all_headers, timeout=limit)


async def json_of(response: Response, *statuses: int) -> Any:
    if response.status not in statuses:
        raise await response.error()
    try:
        return json.loads(await response.read())
    except ValueError as reason:
        raise RemoveBgError("unexpected-answer", status=response.status) from reason


async def receipt_keys(http: Http) -> ReceiptKeySet:
    response = await http.send("GET", "/.well-known/jwks.json", {}, timeout=http.idle_s)
    found = await json_of(response, 200)
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(_is_receipt_key(key) for key in keys):
        raise RemoveBgError("unexpected-answer", title="This is not a set of receipt keys")
    return cast(ReceiptKeySet, found)


def _is_receipt_key(key: object) -> bool:
    if not isinstance(key, dict) or key.get("kty") != "OKP" or key.get("crv") != "Ed25519":
        return False
    return isinstance(key.get("x"), str) and isinstance(key.get("kid"), str)


def key_of(answer: JobAccepted) -> JobKey:
    return JobKey(answer["id"], answer["token"])


class SseReader:
    """Parses an event stream that arrives in chunks, split anywhere."""

    def __init__(self, last_id: str = "") -> None:
        self.retry_s: Optional[float] = None
        self._last_id = last_id
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._name = ""
        self._data: List[str] = []
        self._is_after_cr = False
        self._is_first = True

    def feed(self, chunk: bytes) -> Iterator[Tuple[str, str, str]]:
        """Name, data and last event id of each event that the chunk completes."""
        text = self._decode(chunk)
        if self._is_first and text:
            text = text[1:] if text[0] == "\ufeff" else text
            self._is_first = False
        if self._is_after_cr and text.startswith("\n"):
            text = text[1:]
        if text:
            self._is_after_cr = text.endswith("\r")
        lines = (self._rest + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop()
        for line in lines:
            if line == "":
                if self._data:
                    yield self._name or "message", "\n".join(self._data), self._last_id
                self._name, self._data = "", []
                continue
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if field == "event":
                self._name = value
            elif field == "data":
                self._data.append(value)
            elif field == "id" and "\0" not in value:
                self._last_id = value
            elif field == "retry" and value.isdecimal():
                self.retry_s = int(value) / 1000


def _event_of(name: str, data: str, last_id: str) -> Optional[JobEvent]:
    if name not in _NAMES:
        return None
    try:
        event: Dict[str, Any] = {"event": name, "data": json.loads(data)}
    except ValueError:
        return None
    if last_id:
        event["id"] = last_id
    return cast(JobEvent, event)


def event_of_view(view: Job) -> JobEvent:
    """The event that corresponds to a status, for long polling."""
    status = view["status"]
    data: Dict[str, Any] = {}
    name: str = status
    if status == "running":
        name, data = "started", {"attempt": 1}
    elif status in ("ready", "delivering"):
        facts: Mapping[str, Any] = view.get("result", {})
        links = view["links"]
        name = "done"
        data = {**facts, "expires_at": view["expires_at"], "link": links["result"]}
    elif status == "delivered":
        name, data = "purged", {"reason": "delivered", "at": view["expires_at"]}
    elif status == "failed":
        data = {"problem": view.get("problem") or {"code": "processing-failed"}}
    elif status in ("accepted", "queued"):
        name = "queued"
        if "queue_position" in view:
            data["position"] = view["queue_position"]
        if "eta_ms" in view:
            data["eta_ms"] = view["eta_ms"]
        if "worker_starting" in view:
            data["worker_starting"] = view["worker_starting"]
    return cast(JobEvent, {"event": name, "data": data})


def raise_if_ended(event: JobEvent) -> None:
    """Raises the error of an event that ends the job without a result."""
    if event["event"] == "failed":
        raise error_of_end(event["data"]["problem"])
    codes = {
        "cancelled": "job-cancelled",
        "expired": "result-expired",
        "purged": "result-delivered",
    }
    code = codes.get(event["event"])
    if code is not None:
        raise RemoveBgError(code, status=410)


def _is_refusal(error: RemoveBgError) -> bool:
    return not error.is_temporary and error.code != "unexpected-answer"


def _backoff(base: float, failures: int) -> float:
    delay: float = min(_MAX_DELAY_S, base * 2.0 ** max(0, failures - 1))
    return delay * (0.75 + random.random() / 2)
