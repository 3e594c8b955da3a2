"""The examples that need other packages run, and print what they say."""

import runpy
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_onnxruntime_alone_serves_what_the_pipeline_predicts(capsys):
    runpy.run_path(str(EXAMPLES / "onnx_serving.py"))
    size, *lines = capsys.readouterr().out.strip().splitlines()
    assert size.endswith(" KiB")
    served, said, expected = lines[:3], lines[3], [line for line in lines[4:] if line]
    assert said == "scikit-learn and TensorFlow were imported: False"
    assert served == expected


def test_optuna_is_told_rounds_of_trials(capsys):
    found = runpy.run_path(str(EXAMPLES / "optuna_study.py"))
    *rounds, best = capsys.readouterr().out.splitlines()
    assert len(rounds) == 5
    values = -np.array([trial.value for trial in found["study"].trials]).reshape(5, 8)
    for line, ours in zip(rounds, values, strict=True):
        assert line == f"log loss of 8 trials: median {np.median(ours):.3f}, best {ours.min():.3f}"
    assert best.startswith("best of 40 trials: ")
    assert best.endswith(f"log loss {values.min():.3f}")
    assert np.median(values[-1]) < np.median(values[0])  # it has learnt where to look
