"""A process that is forked after TensorFlow was used trains, with the results of the process it came from."""

import os
import subprocess
import sys

import cloudpickle
import pytest

from sklearn_ridge_nn.training import _helper
from sklearn_ridge_nn.training._progress import Progress

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

HEAD = """
import multiprocessing, os, signal, sys, time, warnings
import joblib, keras, numpy as np
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale
from sklearn_ridge_nn import RidgeMLPClassifier, RidgeMLPRegressor, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV

X, y = load_wine(return_X_y=True)
X = scale(X)
network = RidgeMLPClassifier(1e-2, hidden_layer_sizes=(8,), epochs=3, random_state=0)
network.fit(X, y)
fork = multiprocessing.get_context("fork")

def probabilities(estimator):
    return clone(estimator).fit(X, y).predict_proba(X)
"""


def run(script, **options):
    return subprocess.run(
        [sys.executable, "-W", "ignore:.*fork:DeprecationWarning", "-c", HEAD + script],
        capture_output=True, text=True, timeout=300, **options,
    )  # fmt: skip


def test_a_fit_in_a_forked_process_is_that_of_its_parent():
    done = run("""
with fork.Pool(1) as pool:
    theirs = pool.apply(probabilities, [clone(network).set_params(verbose=1)])
print(np.array_equal(theirs, network.predict_proba(X)))
""")
    assert "Training 1 network in the engine: 3 of 3 epochs" in done.stdout
    assert done.stdout.endswith("True\n"), done.stderr


def test_progress_that_goes_back_in_the_helper_goes_back_here():
    class Connection:
        def send_bytes(self, content):
            _, name, *arguments = cloudpickle.loads(content)
            getattr(progress, name)(*arguments)

    progress = Progress(2, 20, 0)
    theirs = _helper._Reported(Connection())
    theirs.advance(4.0)
    before, position = theirs.position, progress.position
    theirs.advance(5.0)
    theirs.skip(3.0)
    assert progress.position == (9.0, 17)
    theirs.position = before
    assert progress.position == position == (4.0, 20)
    assert theirs.position == before


@pytest.mark.slow
def test_everything_that_trains_does_so_in_a_forked_process():
    done = run(
        """
def curves(_):
    return diagnose(network, X, y, alphas=[1e-3, 1e-1], cv=2).test_loss_curve

def searched(_):
    return GridSearchCV(network, {"alpha": [1e-3, 1e-1]}, cv=2).fit(X, y).cv_results_["mean_test_score"]

def regressed(_):
    regressor = RidgeMLPRegressor(1e-2, hidden_layer_sizes=(8,), epochs=3, random_state=0)
    return regressor.fit(X, X[:, 0]).predict(X)

def continued(_):
    other = clone(network)
    for _ in range(2):
        other.partial_fit(X, y, classes=[0, 1, 2])
    return other.predict_proba(X)

rates = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
estimators = [
    network,
    clone(network).set_params(hidden_layer_sizes=(9,)),  # a program that the parent has not compiled
    clone(network).set_params(optimizer="adafactor"),  # by Keras's own loop
    clone(network).set_params(callbacks=[keras.callbacks.ReduceLROnPlateau(patience=1)]),
    clone(network).set_params(optimizer=keras.optimizers.SGD(rates)),
    clone(network).set_params(verbose=1),
]
with fork.Pool(2) as pool:
    for function, arguments in [
        (probabilities, estimators), (curves, [0]), (searched, [0]), (regressed, [0]), (continued, [0]),
    ]:
        theirs = pool.map(function, arguments, chunksize=1)
        for mine, other in zip(map(function, arguments), theirs):
            assert np.array_equal(mine, other), function
with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
    import sklearn.model_selection
    theirs = sklearn.model_selection.GridSearchCV(network, {"alpha": [1e-3, 1e-1]}, cv=2).fit(X, y)
assert np.array_equal(theirs.cv_results_["mean_test_score"], searched(0))
print("the same")
"""
    )
    assert done.stdout.rstrip().endswith("the same"), done.stderr
    assert "Training 1 network in the engine: 3 of 3 epochs" in done.stdout


@pytest.mark.slow
def test_what_a_helper_cannot_do_is_said():
    done = run(
        """
seen = []

class Counting(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        seen.append(epoch)

def fitted(_):
    try:
        clone(network).set_params(callbacks=[Counting]).fit(X, y)
    except RuntimeError as error:
        return str(error)

def invalid(_):
    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            warnings.warn("careful", UserWarning)
            raise KeyError("of the callback")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            clone(network).set_params(callbacks=[Broken()]).fit(X, y)
        except KeyError as error:
            return str(error), [str(warning.message) for warning in caught]

def ended(_):
    from sklearn_ridge_nn.training import _helper
    probabilities(network)
    (helper,) = _helper._helper.values()
    os.kill(helper.process.pid, signal.SIGKILL)
    try:
        probabilities(network)
    except RuntimeError as error:
        return str(error), probabilities(network)

with fork.Pool(1) as pool:
    print(pool.map(fitted, [0])[0])
    print(pool.map(invalid, [0])[0])
    error, afterwards = pool.map(ended, [0])[0]
print(error)
assert np.array_equal(afterwards, probabilities(network))
print("the same")
"""
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4, done.stderr
    assert "forked from one in which TensorFlow had been used" in lines[0]
    for way_out in ("spawn", "forkserver", "loky"):
        assert way_out in lines[0]
    assert lines[1] == """("'of the callback'", ['careful'])"""
    assert "ended with exit code -9" in lines[2]
    assert lines[3] == "the same"


@pytest.mark.slow
def test_a_process_forked_before_tensorflow_is_used_needs_no_helper():
    done = run(
        """
from sklearn_ridge_nn.training import _helper
print(_helper.is_forked())
"""
    )
    assert done.stdout == "False\n", done.stderr
    done = subprocess.run(
        [sys.executable, "-c", """
import os, sklearn_ridge_nn._tensorflow
from sklearn_ridge_nn.training import _helper
if os.fork() == 0:
    print(_helper.is_forked(), flush=True)
    os._exit(0)
os.wait()
sklearn_ridge_nn._tensorflow.tf.constant(1) + 1
if os.fork() == 0:
    if os.fork() == 0:
        print(_helper.is_forked(), flush=True)
        os._exit(0)
    os.wait()
    os._exit(0)
os.wait()
"""],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "True"], done.stderr


@pytest.mark.slow
def test_an_interrupt_ends_the_helper_and_leaves_no_process():
    done = run(
        """
def long():
    from sklearn_ridge_nn.training import _helper
    probabilities(network)
    (helper,) = _helper._helper.values()
    print(helper.process.pid, flush=True)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(3)
    try:
        clone(network).set_params(epochs=10**6).fit(X, y)
    except KeyboardInterrupt:
        print(helper.process.poll(), len(_helper._helper), flush=True)

if os.fork() == 0:
    long()
    os._exit(0)
os.wait()
"""
    )
    helper, exit_code, n_helpers = map(int, done.stdout.split())
    assert (exit_code, n_helpers) == (-9, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(helper, 0)
