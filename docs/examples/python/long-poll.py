# Submit an image, then wait for its result with long-polling.
#   usage: python3 long-poll.py photo.jpg cutout.png
import json, os, sys
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

api = os.environ.get("API", "http://localhost:3000")
photo, cutout = sys.argv[1:]


def call(path, **request):
    """Returns the response of the service. Exits with the reason if the request fails."""
    try:
        return urlopen(Request(api + path, **request))
    except HTTPError as refusal:
        problem = json.load(refusal)
        sys.exit(problem["title"] + " " + problem.get("detail", ""))
    except URLError as fault:
        sys.exit("%s: %s" % (api, fault.reason))


with open(photo, "rb") as image:
    job = json.load(call("/v1/jobs", data=image.read(), headers={"Content-Type": "application/octet-stream"}))
path, auth = "/v1/jobs/" + job["id"], {"Authorization": "Bearer " + job["token"]}

while True:
    with call(path + "/result?wait=30", headers=auth) as response:
        if response.status == 200:
            result = response.read()
            break
        # 202: not finished, repeat

with open(cutout, "wb") as file:
    file.write(result)
