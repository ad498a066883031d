"""hmmlearn as a peer of bench/hmm.ts: holds one case in memory and answers commands, so that only the work is timed.

Usage: hmm_peer.py FILE (see bench/hmm/case-file.ts). On stdin: "fit log|scaling N" or "predict".
The answer is "CPU-seconds log-likelihood": of the parameters before the last of N M-steps, or of the Viterbi path.
"""

import logging
import resource
import sys
import warnings

import numpy as np
from hmmlearn.hmm import GaussianHMM

warnings.filterwarnings("ignore")
logging.getLogger("hmmlearn").setLevel(logging.ERROR)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Case:
    def __init__(self, path):
        values = np.fromfile(path, dtype="<f8")
        n_rows, n_features, n_states, is_full = (int(v) for v in values[:4])
        self.covariance_type = "full" if is_full else "diag"
        covariances = (n_states, n_features, n_features) if is_full else (n_states, n_features)
        self.n_states = n_states
        self.parts, at = [], 4
        for shape in ((n_states,), (n_states, n_states), (n_states, n_features), covariances, (n_rows, n_features)):
            size = int(np.prod(shape))
            self.parts.append(values[at : at + size].reshape(shape).copy())
            at += size
        self.rows = self.parts.pop()

    def model(self, implementation="log", n_iter=1):
        model = GaussianHMM(
            self.n_states,
            self.covariance_type,
            n_iter=n_iter,
            tol=-np.inf,
            init_params="",
            implementation=implementation,
        )
        model.startprob_, model.transmat_, model.means_, model.covars_ = (part.copy() for part in self.parts)
        return model


def fit(case, implementation, n_iter):
    model = case.model(implementation, int(n_iter))
    begin = cpu_seconds()
    model.fit(case.rows)
    return cpu_seconds() - begin, model.monitor_.history[-1]


def predict(case):
    model = case.model()
    model.n_features = case.rows.shape[1]
    begin = cpu_seconds()
    path = model.predict(case.rows)
    seconds = cpu_seconds() - begin
    return seconds, path_log_probability(model, case.rows, path)


def path_log_probability(model, rows, path):
    emissions = model._compute_log_likelihood(rows)[np.arange(len(path)), path].sum()
    moves = np.log(model.transmat_)[path[:-1], path[1:]].sum()
    return float(emissions + moves + np.log(model.startprob_)[path[0]])


def main():
    case = Case(sys.argv[1])
    commands = {"fit": fit, "predict": predict}
    print("ready", flush=True)
    for line in sys.stdin:
        name, *arguments = line.split()
        seconds, log_likelihood = commands[name](case, *arguments)
        print(f"{seconds:.9g} {log_likelihood:.17g}", flush=True)


main()
