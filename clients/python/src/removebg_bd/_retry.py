"""When and for how long requests are repeated."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Awaitable, Callable, Optional, TypeVar

from ._errors import RemoveBgError

T = TypeVar("T")

_MAX_DELAY_S = 10.0
# A wait for room (429) may fail any number of times.
_MAX_DOUBLINGS = 32
# Random part of each delay: clients that were refused together return at different times.
_JITTER = 0.1


@dataclass(frozen=True)
class RetryPolicy:
    #: Time after the first failure in which a retry must succeed, in seconds.
    patience: float
    #: First delay when the service names none, in seconds; doubles up to 10 s.
    delay: float
    #: Called with the code of the error and the seconds before each retry.
    on_wait: Optional[Callable[[str, float], None]] = None
    #: True for a batch: waiting for room (429) has no limit.
    is_unlimited_at_429: bool = False


async def retry(attempt: Callable[[], Awaitable[T]], policy: RetryPolicy) -> T:
    """Repeats a request while it fails with a retryable error, never sooner than Retry-After."""
    left = policy.patience
    failures = 0
    while True:
        started = time.monotonic()
        try:
            return await attempt()
        except RemoveBgError as error:
            if not error.retryable:
                raise
            backoff = min(_MAX_DELAY_S, policy.delay * 2.0 ** min(failures, _MAX_DOUBLINGS))
            base = backoff if error.retry_after is None else error.retry_after
            delay = base * (1 + _JITTER * random.random())
            if not (policy.is_unlimited_at_429 and error.status == 429):
                left -= delay + (0 if failures == 0 else time.monotonic() - started)
            if left < 0:
                raise
            failures += 1
            if policy.on_wait is not None:
                policy.on_wait(error.code, delay)
        await asyncio.sleep(delay)


async def limited(seconds: float, request: Awaitable[T]) -> T:
    """Runs a request with a time limit. A request over the limit counts as a lost connection."""
    try:
        return await asyncio.wait_for(request, seconds)
    except asyncio.TimeoutError as reason:
        title = f"The service did not answer within {seconds:g} s"
        raise RemoveBgError("connection-lost", title=title) from reason
