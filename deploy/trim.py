"""Leaves of botocore's data what the services need that are called: `python deploy/trim.py BUNDLE SERVICE ...`.

At a cold start botocore looks through the folders of all 400 services and reads the endpoints of all of them.
"""

import json
import shutil
import sys
from pathlib import Path


def trim(data: Path, services: set[str]) -> None:
    """Remove the folders of other services, and their endpoints."""
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in services:
            shutil.rmtree(folder)
    path = data / "endpoints.json"
    endpoints = json.loads(path.read_text(encoding="utf-8"))
    for partition in endpoints["partitions"]:
        partition["services"] = {name: row for name, row in partition["services"].items() if name in services}
    path.write_text(json.dumps(endpoints, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    trim(Path(sys.argv[1], "botocore", "data"), set(sys.argv[2:]))
