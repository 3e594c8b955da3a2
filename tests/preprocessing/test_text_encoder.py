"""Free text as numbers, against scikit-learn's own steps."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from sklearn_ridge_nn import TextEncoder

WORDS = [
    "red",
    "blue",
    "green",
    "car",
    "bike",
    "boat",
    "house",
    "tree",
    "road",
    "river",
    "fast",
    "slow",
    "old",
    "new",
]


def sentences(n, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 5)) for _ in range(n)]


@pytest.mark.parametrize(("analyzer", "ngrams"), [("word", (1, 1)), ("char_wb", (3, 4))])
def test_it_is_latent_semantic_analysis_on_one_scale(analyzer, ngrams):
    texts, new = sentences(80), sentences(20, seed=1)
    encoder = TextEncoder(6, analyzer=analyzer).fit(pd.DataFrame({"t": texts}))
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True)
    svd = TruncatedSVD(6, random_state=0)
    learnt = svd.fit_transform(vectorizer.fit_transform(texts))
    expected = svd.transform(vectorizer.transform(new)) / learnt.std(axis=0).max()
    np.testing.assert_allclose(encoder.transform(pd.DataFrame({"t": new})), expected, rtol=1e-12)
    assert encoder.transform(pd.DataFrame({"t": texts})).std(axis=0).max() == pytest.approx(1)


def test_columns_are_encoded_one_by_one():
    a, b = sentences(30), sentences(30, seed=3)
    encoder = TextEncoder(3).fit(pd.DataFrame({"a": a, "b": b}))
    both = encoder.transform(pd.DataFrame({"a": a, "b": b}))
    for place, texts in enumerate((a, b)):
        alone = TextEncoder(3).fit_transform(pd.DataFrame({"x": texts}))
        np.testing.assert_array_equal(both[:, 3 * place : 3 * place + 3], alone)
    names = ["a_0", "a_1", "a_2", "b_0", "b_1", "b_2"]
    assert encoder.get_feature_names_out().tolist() == names
    np.testing.assert_array_equal(TextEncoder(3).fit_transform(pl.DataFrame({"a": a, "b": b})), both)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_a_missing_text_is_empty(missing):
    texts = [*sentences(10), missing]
    encoded = TextEncoder(2).fit_transform(pd.DataFrame({"t": pd.Series(texts, dtype=object)}))
    np.testing.assert_array_equal(encoded[-1], 0)
    np.testing.assert_array_equal(
        encoded, TextEncoder(2).fit_transform(pd.DataFrame({"t": [*texts[:-1], ""]}))
    )


def test_fewer_texts_than_components():
    frame = pd.DataFrame({"t": ["a red car", "a blue car", "bike"]})
    assert TextEncoder(30).fit_transform(frame).shape == (3, 2)
    assert TextEncoder(30).fit_transform(pd.DataFrame({"t": ["two words"]})).shape == (1, 1)


def test_misspelt_words_are_near_to_what_they_mean():
    """By characters, as the default has it; by words they are unknown."""
    texts = pd.DataFrame({"t": ["delivery delayed", "wonderful", "delivery late", "wonderful"] * 5})
    new = pd.DataFrame({"t": ["delivry delaied"]})
    by_characters, by_words = TextEncoder(2).fit(texts), TextEncoder(2, analyzer="word").fit(texts)
    encoded, late, fine = np.vstack([by_characters.transform(new), by_characters.transform(texts)[:2]])
    assert np.linalg.norm(encoded - late) < np.linalg.norm(encoded - fine)
    np.testing.assert_array_equal(by_words.transform(new), 0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.5, 2.5], r"Column 't' must hold text\. Got 1\.5"),
        (["", None], r"Column 't' cannot be read as text: empty vocabulary"),
        (["a", "a"], r"Column 't' holds nothing but 'a'\. That says nothing: leave it out"),
    ],
)
def test_what_is_no_text_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        TextEncoder().fit(pd.DataFrame({"t": values}))


def test_a_wrong_number_of_components_is_refused():
    with pytest.raises(ValueError, match=r"n_components must be an int above 0\. Got 0"):
        TextEncoder(0).fit(pd.DataFrame({"t": sentences(5)}))


def test_texts_that_are_all_the_same_are_constant():
    encoded = TextEncoder().fit_transform(pd.DataFrame({"t": ["same text"] * 50}))
    assert np.abs(encoded).max() < 10
    assert np.ptp(encoded, axis=0).max() < 1e-9
