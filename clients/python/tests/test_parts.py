"""Parts that need no service."""

import asyncio
import json
import os
import threading
import unittest
from base64 import urlsafe_b64encode
from email.utils import formatdate
from time import time
from typing import Any, List

from removebg_bd import BatchImage, Client, RemoveBgError, check_receipt
from removebg_bd._batch_run import _Pending, _Window
from removebg_bd._errors import error_of_answer, retry_after_of
from removebg_bd._jobs import SseReader, event_of_view
from removebg_bd._retry import RetryPolicy, retry
from removebg_bd._wire import OPTIONS
from removebg_bd.receipts import _are_claims, verify_ed25519

# RFC 8032 section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


class Ed25519Test(unittest.TestCase):
    def test_signatures_of_the_standard_are_valid(self) -> None:
        for public, message, signature in VECTORS:
            given = [bytes.fromhex(each) for each in (public, signature, message)]
            self.assertTrue(verify_ed25519(*given))

    def test_any_changed_byte_makes_a_signature_invalid(self) -> None:
        public, message, signature = (bytes.fromhex(each) for each in VECTORS[1])
        for place in range(64):
            changed = bytearray(signature)
            changed[place] ^= 1
            self.assertFalse(verify_ed25519(public, bytes(changed), message))
        self.assertFalse(verify_ed25519(public, signature, b"other"))

    def test_a_second_form_of_a_signature_is_refused(self) -> None:
        public, message, signature = (bytes.fromhex(each) for each in VECTORS[1])
        s = int.from_bytes(signature[32:], "little") + ORDER
        self.assertFalse(verify_ed25519(public, signature[:32] + s.to_bytes(32, "little"), message))

    def test_keys_that_are_no_points_are_refused(self) -> None:
        for key in (b"", b"\xff" * 32, (2).to_bytes(32, "little")):
            self.assertFalse(verify_ed25519(key, b"\0" * 64, b""))


class ReceiptTest(unittest.TestCase):
    def test_texts_that_are_no_receipts_have_their_fault(self) -> None:
        keys: Any = {"keys": []}
        for text in ("", "a.b", "a.b.c.d", "=.=.=", "e30.e30.é"):
            self.assertEqual(check_receipt(text, keys).fault, "malformed", text)
        self.assertEqual(check_receipt("e30.e30.AAAA", keys).fault, "wrong-type")


    def test_the_deadlines_of_a_request_are_claims(self) -> None:
        claims: Any = {"iss": "x", "jti": "A" * 22, "state": "failed", "iat": 1, "keys_removed": 1}
        claims.update(input_bytes=9, output_bytes=0)
        for name in ("accepted_at", "ended_at", "purged_at"):
            claims[name] = "2026-01-02T03:04:05.678Z"
        self.assertTrue(_are_claims(claims))
        self.assertTrue(_are_claims({**claims, "start_within": 30, "keep_at_most": 3600}))
        for changed in ({"start_within": 0}, {"keep_at_most": 3601}, {"state": []}, {"name": "x"}):
            self.assertFalse(_are_claims({**claims, **changed}))

    def test_a_key_of_another_kind_is_unknown(self) -> None:
        keys: Any = {"keys": [{"kid": "a", "kty": "OKP", "crv": "X25519", "x": "AAAA"}]}
        header = b'{"alg":"EdDSA","typ":"removebg-receipt+jwt","kid":"a"}'
        text = urlsafe_b64encode(header).rstrip(b"=").decode()
        self.assertEqual(check_receipt(f"{text}.e30.AAAA", keys).fault, "unknown-key")


class SseTest(unittest.TestCase):
    STREAM = "\ufeffevent: a\r\nid: 7\r\ndata: 1\r\ndata: é\r\n\r\n: heartbeat\n\nretry: 250\ndata:x\n\n"

    def test_a_stream_is_parsed_alike_wherever_it_is_split(self) -> None:
        data = self.STREAM.encode()
        expected = [("a", "1\né", "7"), ("message", "x", "7")]
        for size in range(1, len(data) + 1):
            reader = SseReader()
            found: List[Any] = []
            for start in range(0, len(data), size):
                found += reader.feed(data[start : start + size])
            self.assertEqual(found, expected, size)
            self.assertEqual(reader.retry_s, 0.25)

    def test_a_status_becomes_the_event_that_it_corresponds_to(self) -> None:
        view: Any = {"status": "queued", "queue_position": 3}
        self.assertEqual(event_of_view(view), {"event": "queued", "data": {"position": 3}})
        self.assertEqual(event_of_view({**view, "status": "failed"})["event"], "failed")


class ErrorTest(unittest.TestCase):
    def test_a_problem_of_the_service_keeps_its_facts(self) -> None:
        problem = {
            "type": "/problems/image-too-large",
            "code": "image-too-large",
            "title": "The image is too large",
            "limit": 5,
            "unit": "bytes",
        }
        error = error_of_answer(413, {"retry-after": "3"}, json.dumps(problem).encode(), "x")
        self.assertEqual((error.code, error.status, error.limit), ("image-too-large", 413, 5))
        self.assertEqual(error.retry_after, 3)
        self.assertFalse(error.retryable)
        self.assertIn("The limit is 5 bytes", str(error))

    def test_a_job_that_was_not_started_in_time_is_not_asked_for_again(self) -> None:
        error = RemoveBgError("not-started-in-time", status=503)
        self.assertTrue(error.is_temporary)
        self.assertFalse(error.retryable)

    def test_a_wait_for_room_may_fail_any_number_of_times(self) -> None:
        failures = 0

        async def attempt() -> int:
            nonlocal failures
            failures += 1
            if failures < 1100:
                raise RemoveBgError("tenant-limit", status=429, retry_after=0)
            return failures

        policy = RetryPolicy(patience=0, delay=1, is_unlimited_at_429=True)
        self.assertEqual(asyncio.run(retry(attempt, policy)), 1100)

    def test_other_answers_are_unexpected(self) -> None:
        for body in (b"", b"<html>", b"[]", b'{"code":"x","type":"about:blank"}'):
            self.assertEqual(error_of_answer(502, {}, body, "x").code, "unexpected-answer")

    def test_retry_after_is_seconds_or_a_date(self) -> None:
        self.assertEqual(retry_after_of("12"), 12)
        self.assertAlmostEqual(retry_after_of(formatdate(time() + 60)) or 0, 60, delta=3)
        for text in (None, "", "soon", "-1"):
            self.assertIsNone(retry_after_of(text))


class WindowTest(unittest.IsolatedAsyncioTestCase):
    async def test_only_a_result_that_was_delivered_needs_a_new_id(self) -> None:
        window = _Window(4)
        image = _Pending("7", "shoe.jpg", BatchImage(b"x"))
        ids: List[str] = []
        for has_new_id in (False, True, True):
            window.add(image)
            window.resubmit(image, has_new_id)
            ids.append(window.lost.pop().id)
        self.assertEqual(ids, ["7", "7~2", "7~3"])
        self.assertEqual((window.in_flight, image.attempts), ({}, 3))


class ArgumentTest(unittest.TestCase):
    def test_settings_that_cannot_be_used_are_named(self) -> None:
        for address in ("ftp://x", "x", "http://", "http://u:p@x", "http://x?y", "http://x:99999"):
            with self.assertRaises(RemoveBgError) as raised:
                Client(address)
            self.assertEqual(raised.exception.code, "invalid-argument", address)
        with self.assertRaises(RemoveBgError):
            Client("http://x", api_key="two words")

    def test_nothing_is_sent_for_arguments_that_cannot_be_used(self) -> None:
        with Client("http://127.0.0.1:1", patience=0) as client:
            options: Any = {"colour": "red"}
            for image, given, code in (
                (b"x", options, "invalid-argument"),
                (12, {}, "invalid-argument"),
                ("no-such-file.jpg", {}, "image-unreadable"),
                (open(os.devnull), {}, "invalid-argument"),
            ):
                with self.assertRaises(RemoveBgError) as raised:
                    client.remove(image, **given)  # type: ignore[arg-type]
                self.assertEqual(raised.exception.code, code)
                if hasattr(image, "close"):
                    image.close()

    def test_an_unreachable_service_is_a_lost_connection(self) -> None:
        with Client("http://127.0.0.1:1", patience=0) as client:
            with self.assertRaises(RemoveBgError) as raised:
                client.remove(b"x")
        self.assertEqual(raised.exception.code, "connection-lost")
        self.assertTrue(raised.exception.retryable)

    def test_calls_end_when_another_thread_closes_the_client(self) -> None:
        client = Client("http://127.0.0.1:1", patience=60, retry_delay=0.001)
        ends: List[str] = []

        def call() -> None:
            try:
                client.remove(b"x")
            except RuntimeError as error:
                ends.append(str(error))

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            client.close()
        self.assertEqual(ends, ["the client was closed"] * 8)

    def test_every_option_has_a_description(self) -> None:
        self.assertTrue(all(option.description for option in OPTIONS.values()))


if __name__ == "__main__":
    unittest.main()
