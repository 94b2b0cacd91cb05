"""The bundle carries the data of the services that are called, unchanged, and of no other."""

import gzip
import json
import runpy
from pathlib import Path
from typing import Any

from tests.forking import PROJECT

PARTITION = {"partition": "aws", "dnsSuffix": "amazonaws.com", "regions": {"us-east-1": {}}}


def test_other_services_are_left_out(tmp_path: Path) -> None:
    """Folders and endpoints of other services go; all else stays as it is."""
    for service in ("dynamodb", "ec2"):
        (tmp_path / service).mkdir()
        (tmp_path / service / "service-2.json").write_text("{}", encoding="utf-8")
    services: dict[str, Any] = {"dynamodb": {"endpoints": {"us-east-1": {}}}, "ec2": {"endpoints": {}}}
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps({"version": 3, "partitions": [{**PARTITION, "services": services}]}))
    runpy.run_path(str(PROJECT / "deploy" / "trim.py"))["trim"](tmp_path, {"dynamodb"})
    assert ["dynamodb", "endpoints.json"] == sorted(path.name for path in tmp_path.iterdir())
    kept = {**PARTITION, "services": {"dynamodb": services["dynamodb"]}}
    assert {"version": 3, "partitions": [kept]} == json.loads(endpoints.read_text(encoding="utf-8"))


def test_descriptions_are_left_without_their_documentation(tmp_path: Path) -> None:
    """Texts go, unpacked is all else; a member that is called documentation stays."""
    member = {"documentation": {"shape": "Text", "documentation": "words"}, "Name": {"shape": "Text"}}
    described = {"documentation": "words", "shapes": [{"documentation": "words", "members": member}]}
    folder = tmp_path / "dynamodb" / "2012-08-10"
    folder.mkdir(parents=True)
    (folder / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(described).encode()))
    (tmp_path / "endpoints.json").write_text('{"partitions": []}', encoding="utf-8")
    runpy.run_path(str(PROJECT / "deploy" / "trim.py"))["trim"](tmp_path, {"dynamodb"})
    assert ["service-2.json"] == [path.name for path in folder.iterdir()]
    kept = {"shapes": [{"members": {"documentation": {"shape": "Text"}, "Name": {"shape": "Text"}}}]}
    assert kept == json.loads((folder / "service-2.json").read_text(encoding="utf-8"))
