# Many photos under one token: added one by one, fetched as they are finished.
#   usage: python3 batch.py cutouts/ photo.jpg …
import json, os, sys
from urllib.error import HTTPError
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

api = os.environ.get("API", "http://localhost:3000")
out, photos = sys.argv[1], sys.argv[2:]
os.makedirs(out, exist_ok=True)

opened = json.load(urlopen(Request(api + "/v1/batches", method="POST")))
batch, auth = api + "/v1/batches/" + opened["id"], {"Authorization": "Bearer " + opened["token"]}


def fetch():
    """The next finished image, if there is one in time. False when none will come any more."""
    with urlopen(Request(batch + "/results?wait=30", headers=auth)) as answer:
        if answer.status == 204:
            return answer.headers["X-Batch-Status"] != "complete"
        name = os.path.basename(unquote(answer.headers["X-Custom-Id"]))
        with open(os.path.join(out, name + ".png"), "wb") as file:
            file.write(answer.read())
        return True


for photo in photos:
    name = os.path.splitext(os.path.basename(photo))[0]
    headers = {**auth, "Content-Type": "application/octet-stream"}
    with open(photo, "rb") as file:
        image = file.read()
    while True:
        try:
            urlopen(Request(batch + "/jobs?custom_id=" + quote(name, safe=""), image, headers))
            break
        except HTTPError as problem:
            if problem.code != 429:
                sys.exit(json.load(problem)["title"])
            fetch()  # as many images are in work as may be: fetch one, then go on

urlopen(Request(batch + "/close", method="POST", headers=auth))
while fetch():
    pass
