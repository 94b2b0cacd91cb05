"""The bad rows of `tests/hostile` in a table of DynamoDB Local, where all commands meet them at once."""

import json
from typing import TYPE_CHECKING

from learnermax_cli.config.keys import table_name
from tests.conformance.tables import client_of, copy_table
from tests.doctor.worlds import PREVIEW
from tests.hostile.rows import ALL_ROWS
from tests.hostile.worlds import COMMANDS, GOES_THROUGH, Place, put_world
from tests.running import Sandbox

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

# Those at Stripe are of the environment `sandbox`, whose table is always the sandbox's.
ROWS = tuple(row for row in ALL_ROWS if not row.sessions)


def test_rows_stop_nothing(sandbox: Sandbox, local_dynamodb: "DynamoDBClient") -> None:
    """Every command does the good rows, and names the bad ones."""
    copy_table(client_of(sandbox.info.aws_url), local_dynamodb, table_name("preview"))
    env = {**PREVIEW, "AWS_ENDPOINT_URL_DYNAMODB": local_dynamodb.meta.endpoint_url}
    place = Place(sandbox, local_dynamodb, "preview", env)
    put_world(place, ROWS)
    for command, words in COMMANDS.items():
        if command == "replay":  # reconcile has completed what it would
            continue
        ran = place.run(*words)
        assert GOES_THROUGH[command](ran.report), (command, ran.stderr)
        said = json.dumps(ran.report, ensure_ascii=False)
        assert [] == [row.name for row in ROWS if row.says.get(command, "") not in said]
