"""Gateways that are away, stall, trickle or are something else: the caller gets its answer in time, and no exception."""

import contextlib
import math
import socket
import threading
import time
import unittest

from autotrain_client import Gateway, GatewayError, RegimeModel

TIMEOUT_S = 0.4
# What a busy machine may add.
SLACK_S = 2.0


@contextlib.contextmanager
def server(serve):
    """A listening socket whose every connection `serve` gets, until it is told to stop."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()
    seen = []

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            seen.append(connection)
            threading.Thread(target=serve, args=(connection, stop, len(seen)), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in seen:
            connection.close()


def stall(connection, stop, _):
    stop.wait(10)


def trickle(connection, stop, _):
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b" ")


def say(answer):
    def serve(connection, stop, _):
        with contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(answer)
            connection.close()

    return serve


def lose_the_first_answer(connection, stop, number):
    with contextlib.suppress(OSError):
        connection.recv(65536)
        if number > 1:
            body = b'{"ok": true, "duplicate": true}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        connection.close()


class InTime(unittest.TestCase):
    def nothing_comes(self, url):
        gateway = Gateway(url, timeout_s=TIMEOUT_S)
        for ask, nothing in (
            (lambda: gateway.parameters("hmm", "BTCUSDT"), None),
            (lambda: gateway.outcome("hmm", "BTCUSDT", "calm", 1.0), False),
            (lambda: gateway.predict("BTC/USDT"), None),
        ):
            begun = time.monotonic()
            self.assertIs(ask(), nothing)
            self.assertLess(time.monotonic() - begun, TIMEOUT_S + SLACK_S)
        with self.assertRaises(GatewayError):
            Gateway(url, timeout_s=TIMEOUT_S, raises=True).predict("BTC/USDT")

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.nothing_comes(f"http://127.0.0.1:{unused.getsockname()[1]}")

    def test_it_never_answers(self):
        with server(stall) as (url, _):
            self.nothing_comes(url)

    def test_it_trickles_for_ever(self):
        with server(trickle) as (url, _):
            self.nothing_comes(url)

    def test_it_is_something_else(self):
        for answer in (
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        ):
            with server(say(answer)) as (url, _):
                self.nothing_comes(url)

    def test_all_rows_together_end_in_time(self):
        with server(stall) as (url, _):
            begun = time.monotonic()
            rows = RegimeModel(Gateway(url, timeout_s=TIMEOUT_S)).predict_proba([[0.1, 0.2, 0, 0, 0]] * 20)
            self.assertLess(time.monotonic() - begun, TIMEOUT_S + SLACK_S)
        self.assertEqual(len(rows), 20)
        self.assertTrue(all(math.isnan(p) for row in rows for p in row))

    def test_an_outcome_whose_answer_was_lost_is_sent_once_more_under_the_same_id(self):
        with server(lose_the_first_answer) as (url, seen):
            self.assertTrue(Gateway(url).outcome("hmm", "BTCUSDT", "calm", 1.0))
            self.assertEqual(len(seen), 2)


class Mistakes(unittest.TestCase):
    def test_an_address_that_is_none_is_refused_at_once(self):
        for url in ("127.0.0.1:8000", "ftp://gateway", ""):
            with self.assertRaises(ValueError):
                Gateway(url)


if __name__ == "__main__":
    unittest.main()
