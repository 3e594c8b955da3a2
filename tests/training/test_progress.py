import sys
from types import SimpleNamespace

import numpy as np

from sklearn_ridge_nn.training import _progress as progress
from sklearn_ridge_nn.training._progress import Progress


def test_the_line_tells_networks_epochs_rate_and_time_left(monkeypatch, capsys):
    clock = iter([0.0, 10.0, 10.0, 40.0])  # start, first advance and its line, the end
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with Progress(n_networks=45, n_epochs=675, verbose=1) as line:
        line.advance(135)
        line._done = 675
    _, first, last = capsys.readouterr().out.split("\r")
    assert first == "Training 45 networks in the engine: 135 of 675 epochs, 13.5 epochs/s, 0:40 left"
    assert last.rstrip() == "Training 45 networks in the engine: 675 of 675 epochs, 16.9 epochs/s, 0:00 left"


def test_epochs_that_are_not_needed_leave_the_total(capsys):
    with Progress(n_networks=2, n_epochs=40, verbose=1) as line:
        line.advance(10)
        line.skip(30)
    assert "10 of 10 epochs" in capsys.readouterr().out


def test_a_line_per_epoch_gives_the_range_over_networks(capsys):
    with Progress(n_networks=3, n_epochs=3, verbose=2) as lines:
        lines.epoch(
            0, 5, {"loss": np.array([0.5, 0.25, np.nan]), "accuracy": np.array([0.9, np.nan, np.nan])}
        )
    assert capsys.readouterr().out.splitlines()[-1] == "epoch 1/5 - loss 0.2500..0.5000 - accuracy 0.9000"


def test_silence(capsys):
    with Progress(1, 10, 0) as nothing:
        nothing.advance(3)
        nothing.epoch(0, 1, {"loss": np.ones(1)})
    assert capsys.readouterr().out == ""


def test_in_a_notebook_the_line_is_one_output(monkeypatch, capsys):
    """tests/ecosystem/test_notebook.py looks at a real one."""
    shown = []
    handle = SimpleNamespace(update=lambda data, raw: shown.append(("update", data["text/plain"])))

    def display(data, raw, display_id):
        shown.append(("display", data["text/plain"]))
        return handle

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    with Progress(n_networks=2, n_epochs=40, verbose=1) as line:
        line._last = -1e9
        line.advance(10)
    assert [kind for kind, _ in shown] == ["display", "update"]
    assert shown[0][1].startswith("Training 2 networks in the engine: 10 of 40 epochs")
    assert capsys.readouterr().out == ""


def test_an_ipython_without_a_notebook_is_a_terminal(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    with Progress(n_networks=2, n_epochs=40, verbose=1):
        pass
    assert capsys.readouterr().out.startswith("\rTraining 2 networks")
