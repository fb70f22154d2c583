"""The error of this client."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Dict, FrozenSet, List, Mapping, Optional

# Errors of a concurrent or interrupted request: the same request can succeed later.
_INTERRUPTED: FrozenSet[str] = frozenset(
    ["retry-too-soon", "result-busy", "request-timeout", "upload-interrupted"]
)
# The service no longer has the image.
_LOST: FrozenSet[str] = frozenset(
    ["job-not-found", "batch-not-found", "result-delivered", "result-expired", "queue-lost"]
)
# Why a job ended: a further request about it gets the same answer, whatever its status.
_ENDED: FrozenSet[str] = frozenset(["not-started-in-time"])
_TITLES: Mapping[str, str] = {
    "connection-lost": "The connection to the service was lost",
    "unexpected-answer": "The server did not answer like a Removebg BD service",
    "image-unreadable": "The image could not be read",
    "job-cancelled": "The job was cancelled and its data deleted",
    "result-expired": "No worker started the image in time, or its result was not fetched in time. "
    "It has been deleted",
    "result-delivered": "The result was already delivered and has been deleted",
    "queue-lost": "The service restarted and lost the job",
}


class RemoveBgError(Exception):
    """A problem that the service reports, a failed connection, or an invalid argument.

    ``code`` is a code of the service (``ProblemCode``) or one of these:

    - ``connection-lost``: the service did not answer
    - ``unexpected-answer``: the answer is not from a Removebg BD service
    - ``invalid-argument``: a setting, option or image cannot be used; nothing was sent
    - ``image-unreadable``: an image could not be read; ``__cause__`` is the reason
    """

    def __init__(
        self,
        code: str,
        *,
        status: Optional[int] = None,
        title: Optional[str] = None,
        detail: Optional[str] = None,
        parameter: Optional[str] = None,
        accepted: Optional[List[str]] = None,
        limit: Optional[float] = None,
        unit: Optional[str] = None,
        expected: Optional[List[str]] = None,
        found: Optional[List[str]] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        #: Name of the problem.
        self.code = code
        #: HTTP status; None without an answer.
        self.status = status
        #: What happened, in one sentence.
        self.title = title
        #: Details of this case.
        self.detail = detail
        #: Name of the invalid parameter, option or setting.
        self.parameter = parameter
        #: What it accepts: values, or one readable range or pattern.
        self.accepted = accepted
        #: The limit that was exceeded, in `unit`.
        self.limit = limit
        #: Unit of `limit`, such as "bytes" or "pixels".
        self.unit = unit
        #: Form fields that accept the image.
        self.expected = expected
        #: Form fields that were sent instead.
        self.found = found
        #: Minimum delay before a retry, in seconds.
        self.retry_after = retry_after
        super().__init__(self._message())

    @property
    def is_temporary(self) -> bool:
        """True when the service is busy or the connection failed: the same call can succeed later."""
        is_busy = self.status is not None and (self.status == 429 or self.status >= 500)
        return self.code == "connection-lost" or is_busy

    @property
    def retryable(self) -> bool:
        """True when the same request can be repeated: a temporary error, or an interrupted request."""
        return (self.is_temporary and self.code not in _ENDED) or self.code in _INTERRUPTED

    @property
    def is_lost_image(self) -> bool:
        """True when the service no longer has an image that it had accepted: submit it again."""
        return self.code in _LOST

    def _message(self) -> str:
        detail = self.detail or ""
        parts: List[str] = [self.title or _TITLES.get(self.code) or self.code]
        if detail:
            parts.append(detail)
        if self.accepted is not None and not all(value in detail for value in self.accepted):
            name = "Accepted" if self.parameter is None else f"`{self.parameter}` accepts"
            parts.append(f"{name}: {', '.join(self.accepted)}")
        elif self.parameter is not None and self.parameter not in detail:
            parts.append(f"Parameter: `{self.parameter}`")
        if self.limit is not None and not any(letter.isdigit() for letter in detail):
            parts.append(f"The limit is {self.limit:,.0f} {self.unit or ''}".rstrip())
        if self.expected is not None and not any(name in detail for name in self.expected):
            came = f", not in {', '.join(self.found)}" if self.found else ""
            parts.append(f"Send the image in the field {', '.join(self.expected)}{came}")
        if len(parts) == 1:
            return parts[0]
        return ". ".join(part.rstrip(". ") for part in parts) + "."


def invalid_argument(title: str, parameter: str, *accepted: str) -> RemoveBgError:
    return RemoveBgError(
        "invalid-argument", title=title, parameter=parameter, accepted=list(accepted)
    )


def retry_after_of(header: Optional[str]) -> Optional[float]:
    """Delay in a Retry-After header (seconds or a date, RFC 9110 section 10.2.3), in seconds."""
    text = (header or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time()) if text else None
    except (TypeError, ValueError):
        return None


def error_of_end(problem: Optional[Mapping[str, Any]]) -> RemoveBgError:
    """The error of an image that ended without a result, as its job or batch reports it."""
    known = dict(problem or {})
    return _error_of(known, known.get("code") or "processing-failed", known.get("status"), None)


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, origin: str
) -> RemoveBgError:
    """The error in an unsuccessful answer: its problem+json (RFC 9457), or unexpected-answer."""
    try:
        record = json.loads(body)
    except ValueError:
        record = {}
    if not isinstance(record, dict):
        record = {}
    code = record.get("code")
    delay = retry_after_of(headers.get("retry-after"))
    if delay is None and isinstance(record.get("retry_after"), (int, float)):
        delay = float(record["retry_after"])
    kind = record.get("type")
    is_ours = isinstance(code, str) and isinstance(kind, str) and kind.endswith(f"/problems/{code}")
    if not is_ours:
        title = f"{origin} answered with status {status}, not as a Removebg BD service does"
        return RemoveBgError("unexpected-answer", status=status, title=title, retry_after=delay)
    return _error_of(record, str(code), status, delay)


def _error_of(
    record: Dict[str, Any], code: str, status: Optional[int], delay: Optional[float]
) -> RemoveBgError:
    def text(name: str) -> Optional[str]:
        value = record.get(name)
        return value if isinstance(value, str) else None

    def texts(name: str) -> Optional[List[str]]:
        value = record.get(name)
        is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return value if is_list else None

    limit = record.get("limit")
    return RemoveBgError(
        code,
        status=status,
        title=text("title"),
        detail=text("detail"),
        parameter=text("parameter"),
        accepted=texts("accepted"),
        limit=limit if isinstance(limit, (int, float)) else None,
        unit=text("unit"),
        expected=texts("expected"),
        found=texts("found"),
        retry_after=delay,
    )
