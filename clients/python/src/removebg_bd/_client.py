"""The synchronous client: it runs the asynchronous one on a loop in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import queue
import ssl
import threading
import weakref
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
    Mapping,
    Optional,
    Set,
    Tuple,
    Type,
    TypeVar,
    Union,
    cast,
)

from ._async_client import AsyncClient, OnProgress, OnWait, Progress
from ._batch_run import BatchImages, BatchOutcome
from ._batches import AsyncBatches, NextResult, NoResult
from ._inputs import ImageInput, wire_options
from ._jobs import AsyncJobs
from ._results import BatchKey, Cutout, Facts, JobKey, SavedCutout, Target
from ._wire import Batch, BatchCreated, BatchJob, CutoutOptions, Job, JobAccepted, JobEvent
from ._wire import ReceiptKeySet
from .receipts import ReceiptCheck

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

_END_TIMEOUT_S = 10.0
_END = object()
# "result" or "error", and its value.
_Task = asyncio.Task[Tuple[str, Any]]


class _Runner:
    """A loop in a daemon thread. It starts with the first call, and again after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._thread: Optional[threading.Thread] = None
        self._pid = 0
        self._tasks: Set[_Task] = set()

    def run(
        self,
        call: Callable[[Callable[[Any], None]], Awaitable[T]],
        on_event: Optional[Callable[[Any], Any]] = None,
    ) -> T:
        """Runs a call to its end. `on_event` gets in this thread what the call emits.

        What interrupts the wait, or `on_event` raises, cancels the call first.
        """
        box: queue.SimpleQueue[Tuple[str, Any]] = queue.SimpleQueue()
        started: Set[_Task] = set()

        async def main() -> Tuple[str, Any]:
            try:
                return "result", await call(lambda event: box.put(("event", event)))
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                return "error", error

        def end(task: _Task) -> None:
            # Also for a task that is cancelled before its first step.
            box.put(("error", asyncio.CancelledError()) if task.cancelled() else task.result())

        with self._lock:
            # Under the lock: a call that starts while another thread closes ends with the others.
            loop, tasks = self._started()

            def start() -> None:
                task = loop.create_task(main())
                started.add(task)
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(end)

            loop.call_soon_threadsafe(start)
        try:
            while True:
                kind, value = box.get()
                if kind == "event":
                    if on_event is not None:
                        on_event(value)
                elif kind == "result":
                    return cast(T, value)
                else:
                    break
        except BaseException:
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in started])
            try:
                while box.get(timeout=_END_TIMEOUT_S)[0] == "event":
                    pass
            except queue.Empty:
                pass
            raise
        if isinstance(value, asyncio.CancelledError):
            raise RuntimeError("the client was closed") from value
        raise value

    def close(self, last: Callable[[], Awaitable[None]]) -> None:
        with self._lock:
            loop, thread, tasks = self._loop, self._thread, self._tasks
            self._loop = self._thread = None
            if loop is None or thread is None or self._pid != os.getpid():
                return
            stop = loop.stop
            ending = asyncio.run_coroutine_threadsafe(self._end(tasks, last), loop)
        if thread is threading.current_thread():
            # The client was collected in this thread, which cannot wait for itself.
            ending.add_done_callback(lambda _: stop())
            return
        try:
            ending.result(_END_TIMEOUT_S)
        finally:
            loop.call_soon_threadsafe(stop)
            thread.join(_END_TIMEOUT_S)

    async def _end(self, running: Set[_Task], last: Callable[[], Awaitable[None]]) -> None:
        tasks = list(running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_asyncgens()
        await last()

    def _started(self) -> Tuple[asyncio.AbstractEventLoop, Set[_Task]]:
        """The loop and its tasks. The caller holds the lock."""
        if self._loop is None or self._pid != os.getpid():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_run_loop, args=(loop,), daemon=True)
            self._loop, self._thread, self._pid, self._tasks = loop, thread, os.getpid(), set()
            thread.start()
        return self._loop, self._tasks


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _iterate(runner: _Runner, items: Callable[[], AsyncIterator[T]]) -> Generator[T, None, None]:
    """A generator over an asynchronous one. Closing it closes that one."""
    source: Any = None

    async def step(_: object) -> Any:
        nonlocal source
        if source is None:
            source = items()
        try:
            return await source.__anext__()
        except StopAsyncIteration:
            return _END

    async def end(_: object) -> None:
        if source is not None:
            await source.aclose()

    try:
        while True:
            item = runner.run(step)
            if item is _END:
                return
            yield item
    finally:
        runner.run(end)


class Client:
    """Client of a Removebg BD service, for one image or thousands. Threads may share it.

    The settings are those of `AsyncClient`. Retries while the service is busy or unreachable, and
    submits an image again if the service lost it. Ctrl-C cancels the job at the service.
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
        self._client = AsyncClient(
            base_url,
            api_key=api_key,
            patience=patience,
            retry_delay=retry_delay,
            connect_timeout=connect_timeout,
            idle_timeout=idle_timeout,
            first_event_timeout=first_event_timeout,
            ssl_context=ssl_context,
            proxy=proxy,
        )
        self._runner = _Runner()
        # A client that is not closed is closed when it is collected, or at exit.
        weakref.finalize(self, self._runner.close, self._client.aclose)
        #: Calls about one job, without retries.
        self.jobs = Jobs(self._runner, self._client.jobs)
        #: Calls about one batch, without retries.
        self.batches = Batches(self._runner, self._client.batches)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancels what is running, and closes the connections."""
        self._runner.close(self._client.aclose)

    def remove(
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

        def call(emit: Callable[[Progress], None]) -> Awaitable[Cutout]:
            return self._client.remove(
                image,
                background=background,
                mask=mask,
                on_progress=None if on_progress is None else emit,
                timeout=timeout,
                **options,
            )

        return self._runner.run(call, on_progress)

    def remove_to(
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

        def call(emit: Callable[[Progress], None]) -> Awaitable[SavedCutout]:
            return self._client.remove_to(
                target,
                image,
                background=background,
                mask=mask,
                on_progress=None if on_progress is None else emit,
                timeout=timeout,
                **options,
            )

        return self._runner.run(call, on_progress)

    def batch(
        self,
        images: BatchImages,
        *,
        window: int = 32,
        background: Optional[ImageInput] = None,
        on_wait: Optional[OnWait] = None,
        **options: Unpack[CutoutOptions],
    ) -> Generator[BatchOutcome, None, None]:
        """Removes the backgrounds of any number of images; yields each outcome when it is ready.

        Keeps only a few images in memory. A failed image is an outcome and does not affect the
        others. Leaving the loop cancels the remaining images.

        :param images: `BatchImage`s, or images alone; read in another thread
        :param window: maximum number of images at the service at a time
        :param on_wait: called with the code of the error and the seconds before each retry, in
            another thread
        :raises RemoveBgError: every image would fail: the key is invalid, or there is no service
        """
        wire_options(options)

        def outcomes() -> AsyncIterator[BatchOutcome]:
            return self._client.batch(
                images, window=window, background=background, on_wait=on_wait, **options
            )

        return _iterate(self._runner, outcomes)

    def receipt(self, job: JobKey) -> str:
        """The signed deletion receipt of a job that has ended: a compact JWS."""
        return self._runner.run(lambda _: self._client.receipt(job))

    def receipt_keys(self) -> ReceiptKeySet:
        """The service's public keys."""
        return self._runner.run(lambda _: self._client.receipt_keys())

    def verify(self, receipt: str, keys: Optional[ReceiptKeySet] = None) -> ReceiptCheck:
        """Verifies a deletion receipt, by default with the keys that the service publishes."""
        return self._runner.run(lambda _: self._client.verify(receipt, keys))


class Jobs:
    """The calls of the API about one job, without retries. Each raises `RemoveBgError`."""

    def __init__(self, runner: _Runner, jobs: AsyncJobs) -> None:
        self._run = runner.run
        self._runner = runner
        self._jobs = jobs

    def submit(
        self,
        image: ImageInput,
        *,
        background: Optional[ImageInput] = None,
        mask: Optional[ImageInput] = None,
        idempotency_key: Optional[str] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> JobAccepted:
        """Submits an image. Only the token in the answer gives access to the job."""
        return self._run(
            lambda _: self._jobs.submit(
                image,
                background=background,
                mask=mask,
                idempotency_key=idempotency_key,
                options=options,
            )
        )

    def status(self, job: JobKey, *, wait: Optional[int] = None) -> Job:
        """The job's status; with `wait`, waits up to that many seconds for a change."""
        return self._run(lambda _: self._jobs.status(job, wait=wait))

    def result(self, job: JobKey, *, wait: Optional[int] = None) -> Optional[Cutout]:
        """The result, or None if it is not ready after `wait` seconds. Delivered once."""
        return self._run(lambda _: self._jobs.result(job, wait=wait))

    def result_to(
        self, job: JobKey, target: Target, *, wait: Optional[int] = None
    ) -> Optional[Facts]:
        """Writes the result to `target`; None if it is not ready after `wait` seconds."""
        return self._run(lambda _: self._jobs.result_to(job, target, wait=wait))

    def receipt(self, job: JobKey, *, wait: Optional[int] = None) -> str:
        """The signed deletion receipt of a job that has ended: a compact JWS."""
        return self._run(lambda _: self._jobs.receipt(job, wait=wait))

    def cancel(self, job: JobKey) -> None:
        """Cancels the job and deletes its data."""
        return self._run(lambda _: self._jobs.cancel(job))

    def events(self, job: JobKey) -> Iterator[JobEvent]:
        """The job's events up to the last one. An event can arrive twice."""
        return _iterate(self._runner, lambda: self._jobs.events(job))


class Batches:
    """The calls of the API about one batch, without retries. Each raises `RemoveBgError`."""

    def __init__(self, runner: _Runner, batches: AsyncBatches) -> None:
        self._run = runner.run
        self._batches = batches

    def open(
        self, *, start_within: Optional[int] = None, keep_at_most: Optional[int] = None
    ) -> BatchCreated:
        """Opens a batch. Only the token in the answer gives access to it.

        The options apply to images that are added without their own.
        """
        return self._run(
            lambda _: self._batches.open(start_within=start_within, keep_at_most=keep_at_most)
        )

    def add(
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
        return self._run(
            lambda _: self._batches.add(
                batch,
                image,
                custom_id=custom_id,
                background=background,
                mask=mask,
                options=options,
            )
        )

    def next(self, batch: BatchKey, *, wait: Optional[int] = None) -> Union[NextResult, NoResult]:
        """The next finished image; waits up to `wait` seconds for one. Each is delivered once."""
        return self._run(lambda _: self._batches.next(batch, wait=wait))

    def view(self, batch: BatchKey, *, wait: Optional[int] = None) -> Batch:
        """Counts by status, and the failures."""
        return self._run(lambda _: self._batches.view(batch, wait=wait))

    def close(self, batch: BatchKey) -> Batch:
        """Closes the batch for new images. It is complete when every image has ended."""
        return self._run(lambda _: self._batches.close(batch))

    def cancel(self, batch: BatchKey) -> None:
        """Cancels the batch and deletes all its data."""
        return self._run(lambda _: self._batches.cancel(batch))
