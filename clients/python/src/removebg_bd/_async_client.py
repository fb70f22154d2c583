"""The asynchronous client."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, AsyncGenerator, Awaitable, Callable, Optional, Type, TypeVar, cast

from ._batch_run import BatchImages, BatchOutcome, BatchRun
from ._batches import AsyncBatches
from ._errors import RemoveBgError
from ._http import Http, Response
from ._inputs import ImageInput, Upload, wire_options
from ._jobs import AsyncJobs, key_of, raise_if_ended, receipt_keys
from ._results import Cutout, JobKey, SavedCutout, Target, facts_of, write_to
from ._retry import RetryPolicy, limited, retry
from ._wire import CutoutOptions, JobEvent, ReceiptKeySet
from .receipts import ReceiptCheck, check_receipt

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

_MAX_ATTEMPTS = 3
_SUBMIT_TIMEOUT_S = 600.0
_RESULT_WAIT_S = 20
_RECEIPT_WAIT_S = 10
_CANCEL_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Progress:
    """Progress of an image. States can be skipped, and can repeat after a failed connection."""

    #: sending, queued, running, fetching, or waiting (the request is sent again after `delay`).
    state: str
    #: Place in the queue; 1 is next.
    position: Optional[int] = None
    #: Estimated seconds until the result is ready.
    eta: Optional[float] = None
    #: True when no worker was running, and one is being started.
    worker_starting: bool = False
    #: What the worker does: decode, infer, refine, …
    stage: Optional[str] = None
    percent: Optional[float] = None
    #: Code of the error that caused the wait.
    code: Optional[str] = None
    #: Seconds until the request is sent again.
    delay: Optional[float] = None


OnProgress = Callable[[Progress], Any]
OnWait = Callable[[str, float], Any]


class AsyncClient:
    """Client of a Removebg BD service for asyncio, for one image or thousands.

    Retries while the service is busy or unreachable, and submits an image again if the service
    lost it. Cancelling the task cancels the job at the service.

    :param base_url: address of the service; default: ``REMOVEBG_SERVER`` of the environment
    :param api_key: default: ``REMOVEBG_KEY`` of the environment; "" for none
    :param patience: how long to retry while the service is unreachable or busy, in seconds
    :param retry_delay: first delay before a retry when the service names none, in seconds
    :param connect_timeout: limit for a connection, in seconds
    :param idle_timeout: how long a connection may send nothing, in seconds
    :param first_event_timeout: wait for the first event before the fall-back to long polling
    :param ssl_context: certificates; default: those of the system
    :param proxy: such as ``http://proxy:3128``; default: from the environment; "" for none
    """

    def __init__(
        self,
        base_url: Optional[str] = None,
        *,
        api_key: Optional[str] = None,
        patience: float = 120.0,
        retry_delay: float = 1.0,
        connect_timeout: float = 10.0,
        idle_timeout: float = 60.0,
        first_event_timeout: float = 5.0,
        ssl_context: Optional[ssl.SSLContext] = None,
        proxy: Optional[str] = None,
    ) -> None:
        self._http = Http(base_url, api_key, ssl_context, proxy, connect_timeout, idle_timeout)
        self._patience = patience
        self._retry_delay = retry_delay
        #: Calls about one job, without retries.
        self.jobs = AsyncJobs(self._http, retry_delay, first_event_timeout)
        #: Calls about one batch, without retries.
        self.batches = AsyncBatches(self._http)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes idle connections."""
        await self._http.close()

    async def remove(
        self,
        image: ImageInput,
        *,
        background: Optional[ImageInput] = None,
        mask: Optional[ImageInput] = None,
        on_progress: Optional[OnProgress] = None,
        timeout: Optional[float] = None,
        **options: Unpack[CutoutOptions],
    ) -> Cutout:
        """Removes the background of an image. The result is in memory.

        :param background: image behind the subject; it is scaled to fill the result
        :param mask: takes the place of the model: a matte or a trimap
        :param on_progress: called with each `Progress`; what it raises cancels the job
        :param timeout: limit for everything, in seconds; then the job is cancelled
        :raises RemoveBgError: any failure
        :raises TimeoutError: `timeout` is over
        """

        async def read(response: Response, job: JobKey) -> Cutout:
            data = await response.read()
            return Cutout(facts=facts_of(response.headers, len(data)), job=job, data=data)

        return await self._remove(image, options, background, mask, on_progress, timeout, read)

    async def remove_to(
        self,
        target: Target,
        image: ImageInput,
        *,
        background: Optional[ImageInput] = None,
        mask: Optional[ImageInput] = None,
        on_progress: Optional[OnProgress] = None,
        timeout: Optional[float] = None,
        **options: Unpack[CutoutOptions],
    ) -> SavedCutout:
        """Removes the background of an image and writes the result to a path or binary file.

        The result is written in chunks as it arrives. A path gets the whole result or stays as it
        was. Otherwise as `remove`.
        """

        async def save(response: Response, job: JobKey) -> SavedCutout:
            try:
                size = await write_to(target, response)
            finally:
                response.close()
            return SavedCutout(facts=facts_of(response.headers, size), job=job)

        return await self._remove(image, options, background, mask, on_progress, timeout, save)

    def batch(
        self,
        images: BatchImages,
        *,
        window: int = 32,
        background: Optional[ImageInput] = None,
        on_wait: Optional[OnWait] = None,
        **options: Unpack[CutoutOptions],
    ) -> AsyncGenerator[BatchOutcome, None]:
        """Removes the backgrounds of any number of images; yields each outcome when it is ready.

        Keeps only a few images in memory. A failed image is an outcome and does not affect the
        others. Closing the generator cancels the remaining images.

        :param images: `BatchImage`s, or images alone; also an asynchronous iterable
        :param window: maximum number of images at the service at a time
        :param on_wait: called with the code of the error and the seconds before each retry
        :raises RemoveBgError: every image would fail: the key is invalid, or there is no service
        """
        wire_options(options)
        return self._batch(images, window, options, background, on_wait)

    async def _batch(
        self, images: BatchImages, window: int, options: Any, background: Any, on_wait: Any
    ) -> AsyncGenerator[BatchOutcome, None]:
        policy = RetryPolicy(self._patience, self._retry_delay, on_wait)
        run = BatchRun(self.jobs, self.batches, images, window, options, background, policy)
        outcomes = run.outcomes()
        try:
            async for outcome in outcomes:
                yield outcome
        finally:
            await outcomes.aclose()

    async def receipt(self, job: JobKey) -> str:
        """The signed deletion receipt of a job that has ended: a compact JWS."""
        policy = RetryPolicy(self._patience, self._retry_delay)
        return await retry(lambda: self.jobs.receipt(job, wait=_RECEIPT_WAIT_S), policy)

    async def receipt_keys(self) -> ReceiptKeySet:
        """The service's public keys."""
        policy = RetryPolicy(self._patience, self._retry_delay)
        return await retry(lambda: receipt_keys(self._http), policy)

    async def verify(self, receipt: str, keys: Optional[ReceiptKeySet] = None) -> ReceiptCheck:
        """Verifies a deletion receipt, by default with the keys that the service publishes."""
        return check_receipt(receipt, await self.receipt_keys() if keys is None else keys)

    async def _remove(
        self,
        image: Any,
        options: Any,
        background: Any,
        mask: Any,
        on_progress: Optional[OnProgress],
        timeout: Optional[float],
        take: Callable[[Response, JobKey], Awaitable[T]],
    ) -> T:
        run = _CutoutRun(self.jobs, on_progress, self._patience, self._retry_delay, take)
        loop = asyncio.get_running_loop()

        async def all_of_it() -> T:
            sent = await loop.run_in_executor(None, Upload, image, options, background, mask)
            return cast(T, await run.result(sent))

        try:
            return await asyncio.wait_for(all_of_it(), timeout)
        except asyncio.TimeoutError as reason:
            raise TimeoutError(f"no result within {timeout} s") from reason


class _CutoutRun:
    """Cuts out one image: submits it, follows its progress, fetches the result."""

    def __init__(
        self,
        jobs: AsyncJobs,
        on_progress: Optional[OnProgress],
        patience: float,
        delay: float,
        take: Callable[[Response, JobKey], Awaitable[Any]],
    ) -> None:
        self._jobs = jobs
        self._on_progress = on_progress
        self._take = take
        self._policy = RetryPolicy(patience, delay, self._report_wait)

    async def result(self, sent: Upload) -> Any:
        attempt = 1
        while True:
            try:
                return await self._cut_out_once(sent)
            except RemoveBgError as error:
                if not error.is_lost_image or attempt == _MAX_ATTEMPTS:
                    raise
            attempt += 1
            await asyncio.sleep(self._policy.delay)

    async def _cut_out_once(self, sent: Upload) -> Any:
        # One key for all attempts: with an API key, the service recognizes a repetition.
        key = str(uuid.uuid4())
        self._report(Progress("sending"))
        job = await retry(lambda: self._submit(sent, key), self._policy)
        try:
            if self._on_progress is not None:
                await self._follow(job)
            return await self._fetch(job)
        except BaseException:
            # No result will be fetched: the job's data is deleted at once.
            await self._cancel(job)
            raise

    async def _submit(self, sent: Upload, key: str) -> JobKey:
        request = limited(_SUBMIT_TIMEOUT_S, self._jobs._submit(sent, key))
        task = asyncio.ensure_future(request)
        try:
            return key_of(await asyncio.shield(task))
        except asyncio.CancelledError:
            # The job may already be accepted: its answer has the token that cancels it.
            try:
                await self._cancel(key_of(await asyncio.wait_for(task, _CANCEL_TIMEOUT_S)))
            except (RemoveBgError, asyncio.TimeoutError):
                pass
            raise
        finally:
            task.cancel()

    async def _follow(self, job: JobKey) -> None:
        """Reports progress until the result is ready. Fetching the result reports lost connections."""
        events = self._jobs.events(job)
        try:
            async for event in events:
                progress = _progress_of(event)
                if progress is not None:
                    self._report(progress)
                if event["event"] == "done":
                    return
                raise_if_ended(event)
        except RemoveBgError as error:
            if not error.retryable and error.code != "unexpected-answer":
                raise
        finally:
            await events.aclose()

    async def _fetch(self, job: JobKey) -> Any:
        async def attempt() -> Any:
            answer = await self._jobs._result(job, _RESULT_WAIT_S)
            return await self._take(answer, job) if isinstance(answer, Response) else answer

        while True:
            found = await retry(attempt, self._policy)
            if not isinstance(found, float):
                return found
            # A service that is shutting down answers before the wait is over.
            await asyncio.sleep(min(found, self._policy.delay))

    async def _cancel(self, job: JobKey) -> None:
        try:
            await limited(_CANCEL_TIMEOUT_S, self._jobs.cancel(job))
        except RemoveBgError:
            pass

    def _report(self, progress: Progress) -> None:
        if self._on_progress is not None:
            self._on_progress(progress)

    def _report_wait(self, code: str, delay: float) -> None:
        self._report(Progress("waiting", code=code, delay=delay))


def _progress_of(event: JobEvent) -> Optional[Progress]:
    if event["event"] == "queued":
        eta_ms = event["data"].get("eta_ms")
        eta = None if eta_ms is None else eta_ms / 1000
        return Progress(
            "queued",
            position=event["data"].get("position"),
            eta=eta,
            worker_starting=event["data"].get("worker_starting", False),
        )
    if event["event"] == "started":
        return Progress("running", percent=0)
    if event["event"] == "progress":
        stage, percent = event["data"]["stage"], event["data"]["percent"]
        return Progress("running", stage=stage, percent=percent)
    return Progress("fetching") if event["event"] == "done" else None
