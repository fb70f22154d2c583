"""HTTP/1.1 over the streams of asyncio: keep-alive, TLS, proxies, streamed bodies."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from base64 import b64encode
from typing import AsyncIterator, Awaitable, Dict, List, Mapping, Optional, Tuple
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ._errors import RemoveBgError, error_of_answer, invalid_argument
from ._inputs import Body

_MAX_HEAD = 64 * 1024
_CHUNK = 64 * 1024
# Servers close idle connections after a few seconds: an older one is not used again.
_MAX_IDLE_S = 3.0
_MAX_IDLE_CONNECTIONS = 16
# A server that refuses an upload answers and then closes: how long its answer may take.
_REFUSAL_S = 5.0
_EXAMPLE = "an address such as http://127.0.0.1:3000 or https://cutouts.example.com"
_BROKEN = (OSError, EOFError, ValueError, asyncio.TimeoutError, asyncio.LimitOverrunError)


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()

    @property
    def is_usable(self) -> bool:
        age = time.monotonic() - self.idle_since
        if self._loop is not asyncio.get_running_loop():
            return False
        return age < _MAX_IDLE_S and not self.reader.at_eof() and not self.writer.is_closing()

    def close(self) -> None:
        try:
            self.writer.transport.abort()
        except (RuntimeError, AttributeError):
            pass


class Response:
    """The head of an answer, and its body in chunks. Close it, or read it to its end."""

    def __init__(
        self, http: Http, connection: _Connection, status: int, headers: Dict[str, str]
    ) -> None:
        self.status = status
        #: Names in lower case.
        self.headers = headers
        self._http = http
        self._connection: Optional[_Connection] = connection
        self._reader = connection.reader
        self._limit = http.idle_s
        self.is_reusable = headers.get("connection", "").lower() != "close"

    async def chunks(self, first_s: Optional[float] = None) -> AsyncIterator[bytes]:
        """The body. A connection that sends nothing for the idle time counts as lost.

        `first_s` takes the place of the idle time for the first chunk, in seconds.
        """
        self._limit = first_s or self._http.idle_s
        try:
            if self.status in (204, 304) or self.headers.get("content-length") == "0":
                pass
            elif "chunked" in self.headers.get("transfer-encoding", "").lower():
                async for chunk in self._coded_chunks():
                    yield chunk
            else:
                given = self.headers.get("content-length")
                left = int(given) if given is not None else -1
                while left != 0:
                    size = _CHUNK if left < 0 else min(_CHUNK, left)
                    chunk = await self._in_time(self._reader.read(size))
                    if not chunk:
                        if left > 0:
                            raise EOFError("the answer broke off")
                        self.is_reusable = False
                        break
                    left -= len(chunk) if left > 0 else 0
                    yield chunk
            self._end()
        except _BROKEN as reason:
            raise self._http.lost(reason) from reason
        finally:
            self.close()

    async def _coded_chunks(self) -> AsyncIterator[bytes]:
        while True:
            line = await self._in_time(self._reader.readuntil(b"\n"))
            left = int(line.split(b";")[0], 16)
            if left == 0:
                break
            while left > 0:
                chunk = await self._in_time(self._reader.read(min(_CHUNK, left)))
                if not chunk:
                    raise EOFError("the answer broke off")
                left -= len(chunk)
                yield chunk
            await self._in_time(self._reader.readexactly(2))
        while (await self._in_time(self._reader.readuntil(b"\n"))).strip():
            pass

    async def _in_time(self, read: Awaitable[bytes]) -> bytes:
        data = await asyncio.wait_for(read, self._limit)
        self._limit = self._http.idle_s
        return data

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])

    async def error(self) -> RemoveBgError:
        """The problem in an unsuccessful answer."""
        try:
            body = await self.read()
        except RemoveBgError:
            body = b""
        return error_of_answer(self.status, self.headers, body, self._http.base_url)

    def _end(self) -> None:
        if self._connection is not None and self.is_reusable:
            self._http.keep(self._connection)
            self._connection = None

    def close(self) -> None:
        """Closes the connection if the body has not been read to its end."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Http:
    """Requests to one service."""

    def __init__(
        self,
        base_url: Optional[str],
        api_key: Optional[str],
        ssl_context: Optional[ssl.SSLContext],
        proxy: Optional[str],
        connect_timeout: float,
        idle_timeout: float,
    ) -> None:
        self._url = _address_of(base_url)
        self.base_url = f"{self._url.scheme}://{self._url.netloc}{self._url.path.rstrip('/')}"
        self.api_key = _key_of(api_key)
        self.idle_s = idle_timeout
        self._connect_s = connect_timeout
        self._proxy = _proxy_of(self._url, proxy)
        self._ssl = ssl_context
        self._idle: List[_Connection] = []
        self._pid = os.getpid()

    @property
    def key_headers(self) -> Dict[str, str]:
        return {} if self.api_key is None else {"x-api-key": self.api_key}

    def lost(self, reason: BaseException) -> RemoveBgError:
        why = str(reason) or type(reason).__name__
        title = f"Cannot connect to {self.base_url} ({why}). Check that the service is running there"
        return RemoveBgError("connection-lost", title=title)

    def keep(self, connection: _Connection) -> None:
        connection.idle_since = time.monotonic()
        if len(self._idle) >= _MAX_IDLE_CONNECTIONS:
            self._idle.pop(0).close()
        self._idle.append(connection)

    async def close(self) -> None:
        """Closes idle connections."""
        while self._idle:
            self._idle.pop().close()
        # The loop closes the sockets in its next round.
        await asyncio.sleep(0)

    async def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Optional[Body] = None,
        timeout: Optional[float] = None,
    ) -> Response:
        """Sends a request; resolves when the head of the answer is there. Raises connection-lost.

        `timeout` limits the time from the request to the head of the answer, in seconds.
        """
        try:
            connection = self._idle_connection()
            if connection is None:
                connection = await asyncio.wait_for(self._connect(), self._connect_s)
            try:
                exchange = self._exchange(connection, self._head(method, path, headers, body), body)
                return await asyncio.wait_for(exchange, timeout)
            except BaseException:
                connection.close()
                raise
        except asyncio.TimeoutError as reason:
            title = f"{self.base_url} did not answer in time"
            raise RemoveBgError("connection-lost", title=title) from reason
        except _BROKEN as reason:
            raise self.lost(reason) from reason

    def _idle_connection(self) -> Optional[_Connection]:
        if self._pid != os.getpid():
            # After a fork the connections belong to the parent.
            self._idle, self._pid = [], os.getpid()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        url, proxy = self._url, self._proxy
        context = self._ssl or (ssl.create_default_context() if url.scheme == "https" else None)
        host, port = _place_of(url)
        if proxy is None:
            tls = context if url.scheme == "https" else None
            return _Connection(*await asyncio.open_connection(host, port, ssl=tls, limit=_MAX_HEAD))
        near_tls = ssl.create_default_context() if proxy.scheme == "https" else None
        near_host, near_port = _place_of(proxy)
        if url.scheme == "http":
            streams = await asyncio.open_connection(
                near_host, near_port, ssl=near_tls, limit=_MAX_HEAD
            )
            return _Connection(*streams)
        return await self._tunnel((near_host, near_port), near_tls, (host, port), context)

    async def _tunnel(
        self,
        near: Tuple[str, int],
        near_tls: Optional[ssl.SSLContext],
        far: Tuple[str, int],
        context: Optional[ssl.SSLContext],
    ) -> _Connection:
        """A connection through a proxy (CONNECT, RFC 9110 section 9.3.6), with TLS in it."""
        reader, writer = await asyncio.open_connection(*near, ssl=near_tls, limit=_MAX_HEAD)
        connection = _Connection(reader, writer)
        try:
            place = f"[{far[0]}]:{far[1]}" if ":" in far[0] else f"{far[0]}:{far[1]}"
            lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *self._proxy_lines()]
            writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            status, _ = await _read_head(reader)
            if status != 200:
                raise OSError(f"the proxy answered with status {status}")
            protocol = writer.transport.get_protocol()
            transport = await asyncio.get_running_loop().start_tls(
                writer.transport,
                protocol,
                context or ssl.create_default_context(),
                server_hostname=far[0],
            )
            if transport is None:
                raise OSError("the connection through the proxy was closed")
        except BaseException:
            connection.close()
            raise
        # As StreamWriter.start_tls of Python 3.11 does. A second writer would not do: since Python
        # 3.12, a writer that is collected closes its transport.
        setattr(reader, "_transport", transport)
        setattr(writer, "_transport", transport)
        setattr(protocol, "_transport", transport)
        setattr(protocol, "_over_ssl", True)
        return connection

    def _proxy_lines(self) -> List[str]:
        proxy = self._proxy
        if proxy is None or proxy.username is None:
            return []
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        return [f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}"]

    def _head(
        self, method: str, path: str, headers: Mapping[str, str], body: Optional[Body]
    ) -> bytes:
        target = self._url.path.rstrip("/") + path
        if self._proxy is not None and self._url.scheme == "http":
            target = f"http://{self._url.netloc}{target}"
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._url.netloc}"]
        if target.startswith("http:"):
            lines += self._proxy_lines()
        lines.append("User-Agent: removebg-bd-python")
        if body is not None:
            lines += [f"Content-Type: {body.content_type}", f"Content-Length: {body.size}"]
        elif method == "POST":
            lines.append("Content-Length: 0")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    async def _exchange(
        self, connection: _Connection, head: bytes, body: Optional[Body]
    ) -> Response:
        answer = asyncio.ensure_future(_read_head(connection.reader))
        is_sent = False
        try:
            try:
                connection.writer.write(head)
                is_sent = body is None or await _write_body(connection.writer, body, answer)
                await connection.writer.drain()
            except ConnectionError:
                await asyncio.wait({answer}, timeout=_REFUSAL_S)
                if not answer.done():
                    raise
            status, headers = await answer
        finally:
            answer.cancel()
            if answer.done() and not answer.cancelled():
                answer.exception()
        response = Response(self, connection, status, headers)
        response.is_reusable = response.is_reusable and is_sent
        return response


async def _write_body(
    writer: asyncio.StreamWriter, body: Body, answer: asyncio.Future[Tuple[int, Dict[str, str]]]
) -> bool:
    """False when the answer, a refusal, came before everything was sent."""
    chunks = body.chunks()
    try:
        async for chunk in chunks:
            if answer.done():
                return False
            writer.write(chunk)
            await writer.drain()
        return True
    finally:
        await chunks.aclose()


async def _read_head(reader: asyncio.StreamReader) -> Tuple[int, Dict[str, str]]:
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as reason:
            raise ValueError("the head of the answer is too long") from reason
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ", 2)
        if not words[0].startswith("HTTP/1."):
            raise ValueError("the answer is not HTTP/1.1")
        status = int(words[1])
        # Interim answers, such as 100, come before the answer itself.
        if status >= 200:
            pairs = (line.partition(":") for line in lines if line)
            return status, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _place_of(url: SplitResult) -> Tuple[str, int]:
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def _address_of(given: Optional[str]) -> SplitResult:
    text = given or os.environ.get("REMOVEBG_SERVER")
    if not text:
        name = "base_url (or REMOVEBG_SERVER)"
        raise invalid_argument("The address of the service is missing", name, _EXAMPLE)
    url = urlsplit(text)
    try:
        is_valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_valid = False
    if not is_valid or any(letter.isspace() for letter in text):
        title = "The address of the service is not an http or https address"
        raise invalid_argument(title, "base_url", _EXAMPLE)
    if url.username is not None or url.query or url.fragment:
        title = "The address of the service has credentials, a query or a fragment"
        raise invalid_argument(title, "base_url", _EXAMPLE)
    return url


def _key_of(given: Optional[str]) -> Optional[str]:
    key = (os.environ.get("REMOVEBG_KEY") or "" if given is None else given).strip()
    if not all("!" <= letter <= "~" for letter in key):
        title = "The API key contains invalid characters"
        raise invalid_argument(title, "api_key", "ASCII without spaces")
    return key or None


def _proxy_of(url: SplitResult, given: Optional[str]) -> Optional[SplitResult]:
    """The proxy: as given, or from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)."""
    if given is None:
        is_direct = proxy_bypass(url.hostname or "")
        given = "" if is_direct else getproxies().get(url.scheme, "")
    if not given:
        return None
    proxy = urlsplit(given if "://" in given else f"http://{given}")
    if proxy.scheme not in ("http", "https") or not proxy.hostname:
        raise invalid_argument("The proxy is not an http address", "proxy", "http://proxy:3128")
    return proxy
