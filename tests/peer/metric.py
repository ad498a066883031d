#!/usr/bin/env python3
"""Recomputes the metric of a version, sharing no code with the program that wrote it. Standard library only.

    python3 tests/peer/metric.py VERSION_DIR CSV_FOLDER...

Reads VERSION_DIR/model.json and metadata.json, and the candles of each trained series: every *.csv (or *.csv.gz)
below `<exchange>/<BASE-QUOTE>/<timeframe>/` anywhere in the folders, or named `<exchange>_<BASEQUOTE>_<timeframe>…`
as recorded history is. Candles with the same open time must agree.
Prints {metric_value, recomputed, difference, series}; exit code 1 when they differ by more than 1e-9.
"""

import csv
import gzip
import json
import math
import re
import sys
from pathlib import Path

MINUTES = {"m": 1, "h": 60, "d": 1440}
WARM_UP = 96
VOLATILITY = 24
LONGEST_GAP = 3


def read_candles(series, folders):
    candles = {}
    for path in sorted(file for folder in folders for file in Path(folder).rglob("*.csv*")):
        if holds(path, *split_series(series)):
            read_file(path, candles)
    return candles


def holds(path, exchange, symbol, timeframe):
    recorded = re.fullmatch(f"{exchange}_{symbol.replace('/', '')}_{timeframe}(_.*)?[.]csv([.]gz)?", path.name)
    return recorded or path.parts[-4:-1] == (exchange, symbol.replace("/", "-"), timeframe)


def read_file(path, candles):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as handle:
        for row in csv.DictReader(handle):
            time = int(row["timestamp"])
            candle = tuple(float(row[name]) for name in ("high", "low", "close", "volume"))
            if candles.setdefault(time, candle) != candle:
                raise SystemExit(f"{path}: another copy of the candle of {time} differs")


def split_series(series):
    exchange, rest = series.split(":", 1)
    symbol, timeframe = rest.rsplit(":", 1)
    return exchange, symbol, timeframe


def timeframe_ms(timeframe):
    return int(timeframe[:-1]) * MINUTES[timeframe[-1]] * 60_000


def sequences(times, step):
    """Cut where more than LONGEST_GAP candles are missing."""
    cut = []
    for time in times:
        if not cut or (time - cut[-1][-1]) / step - 1 > LONGEST_GAP:
            cut.append([])
        cut[-1].append(time)
    return cut


def feature_rows(times, candles):
    """Complete rows of one sequence: (open time, [logret, rvol, range, volz])."""
    closes = [candles[time][2] for time in times]
    returns = [math.nan] + [math.log(now / before) for before, now in zip(closes, closes[1:])]
    volumes = [math.log1p(candles[time][3]) for time in times]
    for i in range(WARM_UP, len(times)):
        high, low, _, _ = candles[times[i]]
        window = returns[i - VOLATILITY + 1 : i + 1]
        volatility = math.sqrt(math.fsum(r * r for r in window) / VOLATILITY)
        spread = math.sqrt(math.log(high / low) ** 2 / (4 * math.log(2)))
        recent = volumes[i - WARM_UP + 1 : i + 1]
        mean = math.fsum(recent) / WARM_UP
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in recent) / WARM_UP)
        z = (volumes[i] - mean) / max(deviation, 1e-2)
        yield times[i], [returns[i], math.log(volatility + 1e-4), math.log(spread + 1e-4), z]


def log_determinant_and_form(matrix, x):
    """ln |S| and x' S^-1 x by Gaussian elimination with pivoting (no Cholesky: that is what the program does)."""
    n = len(x)
    rows = [list(matrix[i]) + [x[i]] for i in range(n)]
    log_determinant = 0.0
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        log_determinant += math.log(abs(rows[i][i]))
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            for c in range(i, n + 1):
                rows[r][c] -= factor * rows[i][c]
    solved = [0.0] * n
    for i in reversed(range(n)):
        known = math.fsum(rows[i][j] * solved[j] for j in range(i + 1, n))
        solved[i] = (rows[i][n] - known) / rows[i][i]
    return log_determinant, math.fsum(a * b for a, b in zip(x, solved))


def covariance_matrix(hmm, state):
    covariance = hmm["covariances"][state]
    if hmm["covarianceType"] == "full":
        return covariance
    size = len(covariance)
    return [[covariance[i] if i == j else 0.0 for j in range(size)] for i in range(size)]


def log_density(hmm, state, x):
    centred = [value - mean for value, mean in zip(x, hmm["means"][state])]
    log_determinant, form = log_determinant_and_form(covariance_matrix(hmm, state), centred)
    return -0.5 * (len(x) * math.log(2 * math.pi) + log_determinant + form)


def log_sum_exp(values):
    largest = max(values)
    if largest == -math.inf:
        return largest
    return largest + math.log(math.fsum(math.exp(value - largest) for value in values))


def log_or_minus_infinity(p):
    return math.log(p) if p > 0 else -math.inf


def predictive(hmm, rows):
    """ln p(x_t | x before t) of one sequence, with the filter in logarithms."""
    states = range(len(hmm["startProbability"]))
    log_a = [[log_or_minus_infinity(p) for p in row] for row in hmm["transitionMatrix"]]
    predicted = [log_or_minus_infinity(p) for p in hmm["startProbability"]]
    for x in rows:
        joint = [predicted[k] + log_density(hmm, k, x) for k in states]
        total = log_sum_exp(joint)
        yield total
        filtered = [value - total for value in joint]
        predicted = [log_sum_exp([filtered[j] + log_a[j][k] for j in states]) for k in states]


def score_series(series, judged, folders):
    """Mean ln p per held-out candle in the units of the features, and how many candles that were."""
    candles = read_candles(series, folders)
    first, last = judged["trainedRange"]["fromMs"], judged["heldOut"]["toMs"]
    times = sorted(time for time in candles if first <= time <= last)
    if not times or times[0] != first or times[-1] != last:
        raise SystemExit(f"{series}: the folders do not hold the candles from {first} to {last}")
    mean, scale = judged["scaler"]["mean"], judged["scaler"]["scale"]
    jacobian = math.fsum(math.log(s) for s in scale)
    scores = []
    for part in sequences(times, timeframe_ms(split_series(series)[2])):
        rows = list(feature_rows(part, candles))
        scaled = [[(v - m) / s for v, m, s in zip(row, mean, scale)] for _, row in rows]
        for (time, _), value in zip(rows, predictive(judged["hmm"], scaled)):
            if time >= judged["heldOut"]["fromMs"]:
                scores.append(value - jacobian)
    if len(scores) != judged["heldOut"]["candles"]:
        raise SystemExit(f"{series}: {len(scores)} held-out candles, the model says {judged['heldOut']['candles']}")
    return math.fsum(scores) / len(scores), len(scores)


def main(version_dir, folders):
    version = Path(version_dir)
    model = json.loads((version / "model.json").read_text())
    metadata = json.loads((version / "metadata.json").read_text())
    series = {}
    for name in metadata["trained_series"]:
        judged = model["series"][name].get("judged")
        if judged is None:
            raise SystemExit(f"{name}: strict mode scored each candle before it learned from it; no fit is kept to repeat that")
        value, candles = score_series(name, judged, folders)
        series[name] = {"log_likelihood": value, "candles": candles}
    total = sum(one["candles"] for one in series.values())
    recomputed = math.fsum(one["candles"] * one["log_likelihood"] for one in series.values()) / total
    difference = abs(recomputed - metadata["metric_value"])
    claimed = metadata["metric_value"]
    print(json.dumps({"metric_value": claimed, "recomputed": recomputed, "difference": difference, "series": series}))
    return 0 if difference <= 1e-9 else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    raise SystemExit(main(sys.argv[1], sys.argv[2:]))
