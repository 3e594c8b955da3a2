"""Free text as few numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_ridge_nn.preprocessing._values import Column, columns_of, input_names

#: Below it all texts are the same, and what differs is rounding: rows have a length of one.
LEAST_DEVIATION = 1e-6


class TextEncoder(TransformerMixin, BaseEstimator):
    """Encode free text as the components of latent semantic analysis.

    Of each column, scikit-learn's `TfidfVectorizer` weighs what the texts consist of, and its `TruncatedSVD`
    keeps the combinations that tell the texts apart best. They are divided by one number, so that the
    largest has a standard deviation of one and the others keep their shares.

    Parameters
    ----------
    n_components : int, default=30
        Numbers to make of each column, at most: fewer where texts are few.
    analyzer : {"char_wb", "char", "word"}, default="char_wb"
        What texts consist of: three or four characters in a row ("char_wb": within words), which stand for
        endings and bear spelling mistakes; or words, which are fewer and take less time.
    random_state : int, RandomState instance or None, default=0
        Of the search for the components.

    Attributes
    ----------
    vectorizers_ : list of TfidfVectorizer
        One for each column.
    components_ : list of TruncatedSVD
        One for each column.
    scales_ : ndarray of shape (n_features_in,)
        What the components of each column are divided by.
    n_features_in_ : int
        Columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in,)
        Their names, where they are text.

    See Also
    --------
    make_preprocessor : Encodes the columns of a table, each as its kind asks for.

    References
    ----------
    Deerwester, Dumais, Furnas, Landauer and Harshman (1990). Indexing by latent semantic analysis. Journal of
    the American Society for Information Science 41(6), 391-407.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ridge_nn import TextEncoder
    >>> X = np.array([["a red car"], ["a red bike"], ["two blue cars"], ["a blue bike"]])
    >>> TextEncoder(n_components=2).fit_transform(X).shape
    (4, 2)
    """

    __module__ = "sklearn_ridge_nn"

    def __init__(self, n_components: int = 30, *, analyzer: str = "char_wb", random_state: Any = 0) -> None:
        self.n_components = n_components
        self.analyzer = analyzer
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Learn which words there are, and which combinations of them tell texts apart.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            Text. A missing one is empty.
        y : None
            Ignored.

        Returns
        -------
        self : TextEncoder

        Raises
        ------
        ValueError
            If a column holds something other than text, or has fewer than two different pieces of it.
        """
        validate_data(self, X, skip_check_array=True)
        if not (isinstance(self.n_components, int) and self.n_components > 0):
            raise ValueError(f"n_components must be an int above 0. Got {self.n_components!r}.")
        ngram_range = (1, 1) if self.analyzer == "word" else (3, 4)
        self.vectorizers_, self.components_, scales = [], [], []
        for column in columns_of(X):
            vectorizer = TfidfVectorizer(analyzer=self.analyzer, ngram_range=ngram_range, sublinear_tf=True)
            texts = _texts(column)
            try:
                weights = vectorizer.fit_transform(texts)
            except ValueError as error:  # an empty vocabulary
                raise ValueError(f"Column {column.name!r} cannot be read as text: {error}") from error
            if weights.shape[1] < 2:
                only = next(iter(vectorizer.vocabulary_)).strip()
                raise ValueError(
                    f"Column {column.name!r} holds nothing but {only!r}. That says nothing: leave it out."
                )
            n_components = min(self.n_components, weights.shape[1] - 1, max(1, weights.shape[0] - 1))
            svd = TruncatedSVD(n_components, random_state=self.random_state)
            with np.errstate(invalid="ignore", divide="ignore"):  # shares of a variance, which may be 0
                deviations = svd.fit_transform(weights).std(axis=0)
            self.vectorizers_.append(vectorizer)
            self.components_.append(svd)
            scales.append(deviations.max() if deviations.max() > LEAST_DEVIATION else 1.0)
        self.scales_ = np.array(scales)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Encode text.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            As for `fit`.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_encoded)
            The components of all columns, as `get_feature_names_out` names them.

        Raises
        ------
        ValueError
            If a column holds something other than text.
        """
        check_is_fitted(self)
        validate_data(self, X, skip_check_array=True, reset=False)
        fitted = zip(columns_of(X), self.vectorizers_, self.components_, self.scales_, strict=True)
        return np.hstack(
            [
                svd.transform(vectorizer.transform(_texts(column))) / scale
                for column, vectorizer, svd, scale in fitted
            ]
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the encoded columns: ``<column>_0``, ``<column>_1`` and so on.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; None takes those seen by `fit`, or x0, x1 and so on.

        Returns
        -------
        names : ndarray of shape (n_encoded,)
        """
        check_is_fitted(self)
        counts = [len(svd.components_) for svd in self.components_]
        names = zip(input_names(self, input_features), counts, strict=True)
        return np.array([f"{name}_{i}" for name, count in names for i in range(count)], dtype=object)


def _texts(column: Column) -> list[str]:
    """Return text, missing ones empty.

    Raises
    ------
    ValueError
        If a value is something else.
    """
    is_missing = column.is_missing
    texts = [
        "" if missing else value for value, missing in zip(column.values.tolist(), is_missing, strict=True)
    ]
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(f"Column {column.name!r} must hold text. Got {wrong!r}.")
    return texts
