"""Images to send, and bodies of requests."""

from __future__ import annotations

import asyncio
import io
import os
import secrets
from typing import Any, AsyncGenerator, BinaryIO, Callable, List, Mapping, Optional, Tuple, Union, cast
from urllib.parse import urlencode

from ._errors import RemoveBgError, invalid_argument
from ._wire import OPTIONS

#: An image: a path; bytes; a binary file; or an address (``http://``, ``https://``) that the
#: service downloads, if its operator allows that.
ImageInput = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, BinaryIO]

_CHUNK = 256 * 1024
_ACCEPTED = "a path, bytes, a binary file, or an http(s) address"


class Image:
    """An image that can be sent repeatedly. Files are read in chunks while they are sent."""

    def __init__(self, size: int, open_file: Callable[[], BinaryIO], start: int = 0) -> None:
        self.size = size
        self._open = open_file
        self._start = start

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        try:
            file = self._open()
            try:
                file.seek(self._start)
                left = self.size
                while left > 0:
                    chunk = await loop.run_in_executor(None, file.read, min(_CHUNK, left))
                    if not chunk:
                        raise OSError("the file has become shorter")
                    left -= len(chunk)
                    yield chunk
            finally:
                if not isinstance(cast(object, file), _Kept):
                    file.close()
        except OSError as reason:
            raise RemoveBgError("image-unreadable", detail=str(reason)) from reason


class _Kept:
    """A file of the caller, which stays open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int) -> int:
        return self._file.seek(offset)


def is_address(image: object) -> bool:
    return isinstance(image, str) and image.lower().startswith(("http://", "https://"))


def open_image(image: object) -> Image:
    """Finds the size of an image. Blocks while it reads a file that cannot seek."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        data = bytes(image)
        return Image(len(data), lambda: io.BytesIO(data))
    if isinstance(image, (str, os.PathLike)):
        path = os.fspath(image)
        try:
            size = os.stat(path).st_size
        except OSError as reason:
            raise RemoveBgError("image-unreadable", detail=str(reason)) from reason
        return Image(size, lambda: cast(BinaryIO, open(path, "rb")))
    if not callable(getattr(image, "read", None)):
        raise invalid_argument(f"The image is a {type(image).__name__}", "image", _ACCEPTED)
    file: Any = image
    try:
        if file.seekable():
            start = file.tell()
            size = file.seek(0, os.SEEK_END) - start
            file.seek(start)
            if isinstance(file, io.TextIOBase):
                raise invalid_argument("The file is open as text", "image", _ACCEPTED)
            kept = cast(BinaryIO, _Kept(file))
            return Image(size, lambda: kept, start)
        data = file.read()
    except OSError as reason:
        raise RemoveBgError("image-unreadable", detail=str(reason)) from reason
    if not isinstance(data, bytes):
        raise invalid_argument("The file is open as text", "image", _ACCEPTED)
    return Image(len(data), lambda: io.BytesIO(data))


def wire_options(options: Mapping[str, Any]) -> List[Tuple[str, str]]:
    """Options as fields of a query or form; None counts as not given. The service checks values."""
    fields: List[Tuple[str, str]] = []
    for name, value in options.items():
        if name not in OPTIONS:
            raise invalid_argument("Unknown option", name, *OPTIONS)
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            fields.append((name, text))
    return fields


class Body:
    """The body of a request; `chunks` can be called again for a repetition."""

    def __init__(self, content_type: str, parts: List[Union[bytes, Image]]) -> None:
        self.content_type = content_type
        self._parts = parts
        self.size = sum(len(part) if isinstance(part, bytes) else part.size for part in parts)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                chunks = part.chunks()
                try:
                    async for chunk in chunks:
                        yield chunk
                finally:
                    await chunks.aclose()


class Upload:
    """An image with its options, background and mask, ready to be sent any number of times."""

    def __init__(
        self,
        image: object,
        options: Mapping[str, Any],
        background: Optional[ImageInput] = None,
        mask: Optional[ImageInput] = None,
    ) -> None:
        self._fields = wire_options(options)
        files: List[Tuple[str, Image]] = []
        if is_address(image):
            self._fields.append(("image_url", str(image)))
        else:
            files.append(("image", open_image(image)))
        if background is not None:
            files.append(("bg_image_file", open_image(background)))
        if mask is not None:
            files.append(("mask", open_image(mask)))
        self._files = files

    def request(self, query: List[Tuple[str, str]]) -> Tuple[str, Body]:
        """Query and body: raw bytes with the options in the query, or a form for several files."""
        if len(self._files) == 1 and self._files[0][0] == "image":
            fields = query + self._fields
            return urlencode(fields), Body("application/octet-stream", [self._files[0][1]])
        if not self._files:
            form = urlencode(self._fields).encode()
            return urlencode(query), Body("application/x-www-form-urlencoded", [form])
        boundary = secrets.token_hex(16)
        head = f"--{boundary}\r\nContent-Disposition: form-data; name="
        parts: List[Union[bytes, Image]] = []
        for name, text in self._fields:
            parts.append(f'{head}"{name}"\r\n\r\n{text}\r\n'.encode())
        for name, image in self._files:
            # A fixed name instead of the file's: the service does not need it.
            about = f'{head}"{name}"; filename="{name}"\r\nContent-Type: application/octet-stream'
            parts += [f"{about}\r\n\r\n".encode(), image, b"\r\n"]
        parts.append(f"--{boundary}--\r\n".encode())
        return urlencode(query), Body(f"multipart/form-data; boundary={boundary}", parts)
