"""Class labels and row weights to what a network trains on, and its outputs back to labels."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import ContextDecorator
from contextvars import ContextVar
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import column_or_1d

from sklearn_ridge_nn._sklearn import check_sample_weight
from sklearn_ridge_nn.estimators._rows import is_missing
from sklearn_ridge_nn.network import MatrixLike, TargetType

#: What to do about classes in one-hot encoding.
_AS_CLASSES = "If they are classes, pass their numbers: np.asarray(y).argmax(axis=1)."


def refuse_odd_labels(y: Any) -> None:
    """Refuse labels that are missing, or that cannot be told apart and ordered, and say which.

    Raises
    ------
    ValueError
        If a label is missing, labels are of several types, or of one that scikit-learn knows no labels of.

    Examples
    --------
    >>> refuse_odd_labels(["yes", None, "no"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: Input y contains NaN: there is no label in 1 of 3 rows (the first is row 1). ...
    """
    if y is None or issparse(y):
        return
    try:
        values = np.asarray(y)
    except ValueError:  # rows of different lengths, which scikit-learn refuses
        return
    if values.ndim == 2 and values.shape[1] == 1:
        values = values.ravel()
    if values.ndim != 1 or values.dtype.kind not in "fmMO":
        return
    missing = missing_in(values)
    if missing.any():
        raise ValueError(
            f"Input y contains NaN: there is no label in {missing.sum()} of {len(missing)} rows (the first "
            f"is row {missing.argmax()}). Leave these rows out, or give them a label."
        )
    if values.dtype.kind == "O":
        _refuse_odd_types(values)


def missing_in(values: np.ndarray) -> NDArray[np.bool_]:
    """Return where a vector holds None, NaN, NaT or pandas's NA."""
    if values.dtype.kind == "O":
        return np.array([is_missing(value) for value in values], dtype=bool)
    return np.isnat(values) if values.dtype.kind in "mM" else np.isnan(values)


def _refuse_odd_types(values: NDArray[np.object_]) -> None:
    """Raise if Python objects are no text, and not containers or bytes, which scikit-learn explains."""
    examples = {_family(kind): kind for kind in dict.fromkeys(map(type, values))}
    if set(examples) <= {"text"} or "" in examples:
        return
    shown = [repr(next(value for value in values if type(value) is kind)) for kind in examples.values()]
    if len(examples) > 1:
        both = zip(shown, examples.values(), strict=True)
        listed = " and ".join(f"{one[:100]} ({kind.__name__})" for one, kind in both)
        raise ValueError(
            f"Unknown label type: y holds labels of different types: {listed}. Make them alike, for example "
            "by y.astype(str)."
        )
    (family, kind), way_out = next(iter(examples.items())), "str"
    if family in ("bool", "int") and all(abs(int(value)) < 2**63 for value in values):
        way_out = family
    raise ValueError(
        f"Unknown label type: y holds Python objects of type {kind.__name__}, such as {shown[0][:99]}, in "
        f"an array of dtype object, where scikit-learn knows no labels but text. Pass y.astype({way_out})."
    )


def _family(kind: type) -> str:
    """Return which labels are of one type; the empty string for those that scikit-learn explains."""
    known: dict[str, tuple[type, ...]] = {
        "text": (str,),
        "": (bytes, list, tuple, set, dict, np.ndarray),
        "bool": (bool, np.bool_),
        "int": (Integral,),
    }
    return next((name for name, kinds in known.items() if issubclass(kind, kinds)), kind.__name__)


@dataclass(frozen=True)
class Labels:
    """What the labels are that a network learns.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
    target_type : {"binary", "multiclass", "multilabel-indicator"}
    dtype : str
        Of y.
    """

    classes: np.ndarray
    target_type: TargetType
    dtype: str

    #: No output is held constant.
    constant_outputs: ClassVar[None] = None
    #: Equal for those that encode y alike: fits on the same y do.
    key: ClassVar[tuple[Any, ...]] = ()

    @classmethod
    def of(cls, y: np.ndarray, classes: np.ndarray) -> Self:
        """Return what a flattened y with these classes is."""
        return cls(classes, find_target_type(y, classes), y.dtype.str)

    @property
    def n_outputs(self) -> int:
        """Outputs of the network."""
        return 1 if self.target_type == "binary" else len(self.classes)

    @property
    def keeps_one(self) -> bool:
        """Whether every class keeps a row to train on."""
        return self.target_type != "multilabel-indicator"

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the targets of a flattened y, of shape (n_rows, n_columns)."""
        return encode(y, self.classes)

    def groups(self, y: np.ndarray) -> np.ndarray:
        """Return the groups that a hold-out keeps the shares of: classes, or label combinations."""
        return groups(self.encode(y))

    def check_rows(self, y: np.ndarray) -> None:
        """Refuse rows to train on that are of one class only."""
        find_target_type(y, find_classes(y))

    def loss_unit(self, loss: str) -> float:  # noqa: ARG002  numbers have units
        """Return 1: losses are in nats."""
        return 1.0


def flatten(y: Any) -> np.ndarray:
    """Return y as a vector of labels or a dense indicator matrix of two or more columns.

    Raises
    ------
    ValueError
        If y is not a target for classification, has several multiclass outputs, or is an
        indicator matrix of other numbers than 0 and 1.
    """
    try:
        check_classification_targets(y)
    except ValueError as error:
        if "continuous" not in str(error):
            raise
        raise ValueError(f"{error} For numbers there is RidgeMLPRegressor.") from None
    if issparse(y):
        y = y.toarray()
    if y.ndim == 1 or y.shape[1] == 1:
        return column_or_1d(y, warn=True)
    if type_of_target(y) == "multiclass-multioutput":
        raise ValueError(
            "y has several columns with more than two values each (multiclass-multioutput). Pass one "
            "column of labels or an indicator matrix of 0 and 1, or fit one classifier per column with "
            "sklearn.multioutput.MultiOutputClassifier."
        )
    if not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"A multilabel y must be an indicator matrix of 0 and 1. Got the values {np.unique(y)}."
        )
    return y


def find_classes(y: np.ndarray) -> np.ndarray:
    """Return the sorted labels of a flattened y; a multilabel y has its column numbers."""
    if y.ndim == 2:
        return np.arange(y.shape[1])
    return LabelEncoder().fit(y).classes_


def resolve_classes(
    y: np.ndarray, stated: Any = None, known: np.ndarray | None = None, *, is_partial: bool = False
) -> np.ndarray:
    """Return the classes to train on.

    Parameters
    ----------
    y : ndarray
        A flattened y.
    stated : array-like of shape (n_classes,) or None
        The classes that the caller of ``partial_fit`` states.
    known : ndarray of shape (n_classes,) or None
        The classes of the training that this one continues.
    is_partial : bool
        Whether y may lack some classes.

    Raises
    ------
    ValueError
        If the classes contradict the known ones, or a partial y comes without stated or known ones.
    """
    if not is_partial or y.ndim == 2:
        classes = find_classes(y)
        if stated is not None and not np.array_equal(unique_labels(stated), classes):
            raise ValueError(f"The classes of this multilabel y are {classes}. Got classes={stated!r}.")
    elif stated is not None:
        classes = unique_labels(stated)
    elif known is not None:
        return known
    else:
        raise ValueError("classes must be passed on the first call to partial_fit.")
    if known is not None and not np.array_equal(classes, known):
        raise ValueError(
            f"Training can only continue with the classes of the last fit, {known}, but now they are "
            f"{classes}. Start a new network by fit with warm_start=False."
        )
    return classes


def is_one_hot(y: np.ndarray) -> bool:
    """Return whether a flattened y looks like one-hot encoded classes: one 1 among three or more columns."""
    return y.ndim == 2 and y.shape[1] > 2 and bool((np.count_nonzero(y, axis=1) == 1).all())


#: What has been said already in a search; None outside of one.
_said: ContextVar[set[str] | None] = ContextVar("said", default=None)


class SayingOnce(ContextDecorator):
    """Has all fits inside, of one search for example, warn once of what concerns y as a whole."""

    def __enter__(self) -> Self:
        self.token = _said.set(set()) if _said.get() is None else None
        return self

    def __exit__(self, *exception: object) -> None:
        if self.token is not None:
            _said.reset(self.token)

    def _recreate_cm(self) -> SayingOnce:
        return SayingOnce()


def warn_of_one_hot(y: np.ndarray) -> None:
    """Warn if a flattened y looks like classes in one-hot encoding, for it is not trained as such."""
    said = _said.get()
    if said is not None and "one-hot" in said:
        return
    if is_one_hot(y):
        if said is not None:
            said.add("one-hot")
        warnings.warn(
            f"Every row of y has exactly one 1 among {y.shape[1]} columns, as classes in one-hot encoding "
            "have. y is taken as multilabel: each column is predicted for itself, and the folds of a "
            f"cross-validation are not stratified by class. {_AS_CLASSES}",
            UserWarning,
            stacklevel=2,
        )


def find_target_type(y: np.ndarray, classes: np.ndarray) -> TargetType:
    """Return the kind of target that a flattened y with these classes is.

    Raises
    ------
    ValueError
        If there are fewer than two classes.
    """
    if y.ndim == 2:
        return "multilabel-indicator"
    if len(classes) < 2:
        raise ValueError(
            f"This classifier needs samples of at least 2 classes in the data, but the data contains "
            f"only one class: {classes[0]!r}"
        )
    return "binary" if len(classes) == 2 else "multiclass"


def encode(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the targets of a flattened y, of shape (n_rows, n_columns).

    Raises
    ------
    ValueError
        If y holds labels that `classes` does not.
    """
    if y.ndim == 2:
        return y.astype(np.uint8)
    unseen = np.setdiff1d(y, classes)
    if len(unseen):
        raise ValueError(f"y contains the labels {unseen}, which are not among the classes {classes}.")
    return np.searchsorted(classes, y)[:, None]


def decode(z: np.ndarray, classes: np.ndarray, target_type: TargetType, dtype: str) -> np.ndarray:
    """Return the labels that logits predict; multilabel ones as an indicator matrix of `dtype`."""
    if target_type == "multiclass":
        return classes[z.argmax(axis=1)]
    if target_type == "multilabel-indicator":
        return (z > 0).astype(dtype)
    return classes[(z[:, 0] > 0).astype(np.intp)]


def groups(targets: np.ndarray) -> np.ndarray:
    """Return the number of each row's class, or of its label combination, of shape (n_rows,)."""
    if targets.shape[1] == 1:  # unique by rows is many times slower
        return np.unique(targets[:, 0], return_inverse=True)[1]
    return np.unique(targets, axis=0, return_inverse=True)[1].ravel()


def row_weights(
    X: MatrixLike,
    y: np.ndarray,
    classes: np.ndarray,
    class_weight: Mapping[Any, float] | str | None,
    sample_weight: Any,
) -> np.ndarray | None:
    """Return the products of sample and class weights, of shape (n_rows,), or None without either.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, all are zero, or class weights meet a multilabel y.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if class_weight is not None:
        if y.ndim == 2:
            hint = f" Every row of y has exactly one 1. {_AS_CLASSES}" if is_one_hot(y) else ""
            raise ValueError(f"class_weight does not apply to a multilabel y. Set class_weight=None.{hint}")
        weights = weights * per_class(y, classes, class_weight, weights)[np.searchsorted(classes, y)]
    return not_all_zero(weights, "rows of at least two classes a positive sample_weight and class_weight")


def not_all_zero(weights: np.ndarray, what_to_give: str) -> np.ndarray:
    """Return weights, of which some must be positive.

    Raises
    ------
    ValueError
        If all are zero.
    """
    if not weights.any():
        raise ValueError(
            f"The weights of all rows are zero, which leaves nothing to train on. Give {what_to_give}."
        )
    return weights


def per_class(
    y: np.ndarray, classes: np.ndarray, class_weight: Mapping[Any, float] | str, weights: np.ndarray
) -> np.ndarray:
    """Return one weight per class; "balanced" leaves rows of weight zero out of the frequencies."""
    if isinstance(class_weight, Mapping):
        try:
            stated = compute_class_weight(class_weight, classes=classes, y=classes)
        except OverflowError:
            stated = np.full(len(classes), np.inf)
        if not (np.isfinite(stated) & (stated >= 0)).all():
            raise ValueError(f"class_weight must hold finite weights >= 0. Got {class_weight!r}.")
        return stated
    counts = weights > 0
    present = np.unique(y[counts])
    balanced = np.zeros(len(classes))
    if len(present):
        balanced[np.searchsorted(classes, present)] = compute_class_weight(
            "balanced", classes=present, y=y[counts], sample_weight=weights[counts]
        )
    return balanced


def scale_of(weights: np.ndarray) -> float:
    """Return the mean of positive weights, exactly so where all are equal."""
    largest = weights.max()
    return float(largest * np.mean(weights / largest))


def scaled(weights: np.ndarray | None, scale: float, n_rows: int) -> np.ndarray | None:
    """Divide weights by their scale; None stands for rows that weigh 1, before as after."""
    if weights is None and scale == 1:
        return None
    weights = (np.ones(n_rows) if weights is None else weights) / scale
    return None if (weights == 1).all() else weights
