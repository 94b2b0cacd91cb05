"""The time limit of an answer: it ends what is read from its own socket, and nothing after its end."""

import socket
import threading

import pytest

from learnermax_cli.adapters.connections import Answering


def test_late_answer_is_cut_off() -> None:
    """Whoever waits for more reads the end of the stream."""
    ours, theirs = socket.socketpair()
    with ours, theirs, Answering(0.05, lambda: None) as answer:
        answer.begin_on(ours)
        assert b"" == ours.recv(1)
    assert answer.late


@pytest.mark.parametrize("told", [False, True])
def test_socket_of_a_complete_answer_is_left_alone(told: bool) -> None:
    """Another request may be going through it, also when the end comes while its slowness is told."""
    ours, theirs = socket.socketpair()
    slow = threading.Event()
    with ours, theirs:
        with Answering(0.05, slow.set) as answer:
            answer.begin_on(ours)
        if told:
            answer.wake()
        assert not slow.wait(0.1)
        theirs.send(b"x")
        assert b"x" == ours.recv(1)
    assert not answer.late
