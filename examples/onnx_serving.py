"""
Serving with onnxruntime alone
==============================

A program that knows neither TensorFlow nor scikit-learn can serve what was trained with them. Here a
pipeline that takes missing numbers and categories becomes an ONNX model, and another process predicts with
onnxruntime and NumPy.

.. code-block:: console

   $ pip install "sklearn-ridge-nn[onnx]"
   $ python examples/onnx_serving.py

"""

# %%
# A table, and a pipeline that is fitted to it.

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklearn_ridge_nn import RidgeMLPClassifier, make_preprocessor, to_onnx

rng = np.random.default_rng(0)
n = 600
table = pd.DataFrame(
    {
        "age": rng.normal(40, 12, n).round(),
        "city": rng.choice(["Lima", "Oslo", "Rome"], n),
        "plan": rng.choice(["basic", "plus"], n),
    }
)
strength = (table["age"] - 40) / 12 + 2 * (table["city"] == "Rome") - (table["plan"] == "basic")
bought = np.where(strength + rng.normal(0, 1, n) > 0, "yes", "no")
table.loc[rng.choice(n, 40, replace=False), "age"] = np.nan
table.loc[rng.choice(n, 40, replace=False), "city"] = None

model = make_pipeline(make_preprocessor(table), RidgeMLPClassifier(alpha=0.01, random_state=0))
model.fit(table, bought)

# %%
# ``to_onnx`` takes some rows, which say what the model is given: one input for each column. Before it
# returns the new model, it runs it on these rows and compares it with the pipeline.

folder = Path(tempfile.mkdtemp())
content = to_onnx(model, table).SerializeToString()
(folder / "model.onnx").write_bytes(content)
print(f"{len(content) / 1024:.0f} KiB")

# %%
# The program that serves it. A missing number is NaN, a missing category the empty string. A category that
# no training row had (Kiel) is treated as none of those that are known.

PROGRAM = """
import sys
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
rows = {
    "age": np.array([[35.0], [np.nan], [61.0]]),
    "city": np.array([["Rome"], [""], ["Kiel"]], dtype=object),
    "plan": np.array([["plus"], ["basic"], ["basic"]], dtype=object),
}
labels, probabilities = session.run(["label", "probabilities"], rows)
for label, row in zip(labels, probabilities):
    print(label, row.round(4).tolist())
print("scikit-learn and TensorFlow were imported:", bool({"sklearn", "tensorflow"} & set(sys.modules)))
"""
command = [sys.executable, "-c", PROGRAM]
served = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
print(served.stdout)

# %%
# The pipeline says the same of these rows.

rows = pd.DataFrame(
    {"age": [35, np.nan, 61], "city": ["Rome", None, "Kiel"], "plan": ["plus", "basic", "basic"]}
)
for label, row in zip(model.predict(rows), model.predict_proba(rows), strict=True):
    print(label, row.round(4).tolist())
