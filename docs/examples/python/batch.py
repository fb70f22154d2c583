# A batch: add photos one by one and fetch results as they finish.
#   usage: python3 batch.py photo.jpg … cutouts/
import json, os, sys
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

api = os.environ.get("API", "http://localhost:3000")
photos, out = sys.argv[1:-1], sys.argv[-1]
os.makedirs(out, exist_ok=True)


def reason(refusal):
    problem = json.load(refusal)
    return problem["title"] + " " + problem.get("detail", "")


def call(path, **request):
    """Returns the response of the service. Exits with the reason if the request fails."""
    try:
        return urlopen(Request(api + path, **request))
    except HTTPError as refusal:
        sys.exit(reason(refusal))
    except URLError as fault:
        sys.exit("%s: %s" % (api, fault.reason))


opened = json.load(call("/v1/batches", method="POST"))
batch, auth = "/v1/batches/" + opened["id"], {"Authorization": "Bearer " + opened["token"]}


def fetch():
    """Fetches the next finished image. Returns False when there are no more."""
    with call(batch + "/results?wait=30", headers=auth) as response:
        if response.status == 204:
            return response.headers["X-Batch-Status"] != "complete"
        name = os.path.basename(unquote(response.headers["X-Custom-Id"]))
        with open(os.path.join(out, name + ".png"), "wb") as file:
            file.write(response.read())
        return True


failed = False
for photo in photos:
    name = os.path.splitext(os.path.basename(photo))[0]
    headers = {**auth, "Content-Type": "application/octet-stream"}
    with open(photo, "rb") as file:
        image = file.read()
    while True:
        try:
            urlopen(Request(api + batch + "/jobs?custom_id=" + quote(name, safe=""), image, headers))
            break
        except HTTPError as refusal:
            if refusal.code != 429:
                print(photo, reason(refusal), sep=": ", file=sys.stderr)
                failed = True
                break
            fetch()  # the limit of images in flight is reached: fetch one, then retry

call(batch + "/close", method="POST", headers=auth)
while fetch():
    pass
sys.exit(failed)
