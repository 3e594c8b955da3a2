"""Train on tables that are large for the machine, and see what time and memory grow with.

Each row of the table that is printed is a process of its own, whose memory is taken before the work, with
TensorFlow running and a network of the same shape trained on few rows, and every 20 ms while it works. It is
the process's own memory (``RssAnon``): pages of a file that is mapped into memory are the system's to drop.

Parts: ``fit``, one epoch on memory-mapped float32 rows, 10 thousand to 20 million of 50 columns; ``search``,
9 alphas on 2 million of them; ``predict``, ``ridge-nn predict`` on CSV files of 500 thousand and 5 million
rows of 10 columns; ``sparse``, a fit on 20,000 x 50,000. ``--only`` runs one part, ``--largest`` leaves out
what has more rows. The tables are made in a temporary folder (``TMPDIR`` says where); the largest takes 4 GB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

FIT_ROWS = (10_000, 100_000, 1_000_000, 5_000_000, 20_000_000)
SEARCH_ROWS = 2_000_000
PREDICT_ROWS = (500_000, 5_000_000)
N_COLUMNS = 50
BLOCK = 200_000


# -- memory -----------------------------------------------------------------------------------------


def own_memory(process: str = "self") -> float:
    """Return a process's own resident memory in MiB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))) / 1024


class Peak:
    """The largest memory of a process since it began to look."""

    def __init__(self, process: str = "self") -> None:
        self.process, self.value, self._ends = process, own_memory(process), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ends.wait(0.02):
            self.value = max(self.value, own_memory(self.process))

    def end(self) -> float:
        """Stop looking, and return it."""
        self._ends.set()
        self._thread.join()
        return self.value


@contextmanager
def measured(name: str, n_rows: int) -> Iterator[None]:
    """Print the time that something takes, by row as well, and the memory that it needs on top."""
    before, peak, begin = own_memory(), Peak(), time.perf_counter()
    yield
    seconds = time.perf_counter() - begin
    show(name, n_rows, seconds, before, peak.end())


def show(name: str, n_rows: int, seconds: float, before: float, peak: float) -> None:
    """Print a row."""
    by_row = 1e6 * seconds / n_rows
    print(
        f"{name:<8} {n_rows:>11,} {seconds:>9.1f} {by_row:>8.2f} {before:>8.0f} {peak - before:>8.0f}",
        flush=True,
    )


# -- tables -----------------------------------------------------------------------------------------


def rows(n_rows: int, n_columns: int, seed: int = 0) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield blocks of a table of two classes, which a network can learn, and where each begins."""
    law = np.random.default_rng(seed).normal(size=(n_columns, 3))
    for begin in range(0, n_rows, BLOCK):
        rng = np.random.default_rng([seed, begin])
        X = rng.normal(size=(min(BLOCK, n_rows - begin), n_columns)).astype(np.float32)
        signal = np.tanh(X @ law).sum(axis=1) + rng.normal(scale=0.5, size=len(X))
        yield begin, X, (signal > 0).astype(np.int8)


def mapped(folder: Path, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a table of 50 columns that lies in a file, and its labels."""
    path = folder / f"X{n_rows}.npy"
    y = np.empty(n_rows, np.int8)
    X = np.lib.format.open_memmap(path, "w+", np.float32, (n_rows, N_COLUMNS))
    for begin, block, labels in rows(n_rows, N_COLUMNS):
        X[begin : begin + len(block)], y[begin : begin + len(block)] = block, labels
    X.flush()
    del X
    return np.load(path, mmap_mode="r"), y


# -- parts ------------------------------------------------------------------------------------------


def fit(folder: Path, n_rows: int) -> None:
    """One epoch on memory-mapped rows, with the losses at its end on all of them."""
    from sklearn_ridge_nn import RidgeMLPClassifier  # imports TensorFlow when it is used

    X, y = mapped(folder, n_rows)
    network = RidgeMLPClassifier(epochs=1, random_state=0)
    network.fit(X[:1000], y[:1000])
    with measured("fit", n_rows):
        network.fit(X, y)


def search(folder: Path, n_rows: int) -> None:
    """Nine alphas on three folds, and the best one on all rows, an epoch each."""
    from sklearn_ridge_nn import RidgeMLPClassifier
    from sklearn_ridge_nn.model_selection import GridSearchCV

    X, y = mapped(folder, n_rows)
    network = RidgeMLPClassifier(epochs=1, random_state=0)
    grid = GridSearchCV(network, {"alpha": np.logspace(-5, 0, 9)}, cv=3, scoring="neg_log_loss")
    grid.fit(X[:1000], y[:1000])
    with measured("search", n_rows):
        grid.fit(X, y)


def sparse(folder: Path, n_rows: int) -> None:  # noqa: ARG001  nothing is written
    """Train an epoch on rows of 50,000 columns, of which a hundred are not 0."""
    from scipy.sparse import random_array

    from sklearn_ridge_nn import RidgeMLPClassifier

    X = random_array((n_rows, 50_000), density=0.002, format="csr", dtype=np.float32, rng=0)
    y = (X[:, :5000].sum(axis=1) > X[:, 5000:10_000].sum(axis=1)).astype(int)
    network = RidgeMLPClassifier(epochs=1, random_state=0)
    network.fit(X[:1000], y[:1000])
    with measured("sparse", n_rows):
        network.fit(X, y)


def predict(folder: Path, n_rows: int) -> None:
    """Have the command write the label of every row of a file."""
    command = [sys.executable, "-m", "sklearn_ridge_nn"]
    table, model, output = folder / "table.csv", folder / "model.skops", folder / "predicted.csv"
    for begin, X, y in rows(n_rows, 10):
        with table.open("a" if begin else "w") as file:
            if not begin:
                file.write(",".join([*(f"x{number}" for number in range(10)), "y"]) + "\n")
            np.savetxt(file, np.column_stack([X, y]), fmt=[*["%.4f"] * 10, "%d"], delimiter=",")
        if not begin:
            learned = folder / "learned.csv"
            learned.write_text("".join(table.read_text().splitlines(keepends=True)[:2001]))
            options = ["--target", "y", "--alpha", "0.01", "--model", str(model)]
            subprocess.run([*command, "fit", str(learned), *options], check=True, stdout=subprocess.DEVNULL)
    begin_time = time.perf_counter()
    where = ["--model", str(model), "--output", str(output)]
    process = subprocess.Popen([*command, "predict", str(table), *where], stdout=subprocess.DEVNULL)
    peak = Peak(str(process.pid))
    if process.wait():
        raise SystemExit(process.returncode)
    show("predict", n_rows, time.perf_counter() - begin_time, 0.0, peak.end())


PARTS = {
    "fit": (fit, FIT_ROWS),
    "search": (search, (SEARCH_ROWS,)),
    "predict": (predict, PREDICT_ROWS),
    "sparse": (sparse, (20_000,)),
}


def main() -> None:
    """Run the parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--largest", type=int, default=max(FIT_ROWS))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.one:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[arguments.only][0](Path(folder), arguments.one)
        return
    print(f"{'part':<8} {'rows':>11} {'seconds':>9} {'us/row':>8} {'MiB':>8} {'+MiB':>8}", flush=True)
    for name, (_, numbers) in PARTS.items():
        for n_rows in numbers:
            if arguments.only in (None, name) and n_rows <= arguments.largest:
                itself = [sys.executable, __file__, "--only", name, "--one", str(n_rows)]
                subprocess.run(itself, check=True)


if __name__ == "__main__":
    main()
