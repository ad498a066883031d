"""Against the gateway at AUTOTRAIN_URL; tests/python-client.test.ts starts one, with a model of 4 states of BTC/USDT."""

import json
import math
import os
import unittest
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

from autotrain_client import Gateway, GatewayError, RegimeModel
from autotrain_client.model import features_of, in_order

URL = os.environ["AUTOTRAIN_URL"]
KEY = os.environ["AUTOTRAIN_KEY"]
SCOPE = ("momentum_breakout", "BTCUSDT")
ROW = [0.0004, 0.011, -0.002, 0.8, 1.3]


def stored(path):
    request = urllib.request.Request(URL + path, headers={"X-API-Key": KEY})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)["data"]


class Parameters(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(URL, api_key=KEY)

    def test_features_and_spellings_arrive_as_the_gateway_knows_them(self):
        decision = self.gateway.parameters("Momentum_Breakout", "btc/usdt", {"vol": 1e-05, "ret": -0.25})
        self.assertEqual(decision["config_id"].split(":")[-1], decision["preset_id"])
        self.assertEqual(decision["config_id"].split(":")[:2], list(SCOPE))
        self.assertIn("params", decision)
        kept = stored("/decisions?limit=1")[0]
        self.assertEqual(kept["decision_id"], decision["decision_id"])
        self.assertEqual(kept["features"]["vol"], 1e-05)

    def test_a_position_keeps_the_decision_that_it_was_opened_with_until_it_is_closed(self):
        decision = self.gateway.parameters(*SCOPE, {"vol": 2e-05})
        name = f"p-{uuid.uuid4().hex}"
        held = self.gateway.parameters(*SCOPE, {"vol": 3e-05}, name, decision["decision_id"])
        self.assertEqual((held["decision_id"], held["reason"]), (decision["decision_id"], "position"))
        later = self.gateway.parameters(*SCOPE, {"vol": 4e-05}, name)
        self.assertEqual(later["decision_id"], decision["decision_id"])
        self.assertTrue(self.gateway.close_position(name, *SCOPE))
        with self.assertRaises(GatewayError) as caught:
            Gateway(URL, api_key=KEY, raises=True).close_position(name)
        self.assertEqual(caught.exception.status, 404)

    def test_no_presets_is_none_and_an_error_only_when_asked_for(self):
        self.assertIsNone(self.gateway.parameters("nobody_registered", "BTCUSDT"))
        with self.assertRaises(GatewayError) as caught:
            Gateway(URL, api_key=KEY, raises=True).parameters("nobody_registered", "BTCUSDT")
        self.assertEqual((caught.exception.status, caught.exception.detail), (404, "no presets registered"))

    def test_a_wrong_key_is_none_and_logged_once(self):
        stranger = Gateway(URL, api_key="no-such-key")
        with self.assertLogs("autotrain_client", "WARNING") as logs:
            self.assertIsNone(stranger.parameters(*SCOPE))
            self.assertIsNone(stranger.parameters(*SCOPE))
        self.assertEqual(len(logs.output), 1)
        self.assertIn("401", logs.output[0])


class Outcomes(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(URL, api_key=KEY)
        self.decision = self.gateway.parameters(*SCOPE)

    def report(self, **more):
        return self.gateway.outcome(
            *SCOPE, self.decision["preset_id"], 2.5, config_id=self.decision["config_id"], **more
        )

    def test_one_outcome_id_counts_once_from_many_threads(self):
        name = f"fill-{uuid.uuid4().hex}"
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.report(outcome_id=name), range(24)))
        self.assertEqual(answers, [True] * 24)
        kept = [row for row in stored("/outcomes?limit=100") if row["outcome_id"] == name]
        self.assertEqual([row["raw_reward"] for row in kept], [2.5])
        self.assertEqual(kept[0]["decision_id"], self.decision["decision_id"])

    def test_a_reward_in_r_is_stored_as_it_is(self):
        name = f"fill-{uuid.uuid4().hex}"
        self.assertTrue(self.report(outcome_id=name, reward_unit="r"))
        kept = [row for row in stored("/outcomes?limit=100") if row["outcome_id"] == name]
        self.assertEqual([(row["reward_unit"], row["reward_scale"], row["reward"]) for row in kept], [("r", 1, 2.5)])

    def test_without_an_id_each_report_counts(self):
        before = len(stored("/outcomes?limit=500"))
        self.assertTrue(self.report())
        self.assertTrue(self.report())
        self.assertEqual(len(stored("/outcomes?limit=500")), before + 2)

    def test_an_unknown_preset_is_false_and_a_reward_that_is_no_number_is_the_callers_mistake(self):
        self.assertFalse(self.gateway.outcome(*SCOPE, "no-such-preset", 1.0))
        with self.assertRaises(ValueError):
            self.gateway.outcome(*SCOPE, "no-such-preset", math.nan)


class Predictions(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway(URL, api_key=KEY)
        self.model = RegimeModel(self.gateway, "BTC/USDT")

    def test_rows_are_answered_bull_bear_chop_by_predict_with_what_can_be_mapped(self):
        rows = [ROW, [-0.03, 0.02, 0, 0, 0], [0.03, 0.02, 0, 0, 0]]
        answers = self.model.predict_proba(rows)
        self.assertEqual([len(row) for row in answers], [3, 3, 3])
        for row, answer in zip(rows, answers):
            features = {"logret": math.log1p(row[0]), "rvol": math.log(row[1] + 1e-4)}
            said = self.gateway.predict(symbol="BTC/USDT", features=features)
            self.assertEqual(said["model_meta"]["features_marginalised"], ["range", "volz"])
            self.assertEqual(answer, in_order(said["regime_proba"]))
            self.assertAlmostEqual(sum(answer), 1.0, places=12)
        # A fall speaks for bear, a rise for bull.
        self.assertGreater(answers[1][1], answers[2][1])
        self.assertGreater(answers[2][0], answers[1][0])

    def test_a_volatility_in_other_units_is_left_out(self):
        said = self.gateway.predict(symbol="BTC/USDT", features={"logret": 0.0004})
        answer = RegimeModel(self.gateway, "BTC/USDT", returns="log", volatility=False).predict_proba([ROW])
        self.assertEqual(answer, [in_order(said["regime_proba"])])

    def test_the_stored_candles_answer_with_every_feature(self):
        said = self.gateway.predict(symbol="BTC/USDT")
        self.assertEqual(said["model_meta"]["features_marginalised"], [])
        answer = RegimeModel(self.gateway, "BTC/USDT", source="candles").predict_proba([ROW, ROW])
        self.assertEqual(answer, [in_order(said["regime_proba"])] * 2)

    def test_threads_share_one_model(self):
        alone = self.model.predict_proba([ROW])
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.model.predict_proba([ROW]), range(64)))
        self.assertEqual(answers, [alone] * 64)

    def test_what_is_no_number_is_marginalised_and_never_filled_in(self):
        self.assertEqual(features_of([math.nan, 0.01, 0, 0, 0]), {"rvol": math.log(0.0101)})
        self.assertEqual(features_of([-1.0, -0.5, 0, 0, 0]), {})
        answer = self.model.predict_proba([[math.nan, math.nan, 0, 0, 0]])[0]
        self.assertTrue(all(math.isnan(p) for p in answer))
        with self.assertRaises(ValueError):
            self.model.predict_proba([[0.1, 0.2]])

    def test_an_unknown_symbol_is_the_fallback_and_an_error_only_when_asked_for(self):
        self.assertEqual(RegimeModel(self.gateway, "DOGE/USDT", fallback=(0, 0, 1)).predict_proba([ROW]), [[0, 0, 1]])
        with self.assertRaises(GatewayError) as caught:
            RegimeModel(Gateway(URL, api_key=KEY, raises=True), "DOGE/USDT").predict_proba([ROW])
        self.assertEqual((caught.exception.status, caught.exception.code), (404, "UnknownSymbol"))


if __name__ == "__main__":
    unittest.main()
