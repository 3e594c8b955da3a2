"""Writes the models of this folder: run with the release whose files are to be kept.

``python tests/saved/make.py 0.2.dev0`` makes a folder of that name. Files of earlier releases stay as they
are.
"""

import pickle
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED

import numpy as np
import skops.io
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklearn_ridge_nn import AlphaDiagnosis, RidgeMLPClassifier, RidgeMLPClassifierCV, bias_variance, diagnose
from sklearn_ridge_nn.model_selection import GridSearchCV

folder = Path(__file__).parent / sys.argv[1]
folder.mkdir()
X, y = load_wine(return_X_y=True)
X = scale(X)
labels = np.array(["red", "rose", "white"])[y]
small = RidgeMLPClassifier(hidden_layer_sizes=(4,), epochs=3, random_state=0)
models = {
    "binary": RidgeMLPClassifier(**small.get_params()).fit(X, y > 0),
    "multiclass": RidgeMLPClassifier(**small.get_params()).fit(X, labels),
    "multilabel": RidgeMLPClassifier(**small.get_params()).fit(X, np.eye(3, dtype=int)[y]),
    "pipeline": make_pipeline(StandardScaler(), RidgeMLPClassifier(**small.get_params())).fit(X, labels),
    "cv": RidgeMLPClassifierCV([1e-3, 1e-1], cv=2, hidden_layer_sizes=(4,), epochs=3, random_state=0).fit(
        X, y
    ),
    "search": GridSearchCV(small, {"alpha": [1e-3, 1e-1]}, cv=2).fit(X, y),
}
for name, model in models.items():
    (folder / f"{name}.pickle").write_bytes(pickle.dumps(model, protocol=4))
    if name != "search":  # skops needs its class trusted by name
        (folder / f"{name}.skops").write_bytes(skops.io.dumps(model, compression=ZIP_DEFLATED))
np.savez_compressed(
    folder / "probabilities.npz", **{name: model.predict_proba(X) for name, model in models.items()}
)

diagnosis = diagnose(small, X, y, alphas=[1e-3, 1.0], cv=2)
diagnosis.findings  # noqa: B018 (kept with the diagnosis)
decomposition = bias_variance(small, X, y, alphas=[1e-3, 1.0], n_resamples=2)
(folder / "diagnosis.pickle").write_bytes(pickle.dumps(diagnosis, protocol=4))
(folder / "decomposition.pickle").write_bytes(pickle.dumps(decomposition, protocol=4))
assert AlphaDiagnosis.from_dict(diagnosis.to_dict()).verdicts == diagnosis.verdicts

ridge_nn = Path(sys.executable).parent / "ridge-nn"
table = np.column_stack([X[:, :3].round(3), labels])
(folder / "wine.csv").write_text("a,b,c,kind\n" + "\n".join(map(",".join, table.tolist())) + "\n")
fit = [ridge_nn, "fit", "wine.csv", "--target", "kind", "--model", "command.skops", "--alpha", "0.01"]
predict = [ridge_nn, "predict", "new.csv", "--model", "command.skops", "--proba", "--output", "command.csv"]
subprocess.run([*fit, "--epochs", "3", "--hidden-layer-sizes", "4"], cwd=folder, check=True)
(folder / "new.csv").write_text("a,b,c\n" + "\n".join(map(",".join, table[:, :3].tolist())) + "\n")
subprocess.run(predict, cwd=folder, check=True)
(folder / "wine.csv").unlink()
