"""
Save with skops, serve without TensorFlow
=========================================

A fitted network is plain arrays. skops saves it in a file that holds no code, and the process that serves it
needs neither Keras nor TensorFlow.
"""

# %%
# Train, and save the whole pipeline.
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import skops.io
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ridge_nn import RidgeMLPClassifier

X, y = load_wine(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), RidgeMLPClassifier(random_state=0)).fit(X, y)
folder = TemporaryDirectory()
model, rows, answers = (Path(folder.name) / name for name in ("wine.skops", "rows.npy", "answers.npy"))
skops.io.dump(pipeline, model)
n_weights = sum(array.size for array in [*pipeline[-1].coefs_, *pipeline[-1].intercepts_])
print(f"{model.stat().st_size / 1024:.0f} KiB for {n_weights:,} weights")

# %%
# skops loads a type that it does not know only if it is trusted by name. Here there is a single one:
print(skops.io.get_untrusted_types(file=model))

# %%
# The server is a process of its own. It loads the pipeline, predicts, and says what is in memory.
server = """
import sys
from timeit import timeit

import numpy as np
import skops.io

model, rows, answers = sys.argv[1:]
pipeline = skops.io.load(model, trusted=["sklearn_ridge_nn.RidgeMLPClassifier"])
X = np.load(rows)
np.save(answers, pipeline.predict_proba(X))
print("tensorflow" in sys.modules, "keras" in sys.modules)
print(f"one row takes {timeit(lambda: pipeline.predict_proba(X[:1]), number=200) / 200 * 1000:.2f} ms")
"""
np.save(rows, X)
command = [sys.executable, "-c", server, model, rows, answers]
print(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

# %%
# Its probabilities are those of the process that trained, bit for bit.
np.testing.assert_array_equal(np.load(answers), pipeline.predict_proba(X))
folder.cleanup()

# %%
# A machine that only serves can do without TensorFlow altogether, see :ref:`saving`. joblib and pickle save a
# pipeline, too, but a pickle can run code when it is loaded: load only those of your own.
