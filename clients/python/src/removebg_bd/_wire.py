# Generated from the OpenAPI document of the service: npm run reference -- --write
"""Types of what the service accepts and sends, and the options of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Tuple, Union

if TYPE_CHECKING:
    from typing_extensions import Literal, NotRequired, TypedDict
else:
    from typing import Literal, TypedDict

ProblemCode = Literal["invalid-request", "invalid-parameter", "unknown-parameter", "missing-image", "multiple-images", "multiple-backgrounds", "multiple-masks", "malformed-multipart", "upload-interrupted", "image-url-off", "image-url-invalid", "image-url-refused", "key-invalid", "cross-site-request", "not-found", "job-not-found", "batch-not-found", "method-not-allowed", "request-timeout", "result-busy", "retry-too-soon", "batch-closed", "batch-full", "custom-id-taken", "not-purged", "result-delivered", "result-expired", "job-cancelled", "batch-cancelled", "queue-lost", "image-too-large", "content-encoding-unsupported", "image-type-unsupported", "expectation-failed", "wrong-region", "misdirected-request", "retry-differs", "image-too-many-pixels", "image-too-complex", "image-memory-exceeded", "image-url-failed", "image-truncated", "image-corrupt", "background-corrupt", "mask-corrupt", "mask-mismatch", "roi-exceeds-bounds", "roi-empty", "subject-not-found", "ground-not-flat", "foreground-not-found", "subject-no-room", "max-bytes-too-small", "model-unknown", "worker-crashed", "deadline-exceeded", "processing-failed", "rate-limited", "tenant-limit", "too-many-open-requests", "headers-too-large", "internal-error", "broker-unavailable", "capacity-exhausted", "not-ready", "not-started-in-time", "shutting-down"]

JobStatus = Literal["accepted", "queued", "running", "ready", "delivering", "delivered", "failed", "cancelled", "expired"]

BatchStatus = Literal["open", "closed", "complete", "cancelled"]

Stage = Literal["fetch", "decode", "infer", "refine", "compose", "encode", "store"]


class CutoutOptions(TypedDict, total=False):
    # Encoding of the result. `png` is lossless, and so is `webp` without `quality` and `max_bytes`;
    # `avif` is lossy, also in its alpha; `jpg` has a white background by default; `zip` contains
    # `color.jpg` and `alpha.png`; `auto` is `png` if the result has transparent pixels, else `jpg`
    format: Literal["png", "webp", "jpg", "avif", "zip", "auto"]
    # Quality of a lossy result, 1 to 100: `jpg` (default 90), `avif` (default 80), and `webp`,
    # which is lossless without it and keeps the alpha exact with it. Other formats have no quality
    quality: int
    # Maximum size of the result in bytes. The result has the best quality that fits, at most
    # `quality` (90 without it) and at least 30. Requires `format` `jpg`, `webp` or `avif`
    max_bytes: int
    # Content of the result: `cutout` is color with alpha; `alpha` the alpha alone as a gray image;
    # `mask` the mask of the model before its edges are refined, as a gray image; `foreground` the
    # colors of the subject without background and without alpha; `both` a ZIP of `cutout.png` and
    # `alpha.png`, with `format=zip`. All but `cutout` cannot be combined with a background or a
    # shadow, and all but `cutout` and `both` with `zip`; `auto` is then `png`
    only: Literal["cutout", "alpha", "mask", "foreground", "both"]
    # Another way to write `only`: `rgba` is `only=cutout`, `alpha` is `only=alpha`
    channels: Literal["rgba", "alpha"]
    # Bits per channel of a PNG result: `8`, `16` (8-bit images are widened), or `auto`: 16 if the
    # image has 16 bits and at most 25 million pixels, else 8. Unchanged pixels are exact to the
    # bit. 16-bit results have at most 25 million pixels
    bit_depth: Literal["8", "16", "auto"]
    # Colors of the result: `srgb` without a profile; `p3` is Display P3 with its profile; `keep`
    # keeps the RGB space of the image, with a profile of it, and is `srgb` for an image without a
    # usable RGB profile. Colors of options are always those of sRGB. Every format can hold a
    # profile; gray results have none
    icc: Literal["srgb", "p3", "keep"]
    # Maximum number of pixels of the result: `preview` (`small`, `regular`) 0.25 million, `medium`
    # 1.5, `hd` 4, `50MP` 50; `auto`, `full` and `4k` keep the size of the image. Results are never
    # enlarged
    size: Literal["auto", "preview", "small", "regular", "medium", "hd", "full", "4k", "50MP"]
    # Crop the result to the subject. Cannot be combined with `scale` or `position`
    crop: bool
    # Margin around the cropped subject, in pixels of the image or percent of the subject: one
    # value, two (top and bottom, left and right) or four (top, right, bottom, left), each at most
    # `500px` or `50%`. Requires `crop`
    crop_margin: str
    # Region of interest, `x1 y1 x2 y2` in pixels or percent of the image, such as `10% 0% 400px
    # 300px`. Everything outside is background
    roi: str
    # Subjects to keep: `all`, the `largest`, numbers in the order of size such as `2` or `1,3` (1
    # is the largest), or the one at a point of the image. A point has units: `40%,60%` or
    # `400px,300px`
    subject: str
    # Small loose parts of the matte far from every subject: `remove`, or `keep` as subjects of
    # their own
    scraps: Literal["remove", "keep"]
    # Cut-out of drawings on one color (logos, codes, signatures, icons, screenshots) by their
    # colors instead of a model, with exact edges: `auto` when the image is certainly one, `on`
    # always, `off` never
    graphics: Literal["auto", "off", "on"]
    # Areas inside of a drawing that have the color of its background: `open` makes them
    # transparent, as in letters and rings; `fill` keeps them, as the white of the eyes in a face.
    # In photographs on one color, `open` also clears such areas where the model has taken them for
    # the subject
    holes: Literal["open", "fill"]
    # Size of the subject, `10%` to `100%` of the width or height of the result, whichever it
    # reaches first. A small subject is enlarged; the result keeps the size of the image
    scale: str
    # Position of the subject: `original`, `center`, `n%` or `n% n%` (across, down), where `0%` is
    # the left or top edge and `100%` the right or bottom edge. Default: `center` with `scale`, else
    # `original`
    position: str
    # Size of the result: `WxH` such as `2000x2000`, `Wxauto` or `autoxH`, in pixels; `original` is
    # the size of the image, `subject` that of the subject with its padding and margin. The subject
    # is scaled, up or down, to the space that padding and margin leave. Cannot be combined with
    # `size`, `crop`, `scale` and `position`
    output_size: str
    # How the subject fits its space with `output_size`: `contain` shows all of it; `cover` fills
    # the space and cuts off what does not fit
    fit: Literal["contain", "cover"]
    # Space between the subject and the edges of the result with `output_size`, in pixels or percent
    # of the width (left, right) or height (top, bottom) of the result: one value, two or four in
    # the order of `crop_margin`, each at most `10000px` or `49%`. There is none on a side where the
    # image cuts the subject off, unless `align` is given for that direction: the subject touches
    # the edge there
    padding: str
    # As `padding`, which it adds to, but also on sides where the image cuts the subject off
    margin: str
    # Place of the subject in its space with `output_size`: `center`, `top`, `bottom`, `left`,
    # `right`, or two of them such as `bottom left`; `auto` is `center`, and the edge of a side
    # where the image cuts the subject off
    align: str
    # Size, space, background and format that a shop asks for; options that are sent as well take
    # precedence. docs/guides/canvas.md has the values and their sources
    preset: Literal["amazon", "ebay", "shopify", "google-shopping", "square", "portrait", "story"]
    # Background: 3, 4, 6 or 8 hex digits with or without `#`, or a CSS color name
    bg_color: str
    # Background of two to four colors, as in `bg_color`, that blend evenly, and an angle as in CSS:
    # `0deg` upwards, `90deg` to the right; default `180deg`
    bg_gradient: str
    # Background of the image itself, blurred, 1 to 100: 100 is a standard deviation of 10 % of the
    # longer side. The subject does not bleed into it. Requires that the subject stays in its place:
    # cannot be combined with `crop`, `scale`, `position` and `output_size`
    background_blur: int
    # Kind of `background_blur`: `gaussian`, or `bokeh` as of a lens, with bright discs for small
    # lights
    background_blur_mode: Literal["gaussian", "bokeh"]
    # Keep translucent areas inside the subject, such as glass. Edges are soft in both cases
    semitransparency: bool
    # Shadow of the subject, within the result: `soft` is faint and just below it; `drop` is the
    # outline, darker, below and to the right; `contact` lies on the ground where the subject
    # stands, with a short dark core
    shadow: Literal["none", "soft", "drop", "contact"]
    # Opacity of the shadow in percent. Default: 40 (`soft`), 45 (`drop`), 70 (`contact`)
    shadow_opacity: int
    # Softness of the shadow: standard deviation in pixels of the result or percent of the longer
    # side of the subject, at most `500px` or `25%`. Default: `2%` (`soft`), `1.5%` (`drop`), `1.2%`
    # (`contact`)
    shadow_blur: str
    # Offset of the shadow to the right and down, two lengths as in `shadow_blur` that may be
    # negative. Default: `0 2.5%` (`soft`), `2% 3%` (`drop`), `0 0` (`contact`)
    shadow_offset: str
    # Color of the shadow, as in `bg_color`; its alpha multiplies the opacity. Default: black
    shadow_color: str
    # Width of an outline around the subject, as of a sticker: pixels of the result or percent of
    # the longer side of the subject, at most `500px` or `25%`. It lies over the shadow, which it
    # casts as well. With `crop` and `output_size` there is room for it; otherwise it ends at the
    # edges of the result
    outline: str
    # Color of the outline, as in `bg_color`. Default: white
    outline_color: str
    # Reflection of the subject in a floor below it: opacity in percent where it meets the subject.
    # It fades out. With `crop` and `output_size` there is room for it; otherwise it ends at the
    # edges of the result
    reflection: int
    # Length of the reflection, at which it has faded out: pixels of the result or percent of the
    # height of the subject, at most `9999px` or `100%`. Default: `40%`
    reflection_length: str
    # Gap between the subject and its reflection, pixels of the result or percent of the height of
    # the subject, at most `500px` or `25%`. Default: 0
    reflection_offset: str
    # Another way to write `shadow=soft`
    add_shadow: bool
    # Refinement of the matte: `edges` follows hair and outlines in the full image; `none` uses the
    # output of the model
    refine: Literal["none", "edges"]
    # Work for the matte: `standard` runs the model once; `auto` looks again at a subject that the
    # first look is unsure about, enlarged, and at each subject of a wide or tall image; `best` also
    # does so where little is to be gained, and asks the next model of the service, if it has
    # several. A further look counts only where it is surer; the looks of `best` vote on each pixel
    effort: Literal["standard", "auto", "best"]
    # Name of a model from `GET /v1/models`. The default model is used without it
    model: str
    # Seconds within which a worker must start the job. Otherwise it fails with
    # `not-started-in-time` and is purged. At most, and by default, the time that the service lets
    # an image wait
    start_within: int
    # Seconds that the result is kept until it is downloaded; then it is purged. At most, and by
    # default, the time that the service keeps a result
    keep_at_most: int


# Bounding box of the subject in the result; 0 × 0 when nothing is visible
class ResultFactsForeground(TypedDict):
    left: int
    top: int
    width: int
    height: int


class ResultFactsSubjects(TypedDict):
    # Its bounding box in the result
    box: ResultFactsForeground
    # Its share of the opacity of all subjects
    share: float


class ResultFacts(TypedDict):
    # Size of the encoded result
    bytes: int
    # Pixels
    width: int
    # Pixels
    height: int
    # Encoding of the result; never `auto`
    format: Literal["png", "webp", "jpg", "avif", "zip"]
    # Bounding box of the subject in the result; 0 × 0 when nothing is visible
    foreground: ResultFactsForeground
    # Expected agreement of the cut-out with the true one, 0 to 1; check results below 0.8. Absent
    # when the worker does not measure it
    confidence: NotRequired[float]
    # Connected parts of the cut-out, the largest first; at most 16
    subjects: List[ResultFactsSubjects]
    # What to know before using the result
    hints: List[Literal["low-confidence", "no-subject", "graphics"]]
    # How often a model was run for the image
    looks: int
    # Name of the model that cut the subject out
    model: str
    # Execution provider that ran the model
    provider: Literal["cpu", "cuda", "tensorrt", "dml", "coreml", "webgpu"]


# Addresses relative to the service
class JobAcceptedLinks(TypedDict):
    self: str
    events: str
    result: str
    # For DELETE
    cancel: str
    receipt: str


class JobAccepted(TypedDict):
    # Job id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str
    # Secret of this job: 43 characters, base64url. Bearer token of all requests about it
    token: str
    status: JobStatus
    # 1 = next
    queue_position: NotRequired[int]
    # Estimated milliseconds until the result is ready
    eta_ms: NotRequired[int]
    # As in the request, or its batch
    start_within: NotRequired[int]
    # As in the request, or its batch
    keep_at_most: NotRequired[int]
    # With `start_within`, while the job waits: when it fails unless a worker has started it
    start_before: NotRequired[str]
    # No worker was running, and one is being started: the job waits some seconds longer
    worker_starting: NotRequired[Literal[True]]
    # When the image is purged if no worker has started it
    expires_at: str
    # Names of ignored form fields; also in `X-Ignored-Fields`
    ignored: NotRequired[List[str]]
    # Addresses relative to the service
    links: JobAcceptedLinks


# Why the job failed
class JobProblem(TypedDict):
    type: str
    title: str
    status: int
    code: str
    # What is particular to this image
    detail: NotRequired[str]
    # Name of the parameter that it is about
    parameter: NotRequired[str]
    # The limit that was exceeded, in `unit`
    limit: NotRequired[float]
    # Unit of `limit`, such as "pixels"
    unit: NotRequired[str]


class Job(TypedDict):
    # Job id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str
    status: JobStatus
    # Increases with each change of state; also the ETag, until the job has ended
    version: int
    # `true` when processing is over: the result can be fetched, or there will be none
    done: bool
    # 1 = next
    queue_position: NotRequired[int]
    # Estimated milliseconds until the result is ready
    eta_ms: NotRequired[int]
    # No worker was running, and one is being started: the job waits some seconds longer
    worker_starting: NotRequired[Literal[True]]
    result: NotRequired[ResultFacts]
    # Why the job failed
    problem: NotRequired[JobProblem]
    # As in the request, or its batch
    start_within: NotRequired[int]
    # As in the request, or its batch
    keep_at_most: NotRequired[int]
    # With `start_within`, while the job waits: when it fails unless a worker has started it
    start_before: NotRequired[str]
    # When the data of the job expires and is purged
    expires_at: str
    # Addresses relative to the service
    links: JobAcceptedLinks


class JobEventAccepted(TypedDict):
    event: Literal["accepted"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobAccepted


class JobEventQueuedData(TypedDict):
    # 1 = next
    position: NotRequired[int]
    # Estimated milliseconds until the result is ready
    eta_ms: NotRequired[int]
    # No worker was running, and one is being started: the job waits some seconds longer
    worker_starting: NotRequired[Literal[True]]


class JobEventQueued(TypedDict):
    event: Literal["queued"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobEventQueuedData


class JobEventStartedData(TypedDict):
    attempt: int


class JobEventStarted(TypedDict):
    event: Literal["started"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobEventStartedData


class JobEventProgressData(TypedDict):
    stage: Stage
    percent: float


class JobEventProgress(TypedDict):
    event: Literal["progress"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobEventProgressData


class JobEventDoneData(TypedDict):
    # Size of the encoded result
    bytes: int
    # Pixels
    width: int
    # Pixels
    height: int
    # Encoding of the result; never `auto`
    format: Literal["png", "webp", "jpg", "avif", "zip"]
    # Bounding box of the subject in the result; 0 × 0 when nothing is visible
    foreground: ResultFactsForeground
    # Expected agreement of the cut-out with the true one, 0 to 1; check results below 0.8. Absent
    # when the worker does not measure it
    confidence: NotRequired[float]
    # Connected parts of the cut-out, the largest first; at most 16
    subjects: List[ResultFactsSubjects]
    # What to know before using the result
    hints: List[Literal["low-confidence", "no-subject", "graphics"]]
    # How often a model was run for the image
    looks: int
    # Name of the model that cut the subject out
    model: str
    # Execution provider that ran the model
    provider: Literal["cpu", "cuda", "tensorrt", "dml", "coreml", "webgpu"]
    # When the result expires and is purged
    expires_at: str
    # Address of the result
    link: str


class JobEventDone(TypedDict):
    event: Literal["done"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobEventDoneData


# One piece of the result, in order; pieces decode separately
class JobEventChunkData(TypedDict):
    index: int
    # Base64
    data: str


class JobEventChunk(TypedDict):
    event: Literal["chunk"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    # One piece of the result, in order; pieces decode separately
    data: JobEventChunkData


class JobEventFailedData(TypedDict):
    problem: Problem
    # Signed deletion receipt, a compact JWS
    receipt: NotRequired[str]


class JobEventFailed(TypedDict):
    event: Literal["failed"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobEventFailedData


class JobEventCancelledData(TypedDict):
    # Signed deletion receipt, a compact JWS
    receipt: NotRequired[str]


class JobEventCancelled(TypedDict):
    event: Literal["cancelled"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobEventCancelledData


class JobEventExpired(TypedDict):
    event: Literal["expired"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: JobEventCancelledData


# Nothing of the image is left
class JobEventPurgedData(TypedDict):
    reason: Literal["delivered"]
    at: str
    # Signed deletion receipt, a compact JWS
    receipt: NotRequired[str]


class JobEventPurged(TypedDict):
    event: Literal["purged"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    # Nothing of the image is left
    data: JobEventPurgedData

JobEvent = Union[JobEventAccepted, JobEventQueued, JobEventStarted, JobEventProgress, JobEventDone, JobEventChunk, JobEventFailed, JobEventCancelled, JobEventExpired, JobEventPurged]


class BatchJob(TypedDict):
    # Job id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str
    # Secret of this job: 43 characters, base64url. Bearer token of all requests about it
    token: str
    status: JobStatus
    # 1 = next
    queue_position: NotRequired[int]
    # Estimated milliseconds until the result is ready
    eta_ms: NotRequired[int]
    # As in the request, or its batch
    start_within: NotRequired[int]
    # As in the request, or its batch
    keep_at_most: NotRequired[int]
    # With `start_within`, while the job waits: when it fails unless a worker has started it
    start_before: NotRequired[str]
    # No worker was running, and one is being started: the job waits some seconds longer
    worker_starting: NotRequired[Literal[True]]
    # When the image is purged if no worker has started it
    expires_at: str
    # Names of ignored form fields; also in `X-Ignored-Fields`
    ignored: NotRequired[List[str]]
    # Addresses relative to the service
    links: JobAcceptedLinks
    # Your name for the image, unique in the batch
    custom_id: str


class BatchCounts(TypedDict):
    total: int
    queued: int
    running: int
    ready: int
    delivering: int
    delivered: int
    failed: int
    cancelled: int
    expired: int


class BatchFailures(TypedDict):
    # Your name for the image, unique in the batch
    custom_id: str
    # Job id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str
    problem: JobProblem


class BatchLinks(TypedDict):
    self: str
    jobs: str
    close: str
    events: str
    results: str
    archive: str
    cancel: str


class Batch(TypedDict):
    # Batch id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str
    status: BatchStatus
    # Increases with each change of any image; also the ETag
    version: int
    counts: BatchCounts
    # Images without a result, the first 1,000
    failures: List[BatchFailures]
    created_at: str
    # When the batch expires if nothing changes in it
    expires_at: str
    # `start_within` of images that are added without their own; absent when the batch has none
    start_within: NotRequired[int]
    # `keep_at_most` of images that are added without their own; absent when the batch has none
    keep_at_most: NotRequired[int]
    links: BatchLinks


class BatchCreated(TypedDict):
    # Batch id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str
    status: BatchStatus
    # Increases with each change of any image; also the ETag
    version: int
    counts: BatchCounts
    # Images without a result, the first 1,000
    failures: List[BatchFailures]
    created_at: str
    # When the batch expires if nothing changes in it
    expires_at: str
    # `start_within` of images that are added without their own; absent when the batch has none
    start_within: NotRequired[int]
    # `keep_at_most` of images that are added without their own; absent when the batch has none
    keep_at_most: NotRequired[int]
    links: BatchLinks
    # Secret of this batch: 43 characters, base64url. Bearer token of all requests about it
    token: str


class BatchEventQueuedData(TypedDict):
    # Your name for the image, unique in the batch
    custom_id: str
    # Job id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str


class BatchEventQueued(TypedDict):
    event: Literal["queued"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchEventQueuedData


class BatchEventStarted(TypedDict):
    event: Literal["started"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchEventQueuedData


class BatchEventDoneData(TypedDict):
    # Size of the encoded result
    bytes: int
    # Pixels
    width: int
    # Pixels
    height: int
    # Encoding of the result; never `auto`
    format: Literal["png", "webp", "jpg", "avif", "zip"]
    # Bounding box of the subject in the result; 0 × 0 when nothing is visible
    foreground: ResultFactsForeground
    # Expected agreement of the cut-out with the true one, 0 to 1; check results below 0.8. Absent
    # when the worker does not measure it
    confidence: NotRequired[float]
    # Connected parts of the cut-out, the largest first; at most 16
    subjects: List[ResultFactsSubjects]
    # What to know before using the result
    hints: List[Literal["low-confidence", "no-subject", "graphics"]]
    # How often a model was run for the image
    looks: int
    # Name of the model that cut the subject out
    model: str
    # Execution provider that ran the model
    provider: Literal["cpu", "cuda", "tensorrt", "dml", "coreml", "webgpu"]
    # When the result expires and is purged
    expires_at: str
    # Address of the result
    link: str
    # Your name for the image, unique in the batch
    custom_id: str
    # Job id: 22 characters, base64url; with regions, prefixed with `region.`
    id: str


class BatchEventDone(TypedDict):
    event: Literal["done"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchEventDoneData


class BatchEventDelivering(TypedDict):
    event: Literal["delivering"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchEventQueuedData


class BatchEventDelivered(TypedDict):
    event: Literal["delivered"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchEventQueuedData


class BatchEventFailed(TypedDict):
    event: Literal["failed"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchFailures


class BatchEventCancelled(TypedDict):
    event: Literal["cancelled"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchFailures


class BatchEventExpired(TypedDict):
    event: Literal["expired"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchFailures


class BatchEventCounts(TypedDict):
    event: Literal["counts"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    data: BatchCounts


class BatchEventComplete(TypedDict):
    event: Literal["complete"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    # The batch is closed, and all images have ended
    data: BatchCounts


# The batch was canceled, has expired, or was lost with the queue
class BatchEventGoneData(TypedDict):
    problem: JobProblem


class BatchEventGone(TypedDict):
    event: Literal["gone"]
    # Version: send it as `Last-Event-ID` to resume after this event
    id: NotRequired[str]
    # The batch was canceled, has expired, or was lost with the queue
    data: BatchEventGoneData

BatchEvent = Union[BatchEventQueued, BatchEventStarted, BatchEventDone, BatchEventDelivering, BatchEventDelivered, BatchEventFailed, BatchEventCancelled, BatchEventExpired, BatchEventCounts, BatchEventComplete, BatchEventGone]


class Problem(TypedDict):
    # URL of the page that explains the problem, relative to the service
    type: str
    # The same for every problem of this code
    title: str
    status: int
    # Stable name of the problem
    code: ProblemCode
    detail: NotRequired[str]
    # Name of the invalid parameter; never its value
    parameter: NotRequired[str]
    # Accepted values of the parameter: all of them, or one readable range or pattern
    accepted: NotRequired[List[str]]
    # The limit that was exceeded, in `unit`
    limit: NotRequired[float]
    # Unit of `limit`, such as "bytes" or "pixels"
    unit: NotRequired[str]
    # Names of the form fields that may contain an image
    expected: NotRequired[List[str]]
    # Names of the fields that were sent instead; never their contents
    found: NotRequired[List[str]]
    # Region of the job or batch
    region: NotRequired[str]
    # Public URL of that region
    address: NotRequired[str]
    # Seconds after which a retry makes sense
    retry_after: NotRequired[int]


class ReceiptKeySetKeys(TypedDict):
    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    # Public key, base64url
    x: str
    # RFC 7638 thumbprint
    kid: str
    alg: Literal["EdDSA"]
    use: Literal["sig"]


class ReceiptKeySet(TypedDict):
    keys: List[ReceiptKeySetKeys]


class ModelInput(TypedDict):
    # Input size of the model in pixels; results have the size of the image
    width: int
    height: int


ModelLicense = TypedDict("ModelLicense", {
    # `permissive-doubtful-data`: permissive weights, trained with data of stricter terms.
    # `undeclared`: the operator stated none
    "class": 'Literal["permissive", "permissive-doubtful-data", "copyleft", "non-commercial", "undeclared"]',
    # SPDX expression for the weights, where there is one; `NOASSERTION` when they carry no license
    "weights": 'str',
    # The same for the package or file that contains them
    "package": 'str',
    # What is uncertain about it, in one sentence
    "doubt": 'NotRequired[str]',
    # Where the license is stated
    "source": 'str',
})


class Model(TypedDict):
    # Value of the option `model`
    name: str
    title: str
    # Used for images without the option `model`
    default: bool
    # A running worker has it in memory
    loaded: bool
    input: ModelInput
    license: ModelLicense
    provenance: str
    # SHA-256 of the file that workers load, in hex
    sha256: str


class ModelList(TypedDict):
    models: List[Model]


# The API key of the request
class AccountKey(TypedDict):
    # Public name of the key
    id: str
    expires_at: NotRequired[str]


class AccountLimits(TypedDict):
    # Share of the workers while other clients have jobs in the queue
    weight: int
    # Submitted images; null: no limit
    requests_per_minute: Union[int, None]
    # Pixels of submitted images, in millions; null: no limit
    megapixels_per_minute: Union[int, None]
    # Jobs that have not ended; null: no limit
    images_in_flight: Union[int, None]
    # Memory that these jobs may reserve; null: no limit
    bytes_in_flight: Union[int, None]


class AccountLeft(TypedDict):
    # Requests left until `requests_reset_s` have passed; null: no limit
    requests: Union[int, None]
    # Seconds until all requests are available again
    requests_reset_s: int
    # Megapixels left; they refill steadily; null: no limit
    megapixels: Union[int, None]
    # Seconds until all of it is available again
    megapixels_reset_s: int


class AccountInFlight(TypedDict):
    # Jobs that have not ended
    images: int
    # Memory that these jobs have reserved
    bytes: int


class Account(TypedDict):
    # `anonymous` without a key
    tier: str
    # The API key of the request
    key: NotRequired[AccountKey]
    limits: AccountLimits
    left: AccountLeft
    in_flight: AccountInFlight


class ReceiptClaims(TypedDict):
    # Public URL of the service, or its name
    iss: str
    # Job id: 22 characters, base64url; with regions, prefixed with `region.`
    jti: str
    # Region that held the data of the job; absent without regions
    region: NotRequired[str]
    state: Literal["delivered", "failed", "cancelled", "expired"]
    # Size of the upload; 0 when the upload was not completed
    input_bytes: int
    # Size of the result; 0 when there was none
    output_bytes: int
    # Before the first byte of the upload was stored
    accepted_at: str
    # When the job ended
    ended_at: str
    # When all data of the job had been deleted from the broker
    purged_at: str
    # Number of stored payloads that were deleted during the life of the job
    keys_removed: int
    # Seconds within which a worker had to start the job, if the request said so
    start_within: NotRequired[int]
    # Seconds that the result was to be kept at most, if the request said so
    keep_at_most: NotRequired[int]
    # When this receipt was signed, seconds since the epoch
    iat: int


class Option(NamedTuple):
    kind: str
    values: Tuple[str, ...]
    description: str


OPTIONS: Mapping[str, Option] = {
    "format": Option(
        "str",
        ("png", "webp", "jpg", "avif", "zip", "auto",),
        "Encoding of the result. `png` is lossless, and so is `webp` without `quality` and `max_bytes`; `avif` is lossy, also in its alpha; `jpg` has a white background by default; `zip` contains `color.jpg` and `alpha.png`; `auto` is `png` if the result has transparent pixels, else `jpg`",
    ),
    "quality": Option(
        "int",
        (),
        "Quality of a lossy result, 1 to 100: `jpg` (default 90), `avif` (default 80), and `webp`, which is lossless without it and keeps the alpha exact with it. Other formats have no quality",
    ),
    "max_bytes": Option(
        "int",
        (),
        "Maximum size of the result in bytes. The result has the best quality that fits, at most `quality` (90 without it) and at least 30. Requires `format` `jpg`, `webp` or `avif`",
    ),
    "only": Option(
        "str",
        ("cutout", "alpha", "mask", "foreground", "both",),
        "Content of the result: `cutout` is color with alpha; `alpha` the alpha alone as a gray image; `mask` the mask of the model before its edges are refined, as a gray image; `foreground` the colors of the subject without background and without alpha; `both` a ZIP of `cutout.png` and `alpha.png`, with `format=zip`. All but `cutout` cannot be combined with a background or a shadow, and all but `cutout` and `both` with `zip`; `auto` is then `png`",
    ),
    "channels": Option(
        "str",
        ("rgba", "alpha",),
        "Another way to write `only`: `rgba` is `only=cutout`, `alpha` is `only=alpha`",
    ),
    "bit_depth": Option(
        "str",
        ("8", "16", "auto",),
        "Bits per channel of a PNG result: `8`, `16` (8-bit images are widened), or `auto`: 16 if the image has 16 bits and at most 25 million pixels, else 8. Unchanged pixels are exact to the bit. 16-bit results have at most 25 million pixels",
    ),
    "icc": Option(
        "str",
        ("srgb", "p3", "keep",),
        "Colors of the result: `srgb` without a profile; `p3` is Display P3 with its profile; `keep` keeps the RGB space of the image, with a profile of it, and is `srgb` for an image without a usable RGB profile. Colors of options are always those of sRGB. Every format can hold a profile; gray results have none",
    ),
    "size": Option(
        "str",
        ("auto", "preview", "small", "regular", "medium", "hd", "full", "4k", "50MP",),
        "Maximum number of pixels of the result: `preview` (`small`, `regular`) 0.25 million, `medium` 1.5, `hd` 4, `50MP` 50; `auto`, `full` and `4k` keep the size of the image. Results are never enlarged",
    ),
    "crop": Option(
        "bool",
        (),
        "Crop the result to the subject. Cannot be combined with `scale` or `position`",
    ),
    "crop_margin": Option(
        "str",
        (),
        "Margin around the cropped subject, in pixels of the image or percent of the subject: one value, two (top and bottom, left and right) or four (top, right, bottom, left), each at most `500px` or `50%`. Requires `crop`",
    ),
    "roi": Option(
        "str",
        (),
        "Region of interest, `x1 y1 x2 y2` in pixels or percent of the image, such as `10% 0% 400px 300px`. Everything outside is background",
    ),
    "subject": Option(
        "str",
        (),
        "Subjects to keep: `all`, the `largest`, numbers in the order of size such as `2` or `1,3` (1 is the largest), or the one at a point of the image. A point has units: `40%,60%` or `400px,300px`",
    ),
    "scraps": Option(
        "str",
        ("remove", "keep",),
        "Small loose parts of the matte far from every subject: `remove`, or `keep` as subjects of their own",
    ),
    "graphics": Option(
        "str",
        ("auto", "off", "on",),
        "Cut-out of drawings on one color (logos, codes, signatures, icons, screenshots) by their colors instead of a model, with exact edges: `auto` when the image is certainly one, `on` always, `off` never",
    ),
    "holes": Option(
        "str",
        ("open", "fill",),
        "Areas inside of a drawing that have the color of its background: `open` makes them transparent, as in letters and rings; `fill` keeps them, as the white of the eyes in a face. In photographs on one color, `open` also clears such areas where the model has taken them for the subject",
    ),
    "scale": Option(
        "str",
        (),
        "Size of the subject, `10%` to `100%` of the width or height of the result, whichever it reaches first. A small subject is enlarged; the result keeps the size of the image",
    ),
    "position": Option(
        "str",
        (),
        "Position of the subject: `original`, `center`, `n%` or `n% n%` (across, down), where `0%` is the left or top edge and `100%` the right or bottom edge. Default: `center` with `scale`, else `original`",
    ),
    "output_size": Option(
        "str",
        (),
        "Size of the result: `WxH` such as `2000x2000`, `Wxauto` or `autoxH`, in pixels; `original` is the size of the image, `subject` that of the subject with its padding and margin. The subject is scaled, up or down, to the space that padding and margin leave. Cannot be combined with `size`, `crop`, `scale` and `position`",
    ),
    "fit": Option(
        "str",
        ("contain", "cover",),
        "How the subject fits its space with `output_size`: `contain` shows all of it; `cover` fills the space and cuts off what does not fit",
    ),
    "padding": Option(
        "str",
        (),
        "Space between the subject and the edges of the result with `output_size`, in pixels or percent of the width (left, right) or height (top, bottom) of the result: one value, two or four in the order of `crop_margin`, each at most `10000px` or `49%`. There is none on a side where the image cuts the subject off, unless `align` is given for that direction: the subject touches the edge there",
    ),
    "margin": Option(
        "str",
        (),
        "As `padding`, which it adds to, but also on sides where the image cuts the subject off",
    ),
    "align": Option(
        "str",
        (),
        "Place of the subject in its space with `output_size`: `center`, `top`, `bottom`, `left`, `right`, or two of them such as `bottom left`; `auto` is `center`, and the edge of a side where the image cuts the subject off",
    ),
    "preset": Option(
        "str",
        ("amazon", "ebay", "shopify", "google-shopping", "square", "portrait", "story",),
        "Size, space, background and format that a shop asks for; options that are sent as well take precedence. docs/guides/canvas.md has the values and their sources",
    ),
    "bg_color": Option(
        "str",
        (),
        "Background: 3, 4, 6 or 8 hex digits with or without `#`, or a CSS color name",
    ),
    "bg_gradient": Option(
        "str",
        (),
        "Background of two to four colors, as in `bg_color`, that blend evenly, and an angle as in CSS: `0deg` upwards, `90deg` to the right; default `180deg`",
    ),
    "background_blur": Option(
        "int",
        (),
        "Background of the image itself, blurred, 1 to 100: 100 is a standard deviation of 10 % of the longer side. The subject does not bleed into it. Requires that the subject stays in its place: cannot be combined with `crop`, `scale`, `position` and `output_size`",
    ),
    "background_blur_mode": Option(
        "str",
        ("gaussian", "bokeh",),
        "Kind of `background_blur`: `gaussian`, or `bokeh` as of a lens, with bright discs for small lights",
    ),
    "semitransparency": Option(
        "bool",
        (),
        "Keep translucent areas inside the subject, such as glass. Edges are soft in both cases",
    ),
    "shadow": Option(
        "str",
        ("none", "soft", "drop", "contact",),
        "Shadow of the subject, within the result: `soft` is faint and just below it; `drop` is the outline, darker, below and to the right; `contact` lies on the ground where the subject stands, with a short dark core",
    ),
    "shadow_opacity": Option(
        "int",
        (),
        "Opacity of the shadow in percent. Default: 40 (`soft`), 45 (`drop`), 70 (`contact`)",
    ),
    "shadow_blur": Option(
        "str",
        (),
        "Softness of the shadow: standard deviation in pixels of the result or percent of the longer side of the subject, at most `500px` or `25%`. Default: `2%` (`soft`), `1.5%` (`drop`), `1.2%` (`contact`)",
    ),
    "shadow_offset": Option(
        "str",
        (),
        "Offset of the shadow to the right and down, two lengths as in `shadow_blur` that may be negative. Default: `0 2.5%` (`soft`), `2% 3%` (`drop`), `0 0` (`contact`)",
    ),
    "shadow_color": Option(
        "str",
        (),
        "Color of the shadow, as in `bg_color`; its alpha multiplies the opacity. Default: black",
    ),
    "outline": Option(
        "str",
        (),
        "Width of an outline around the subject, as of a sticker: pixels of the result or percent of the longer side of the subject, at most `500px` or `25%`. It lies over the shadow, which it casts as well. With `crop` and `output_size` there is room for it; otherwise it ends at the edges of the result",
    ),
    "outline_color": Option(
        "str",
        (),
        "Color of the outline, as in `bg_color`. Default: white",
    ),
    "reflection": Option(
        "int",
        (),
        "Reflection of the subject in a floor below it: opacity in percent where it meets the subject. It fades out. With `crop` and `output_size` there is room for it; otherwise it ends at the edges of the result",
    ),
    "reflection_length": Option(
        "str",
        (),
        "Length of the reflection, at which it has faded out: pixels of the result or percent of the height of the subject, at most `9999px` or `100%`. Default: `40%`",
    ),
    "reflection_offset": Option(
        "str",
        (),
        "Gap between the subject and its reflection, pixels of the result or percent of the height of the subject, at most `500px` or `25%`. Default: 0",
    ),
    "add_shadow": Option(
        "bool",
        (),
        "Another way to write `shadow=soft`",
    ),
    "refine": Option(
        "str",
        ("none", "edges",),
        "Refinement of the matte: `edges` follows hair and outlines in the full image; `none` uses the output of the model",
    ),
    "effort": Option(
        "str",
        ("standard", "auto", "best",),
        "Work for the matte: `standard` runs the model once; `auto` looks again at a subject that the first look is unsure about, enlarged, and at each subject of a wide or tall image; `best` also does so where little is to be gained, and asks the next model of the service, if it has several. A further look counts only where it is surer; the looks of `best` vote on each pixel",
    ),
    "model": Option(
        "str",
        (),
        "Name of a model from `GET /v1/models`. The default model is used without it",
    ),
    "start_within": Option(
        "int",
        (),
        "Seconds within which a worker must start the job. Otherwise it fails with `not-started-in-time` and is purged. At most, and by default, the time that the service lets an image wait",
    ),
    "keep_at_most": Option(
        "int",
        (),
        "Seconds that the result is kept until it is downloaded; then it is purged. At most, and by default, the time that the service keeps a result",
    ),
}
