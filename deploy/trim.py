"""Leaves of botocore's data what the services need that are called: `python deploy/trim.py BUNDLE SERVICE ...`.

At a cold start botocore looks through the folders of all 400 services, reads the endpoints of all of them, and unpacks
and parses descriptions that are documentation for the most part.
"""

import gzip
import json
import shutil
import sys
from pathlib import Path


def trim(data: Path, services: set[str]) -> None:
    """Remove the folders of other services, and their endpoints; leave the others without documentation."""
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in services:
            shutil.rmtree(folder)
    for packed in data.glob("*/*/*.json.gz"):
        _write(packed.with_suffix(""), _undocumented(json.loads(gzip.decompress(packed.read_bytes()))))
        packed.unlink()
    path = data / "endpoints.json"
    endpoints = json.loads(path.read_text(encoding="utf-8"))
    for partition in endpoints["partitions"]:
        partition["services"] = {name: row for name, row in partition["services"].items() if name in services}
    _write(path, endpoints)


def _undocumented(value: object) -> object:
    """Return JSON without its texts named documentation; a shape may have a member of that name, which is no text."""
    if isinstance(value, list):
        return [_undocumented(item) for item in value]
    if not isinstance(value, dict):
        return value
    texts = {"documentation"} if isinstance(value.get("documentation"), str) else set()
    return {name: _undocumented(item) for name, item in value.items() if name not in texts}


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    trim(Path(sys.argv[1], "botocore", "data"), set(sys.argv[2:]))
