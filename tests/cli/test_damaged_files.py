"""Model files that were changed: whatever was, they are refused in one line or do what they say."""

import copy
import dataclasses
import json
import math
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io

from sklearn_ridge_nn.cli import _model_file as model_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory, ridge_nn):
    """Two models: one of classes whose card has all parts, one of numbers."""
    folder = tmp_path_factory.mktemp("models")
    rows = np.random.default_rng(0).normal(size=(120, 2))
    words = np.where(rows[:, 0] > 0, "yes", "no")
    days = pd.date_range("2020-01-01", periods=120).strftime("%Y-%m-%d")
    table = pd.DataFrame({"a": rows[:, 0], "c": words, "day": days, "id": range(120), "y": words})
    table.assign(number=rows.sum(axis=1)).to_csv(folder / "d.csv", index=False)
    common = ("--epochs", "2", "--alphas", "0.1,1", "--cv", "3", "--quiet")
    ridge_nn(
        "fit", "d.csv", "--target", "y", "--model", "classes.skops", "--threshold", "f1", "--positive", "yes",
        "--drop=number,id", "--dates=day", *common, cwd=folder,
    )  # fmt: skip
    ridge_nn(
        "fit",
        "d.csv",
        "--target",
        "number",
        "--model",
        "numbers.skops",
        "--drop=y,id,day",
        *common,
        cwd=folder,
    )
    return folder


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, content):
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def places(value, path=()):
    """Yield the path to every part of a card."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places(part, (*path, key))


def changes(card):
    """Yield a card for every part of it and everything that may stand there in its place."""
    others = [
        None,
        True,
        -1,
        0.5,
        10**400,
        math.nan,
        math.inf,
        "",
        "x",
        [],
        ["x"],
        [1, 2],
        {},
        {"x": 1},
        [[]],
    ]
    for path in list(places(card)):
        for other in [..., *others]:
            changed = copy.deepcopy(card)
            part = changed
            for key in path[:-1]:
                part = part[key]
            if other is ...:
                del part[path[-1]]
            else:
                part[path[-1]] = other
            yield path, other, changed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_a_changed_card_is_refused_or_shown(folder, name):
    card = json.loads(members(folder / f"{name}.skops")[model_files.CARD])
    n_refused = n_shown = 0
    for path, other, changed in changes(card):
        try:
            read = model_files.Card.from_dict(changed)
        except (TypeError, ValueError, KeyError, AttributeError):  # which read_card turns into a message
            n_refused += 1
            continue
        n_shown += 1
        try:
            assert read.as_text()
            json.dumps(read.to_dict(), allow_nan=False)
            assert read.columns.names is not None
        except Exception as error:
            raise AssertionError(f"{path} = {other!r}") from error
    assert n_refused > 500
    assert n_shown > 50


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card["data"].pop("rows"),
        lambda card: card["chosen"].update(alphas=[]),
        lambda card: card["chosen"].update(mean_test_score=[1.0]),
        lambda card: card["held_out"].update(scores=5),
        lambda card: card["importances"]["columns"][0].update(interval=[1]),
        lambda card: card["threshold"].update(positive="nobody"),
        lambda card: card.update(alpha="0.1"),
    ],
)
@pytest.mark.parametrize("command", ["show", "predict", "explain"])
def test_a_damaged_card_is_named_in_one_line(ridge_nn, folder, tmp_path, command, change):
    content = members(folder / "classes.skops")
    card = json.loads(content[model_files.CARD])
    change(card)
    path = written(tmp_path / "m.skops", {**content, model_files.CARD: json.dumps(card)})
    arguments = {
        "show": [path],
        "predict": [folder / "d.csv", "--model", path],
        "explain": [path, folder / "d.csv"],
    }
    out, err = ridge_nn(command, *arguments[command], code=2)
    assert (out, err) == (
        "",
        f"ridge-nn: error: {path} is not a model of 'ridge-nn fit': its card is damaged.\n",
    )


def test_a_card_that_is_huge_is_refused_and_not_read(ridge_nn, folder, tmp_path):
    content = members(folder / "numbers.skops")
    huge = b'{"schema": "' + b" " * (model_files.MOST_BYTES + 1) + b'"}'
    path = written(tmp_path / "m.skops", {**content, model_files.CARD: huge})
    assert path.stat().st_size < 2**20
    _, err = ridge_nn("show", path, code=2)
    assert err.endswith("is not a model of 'ridge-nn fit': its card is larger than 16 MiB.\n")
    deep = written(tmp_path / "deep.skops", {**content, model_files.CARD: "[" * 10**6})
    _, err = ridge_nn("show", deep, code=2)
    assert err.endswith("its card is damaged.\n")


def test_flags_of_an_archive_that_python_cannot_read_are_refused(ridge_nn, folder, tmp_path):
    whole = (folder / "numbers.skops").read_bytes()
    with zipfile.ZipFile(folder / "numbers.skops") as archive:
        place = archive.getinfo(model_files.CARD).header_offset
    for offset, value in ((6, 1), (8, 99), (8, 14)):  # encrypted; of an unknown method; LZMA that it is not
        changed = bytearray(whole)
        changed[place + offset] = value
        central = whole.rindex(b"PK\x01\x02")  # the card is the last member
        changed[central + offset + 2] = value
        path = tmp_path / "m.skops"
        path.write_bytes(changed)
        _, err = ridge_nn("show", path, code=2)
        assert err.startswith(f"ridge-nn: error: {path} is not a model of 'ridge-nn fit'")
    for n_bytes in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:n_bytes])
        _, err = ridge_nn("show", path, code=2)
        assert err.count("\n") == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("part", ["coefs_", "intercepts_"])
def test_weights_that_are_no_numbers_are_refused(ridge_nn, folder, tmp_path, part, value):
    path = folder / "numbers.skops"
    card = model_files.read_card(str(path))
    model = model_files.load(str(path), card)
    getattr(model[-1], part)[0].flat[0] = value
    model_files.save(model, card, str(tmp_path / "m.skops"))
    _, err = ridge_nn("predict", folder / "d.csv", "--model", tmp_path / "m.skops", code=2)
    assert err.endswith("is not a model of 'ridge-nn fit': its weights are damaged.\n")


@pytest.mark.parametrize(
    "damage",
    [
        lambda network: network.coefs_.pop(),
        lambda network: network.coefs_.__setitem__(0, network.coefs_[0][:-1]),
        lambda network: network.coefs_.__setitem__(0, network.coefs_[0].astype(int)),
        lambda network: network.intercepts_.__setitem__(-1, network.intercepts_[-1][:0]),
        lambda network: (network.coefs_.clear(), network.intercepts_.clear()),
    ],
)
def test_layers_that_do_not_fit_are_refused(folder, tmp_path, damage):
    path = folder / "numbers.skops"
    card = dataclasses.replace(model_files.read_card(str(path)), digest=None)
    model = model_files.load(str(path), card)
    damage(model[-1])
    skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(ValueError, match="its weights are damaged"):
        model_files.load(str(tmp_path / "m.skops"), card)


def test_a_model_that_predicts_complex_numbers_is_refused(folder, tmp_path):
    """Its weights are in order, and what their output is scaled by is not."""
    path = folder / "numbers.skops"
    card = dataclasses.replace(model_files.read_card(str(path)), digest=None)
    model = model_files.load(str(path), card)
    network = model[-1]
    network.target_mean_ = np.asarray(network.target_mean_, complex)
    assert model.predict(pd.read_csv(folder / "d.csv")[card.columns.names]).dtype.kind == "c"
    skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(ValueError, match="is not a model of 'ridge-nn fit'"):
        model_files.load(str(tmp_path / "m.skops"), card)


@pytest.mark.parametrize("member", ["schema.json", ".npy"])
def test_content_that_was_changed_since_it_was_saved_is_refused(ridge_nn, folder, tmp_path, member):
    """Though it may make another model."""
    content = members(folder / "numbers.skops")
    name = next(name for name in content if name.endswith(member))
    for changed in (content[name] + b" ", None):
        others = {**content, name: changed}
        path = written(tmp_path / "m.skops", {key: data for key, data in others.items() if data is not None})
        _, err = ridge_nn("predict", folder / "d.csv", "--model", path, code=2)
        assert err == (
            f"ridge-nn: error: {path} is not a model of 'ridge-nn fit': its content was changed since it was "
            "saved.\n"
        )


def test_a_small_file_that_unpacks_to_a_huge_one_is_not_unpacked(ridge_nn, folder, tmp_path):
    content = members(folder / "numbers.skops")
    card = json.loads(content[model_files.CARD]) | {"digest": None}
    huge = {**content, "schema.json": bytes(model_files.MOST_UNPACKED), model_files.CARD: json.dumps(card)}
    path = written(tmp_path / "m.skops", huge)
    assert path.stat().st_size < 2**20
    _, err = ridge_nn("predict", folder / "d.csv", "--model", path, code=2)
    assert err.endswith("is not a model of 'ridge-nn fit': unpacked, it takes 64 MiB.\n")


def test_a_file_of_a_release_without_digests_is_read(ridge_nn, folder, tmp_path):
    content = members(folder / "numbers.skops")
    card = json.loads(content[model_files.CARD])
    del card["digest"]
    path = written(tmp_path / "m.skops", {**content, model_files.CARD: json.dumps(card)})
    out, _ = ridge_nn("predict", folder / "d.csv", "--model", path)
    assert out.count("\n") == 121


def test_a_frozen_estimator_that_holds_nothing_is_refused(folder, monkeypatch):
    """It looks for whatever it lacks in the estimator that it lacks, without end."""
    path = folder / "classes.skops"
    model = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    del model.estimator_.estimator
    monkeypatch.setattr(skops.io, "load", lambda *_, **__: model)
    with pytest.raises(ValueError, match="its content is damaged"):
        model_files.load(str(path), model_files.read_card(str(path)))
