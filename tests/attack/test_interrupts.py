"""Ctrl-C at random moments: it ends a fit, a search, a diagnosis and a compilation, and leaves no trace."""

import subprocess
import sys

import pytest

SCRIPT = """
import gc, os, random, signal, sys, threading, time, warnings
import numpy as np
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn_ridge_nn import RidgeMLPClassifier, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV

kind, seed, memory = sys.argv[1], int(sys.argv[2]), sys.argv[3]
X, y = load_wine(return_X_y=True)
alphas = [0.0, 1e-3, 1e-1, 10.0]
sizes = iter(range(5, 1000))

def network(n=20):
    return RidgeMLPClassifier(hidden_layer_sizes=(n,), epochs=40, random_state=0)

pipeline = make_pipeline(StandardScaler(), network())

def search():
    grid = {"ridgemlpclassifier__alpha": alphas}
    return GridSearchCV(pipeline, grid, cv=5, memory=memory).fit(X, y).cv_results_["mean_test_score"]

def diagnosis():
    return diagnose(pipeline, X, y, alphas=alphas, cv=5).test_loss

def compiling():
    return network(next(sizes)).set_params(epochs=1).fit(X, y).coefs_[0][:1, :1] * 0

call = {"search": search, "diagnosis": diagnosis, "compiling": compiling}[kind]
is_kept = kind == "search"

def fresh():
    if is_kept:
        import shutil
        shutil.rmtree(memory, ignore_errors=True)

def state():
    gc.collect()
    return (
        repr(np.random.get_state()), np.geterr(), list(warnings.filters), dict(os.environ), repr(pipeline),
        signal.getsignal(signal.SIGINT), len(os.listdir("/proc/self/fd")),
        sorted(thread.name for thread in threading.enumerate()), X.tobytes(), y.tobytes(),
    )

expected = call()
fresh()
begin = time.perf_counter()
call()
seconds = time.perf_counter() - begin
fresh()
before, chance, n_interrupted = state(), random.Random(seed), 0
for number in range(20):
    delay = chance.uniform(0, seconds)
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    try:
        try:
            timer.start()
            call()
        finally:
            timer.cancel()
            timer.join()
    except KeyboardInterrupt:
        n_interrupted += 1
    now = state()
    assert now == before, [(a, b) for a, b in zip(now, before) if a != b]
    # what was kept before an interruption is whole: the search that goes on has the same results
    np.testing.assert_array_equal(call(), expected)
    fresh()
print(n_interrupted)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["search", "diagnosis", "compiling"])
def test_ctrl_c_at_any_moment_leaves_no_trace(kind, tmp_path):
    arguments = [sys.executable, "-c", SCRIPT, kind, "0", str(tmp_path / "memory")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) >= 10  # of 20; the others were done before
