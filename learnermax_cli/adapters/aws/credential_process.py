"""The program of a profile that prints AWS credentials: run under a time limit, and its output never shown."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from botocore.compat import compat_shell_split
from botocore.credentials import ProcessProvider
from botocore.exceptions import CredentialRetrievalError

from learnermax_cli.adapters.connections import SLOW
from learnermax_cli.core.retries import Listener
from learnermax_cli.core.secret_text import MIN_LENGTH, KnownSecrets

_TICK = 0.1  # seconds between two looks at whether the run was stopped
_MOST_WORDS = 300
_WORD = re.compile(rf"[^\s\"',:={{}}\[\]]{{{MIN_LENGTH},}}")


class Limits(NamedTuple):
    """How long a program may run, what stops it, and who hears that it takes long."""

    seconds: Callable[[], float]
    stop: threading.Event
    listener: Listener


class CredentialProcess(ProcessProvider):
    """Runs the credential_process of a profile as boto3 does, but neither for ever nor with lmx's own input."""

    def __init__(self, profile: str, load_config: Callable[[], Any], limits: "Limits", known: KnownSecrets) -> None:
        super().__init__(profile, load_config)
        self._profile = profile
        self._limits = limits
        self._known = known

    def _retrieve_credentials_using(self, credential_process: str) -> dict[str, Any]:
        code, out, err = self._run(credential_process)
        text = out.decode(errors="replace")
        # What it prints beside credentials may repeat them.
        self._known.add(*_WORD.findall(text))
        if code != 0:
            words = " ".join(err.decode(errors="replace").split())
            words = words if len(words) <= _MOST_WORDS else f"…{words[-_MOST_WORDS:]}"
            raise self._failed(f"it ended in {code}: {words or 'without a word on stderr'}")
        return self._read(text)

    def _run(self, command: str) -> tuple[int, bytes, bytes]:
        stdin = None if sys.stdin.isatty() else subprocess.DEVNULL
        try:
            words = compat_shell_split(command)
            with subprocess.Popen(  # noqa: S603 - as the operator configured it
                words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                try:
                    out, err = self._wait(process, words[0])
                except BaseException:
                    process.kill()
                    raise
                return process.returncode, out, err
        except TimeoutError as error:
            raise self._failed("it did not end in time") from error
        except OSError as error:
            raise self._failed(f"{words[0]}: {error.strerror}") from error
        except (ValueError, IndexError) as error:
            raise self._failed("it is no command line") from error

    def _wait(self, process: "subprocess.Popen[bytes]", program: str) -> tuple[bytes, bytes]:
        begun, limit = time.monotonic(), self._limits.seconds()
        while True:
            try:
                return process.communicate(timeout=_TICK)
            except subprocess.TimeoutExpired:
                passed = time.monotonic() - begun
                if passed > limit or self._limits.stop.is_set():
                    raise TimeoutError from None
                if passed > SLOW:
                    self._limits.listener.waiting(f"Waiting for credential_process {program} ...")

    def _read(self, text: str) -> dict[str, Any]:
        try:
            answer = json.loads(text)
        except ValueError:
            raise self._failed("what it printed is no JSON") from None
        if not isinstance(answer, dict) or answer.get("Version") != 1:
            raise self._failed("what it printed has no Version 1")
        for name, needed in (("AccessKeyId", True), ("SecretAccessKey", True), ("SessionToken", False)):
            value = answer.get(name)
            if (value is None and needed) or not isinstance(value, str | None):
                raise self._failed(f"what it printed has no {name}")
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer.get("SessionToken"),
            "expiry_time": self._read_time(answer.get("Expiration")),
            "account_id": answer.get("AccountId") or self.profile_config.get("aws_account_id"),
        }

    def _read_time(self, text: Any) -> str | None:
        if text is None:
            return None
        try:
            if datetime.fromisoformat(text).tzinfo is not None:
                return str(text)
        except (ValueError, TypeError):
            pass
        raise self._failed("the Expiration that it printed is no time with a zone")

    def _failed(self, words: str) -> CredentialRetrievalError:
        profile = None if self._profile == "default" else self._profile
        return CredentialRetrievalError(provider=self.METHOD, error_msg=words, profile=profile)
