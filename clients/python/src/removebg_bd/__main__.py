"""Removes the background of one photo: python3 -m removebg_bd photo.jpg -o cutout.png"""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import Any, BinaryIO, Dict, List, Optional

from ._async_client import Progress
from ._client import Client
from ._errors import RemoveBgError
from ._results import SavedCutout
from ._wire import OPTIONS

# Exit codes: the same as those of the `removebg` command.
_FAILED = 1
_USAGE = 2
_SERVICE = 3
_INTERRUPTED = 130

_TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_TRUTHS.update({"false": False, "no": False, "off": False, "0": False})


def _flag(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise argparse.ArgumentTypeError("true or false")
    return _TRUTHS[text.lower()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m removebg_bd",
        description="Removes the background of one photo.",
        epilog="The API key is read from REMOVEBG_KEY. "
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the service is unreachable.",
    )
    parser.add_argument("photo", help="file or http(s) address; - for standard input")
    parser.add_argument(
        "-o", "--out", help="file; - for standard output (default: PHOTO-cutout.FORMAT)"
    )
    parser.add_argument("--server", help="address of the service (default: REMOVEBG_SERVER)")
    parser.add_argument("--background", help="image behind the subject")
    parser.add_argument("--mask", help="mask in place of the model")
    parser.add_argument("--timeout", type=float, help="seconds until it gives up")
    parser.add_argument("--receipt", help="file for the signed deletion receipt, once verified")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    group = parser.add_argument_group("options of the image")
    for name, (kind, values, description) in OPTIONS.items():
        flag = "--" + name.replace("_", "-")
        about: Dict[str, Any] = {"dest": name, "help": description.replace("%", "%%")}
        if values:
            about["choices"] = values
        elif kind == "bool":
            # A flag alone means true.
            about.update(type=_flag, nargs="?", const=True, metavar="true|false")
        elif kind == "int":
            about.update(type=int, metavar="N")
        else:
            about["metavar"] = "VALUE"
        group.add_argument(flag, **about)
    return parser


def _show(progress: Progress) -> None:
    parts: List[object] = [progress.state, progress.stage, progress.code]
    if progress.percent is not None:
        parts.append(f"{progress.percent:.0f} %")
    if progress.position is not None:
        parts.append(f"position {progress.position}")
    print(*(part for part in parts if part is not None), file=sys.stderr)


def _target_of(photo: str, out: Optional[str], kind: str) -> str:
    if out is not None:
        return out
    if photo == "-":
        return "-"
    stem = os.path.splitext(photo.rsplit("/", 1)[-1])[0] or "photo"
    return f"{stem}-cutout.{kind}"


def _remove(client: Client, given: argparse.Namespace) -> SavedCutout:
    options: Any = {
        name: getattr(given, name) for name in OPTIONS if getattr(given, name) is not None
    }
    settings: Any = {
        "background": given.background,
        "mask": given.mask,
        "timeout": given.timeout,
        "on_progress": None if given.quiet or not sys.stderr.isatty() else _show,
    }
    photo: Any = io.BytesIO(sys.stdin.buffer.read()) if given.photo == "-" else given.photo
    is_chosen = options.get("format", "auto" if given.preset else "png") == "auto"
    if given.out is None and given.photo != "-" and is_chosen:
        # The name depends on the format of the result: `auto`, or that of a preset.
        cutout = client.remove(photo, **settings, **options)
        cutout.save(_target_of(given.photo, None, cutout.facts.format))
        return cutout
    target = _target_of(given.photo, given.out, options.get("format", "png"))
    if target != "-":
        return client.remove_to(target, photo, **settings, **options)
    output: BinaryIO = sys.stdout.buffer
    cutout = client.remove(photo, **settings, **options)
    output.write(cutout.data)
    output.flush()
    return cutout


def main(arguments: Optional[List[str]] = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        with Client(given.server) as client:
            saved = _remove(client, given)
            if given.receipt is not None:
                receipt = client.receipt(saved.job)
                check = client.verify(receipt)
                if not check.valid:
                    print(f"The receipt is not valid: {check.fault}", file=sys.stderr)
                    return _FAILED
                with open(given.receipt, "w", encoding="ascii") as file:
                    file.write(receipt + "\n")
        return 0
    except RemoveBgError as error:
        print(error, file=sys.stderr)
        if error.code in ("invalid-argument", "image-unreadable"):
            return _USAGE
        is_busy = error.is_temporary and error.retryable
        is_service = is_busy or error.code in ("key-invalid", "unexpected-answer")
        return _SERVICE if is_service else _FAILED
    except (OSError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
