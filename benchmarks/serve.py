"""How many signed deliveries a second `webhooks serve` takes, whether its memory stays flat, and what a limit does."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any, NamedTuple

from benchmarks.receiver import Running, cpu_seconds, event_body, list_sessions, put_secret, running_receiver, send
from benchmarks.world import REQUESTS_PER_SECOND, World, say

# Of ten deliveries, in this order: one completes an enrollment, seven were delivered before, two are another
# environment's. A receiver of one environment sees nothing else in numbers.
_MIX = ("changed", *("done",) * 4, "ignored", *("done",) * 3, "ignored")
_KNOWN_BEFORE = 100
_SENDERS = 16
_MANY_SENDERS = 96
"""More than a receiver takes at once."""
_NO_LIMIT = "100000"


class Served(NamedTuple):
    """What a receiver did with deliveries: how fast, at what cost, and whether all of them arrived."""

    job: str
    deliveries: int
    seconds: float
    statuses: Counter[int]
    counts: dict[str, int]
    completed: int
    pending: int
    """Enrollments at the end; none is pending, for all are paid."""
    receiver_cpu: float
    sandbox_cpu: float
    growth_kb: float
    """More memory at the end than after the first tenth."""


def measure_serve(world: World, deliveries: int) -> Served:
    """Deliver a mix as fast as it is taken, without any rate limit."""
    say(f"webhooks serve: {deliveries:,} deliveries, a tenth of which complete an enrollment")
    sessions = _fill(world, deliveries // 10 + _KNOWN_BEFORE)
    with running_receiver(world, LMX_MAX_RATE=_NO_LIMIT) as receiver:
        known, new = sessions[:_KNOWN_BEFORE], sessions[_KNOWN_BEFORE:]
        send(receiver.url, (event_body(session, number) for number, session in enumerate(known)), _SENDERS)
        bodies = _mixed(known, new)
        send(receiver.url, islice(bodies, deliveries // 10), _SENDERS)
        rest = list(islice(bodies, deliveries - deliveries // 10))
        return _timed(world, receiver, rest, _SENDERS, "a tenth changes something")


def measure_limited(world: World, deliveries: int) -> Served:
    """Deliver events that all complete an enrollment, faster than Stripe lets sessions be read."""
    say(f"webhooks serve: {deliveries:,} deliveries that all read Stripe, {REQUESTS_PER_SECOND:.0f} requests/s allowed")
    sessions = _fill(world, deliveries)
    world.slow_down()
    with running_receiver(world) as receiver:
        bodies = [event_body(session, number) for number, session in enumerate(sessions)]
        return _timed(world, receiver, bodies, _MANY_SENDERS, "all change something, rate limited")


def _timed(world: World, receiver: Running, bodies: Sequence[bytes], senders: int, job: str) -> Served:
    memory, cpu, sandbox_cpu = receiver.memory_kb(), receiver.cpu_seconds(), cpu_seconds(world.info.pid)
    started = time.monotonic()
    statuses = send(receiver.url, bodies, senders, until_taken=True)
    seconds = time.monotonic() - started
    served = Served(
        job=job,
        deliveries=len(bodies),
        seconds=seconds,
        statuses=statuses,
        completed=world.count_enrollments("completed"),
        pending=world.count_enrollments("pending"),
        receiver_cpu=receiver.cpu_seconds() - cpu,
        sandbox_cpu=cpu_seconds(world.info.pid) - sandbox_cpu,
        growth_kb=receiver.memory_kb() - memory,
        counts=receiver.stop(),
    )
    say(f"  {served.deliveries / seconds:.0f} deliveries/s, {dict(statuses)}, {served.growth_kb:+.0f} kB")
    return served


def _fill(world: World, count: int) -> list[dict[str, Any]]:
    world.empty()
    ids = world.seed_sessions(count, ("paid",))
    world.put_pending(dict(enumerate(ids)), count)
    put_secret(world)
    world.detach_queue()
    return list_sessions(world)


def _mixed(known: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Yield deliveries in turns; of those that were delivered before, none of the last few is still in flight."""
    delivered = list(known)
    coming, again = iter(new), 0
    for number, effect in enumerate(cycle(_MIX), start=1_000):
        if effect == "changed":
            session = next(coming)
            delivered.append(session)
        else:
            again += 1
            session = delivered[again % (len(delivered) - _KNOWN_BEFORE // 2)]
        if effect == "ignored":
            session = {**session, "metadata": {**session["metadata"], "environment": "preview"}}
        yield event_body(session, number)
