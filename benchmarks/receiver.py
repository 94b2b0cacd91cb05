"""A running `webhooks serve`, and senders that post signed deliveries to it side by side."""

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import stripe  # noqa: TID251 - not part of the package: signs, and reads what was seeded

from benchmarks.world import World

SECRET = "whsec_" + "bench" * 6
_TICK = os.sysconf("SC_CLK_TCK")
_KILOBYTE = 1_000
_KIBIBYTE = 1_024


@dataclass(frozen=True, slots=True)
class Running:
    """A receiver: its process and address."""

    process: "subprocess.Popen[str]"
    url: str

    def memory_kb(self) -> float:
        """Return its resident memory now, in kilobytes (Linux alone tells)."""
        return _resident_kb(self.process.pid)

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used (Linux alone tells)."""
        return cpu_seconds(self.process.pid)

    def stop(self) -> dict[str, int]:
        """End it and return what it counted."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=120)
        counts: dict[str, int] = json.loads(out)["data"]
        return counts


@contextmanager
def running_receiver(world: World, **env: str) -> Iterator[Running]:
    """Run `webhooks serve` on a free port; its log goes to a file."""
    log = world.folder / "serve.log"
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "learnermax_cli", "webhooks", "serve", "--port", "0", "-o", "json"],
            env={**world.environment(), **env}, cwd=world.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
        )  # fmt: skip
    try:
        yield Running(process, _address(process, log))
    finally:
        process.kill()
        process.wait()


def send(url: str, bodies: Iterable[bytes], senders: int, *, until_taken: bool = False) -> Counter[int]:
    """Sign and post bodies, so many at a time; return how many answers had each status.

    With `until_taken`, what is not answered with 200 is posted again after a moment, as Stripe does after a while.
    """
    waiting, lock = iter(bodies), threading.Lock()
    statuses: Counter[int] = Counter()
    threads = [
        threading.Thread(target=_send_some, args=(url, waiting, lock, statuses, until_taken)) for _ in range(senders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def event_body(session: Mapping[str, Any], number: int, **fields: Any) -> bytes:
    """Return the event of a session as Stripe writes it."""
    event = {
        "id": f"evt_{number:024}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(time.time()),
        "data": {"object": dict(session)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "checkout.session.completed",
        **fields,
    }
    return json.dumps(event, indent=2).encode()


def list_sessions(world: World) -> list[dict[str, Any]]:
    """Return all sessions as Stripe renders them."""
    client = stripe.StripeClient(world.info.secret_key, base_addresses={"api": world.info.stripe_url})
    listed = client.v1.checkout.sessions.list({"limit": 100})
    return [json.loads(str(session)) for session in listed.auto_paging_iter()]


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, 0 where that can't be told [doc proc(5)]."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _send_some(
    url: str, waiting: Iterator[bytes], lock: threading.Lock, statuses: Counter[int], until_taken: bool
) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    while True:
        with lock:
            body = next(waiting, None)
        if body is None:
            connection.close()
            return
        for pause in itertools.count():
            status = _post(connection, parts.path, body)
            with lock:
                statuses[status] += 1
            if status == 200 or not until_taken:
                break
            time.sleep(min(0.1 * 2**pause, 2.0))


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> int:
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)
    connection.request("POST", path, body=body, headers={"Stripe-Signature": header})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    while process.poll() is None:
        said = log.read_text(encoding="utf-8")
        if "Listening on " in said and said.endswith("\n"):
            return said.partition("Listening on ")[2].split()[0]
        time.sleep(0.05)
    raise RuntimeError(f"webhooks serve ended: {log.read_text(encoding='utf-8')}")


def _resident_kb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * _KIBIBYTE / _KILOBYTE


def put_secret(world: World) -> None:
    """Store the signing secret as `webhooks create` does."""
    world.put_secret("learnermax/stripe-keys", {"STRIPE_WEBHOOK_SECRET": SECRET})
