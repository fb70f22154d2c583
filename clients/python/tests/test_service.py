"""Against a running service: REMOVEBG_SERVER; PHOTO and LARGE_PHOTO are files."""

import asyncio
import io
import os
import subprocess
import sys
import tempfile
import unittest
from typing import List

from removebg_bd import AsyncClient, BatchImage, Client, JobKey, Progress, RemoveBgError

PHOTO = os.environ["PHOTO"]
LARGE_PHOTO = os.environ["LARGE_PHOTO"]
PNG = b"\x89PNG"


class SyncTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Client(retry_delay=0.05)
        self.addCleanup(self.client.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def code_of(self, image: object, **options: object) -> str:
        with self.assertRaises(RemoveBgError) as raised:
            self.client.remove(image, **options)  # type: ignore[arg-type]
        return raised.exception.code

    def test_paths_bytes_and_files_give_the_same_result(self) -> None:
        with open(PHOTO, "rb") as file:
            data = file.read()
            file.seek(0)
            images = [PHOTO, data, bytearray(data), io.BytesIO(data), file]
            results = [self.client.remove(image).data for image in images]
        self.assertEqual(len(set(results)), 1)
        self.assertEqual(results[0][:4], PNG)

    def test_a_result_is_written_to_a_path_or_a_file(self) -> None:
        path = os.path.join(self.folder, "cutout.webp")
        saved = self.client.remove_to(path, PHOTO, format="webp", crop=True)
        self.assertEqual(saved.facts.bytes, os.path.getsize(path))
        self.assertEqual(saved.facts.format, "webp")
        stream = io.BytesIO(b"head")
        stream.seek(4)
        size = self.client.remove_to(stream, PHOTO).facts.bytes
        self.assertEqual(len(stream.getvalue()), size + 4)
        self.assertEqual(os.listdir(self.folder), ["cutout.webp"])

    def test_a_failure_leaves_the_target_as_it_was(self) -> None:
        path = os.path.join(self.folder, "cutout.png")
        with self.assertRaises(RemoveBgError):
            self.client.remove_to(path, b"no image" * 20)
        self.assertEqual(os.listdir(self.folder), [])

    def test_progress_is_reported_in_the_thread_of_the_caller(self) -> None:
        seen: List[Progress] = []
        cutout = self.client.remove(PHOTO, on_progress=seen.append)
        states = [progress.state for progress in seen]
        self.assertEqual((states[0], states[-1]), ("sending", "fetching"))
        self.assertGreater(cutout.facts.foreground["width"], 0)

    def test_events_come_by_long_polling_when_the_stream_does_not(self) -> None:
        with Client(first_event_timeout=0.000001, retry_delay=0.05) as client:
            seen: List[str] = []
            client.remove(PHOTO, on_progress=lambda progress: seen.append(progress.state))
        self.assertEqual(seen[-1], "fetching")

    def test_a_receipt_is_valid_and_a_changed_one_is_not(self) -> None:
        cutout = self.client.remove(PHOTO)
        receipt = self.client.receipt(cutout.job)
        check = self.client.verify(receipt)
        assert check.claims is not None
        self.assertEqual(check.claims["jti"], cutout.job.id)
        self.assertEqual(check.claims["output_bytes"], len(cutout.data))
        head, claims, signature = receipt.split(".")
        for changed, fault in (
            (f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}", "bad-signature"),
            (f"{head}.{claims[:-8]}{claims[-4:]}{claims[-8:-4]}.{signature}", "bad-signature"),
            (f"{head}.{claims}", "malformed"),
        ):
            self.assertEqual(self.client.verify(changed).fault, fault)
        self.assertEqual(self.client.verify(receipt, {"keys": []}).fault, "unknown-key")

    def test_errors_have_their_codes(self) -> None:
        self.assertEqual(self.code_of(b"no image" * 20), "image-type-unsupported")
        self.assertEqual(self.code_of(PHOTO, format="gif"), "invalid-parameter")
        self.assertEqual(self.code_of("http://127.0.0.1/photo.jpg"), "image-url-off")
        with Client(api_key="rb_wrong") as client:
            with self.assertRaises(RemoveBgError) as raised:
                client.remove(PHOTO)
            self.assertEqual((raised.exception.code, raised.exception.status), ("key-invalid", 401))
            with self.assertRaises(RemoveBgError):
                next(client.batch([PHOTO]))

    def test_an_error_in_the_callback_cancels_the_job(self) -> None:
        def stop(progress: Progress) -> None:
            if progress.state != "sending":
                raise KeyError("enough")

        with self.assertRaises(KeyError):
            self.client.remove(PHOTO, on_progress=stop)

    def test_twelve_images_go_through_a_batch_and_a_broken_one_disturbs_none(self) -> None:
        images = [BatchImage(PHOTO, name=f"photo {i}") for i in range(10)]
        images.append(BatchImage(b"no image" * 20, name="broken"))
        images.append(BatchImage(lambda: open(PHOTO, "rb"), name="jpg", options={"format": "jpg"}))
        outcomes = {outcome.name: outcome for outcome in self.client.batch(images, window=4)}
        self.assertEqual(len(outcomes), 12)
        error = outcomes["broken"].error
        assert error is not None
        self.assertEqual(error.code, "image-type-unsupported")
        self.assertEqual(outcomes["jpg"].result().facts.format, "jpg")
        self.assertEqual(sum(outcome.ok for outcome in outcomes.values()), 11)

    def test_leaving_a_batch_ends_it(self) -> None:
        outcomes = self.client.batch([PHOTO] * 5, window=3)
        self.assertTrue(next(outcomes).ok)
        outcomes.close()

    def test_the_command_writes_a_cutout_and_its_receipt(self) -> None:
        out, receipt = (os.path.join(self.folder, name) for name in ("out.jpg", "receipt"))
        command = [sys.executable, "-m", "removebg_bd", PHOTO, "-o", out, "--format", "jpg"]
        done = subprocess.run([*command, "--crop", "--receipt", receipt], capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        with open(out, "rb") as file:
            self.assertEqual(file.read(2), b"\xff\xd8")
        self.assertTrue(os.path.getsize(receipt) > 100)
        missing = subprocess.run([*command[:3], "missing.jpg"], capture_output=True)
        self.assertEqual(missing.returncode, 2)


class AsyncTest(unittest.IsolatedAsyncioTestCase):
    async def test_twenty_images_at_a_time(self) -> None:
        async with AsyncClient(retry_delay=0.05) as client:
            cutouts = await asyncio.gather(*(client.remove(PHOTO) for _ in range(20)))
        self.assertEqual({cutout.data[:4] for cutout in cutouts}, {PNG})
        self.assertEqual(len({cutout.job.id for cutout in cutouts}), 20)

    async def test_a_photo_of_four_megapixels(self) -> None:
        async with AsyncClient() as client:
            cutout = await client.remove(LARGE_PHOTO, format="jpg")
        self.assertGreaterEqual(cutout.facts.width * cutout.facts.height, 4_000_000)

    async def test_a_background_goes_with_the_image(self) -> None:
        async with AsyncClient() as client:
            plain = await client.remove(PHOTO, format="jpg")
            other = await client.remove(PHOTO, format="jpg", background=LARGE_PHOTO)
        self.assertNotEqual(plain.data, other.data)

    async def test_a_cancelled_task_cancels_its_job(self) -> None:
        async with AsyncClient() as client:
            jobs: List[JobKey] = []
            submit = client.jobs._submit

            async def note(*arguments: object) -> object:
                answer = await submit(*arguments)  # type: ignore[arg-type]
                jobs.append(JobKey(answer["id"], answer["token"]))
                return answer

            client.jobs._submit = note  # type: ignore
            task = asyncio.ensure_future(client.remove(LARGE_PHOTO))
            while not jobs:
                await asyncio.sleep(0.001)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            view = await client.jobs.status(jobs[0])
            self.assertEqual(view["status"], "cancelled")
            with self.assertRaises(TimeoutError):
                await client.remove(LARGE_PHOTO, timeout=0.001)

    async def test_a_batch_of_an_asynchronous_iterator(self) -> None:
        async def images():  # type: ignore[no-untyped-def]
            for i in range(3):
                yield BatchImage(PHOTO, name=str(i))

        async with AsyncClient() as client:
            names = [outcome.name async for outcome in client.batch(images()) if outcome.ok]
        self.assertEqual(sorted(names), ["0", "1", "2"])


if __name__ == "__main__":
    unittest.main()
