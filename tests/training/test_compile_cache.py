"""Compiled programs on disk: what is kept, where, and what happens if it cannot be."""

import os
import shutil
import stat
import subprocess
import sys
import time

import pytest

from sklearn_ridge_nn.training import _compile_cache as cache

#: Older versions of TensorFlow keep nothing.
pytestmark = pytest.mark.skipif(
    cache._version() < cache._LEAST_VERSION, reason="TensorFlow keeps no programs"
)

SCRIPT = """
import sys
import numpy as np
from sklearn.datasets import make_classification
from sklearn_ridge_nn import RidgeMLPClassifier
X, y = make_classification(40, 4, random_state=0)
for units in sys.argv[1:]:
    fitted = RidgeMLPClassifier(hidden_layer_sizes=(int(units),), epochs=3, random_state=0).fit(X, y)
    again = RidgeMLPClassifier(hidden_layer_sizes=(int(units),), epochs=3, random_state=0).fit(X, y)
    assert np.array_equal(fitted.coefs_[0], again.coefs_[0])
    print(units, fitted.coefs_[0].sum(dtype=float).hex(), fitted.history_["loss"][-1].hex())
"""


def start(folder, *units, **variables):
    environment = {**os.environ, cache.VARIABLE: str(folder), "TF_CPP_MIN_LOG_LEVEL": "3", **variables}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, units)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def trained(folder, *units, **variables):
    process = start(folder, *units, **variables)
    printed, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return sorted(printed.splitlines())


def programs(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.pb")}


@pytest.fixture(scope="module")
def alone():
    """What networks of 5, 6 and 7 units are trained to without any cache."""
    return trained("off", 5, 6, 7)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder with their programs."""
    folder = tmp_path_factory.mktemp("cache")
    trained(folder, 5, 6, 7)
    return folder


@pytest.mark.slow
def test_a_process_that_was_started_before_the_first_fit_keeps_its_own(alone, tmp_path):
    """It inherits the flag of its parent, which takes it back once TensorFlow has read it."""
    parent = f"""
import os, subprocess, sys
import sklearn_ridge_nn.training._program
assert "persistent_cache_directory" in os.environ["TF_XLA_FLAGS"]
os.environ["{cache.VARIABLE}"] = {str(tmp_path / "child")!r}
subprocess.run([sys.executable, "-c", {SCRIPT!r}, "5"], check=True)
"""
    variables = {cache.VARIABLE: str(tmp_path / "parent"), "TF_XLA_FLAGS": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", parent], check=True, env={**os.environ, **variables})
    assert len(programs(tmp_path / "child")) == 1
    off = parent.replace(repr(str(tmp_path / "child")), repr("off"))
    subprocess.run([sys.executable, "-c", off], check=True, env={**os.environ, **variables})
    assert not programs(tmp_path / "parent")


@pytest.mark.slow
def test_another_process_loads_what_one_compiled_whatever_it_did_before(alone, filled):
    before = programs(filled)
    assert len(before) == 3
    process = start(filled, 7, 5, 6, TF_CPP_MIN_LOG_LEVEL="1")
    printed, said = process.communicate(timeout=300)
    assert sorted(printed.splitlines()) == alone  # TensorFlow's own names count what a process has made
    assert programs(filled) == before
    assert "cpu_aot_loader" not in said
    assert "XlaSerializedCacheEntry" not in said


@pytest.mark.slow
def test_broken_files_are_replaced(alone, filled, tmp_path):
    contents = [b"", os.urandom(3000), None]
    for path, content in zip(programs(filled), contents, strict=True):
        broken = tmp_path / path.relative_to(filled)
        broken.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        broken.write_bytes(path.read_bytes()[:1000] if content is None else content)
    assert trained(tmp_path, 5, 6, 7) == alone
    assert all(path.stat().st_size > 10_000 for path in programs(tmp_path))
    assert trained(tmp_path, 5, 6, 7) == alone


@pytest.mark.slow
def test_two_processes_may_write_at_once_and_the_folder_may_be_deleted_meanwhile(alone, tmp_path):
    both = [start(tmp_path, 5, 6, 7), start(tmp_path, 7, 6, 5)]
    while not programs(tmp_path) and both[0].poll() is None:
        time.sleep(0.01)
    shutil.rmtree(tmp_path / "programs", ignore_errors=True)
    assert [sorted(process.communicate(timeout=300)[0].splitlines()) for process in both] == [alone, alone]


@pytest.mark.usefixtures("no_helper")
def test_only_the_lines_of_loading_are_held_back(capfd, monkeypatch):
    monkeypatch.setattr(cache, "use", lambda: "a folder")

    @cache.quiet_loading()
    def load():
        os.write(2, b"before\nE0000 cpu_aot_loader.cc:220] Loading. Feature +prefer-no-scatter is not\n")
        os.write(2, b"E0000 text_format.cc:378] Error parsing tensorflow.XlaSerializedCacheEntry\nafter")
        os.write(2, b"\nE0000 cpu_aot_loader.cc:220] Loading. Feature +avx512f is not")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load()
    os.write(2, b"\nthen")
    lines = capfd.readouterr().err.splitlines()
    assert lines == [
        "before",
        "after",
        "E0000 cpu_aot_loader.cc:220] Loading. Feature +avx512f is not",
        "then",
    ]


# -- where -----------------------------------------------------------------------------------------


@pytest.fixture
def use(monkeypatch, tmp_path):
    """Return a function that says which folder is used, after changes of the environment."""

    def used(told=tmp_path / "kept", flags=None):
        cache.use.cache_clear()
        monkeypatch.setenv(cache.VARIABLE, str(told))
        monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
        if flags is not None:
            monkeypatch.setenv("TF_XLA_FLAGS", flags)
        return cache.use()

    monkeypatch.setenv("TF_XLA_FLAGS", "")
    yield used
    cache.use.cache_clear()


def test_only_its_owner_may_write_to_the_folder(use, tmp_path):
    mask = os.umask(0)  # others may write to what is made without care
    try:
        folder = use()
    finally:
        os.umask(mask)
    assert folder.parent == tmp_path / "kept" / "programs"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert f"--tf_xla_persistent_cache_directory={folder}" in os.environ["TF_XLA_FLAGS"]
    cache.hand_back_flags()
    assert "TF_XLA_FLAGS" not in os.environ
    for open_one in (folder, folder.parent):
        mode = stat.S_IMODE(open_one.stat().st_mode)
        open_one.chmod(0o777)
        assert use() is None
        assert "TF_XLA_FLAGS" not in os.environ
        open_one.chmod(mode)
    assert use() == folder


def test_it_can_be_switched_off_and_gives_way_to_flags_of_ones_own(use, tmp_path):
    assert use("off") is None
    assert use(flags="--tf_xla_persistent_cache_directory=/elsewhere") is None
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_persistent_cache_directory=/elsewhere"
    assert not (tmp_path / "kept").exists()
    folder = use(flags="--tf_xla_max_cluster_size=5")
    assert os.environ["TF_XLA_FLAGS"].startswith("--tf_xla_max_cluster_size=5 --tf_xla_persistent_cache_dir")
    cache.hand_back_flags()
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_max_cluster_size=5"
    assert folder != use()  # a program may depend on the flags


@pytest.mark.parametrize(("version", "is_kept"), [("2.19.1", False), ("2.21.0", True), ("3.0.0-rc1", True)])
@pytest.mark.usefixtures("no_helper")
def test_nothing_is_kept_by_versions_that_keep_it_wrongly(use, monkeypatch, version, is_kept):
    """TensorFlow 2.19 hands another program than was compiled to the next process."""
    monkeypatch.setattr(cache.tf, "__version__", version)
    assert (use() is not None) == is_kept


@pytest.mark.usefixtures("no_helper")
def test_where_it_cannot_be_kept_it_is_not(use, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    assert use(tmp_path / "file") is None
    assert use(tmp_path / "a space") is None  # which flags cannot hold
    assert use("~nobody-of-that-name/cache") is None
    monkeypatch.chdir(tmp_path)
    assert use("here").parent == tmp_path / "here" / "programs"  # wherever the process goes later
    monkeypatch.setattr(cache, "LEAST_FREE_BYTES", 2**62)
    assert use() is None
    assert "TF_XLA_FLAGS" not in os.environ


def test_the_oldest_programs_leave(use, tmp_path):
    folder = use()
    for age, kind in enumerate(["here", "there"] * 2):
        path = folder.parent / kind / f"{age}.pb"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    cache._prune(folder.parent, 250)
    assert sorted(path.name for path in programs(folder.parent)) == ["0.pb", "1.pb"]


@pytest.mark.usefixtures("no_helper")
def test_the_machine_and_the_flags_are_part_of_the_folder(monkeypatch):
    here = cache._kind_of_machine("")
    assert here == cache._kind_of_machine("")
    monkeypatch.setattr(cache, "_cpu", lambda: "flags: fewer")
    assert here != cache._kind_of_machine("")
    monkeypatch.undo()
    assert here != cache._kind_of_machine("--tf_xla_clustering_debug")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    assert here != cache._kind_of_machine("")
