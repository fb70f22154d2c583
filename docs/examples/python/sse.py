# Live progress, then the cut-out. Python 3.8 or newer, nothing to install.
#   usage: python3 sse.py photo.jpg cutout.png
import json, os, sys
from urllib.request import Request, urlopen

api = os.environ.get("API", "http://localhost:3000")
photo, cutout = sys.argv[1:]

with open(photo, "rb") as image:
    headers = {"Content-Type": "application/octet-stream"}
    job = json.load(urlopen(Request(api + "/v1/jobs", image.read(), headers)))
path, auth = api + "/v1/jobs/" + job["id"], {"Authorization": "Bearer " + job["token"]}

with urlopen(Request(path + "/events", headers=auth)) as stream:
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

with urlopen(Request(path + "/result", headers=auth)) as answer, open(cutout, "wb") as file:
    file.write(answer.read())
