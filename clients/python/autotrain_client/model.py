"""The object that stands where an engine unpickled an HMM: `predict_proba(rows)`, answered by POST /predict."""

import math
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from .gateway import Gateway

#: The columns of a row, as the older engine builds them.
COLUMNS = ("ret", "vol", "dev_vwap", "zscore", "vol_spike")
#: The order of the answer's columns.
REGIMES = ("bull", "bear", "chop")

# As features/candle-features.ts: one basis point is added before the logarithm of a volatility.
_SMALLEST = 1e-4
_UNKNOWN = [math.nan, math.nan, math.nan]


def features_of(row: Sequence[float], returns: str = "simple", volatility: bool = True) -> Dict[str, float]:
    """What of a row is a feature of the model: the return, and the volatility where its units fit. Nothing else is filled in."""
    if len(row) != len(COLUMNS):
        raise ValueError(f"a row is [{', '.join(COLUMNS)}], not {len(row)} numbers")
    ret, vol = float(row[0]), float(row[1])
    features: Dict[str, float] = {}
    if math.isfinite(ret) and (returns == "log" or ret > -1):
        features["logret"] = ret if returns == "log" else math.log1p(ret)
    if volatility and math.isfinite(vol) and vol >= 0:
        features["rvol"] = math.log(vol + _SMALLEST)
    return features


def in_order(probabilities: Mapping[str, float]) -> List[float]:
    """BULL, BULL_2, CHOP_1 … summed by their first word, in the order bull, bear, chop."""
    return [
        sum(p for name, p in probabilities.items() if name.split("_")[0].lower() == word)
        for word in REGIMES
    ]


class RegimeModel:
    """
    `predict_proba(rows)` of the champion of `symbol`; threads may share it.

    source      "row": each row by itself (`returns`: "simple" or "log"; `volatility`: whether `vol` is the standard
                deviation of the returns of single candles). "candles": the filter over the stored candles, which uses
                all four features and what came before; it answers every row the same.
    fallback    the row for what could not be answered; NaN by default, which no threshold is below or above.
    wrap        made of the answer before it is returned, such as `numpy.asarray`.
    """

    def __init__(
        self,
        gateway: Gateway,
        symbol: Optional[str] = None,
        source: str = "row",
        returns: str = "simple",
        volatility: bool = True,
        fallback: Optional[Sequence[float]] = None,
        wrap: Callable[[List[List[float]]], Any] = list,
    ) -> None:
        if source not in ("row", "candles"):
            raise ValueError(f"source is 'row' or 'candles', not {source!r}")
        if returns not in ("simple", "log"):
            raise ValueError(f"returns is 'simple' or 'log', not {returns!r}")
        self.gateway = gateway
        self.symbol = symbol
        self.source = source
        self.returns = returns
        self.volatility = volatility
        self.fallback = list(_UNKNOWN if fallback is None else fallback)
        self.wrap = wrap

    def predict_proba(self, rows: Sequence[Sequence[float]]) -> Any:
        """One row [bull, bear, chop] for each row [ret, vol, dev_vwap, zscore, vol_spike], all of them within the gateway's `timeout_s`."""
        features = [features_of(row, self.returns, self.volatility) for row in rows]
        deadline = time.monotonic() + self.gateway.timeout_s
        if self.source == "candles":
            answer = self._answer(None, deadline)
            return self.wrap([list(answer) for _ in features])
        return self.wrap([self._answer(one, deadline) for one in features])

    def _answer(self, features: Optional[Dict[str, float]], deadline: float) -> List[float]:
        if features is not None and not features:
            return list(self.fallback)
        answer = self.gateway.predict(symbol=self.symbol, features=features, deadline=deadline)
        return list(self.fallback) if answer is None else in_order(answer["regime_proba"])
