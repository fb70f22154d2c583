"""Any number of images through one batch at a time."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from dataclasses import dataclass, field, replace
from typing import (
    Any,
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Set,
    TypeVar,
    Union,
)

from ._batches import AsyncBatches, NextResult
from ._errors import RemoveBgError, error_of_end
from ._inputs import ImageInput
from ._jobs import AsyncJobs
from ._results import BatchKey, Cutout, JobKey
from ._retry import RetryPolicy, limited, retry

T = TypeVar("T")

_SUBMITTERS = 3
_RECEIVERS = 4
_MAX_ATTEMPTS = 3
_ADD_TIMEOUT_S = 600.0
_NEXT_WAIT_S = 10
_NEXT_TIMEOUT_S = 180.0
_POLL_S = 0.5
# Time without any result after which the oldest image counts as late.
_IDLE_S = 1.5
# An image is late once one that was submitted this many places later has returned.
_LEAD = 6
# A result may still be on its way while the service already reports it as delivered.
_DELIVERY_S = 10.0
_CANCEL_TIMEOUT_S = 3.0

_BATCH_LOST = frozenset(["batch-not-found", "queue-lost", "batch-cancelled"])
_BATCH_FULL = frozenset(["batch-full", "batch-closed"])
# Errors that every image would meet.
_FATAL = frozenset(["key-invalid", "not-found"])


@dataclass(frozen=True)
class BatchImage:
    """An image of a batch.

    `image` and `mask` may be functions that open them when there is room; they are called again if
    the image must be submitted again.
    """

    image: Union[ImageInput, Callable[[], ImageInput]]
    #: Your name for it. Never sent; names may repeat. Default: the path, or the position from 0.
    name: Optional[str] = None
    #: Options of this image. They override those of the batch.
    options: Mapping[str, Any] = field(default_factory=dict)
    mask: Union[ImageInput, Callable[[], ImageInput], None] = None


@dataclass(frozen=True)
class BatchOutcome:
    """The outcome of one image: its cutout, or the error."""

    name: str
    cutout: Optional[Cutout] = None
    error: Optional[RemoveBgError] = None

    @property
    def ok(self) -> bool:
        return self.error is None

    def result(self) -> Cutout:
        """The cutout. Raises the error of the image if it has none."""
        if self.error is not None:
            raise self.error
        assert self.cutout is not None
        return self.cutout


#: Images of a batch: `BatchImage`s, or images alone.
BatchImages = Union[
    Iterable[Union[BatchImage, ImageInput]], AsyncIterable[Union[BatchImage, ImageInput]]
]


@dataclass(eq=False)
class _Pending:
    #: Its `custom_id`: a number, so that the service learns no file name.
    id: str
    name: str
    source: BatchImage
    attempts: int = 0
    order: int = 0
    job: Optional[JobKey] = None
    delivered_at: Optional[float] = None
    #: How often its result was delivered and got lost.
    repeats: int = 0


class _Window:
    """The images that are at the service, oldest first, and those to submit again."""

    def __init__(self, limit: int) -> None:
        self.lost: List[_Pending] = []
        self.in_flight: Dict[str, _Pending] = {}
        self._limit = limit
        self._changed = asyncio.Event()
        self._submitted = 0
        self._newest = 0
        self._last_return = 0.0

    async def wait_for_room(self) -> None:
        while len(self.in_flight) >= self._limit:
            self._changed.clear()
            await self._changed.wait()

    def add(self, image: _Pending) -> None:
        self._submitted += 1
        image.order = self._submitted
        image.attempts += 1
        if not self.in_flight:
            self._last_return = time.monotonic()
        self.in_flight[image.id] = image

    def take(self, image_id: str) -> Optional[_Pending]:
        image = self.in_flight.pop(image_id, None)
        if image is not None:
            self._newest = max(self._newest, image.order)
            self._last_return = time.monotonic()
            self._changed.set()
        return image

    def resubmit(self, image: _Pending, has_new_id: bool = False) -> None:
        """`has_new_id`: for a result that was delivered. A batch delivers a `custom_id` once."""
        if self.take(image.id) is not None:
            if has_new_id:
                image.repeats += 1
                image.id = f"{image.id.split('~')[0]}~{image.repeats + 1}"
            image.job = None
            image.delivered_at = None
            self.lost.append(image)

    def overdue(self) -> List[_Pending]:
        """All images, oldest first, when it is time to ask about the oldest; otherwise none."""
        images = list(self.in_flight.values())
        if not images:
            return []
        is_idle = time.monotonic() - self._last_return > _IDLE_S
        return images if is_idle or self._newest - images[0].order >= _LEAD else []


class _SessionEnded(Exception):
    """The batch no longer exists: the run continues with another one."""


class BatchRun:
    """Memory stays bounded: an image is opened when there is room, a result fetched when the
    previous one was taken."""

    def __init__(
        self,
        jobs: AsyncJobs,
        batches: AsyncBatches,
        images: BatchImages,
        window: int,
        options: Mapping[str, Any],
        background: Optional[ImageInput],
        policy: RetryPolicy,
    ) -> None:
        self.jobs = jobs
        self.batches = batches
        self.options = options
        self.background = background
        self.policy = replace(policy, is_unlimited_at_429=True)
        self.window = _Window(window)
        #: Results that came before the answer to their submission, by `custom_id`.
        self.early: Dict[str, Cutout] = {}
        self._images: Any = (
            images.__aiter__() if hasattr(images, "__aiter__") else iter(images)
        )
        self._count = 0
        self._is_exhausted = False
        self._reading = asyncio.Lock()

    async def outcomes(self) -> AsyncGenerator[BatchOutcome, None]:
        while True:
            first = await self.next()
            if first is None:
                return
            self.window.lost.insert(0, first)
            opened = await retry(self.batches.open, replace(self.policy, is_unlimited_at_429=False))
            session = _Session(self, BatchKey(opened["id"], opened["token"])).outcomes()
            try:
                async for outcome in session:
                    yield outcome
            finally:
                await session.aclose()
            if self.window.lost:
                await asyncio.sleep(self.policy.delay)

    async def next(self) -> Optional[_Pending]:
        """The next image to submit; None when there are no more."""
        async with self._reading:
            if self.window.lost:
                return self.window.lost.pop(0)
            if self._is_exhausted:
                return None
            given = await self._read()
            if given is None:
                self._is_exhausted = True
                return None
            source = given if isinstance(given, BatchImage) else BatchImage(given)
            image_id = str(self._count)
            self._count += 1
            is_path = isinstance(source.image, (str, os.PathLike))
            default = os.fspath(source.image) if is_path else image_id  # type: ignore[arg-type]
            return _Pending(image_id, source.name or str(default), source)

    async def _read(self) -> Any:
        if hasattr(self._images, "__anext__"):
            try:
                return await self._images.__anext__()
            except StopAsyncIteration:
                return None
        # An iterator of the caller may read files.
        return await asyncio.get_running_loop().run_in_executor(None, next, self._images, None)


class _Session:
    """The life of one batch: submits images and receives results concurrently."""

    def __init__(self, run: BatchRun, batch: BatchKey) -> None:
        self._run = run
        self._batch = batch
        self._window = run.window
        self._queue: asyncio.Queue[BatchOutcome] = asyncio.Queue(1)
        self._is_complete = False

    async def outcomes(self) -> AsyncGenerator[BatchOutcome, None]:
        work = asyncio.ensure_future(self._work())
        try:
            while True:
                get = asyncio.ensure_future(self._queue.get())
                try:
                    await asyncio.wait({get, work}, return_when=asyncio.FIRST_COMPLETED)
                    if not get.done():
                        break
                    outcome = get.result()
                finally:
                    get.cancel()
                yield outcome
            work.result()
        finally:
            work.cancel()
            await asyncio.wait({work})
            if not work.cancelled():
                work.exception()
            if not self._is_complete:
                await self._cancel()

    async def _work(self) -> None:
        loops: List[Awaitable[None]] = [self._submit_all(), self._poll_late_images()]
        loops += [self._receive() for _ in range(_RECEIVERS)]
        error = await _all_of(loops)
        if error is None:
            error = await _all_of([self._report_failures()])
        if error is not None and not isinstance(error, _SessionEnded):
            raise error
        # Images that the batch did not account for go into the next batch.
        for image in list(self._window.in_flight.values()):
            await self._on_lost(image, RemoveBgError("queue-lost"))

    async def _submit_all(self) -> None:
        error = await _all_of([self._submit_until_full() for _ in range(_SUBMITTERS)])
        if error is not None:
            raise error
        await self._call(lambda: self._run.batches.close(self._batch))

    async def _submit_until_full(self) -> None:
        while True:
            await self._window.wait_for_room()
            image = await self._run.next()
            if image is None:
                return
            self._window.add(image)
            if not await self._submit(image):
                return

    async def _submit(self, pending: _Pending) -> bool:
        """False when the batch accepts no more images."""
        run, source = self._run, pending.source
        image: Any = None
        mask: Any = None
        # An earlier batch may have delivered the result.
        if await self._deliver_early(pending):
            return True
        try:
            image = await _opened(source.image)
            mask = await _opened(source.mask)
            options = {**run.options, **source.options}
            answer = await self._call(
                lambda: limited(
                    _ADD_TIMEOUT_S,
                    run.batches.add(
                        self._batch,
                        image,
                        custom_id=pending.id,
                        background=run.background,
                        mask=mask,
                        options=options,
                    ),
                )
            )
            pending.job = JobKey(answer["id"], answer["token"])
            await self._deliver_early(pending)
        except RemoveBgError as error:
            if error.code in _BATCH_FULL:
                self._window.resubmit(pending)
                pending.attempts -= 1
                return False
            if error.code in _FATAL or error.is_temporary:
                raise
            await self._on_failed(pending, error)
        finally:
            for given, opened in ((source.image, image), (source.mask, mask)):
                if callable(given) and hasattr(opened, "close"):
                    opened.close()
        return True

    async def _deliver_early(self, pending: _Pending) -> bool:
        cutout = self._run.early.pop(pending.id, None)
        if cutout is not None:
            await self._deliver(pending, cutout)
        return cutout is not None

    async def _deliver(self, pending: _Pending, cutout: Cutout) -> None:
        if self._window.take(pending.id) is not None:
            found = replace(cutout, job=pending.job or cutout.job)
            await self._queue.put(BatchOutcome(pending.name, found))

    async def _receive(self) -> None:
        batches = self._run.batches
        while not self._is_complete:
            found = await self._call(
                lambda: limited(_NEXT_TIMEOUT_S, batches.next(self._batch, wait=_NEXT_WAIT_S))
            )
            if isinstance(found, NextResult):
                # A result can arrive twice when a connection broke during its delivery.
                pending = self._window.in_flight.get(found.custom_id)
                if pending is not None and pending.job is not None:
                    await self._deliver(pending, found.cutout)
                elif pending is not None:
                    # The token of the job comes with the answer to its submission.
                    self._run.early[found.custom_id] = found.cutout
            elif found.is_complete:
                self._is_complete = True

    async def _poll_late_images(self) -> None:
        """Finds images that will not return: failures have to be asked for."""
        while not self._is_complete:
            await asyncio.sleep(_POLL_S)
            for image in self._window.overdue():
                if not await self._has_ended(image):
                    break

    async def _has_ended(self, image: _Pending) -> bool:
        if image.job is None:
            return False
        try:
            view = await self._run.jobs.status(image.job)
            status = view["status"]
            if status == "delivered":
                return await self._on_delivered(image)
            if status == "failed":
                problem = error_of_end(view.get("problem"))
            elif status == "cancelled":
                problem = RemoveBgError("job-cancelled", status=410)
            elif status == "expired":
                problem = RemoveBgError("result-expired", status=410)
            else:
                return False
        except RemoveBgError as error:
            # Any other error also reaches the other loops, which handle it.
            if not error.is_lost_image:
                return False
            problem = error
        await self._on_lost(image, problem)
        return True

    async def _on_delivered(self, image: _Pending) -> bool:
        now = time.monotonic()
        if image.delivered_at is None:
            image.delivered_at = now
        if now - image.delivered_at > _DELIVERY_S:
            await self._on_lost(image, RemoveBgError("result-delivered", status=410))
        return True

    async def _report_failures(self) -> None:
        """After completion: why the remaining images failed."""
        if not self._window.in_flight:
            return
        view = await self._call(lambda: self._run.batches.view(self._batch))
        problems = {each["custom_id"]: each["problem"] for each in view["failures"]}
        for image in list(self._window.in_flight.values()):
            if image.id in problems:
                await self._on_lost(image, error_of_end(problems[image.id]))

    async def _on_lost(self, image: _Pending, problem: RemoveBgError) -> None:
        """Submits an image again if that can help; otherwise reports the error."""
        if problem.is_lost_image and image.attempts < _MAX_ATTEMPTS:
            self._window.resubmit(image, problem.code == "result-delivered")
        else:
            await self._on_failed(image, problem)

    async def _on_failed(self, image: _Pending, error: RemoveBgError) -> None:
        if self._window.take(image.id) is not None:
            await self._queue.put(BatchOutcome(image.name, error=error))

    async def _call(self, request: Callable[[], Awaitable[T]]) -> T:
        try:
            return await retry(request, self._run.policy)
        except RemoveBgError as error:
            if error.code in _BATCH_LOST:
                raise _SessionEnded() from error
            raise

    async def _cancel(self) -> None:
        try:
            await limited(_CANCEL_TIMEOUT_S, self._run.batches.cancel(self._batch))
        except RemoveBgError:
            pass


async def _all_of(loops: List[Awaitable[None]]) -> Optional[BaseException]:
    """Runs loops until all have ended or one fails, which ends the others. Returns its error."""
    tasks: Set[asyncio.Future[None]] = {asyncio.ensure_future(each) for each in loops}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        errors = [task.exception() for task in done]
        return next((error for error in errors if error is not None), None)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _opened(image: Any) -> Any:
    if not callable(image):
        return image
    try:
        found = await asyncio.get_running_loop().run_in_executor(None, image)
        return await found if inspect.isawaitable(found) else found
    except Exception as reason:
        raise RemoveBgError("image-unreadable", detail=str(reason)) from reason
