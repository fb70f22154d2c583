"""Client of Removebg BD, a background-removal service that never stores an image.

    from removebg_bd import Client

    with Client("http://127.0.0.1:3000") as client:
        client.remove("photo.jpg", format="webp").save("cutout.webp")
"""

from ._async_client import AsyncClient, Progress
from ._batch_run import BatchImage, BatchOutcome
from ._batches import NextResult, NoResult
from ._client import Client
from ._errors import RemoveBgError
from ._inputs import ImageInput
from ._results import BatchKey, Cutout, Facts, JobKey, SavedCutout, Target
from ._wire import (
    Batch,
    BatchCreated,
    BatchJob,
    CutoutOptions,
    Job,
    JobAccepted,
    JobEvent,
    ProblemCode,
    ReceiptClaims,
    ReceiptKeySet,
    Stage,
)
from .receipts import ReceiptCheck, check_receipt

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "Batch",
    "BatchCreated",
    "BatchImage",
    "BatchJob",
    "BatchKey",
    "BatchOutcome",
    "Client",
    "Cutout",
    "CutoutOptions",
    "Facts",
    "ImageInput",
    "Job",
    "JobAccepted",
    "JobEvent",
    "JobKey",
    "NextResult",
    "NoResult",
    "ProblemCode",
    "Progress",
    "ReceiptCheck",
    "ReceiptClaims",
    "ReceiptKeySet",
    "RemoveBgError",
    "SavedCutout",
    "Stage",
    "Target",
    "check_receipt",
]
