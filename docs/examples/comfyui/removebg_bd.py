# ComfyUI: the node "Remove Background (Removebg BD)" in image > matting.
#   Copy this file to ComfyUI/custom_nodes and restart ComfyUI.
#   The API key, if the service needs one, is read from REMOVEBG_KEY in the environment: inputs of a node are saved in
#   workflows and in the metadata of images.
import io, json, os
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlencode
from urllib.request import Request, urlopen

import numpy
import torch
from PIL import Image

SERVER = os.environ.get("REMOVEBG_SERVER", "http://127.0.0.1:3000")


def cut_out(image, server, **options):
    """The result for the bytes of an image. Raises RuntimeError with the reason if there is none."""
    headers = {"Content-Type": "application/octet-stream"}
    if os.environ.get("REMOVEBG_KEY"):
        headers["X-Api-Key"] = os.environ["REMOVEBG_KEY"]
    address = server.rstrip("/") + "/api/remove-bg?" + urlencode(options)
    try:
        with urlopen(Request(address, data=image, headers=headers), timeout=300) as response:
            return response.read()
    except HTTPError as refusal:
        try:
            problem = json.load(refusal)
        except ValueError:
            raise RuntimeError("%s: %s" % (server, refusal)) from None
        raise RuntimeError((problem["title"] + " " + problem.get("detail", "")).strip()) from None
    except URLError as fault:
        raise RuntimeError("%s: %s" % (server, fault.reason)) from None


class RemovebgBdRemoveBackground:
    CATEGORY = "image/matting"
    FUNCTION = "run"
    RETURN_TYPES = ("IMAGE", "MASK")
    RETURN_NAMES = ("cutout", "mask")  # the mask is 1 where the subject is

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"image": ("IMAGE",), "server": ("STRING", {"default": SERVER})},
            "optional": {"options": ("STRING", {"default": "", "placeholder": "effort=auto&subject=largest"})},
        }

    def run(self, image, server, options=""):
        """Images are batch x height x width x channels, from 0 to 1; all results of a batch must have one size."""
        results = []
        for picture in image.cpu().numpy():
            pixels = numpy.clip(255 * picture + 0.5, 0, 255).astype(numpy.uint8)
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "PNG", compress_level=1)
            png = cut_out(file.getvalue(), server, **{**dict(parse_qsl(options)), "format": "png"})
            result = Image.open(io.BytesIO(png)).convert("RGBA")
            results.append(numpy.asarray(result).astype(numpy.float32) / 255)
        cutout = torch.from_numpy(numpy.stack(results))
        return cutout, cutout[..., 3]


NODE_CLASS_MAPPINGS = {"RemovebgBdRemoveBackground": RemovebgBdRemoveBackground}
NODE_DISPLAY_NAME_MAPPINGS = {"RemovebgBdRemoveBackground": "Remove Background (Removebg BD)"}
