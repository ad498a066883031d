"""Parameters, outcomes and predictions, for a loop that must go on trading whatever the gateway does."""

import json
import logging
import math
import threading
import time
import uuid
from typing import Any, Dict, List, Mapping, Optional, Sequence
from urllib.parse import quote, urlencode, urlsplit

from .errors import GatewayError
from .http import exchange

_log = logging.getLogger("autotrain_client")
# An engine polls several times a minute: one line says as much as twenty.
_LOG_EVERY_S = 60.0


def _number(name: str, value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name}: {value!r} is not a finite number")
    return number


def _numbers(values: Optional[Mapping[str, Any]]) -> Dict[str, float]:
    return {name: _number(name, value) for name, value in (values or {}).items()}


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no address such as http://127.0.0.1:8000")
    return url.rstrip("/")


def _scope(strategy: str, instrument: str) -> str:
    # The engine's own spellings: lower-case strategy, upper-case instrument without the slash.
    names = (strategy.lower(), instrument.replace("/", "").upper())
    return "/".join(quote(name, safe="") for name in names)


class Gateway:
    """
    An Autotrain gateway. Every call ends within `timeout_s`. What the gateway refuses or does not answer is the
    `None` or `False` that each call names, and is logged; with `raises=True` it is a GatewayError. Threads may share it.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        api_key: Optional[str] = None,
        token: Optional[str] = None,
        timeout_s: float = 5.0,
        raises: bool = False,
    ) -> None:
        self.url = _address(url)
        self.timeout_s = _number("timeout_s", timeout_s)
        self.raises = raises
        self._prefix = urlsplit(self.url).path
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if api_key:
            self._headers["X-API-Key"] = api_key
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._lock = threading.Lock()
        self._logged_at: Dict[str, float] = {}

    def parameters(
        self,
        strategy: str,
        instrument: str,
        features: Optional[Mapping[str, float]] = None,
        position_id: Optional[str] = None,
        decision_id: Optional[str] = None,
    ) -> Optional[Dict[str, Any]]:
        """
        The decision (`params`, `preset_id`, `config_id`, `decision_id`, `trading_state` …), or None: trade as before.
        A position keeps its parameters from the first call with its `position_id` on; one that was opened with an
        earlier answer gets that one's with its `decision_id`, sent once.
        """
        query = [(f"features[{name}]", repr(value)) for name, value in _numbers(features).items()]
        if position_id is not None:
            query.append(("position_id", position_id))
        if decision_id is not None:
            query.append(("decision_id", decision_id))
        path = f"/param/{_scope(strategy, instrument)}"
        return self._ask("config_id", "GET", f"{path}?{urlencode(query)}" if query else path)

    def close_position(
        self, position_id: str, strategy: Optional[str] = None, instrument: Optional[str] = None
    ) -> bool:
        """
        The position is closed: its id gets new parameters from now on. Strategy and instrument are needed where several
        open positions have the id.
        """
        body: Dict[str, Any] = {}
        if strategy is not None:
            body["strategy"] = strategy
        if instrument is not None:
            body["instrument"] = instrument
        path = f"/positions/{quote(position_id, safe='')}/close"
        return self._ask("ok", "POST", path, body) is not None

    def outcome(
        self,
        strategy: str,
        instrument: str,
        preset_id: str,
        reward: float,
        features: Optional[Mapping[str, float]] = None,
        decision_id: Optional[str] = None,
        config_id: Optional[str] = None,
        outcome_id: Optional[str] = None,
        reward_unit: Optional[str] = None,
    ) -> bool:
        """
        Reports a realised reward, in quote currency or (`reward_unit="r"`) as a multiple of the risk; True when it is stored,
        also if it was before. It counts once per `outcome_id`. Without one this call makes its own, so that it can repeat itself once after a lost answer.
        """
        body: Dict[str, Any] = {
            "reward": _number("reward", reward),
            "outcome_id": outcome_id or uuid.uuid4().hex,
        }
        if features:
            body["features"] = _numbers(features)
        if decision_id is not None:
            body["decision_id"] = decision_id
        if config_id is not None:
            body["config_id"] = config_id
        if reward_unit is not None:
            body["reward_unit"] = reward_unit
        path = f"/learn/outcome/{_scope(strategy, instrument)}/{quote(preset_id, safe='')}"
        return self._ask("ok", "POST", path, body, attempts=2) is not None

    def predict(
        self,
        symbol: Optional[str] = None,
        candles: Optional[Sequence[Sequence[float]]] = None,
        logret: Optional[Sequence[float]] = None,
        features: Optional[Mapping[str, float]] = None,
        deadline: Optional[float] = None,
    ) -> Optional[Dict[str, Any]]:
        """
        Regime probabilities: of the newest stored candles of `symbol`, or of what is given, one of candles
        (`[open time in ms, open, high, low, close, volume]`), log returns, or features by name. None without an answer.
        """
        body: Dict[str, Any] = {}
        if symbol is not None:
            body["symbol"] = symbol
        if candles is not None:
            body["candles"] = [list(candle) for candle in candles]
        if logret is not None:
            body["logret"] = [_number("logret", value) for value in logret]
        if features is not None:
            body["features"] = _numbers(features)
        return self._ask("regime_proba", "POST", "/predict", body, deadline=deadline)

    def _ask(
        self,
        holds: str,
        method: str,
        path: str,
        body: Optional[Dict[str, Any]] = None,
        attempts: int = 1,
        deadline: Optional[float] = None,
    ) -> Optional[Dict[str, Any]]:
        data = None if body is None else json.dumps(body, allow_nan=False).encode("utf-8")
        until = time.monotonic() + self.timeout_s if deadline is None else deadline
        try:
            answer = self._attempt(method, path, data, attempts, until)
            if holds not in answer:
                raise GatewayError(f"the answer has no {holds}: is {self.url} a gateway?")
            return answer
        except GatewayError as error:
            if self.raises:
                raise
            self._tell(path.split("?")[0], error)
            return None

    def _attempt(self, method: str, path: str, data: Optional[bytes], attempts: int, until: float) -> Dict[str, Any]:
        refused: List[GatewayError] = []
        for _ in range(attempts):
            try:
                return exchange(self.url, method, self._prefix + path, self._headers, data, until)
            except GatewayError as error:
                # A refusal of the request itself stays one; a lost answer or a gateway in trouble may pass.
                if error.status is not None and error.status < 500:
                    raise
                refused.append(error)
        raise refused[-1]

    def _tell(self, what: str, error: GatewayError) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._logged_at.get(what, -math.inf) < _LOG_EVERY_S:
                return
            self._logged_at[what] = now
        # No presets yet is how a new strategy begins.
        level = logging.DEBUG if error.status == 404 else logging.WARNING
        _log.log(level, "%s: %s", what, error)
