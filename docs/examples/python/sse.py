# Follow the events of a job, then fetch its result. Python 3.8 or newer, no dependencies.
#   usage: python3 sse.py photo.jpg cutout.png
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

with call(path + "/events", headers=auth) as stream:
    for line in stream:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            event = value
        elif field == "data":
            print(event, value, file=sys.stderr)
            if event == "failed":
                sys.exit(json.loads(value)["problem"]["title"])
            if event == "done":
                break

with call(path + "/result", headers=auth) as response:
    result = response.read()
with open(cutout, "wb") as file:
    file.write(result)
