"""Takes the messages of the topic off their queue while they come: moto publishes ever slower to a full one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.running import Sandbox

_POLL_SECONDS = 0.05


class Mailbox:
    """The students that were written to, one entry for each message."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._client = sandbox.sqs()
        self._queue_url = sandbox.queue_url
        self._students: list[str] = []
        self._closing = threading.Event()

    def empty(self) -> None:
        """Take messages until it is closed."""
        while not self._closing.wait(_POLL_SECONDS):
            while self._take_some():
                pass

    def close(self) -> None:
        """Take no more."""
        self._closing.set()

    def students(self) -> list[str]:
        """Return the students of all messages, sorted, those on the queue included; only once it is closed."""
        while self._take_some():
            pass
        return sorted(self._students)

    def _take_some(self) -> bool:
        answer = self._client.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        self._students += [json.loads(json.loads(message["Body"])["Message"])["studentId"] for message in messages]
        entries: Any = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
        if entries:
            self._client.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return bool(messages)


@contextmanager
def mailbox(sandbox: Sandbox) -> Iterator[Mailbox]:
    """Keep the queue empty for as long as it is needed."""
    box = Mailbox(sandbox)
    thread = threading.Thread(target=box.empty)
    thread.start()
    try:
        yield box
    finally:
        box.close()
        thread.join()
