"""`lmx webhooks list` end to end: every endpoint, whose it is, and what drifted about ours."""

import json
from typing import Any

import pytest

from learnermax_cli.webhooks.endpoints import REPLACES
from learnermax_cli.webhooks.model import EVENTS
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import CURRENT, NAME, OTHER_URL, URL


def test_nothing_registered(sandbox: Sandbox) -> None:
    """An empty list, which names the command."""
    done = sandbox.run("webhooks", "list")
    assert (0, True) == (done.returncode, "lmx webhooks create" in done.stdout)
    assert (0, []) == (
        worlds.run(sandbox, "list", "--exit-code").exit_code,
        worlds.run(sandbox, "list").report["items"],
    )


def test_healthy_endpoint_has_no_drift(sandbox: Sandbox) -> None:
    """All of it, in JSON; nothing is written."""
    worlds.created(sandbox)
    endpoint = worlds.healthy(sandbox)
    before = last_entry(sandbox)
    ran = worlds.run(sandbox, "list", "--exit-code")
    assert (0, [], []) == (ran.exit_code, ran.findings, writes_since(sandbox, before))
    [item] = [dict(item) for item in ran.report["items"]]
    assert str(item.pop("created")).endswith("Z")
    assert {
        "url": URL,
        "id": endpoint.id,
        "owner": "lmx sandbox",
        "ours": True,
        "enabled": True,
        "events": list(EVENTS),
        "api_version": endpoint.api_version,
        "drift": [],
    } == item


@pytest.mark.parametrize(
    ("change", "drift"),
    [
        ({"disabled": True}, "disabled"),
        ({"enabled_events": ["checkout.session.completed"]}, "events missing: "),
        ({"enabled_events": ["*"]}, "events not handled: all"),
        ({"url": "https://elsewhere.test/api/webhooks/stripe"}, "the host is not environment sandbox's"),
        ({"metadata": {"secretStored": ""}}, "its signing secret was never stored"),
        ({"metadata": {"secretStored": "0" * 16}}, "its signing secret is not the stored one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_drift_is_a_finding(sandbox: Sandbox, change: dict[str, Any], drift: str) -> None:
    """Exit 0, and 8 with --exit-code; create fixes it, but for the host."""
    worlds.created(sandbox)
    endpoint = worlds.healthy(sandbox)
    sandbox.stripe().v1.webhook_endpoints.update(endpoint.id, change)  # type: ignore[arg-type]
    ran = worlds.run(sandbox, "list", "--exit-code")
    [(kind, detail)] = ran.findings
    assert (8, "endpoint drift") == (ran.exit_code, kind)
    assert detail.startswith(f"{endpoint.id}: {drift}")
    remedy = ran.report["findings"][0]["remedy"]
    if "url" in change:
        assert f"lmx webhooks delete --url {change['url']}" == remedy
    else:
        assert f"lmx webhooks create --url {URL}" == remedy.removesuffix(" --yes")
        worlds.created(sandbox, "--yes")
        assert [] == worlds.run(sandbox, "list").findings


def test_other_version_is_drift(sandbox: Sandbox) -> None:
    """One of ours with the account's own version."""
    worlds.make_endpoint(sandbox, metadata=worlds.ours(), enabled_events=list(EVENTS))
    assert [True, True] == [
        words in worlds.run(sandbox, "list").report["items"][0]["drift"][place]
        for place, words in ((0, "API version of the account"), (1, "never stored"))
    ]


def test_others_are_shown_and_never_drift(sandbox: Sandbox) -> None:
    """By hand, and of another environment."""
    worlds.make_endpoint(sandbox, url=OTHER_URL, enabled_events=["charge.refunded"])
    worlds.make_endpoint(sandbox, url=OTHER_URL, metadata=worlds.ours("prod"))
    ran = worlds.run(sandbox, "list", "--exit-code")
    assert (0, []) == (ran.exit_code, ran.findings)
    told = [(item["owner"], item["ours"], item["drift"]) for item in ran.report["items"]]
    assert [("lmx prod", False, []), ("other", False, [])] == sorted(told)


def test_other_endpoint_at_our_url_is_a_finding(sandbox: Sandbox) -> None:
    """It brings each event a second time."""
    worlds.created(sandbox)
    other = worlds.make_endpoint(sandbox)
    [(kind, detail)] = worlds.run(sandbox, "list").findings
    assert ("other endpoint", True) == (kind, detail.startswith(other.id))


def test_lost_secret_is_drift(sandbox: Sandbox) -> None:
    """When nothing is stored any more."""
    worlds.created(sandbox)
    sandbox.secretsmanager().delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    report = worlds.run(sandbox, "list").report
    assert ["its signing secret is not the stored one"] == report["items"][0]["drift"]
    assert [f"lmx webhooks create --url {URL}"] == [finding["remedy"] for finding in report["findings"]]


def test_remedy_says_what_it_replaces(sandbox: Sandbox) -> None:
    """Where another signing secret is stored, in list and doctor."""
    worlds.created(sandbox)
    worlds.put_secret(sandbox, {CURRENT: "whsec_" + "somebodys"})
    remedy = f"lmx webhooks create --url {URL} --yes"
    [(_, detail)] = worlds.run(sandbox, "list").findings
    assert detail.endswith(f": its signing secret is not the stored one (registering it again {REPLACES})")
    report = json.loads(sandbox.run("doctor", "-o", "json").stdout)
    assert [remedy] == [row["remedy"] for row in report["items"] if row["check"] == "Webhook endpoint"]


def test_endpoint_at_a_wrong_host_is_deleted_whatever_else_is_wrong(sandbox: Sandbox) -> None:
    """No finding of it names a command that another one undoes."""
    elsewhere = "https://elsewhere.test/hook"
    worlds.make_endpoint(sandbox, elsewhere, metadata=worlds.ours(), enabled_events=["charge.refunded"])
    remedies = [finding["remedy"] for finding in worlds.run(sandbox, "list").report["findings"]]
    assert len(remedies) > 1
    assert {f"lmx webhooks delete --url {elsewhere}"} == set(remedies)


def test_secret_that_cannot_be_read_is_told(sandbox: Sandbox) -> None:
    """The rest is listed all the same."""
    worlds.created(sandbox)
    sandbox.secretsmanager().delete_secret(SecretId=NAME)
    ran = worlds.run(sandbox, "list", "--exit-code")
    assert (0, 1, True) == (ran.exit_code, len(ran.report["items"]), "scheduled" in ran.report["warnings"][0])


def test_pages_are_read_to_the_end(sandbox: Sandbox) -> None:
    """Live mode and test mode are apart; a table shows each endpoint on one line."""
    for number in range(16):
        worlds.make_endpoint(sandbox, url=f"https://{number:02}.example/")
    done = sandbox.run("webhooks", "list")
    assert [f"https://{number:02}.example/" for number in range(16)] == [
        line.split()[0] for line in done.stdout.splitlines()[1:]
    ]
    assert CURRENT not in done.stdout
