# Submit, then ask for the result: the answer comes when there is something to say.
#   usage: python3 long-poll.py photo.jpg cutout.png
import json, os, sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

api = os.environ.get("API", "http://localhost:3000")
photo, cutout = sys.argv[1:]

with open(photo, "rb") as image:
    headers = {"Content-Type": "application/octet-stream"}
    job = json.load(urlopen(Request(api + "/v1/jobs", image.read(), headers)))
path, auth = api + "/v1/jobs/" + job["id"], {"Authorization": "Bearer " + job["token"]}

try:
    while True:
        with urlopen(Request(path + "/result?wait=30", headers=auth)) as answer:
            if answer.status == 200:
                result = answer.read()
                break
            # 202: not yet, ask again
except HTTPError as problem:
    sys.exit(json.load(problem)["title"])

with open(cutout, "wb") as file:
    file.write(result)
