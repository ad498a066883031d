"""The peer of `npm run bench:bandit`: for each GET /param a connection is opened, the presets and the last 1,000 outcomes
are read, each arm's ridge posterior is rebuilt with numpy, and one is sampled. Usage: bandit_service.py PORT DB"""

import json
import sqlite3
import sys

import numpy as np
import uvicorn
from fastapi import FastAPI, HTTPException, Request

PATH = sys.argv[2]
LAST = 1_000
L2 = 1.0
rng = np.random.default_rng(42)
app = FastAPI()


def connect():
    connection = sqlite3.connect(PATH)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


with connect() as db:
    db.execute(
        "create table if not exists presets (strategy text, instrument text, preset_id text, params text,"
        " primary key (strategy, instrument, preset_id))"
    )
    db.execute(
        "create table if not exists outcomes (id integer primary key, strategy text, instrument text, preset_id text,"
        " features text, reward real)"
    )
    db.execute("create index if not exists outcomes_scope on outcomes (strategy, instrument, id)")


@app.post("/preset/register/{strategy}/{instrument}")
def register(strategy: str, instrument: str, body: dict):
    with connect() as db:
        db.execute(
            "insert or replace into presets values (?, ?, ?, ?)",
            (strategy, instrument, body["preset_id"], json.dumps(body["params"])),
        )
    return {"ok": True}


@app.post("/learn/outcome/{strategy}/{instrument}/{preset_id}")
def learn(strategy: str, instrument: str, preset_id: str, body: dict):
    with connect() as db:
        db.execute(
            "insert into outcomes (strategy, instrument, preset_id, features, reward) values (?, ?, ?, ?, ?)",
            (strategy, instrument, preset_id, json.dumps(body.get("features", {})), body["reward"]),
        )
    return {"ok": True}


@app.get("/param/{strategy}/{instrument}")
def param(strategy: str, instrument: str, request: Request):
    features = {
        key[len("features[") : -1]: float(value)
        for key, value in request.query_params.items()
        if key.startswith("features[")
    }
    db = connect()
    try:
        presets = db.execute(
            "select preset_id, params from presets where strategy = ? and instrument = ?", (strategy, instrument)
        ).fetchall()
        outcomes = db.execute(
            "select preset_id, features, reward from outcomes where strategy = ? and instrument = ?"
            " order by id desc limit ?",
            (strategy, instrument, LAST),
        ).fetchall()
    finally:
        db.close()
    if not presets:
        raise HTTPException(404, "no presets registered")
    names = sorted(features)
    x = np.array([1.0] + [features[name] for name in names])
    best, best_score = presets[0], -np.inf
    for preset in presets:
        a = L2 * np.eye(len(x))
        b = np.zeros(len(x))
        for preset_id, raw, reward in outcomes:
            if preset_id != preset[0]:
                continue
            seen = json.loads(raw)
            z = np.array([1.0] + [seen.get(name, 0.0) for name in names])
            a += np.outer(z, z)
            b += reward * z
        inverse = np.linalg.inv(a)
        theta = rng.multivariate_normal(inverse @ b, inverse)
        score = float(theta @ x)
        if score > best_score:
            best, best_score = preset, score
    return {
        "config_id": f"{strategy}:{instrument}:0:{best[0]}",
        "params": json.loads(best[1]),
        "policy_version": "lin_ts",
        "features_used": names,
    }


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
