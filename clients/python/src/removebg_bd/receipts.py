"""Verifies deletion receipts: compact JWS (RFC 7515) with Ed25519 (RFC 8032), in pure Python."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha512
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, cast

from ._wire import ReceiptClaims, ReceiptKeySet

_TYPE = "removebg-receipt+jwt"
_STATES = frozenset(["delivered", "failed", "cancelled", "expired"])
_ID = re.compile(r"(?:[a-z0-9-]{1,16}\.)?[A-Za-z0-9_-]{22}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_MAX_SAFE = 2**53 - 1
_MAX_PROMISE_S = 3600

# Ed25519 (RFC 8032 section 5.1): the field, the order of the base point, the curve.
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
# A point as X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z.
_Point = Tuple[int, int, int, int]


@dataclass(frozen=True)
class ReceiptCheck:
    """Outcome of a check."""

    valid: bool
    #: What the receipt states; None unless it is valid.
    claims: Optional[ReceiptClaims] = None
    #: Id of the key that signed it; None unless it is valid.
    kid: Optional[str] = None
    #: malformed, wrong-type, unknown-key, bad-signature or bad-claims; None if it is valid.
    fault: Optional[str] = None


def check_receipt(receipt: str, keys: ReceiptKeySet) -> ReceiptCheck:
    """Verifies format, type, key, signature and claims of a receipt.

    The caller must know that the keys belong to the service.
    """
    parts = receipt.split(".")
    decoded = [_bytes_of(part) for part in parts]
    if len(parts) != 3 or None in decoded:
        return ReceiptCheck(False, fault="malformed")
    head, payload, signature = (part or b"" for part in decoded)
    header = _record_of(head)
    if header is None:
        return ReceiptCheck(False, fault="malformed")
    if header.get("alg") != "EdDSA" or header.get("typ") != _TYPE or "crit" in header:
        return ReceiptCheck(False, fault="wrong-type")
    kid = header.get("kid")
    key = next((each for each in keys["keys"] if each.get("kid") == kid), None)
    is_ed25519 = key is not None and key.get("kty") == "OKP" and key.get("crv") == "Ed25519"
    public = _bytes_of(key.get("x", "")) if key is not None and is_ed25519 else None
    if public is None or not isinstance(kid, str):
        return ReceiptCheck(False, fault="unknown-key")
    signed = receipt[: receipt.rindex(".")].encode("ascii")
    if not verify_ed25519(public, signature, signed):
        return ReceiptCheck(False, fault="bad-signature")
    claims = _record_of(payload)
    if claims is None or not _are_claims(claims):
        return ReceiptCheck(False, fault="bad-claims")
    return ReceiptCheck(True, claims=cast(ReceiptClaims, claims), kid=kid)


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Verifies a signature. Not in constant time: everything here is public."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _decode_point(public)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _L:
        return False
    digest = sha512(signature[:32] + public + message).digest()
    h = int.from_bytes(digest, "little") % _L
    x, y, z, t = key
    negative = (-x % _P, y, z, -t % _P)
    return _encode_point(_add(_multiply(s, _BASE), _multiply(h, negative))) == signature[:32]


def _add(a: _Point, b: _Point) -> _Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g = 2 * a[3] * b[3] * _D % _P
    h = 2 * a[2] * b[2] % _P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % _P, k * m % _P, j * k % _P, i * m % _P)


def _multiply(factor: int, point: _Point) -> _Point:
    result: _Point = (0, 1, 1, 0)
    while factor > 0:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result


def _x_of(y: int, sign: int) -> Optional[int]:
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P != 0:
        x = x * _SQRT_M1 % _P
    if (x * x - x2) % _P != 0:
        return None
    return x if x & 1 == sign else _P - x


def _decode_point(data: bytes) -> Optional[_Point]:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


def _encode_point(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def _bytes_of(text: str) -> Optional[bytes]:
    """Decodes canonical base64url; None for any other text, including one with unused bits set."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text) or len(text) % 4 == 1:
        return None
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if urlsafe_b64encode(data).rstrip(b"=").decode() == text else None


def _record_of(data: bytes) -> Optional[Dict[str, Any]]:
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SAFE


def _is_promise(value: object) -> bool:
    return _is_count(value) and 1 <= cast(int, value) <= _MAX_PROMISE_S


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return True


_OPTIONAL = frozenset(["region", "start_within", "keep_at_most"])
_CLAIMS: Mapping[str, Callable[[object], bool]] = {
    "iss": _is_text,
    "jti": lambda value: isinstance(value, str) and _ID.fullmatch(value) is not None,
    "region": _is_text,
    "state": lambda value: isinstance(value, str) and value in _STATES,
    "input_bytes": _is_count,
    "output_bytes": _is_count,
    "accepted_at": _is_time,
    "ended_at": _is_time,
    "purged_at": _is_time,
    "keys_removed": _is_count,
    "start_within": _is_promise,
    "keep_at_most": _is_promise,
    "iat": _is_count,
}


def _are_claims(record: Mapping[str, Any]) -> bool:
    """True for exactly these claims, of which some are optional."""
    names = set(record)
    is_whole = set(_CLAIMS) - _OPTIONAL <= names <= set(_CLAIMS)
    return is_whole and all(_CLAIMS[name](record[name]) for name in names)
