"""The bundle carries the data of the services that are called, unchanged, and of no other."""

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
