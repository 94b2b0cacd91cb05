"""Makes the tables and policies of docs/permissions.md: `python -m docs.make_permissions`."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from docs.permissions import AWS_SERVICES, FIND_ADDRESS, FUNCTIONS, JOBS, KMS, NEEDS_KEY, ROWS, Job, Row
from learnermax_cli.doctor.check_stripe import PERMISSIONS

PAGE = Path(__file__).parent / "permissions.md"
_TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/learnermax-education-preview"
_ARNS = {
    "table": _TABLE,
    "GSI1": f"{_TABLE}/index/GSI1",
    "email-index": f"{_TABLE}/index/email-index",
    # Six characters that AWS adds; a * would open the secret of prod to preview.
    "secret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:learnermax/stripe-keys-??????",
    "topic": "arn:aws:sns:us-east-1:111122223333:learnermax-transactional-email-preview",
}
_SIDS = {"table": "Table", "GSI1": "Gsi1", "email-index": "EmailIndex", "secret": "Secret", "topic": "Topic"}
_RESOURCES = tuple(AWS_SERVICES)
_TITLES = [permission.title for permission in PERMISSIONS]
_PLACES = {"GSI1": "index GSI1", "email-index": "index email-index"}
_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def make_page(present: str) -> str:
    """Return the page with its tables and policies made anew; the words around them are written by hand."""
    made = {
        "address": f"\n{_aws_cell(FIND_ADDRESS.actions)}\n",
        "commands": _command_rows(),
        "functions": _function_rows(),
        "keys": _kms_rows(),
        "jobs": "\n".join(map(_job, JOBS)),
    }
    return _PART.sub(lambda part: f"{part[1]}{made[part[2]]}\n{part[3]}", present)


def _command_rows() -> str:
    lines = ["| command | AWS | Stripe | writes |", "|---|---|---|---|"]
    first: dict[str, Row] = {}
    for row in ROWS:
        base = first.setdefault(row.command, row)
        name = f"`lmx {row.command}`" if row is base else f"… {_option(row.when)}"
        lines.append(f"| {name} | {_aws_cell(row.actions)} | {_stripe_cell(row.permissions)} | {row.writes} |")
    lines.append("| `lmx config`, `commands`, `help`, `demo`, `sandbox …` | - | - | on this machine only |")
    return "\n".join(lines)


def _option(when: str) -> str:
    return " ".join(f"`{word}`" if word.startswith("--") else word for word in when.split())


def _label(row: Row) -> str:
    return f"`{row.command}` {_option(row.when)}".rstrip().replace("` `", " ")


def _function_rows() -> str:
    rows = [f"| `{row.command}` | {_aws_cell(row.actions)} | {_stripe_cell(row.permissions)} |" for row in FUNCTIONS]
    return "\n".join(["| function | AWS | Stripe |", "|---|---|---|", *rows])


def _kms_rows() -> str:
    rows = [f"| `{action}` | {', '.join(f'`{name}`' for name in sorted(needed))} |" for action, needed in KMS.items()]
    return "\n".join(["| with | also |", "|---|---|", *rows])


def _aws_cell(actions: Iterable[tuple[str, str]]) -> str:
    """Return the actions by resource; the table's are named without it."""
    parts = []
    for resource, names in by_resource(actions).items():
        listed = ", ".join(f"`{name}`" for name in names)
        parts.append(listed if resource == "table" else f"{_PLACES.get(resource, resource)}: {listed}")
    return "; ".join(parts) or "-"


def _stripe_cell(permissions: dict[str, str]) -> str:
    """Return the permissions by level; Write includes Read."""
    by_level = {level: [t for t in _TITLES if permissions.get(t) == level] for level in ("Write", "Read")}
    return "; ".join(f"{level}: {', '.join(titles)}" for level, titles in by_level.items() if titles) or "-"


def by_resource(actions: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the actions of each resource, without the service, in the order of the table of resources."""
    found: dict[str, list[str]] = {}
    for resource, action in sorted(actions, key=lambda pair: (_RESOURCES.index(pair[0]), pair[1])):
        found.setdefault(resource, []).append(action.partition(":")[2])
    return found


def rows_of(job: Job) -> list[Row]:
    """Return the rows of a job."""
    known = {row.name: row for row in ROWS}
    return [known[name] for name in job.rows]


def policy_of(job: Job) -> str:
    """Return the IAM policy of a job as JSON, a statement for each resource."""
    rows = rows_of(job)
    actions = {action for row in rows for action in row.actions}
    actions |= NEEDS_KEY.actions if any(row.permissions for row in rows) else set()
    statements = ",\n".join(_statement(*found) for found in by_resource(actions).items())
    return f'{{\n  "Version": "2012-10-17",\n  "Statement": [\n{statements}\n  ]\n}}'


def _statement(resource: str, names: Sequence[str]) -> str:
    actions = json.dumps([f"{AWS_SERVICES[resource]}:{name}" for name in names])
    head = f'    {{"Sid": "{_SIDS[resource]}", "Effect": "Allow",'
    return f'{head}\n     "Action": {actions},\n     "Resource": "{_ARNS[resource]}"}}'


def key_of(job: Job) -> dict[str, str]:
    """Return the permissions of a job's restricted key."""
    levels: dict[str, str] = {}
    for row in rows_of(job):
        for name, level in row.permissions.items():
            levels[name] = "Write" if "Write" in (level, levels.get(name)) else "Read"
    return levels


def _job(job: Job) -> str:
    commands = ", ".join(map(_label, rows_of(job)))
    lines = [f"### {job.title}\n", f"{commands}{job.note}.\n", f"Restricted key: {_stripe_cell(key_of(job))}.\n"]
    return "\n".join([*lines, "```json", policy_of(job), "```", ""])


if __name__ == "__main__":
    PAGE.write_text(make_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
