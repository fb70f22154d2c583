"""Results, and where they are written."""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import dataclass
from typing import BinaryIO, List, Mapping, Optional, Union
from urllib.parse import unquote

from ._http import Response
from ._wire import ResultFactsForeground as Box

#: Where a result is written: a path, or a binary file.
Target = Union[str, "os.PathLike[str]", BinaryIO]

_FORMATS = {
    "image/png": "png",
    "image/webp": "webp",
    "image/jpeg": "jpg",
    "image/avif": "avif",
    "application/zip": "zip",
}


@dataclass(frozen=True)
class JobKey:
    """Id and token of a job: they give access to its status, result and receipt."""

    id: str
    token: str


@dataclass(frozen=True)
class BatchKey:
    """Id and token of a batch: they give access to every image in it."""

    id: str
    token: str


@dataclass(frozen=True)
class Facts:
    """Facts about a result. Lengths in pixels."""

    bytes: int
    width: int
    height: int
    format: str
    foreground: Box
    #: Expected agreement with the true cutout, 0 to 1; None when it is not measured.
    confidence: Optional[float]
    hints: List[str]


@dataclass(frozen=True)
class SavedCutout:
    """A result that was written to its target. The service has already deleted its data."""

    facts: Facts
    #: Key to the job's deletion receipt, which stays available for a few minutes.
    job: JobKey


@dataclass(frozen=True)
class Cutout(SavedCutout):
    """A result in memory. The service has already deleted its data."""

    #: The encoded image.
    data: bytes

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the image to a file. Replaces an existing file; the folder must exist."""
        with open(path, "wb") as file:
            file.write(self.data)


def facts_of(headers: Mapping[str, str], size: int) -> Facts:
    def number(name: str) -> int:
        text = headers.get(name, "")
        return int(text) if text.isdecimal() else 0

    confidence = headers.get("x-confidence")
    return Facts(
        bytes=size,
        width=number("x-width"),
        height=number("x-height"),
        format=_FORMATS.get(headers.get("content-type", "").split(";")[0].strip(), "png"),
        foreground={
            "left": number("x-foreground-left"),
            "top": number("x-foreground-top"),
            "width": number("x-foreground-width"),
            "height": number("x-foreground-height"),
        },
        confidence=None if confidence is None else float(confidence),
        hints=headers.get("x-hints", "").replace(",", " ").split(),
    )


def custom_id_of(headers: Mapping[str, str]) -> str:
    return unquote(headers.get("x-custom-id", ""))


async def write_to(target: Target, response: Response) -> int:
    """Writes a result in chunks. A path gets the whole result or stays as it was.

    A binary file that can seek is set back when the result breaks off; another file gets the
    result at its end.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(target, (str, os.PathLike)):
        file: BinaryIO = target
        if not await loop.run_in_executor(None, file.seekable):
            data = await response.read()
            await loop.run_in_executor(None, file.write, data)
            return len(data)
        start = await loop.run_in_executor(None, file.tell)
        try:
            return await _write_chunks(file, response)
        except BaseException:
            file.seek(start)
            file.truncate()
            raise
    path = os.path.abspath(os.fspath(target))
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(8)}")
    with open(temporary, "xb") as part:
        try:
            size = await _write_chunks(part, response)
            part.close()
            os.replace(temporary, path)
            return size
        except BaseException:
            part.close()
            os.unlink(temporary)
            raise


async def _write_chunks(file: BinaryIO, response: Response) -> int:
    loop = asyncio.get_running_loop()
    size = 0
    async for chunk in response.chunks():
        await loop.run_in_executor(None, file.write, chunk)
        size += len(chunk)
    return size
