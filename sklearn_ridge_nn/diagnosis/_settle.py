"""Training in rounds, until alpha and epochs have settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sklearn_ridge_nn.diagnosis._arrays import FEATURES
from sklearn_ridge_nn.evidence import Evidence, LossMap, cannot_win, is_long_settled, is_settled

#: What `arrays_of` returns for some alphas.
Arrays: TypeAlias = dict[str, Any]
#: What the networks of some alphas ended with, of shape (n_alphas, n_fits); None where a fit failed.
States: TypeAlias = NDArray[np.object_]
#: Trains the alphas of some rows for so many epochs in all, from where they stand (None begins them), and
#: scores them or not.
Train: TypeAlias = Callable[[NDArray[np.intp], int, States | None, bool], tuple[Arrays, States]]

#: Bytes of the states of all rounds, above which those are let go of that are not needed.
MOST_BYTES = 2**28
#: Arrays of an alpha, which a round replaces, and those that are the same for all.
_OF_ALPHAS = ("train_score", "test_score", "train_loss", "test_loss", "weight_norm", "weight_quantiles")
_CURVES = ("train_loss_curve", "test_loss_curve", "test_score_curve")
_COMMON = ("baseline_loss", "loss_unit", "target_scale", *FEATURES)


@dataclass
class _Round:
    """Where the alphas of some rows stood after so many epochs; states are None once they are forgotten."""

    epochs: int
    rows: NDArray[np.intp]
    arrays: Arrays
    states: States | None

    def __post_init__(self) -> None:
        assert self.states is not None
        #: The rows of which no fit failed.
        self.fine = self.rows[[None not in of_alpha.tolist() for of_alpha in self.states]]

    @property
    def n_bytes(self) -> int:
        """Bytes of the states."""
        known = [] if self.states is None else [state for state in self.states.ravel() if state is not None]
        return sum(np.asarray(array).nbytes for state in known for array in (*state.coefs, *state.optimizer))

    def can_go_on(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which rows can be trained on from here: those without any fit that failed."""
        return np.isin(rows, self.fine if self.states is not None else ())


@dataclass
class Rounds:
    """What the trainings of all alphas have come to, round after round.

    Attributes
    ----------
    train : callable
        See `Train`.
    n_alphas : int
    ends : list of _Round
        Where rounds ended, in their order.
    curves : dict of str to ndarray of shape (n_alphas, n_fits, n_epochs)
        NaN where an alpha was not trained so long.
    """

    train: Train
    n_alphas: int
    ends: list[_Round] = field(default_factory=list)
    curves: dict[str, np.ndarray] = field(default_factory=dict)

    def go_on(self, rows: NDArray[np.intp], epochs: int, *, scores: bool = False) -> None:
        """Train the alphas of some rows until they have been through so many epochs.

        They start where the last round ended that trained all of them and none of their fits failed, or anew.
        """
        start = max(
            (end for end in self.ends if end.epochs < epochs and end.can_go_on(rows).all()),
            key=lambda end: end.epochs,
            default=None,
        )
        states = None
        if start is not None:
            assert start.states is not None
            states = start.states[np.searchsorted(start.rows, rows)]
        arrays, states = self.train(rows, epochs, states, scores)
        self.ends.append(_Round(epochs, rows, arrays, states))
        first = 0 if start is None else start.epochs
        for name in _CURVES:
            self._extend(name, rows, first, arrays[name])

    def forget(self, epochs: int) -> None:
        """Let go of the states that neither the next round nor one that ends with so many epochs begins with.

        They are as large as the networks with their optimizers, three times the weights with Adam. Small ones
        are kept, for alphas that stopped earlier begin with them.
        """
        if sum(end.n_bytes for end in self.ends) <= MOST_BYTES:
            return
        before = [end.epochs for end in self.ends[:-1] if end.epochs < epochs]
        for end in self.ends[:-1]:
            if end.epochs != max(before, default=0):
                end.states = None

    def _extend(self, name: str, rows: NDArray[np.intp], first: int, new: np.ndarray | None) -> None:
        if new is None:
            return
        n_epochs = first + new.shape[2]
        known = self.curves.get(name)
        if known is None or known.shape[2] < n_epochs:
            longer = np.full((self.n_alphas, new.shape[1], n_epochs), np.nan)
            if known is not None:
                longer[:, :, : known.shape[2]] = known
            self.curves[name] = known = longer
        known[rows, :, first:n_epochs] = new

    def arrays_at(self, epochs: int) -> Arrays:
        """Return the arrays after so many epochs, which some round ended with, or at an alpha's own end."""
        arrays: Arrays = {name: self.ends[0].arrays[name] for name in _COMMON}
        for name in _OF_ALPHAS:
            parts = [(end, end.arrays[name]) for end in self.ends if end.epochs <= epochs]
            known = [part for _, part in parts if part is not None]
            if not known:
                arrays[name] = None
                continue
            arrays[name] = np.full((self.n_alphas, *known[0].shape[1:]), np.nan)
            for end, part in sorted(parts, key=lambda part: part[0].epochs):
                if part is not None:
                    arrays[name][end.rows] = part
        return arrays | self.curves


@dataclass(frozen=True)
class Settled:
    """What training in rounds came to.

    Attributes
    ----------
    arrays : dict of str to (ndarray or None)
        As `arrays_of` returns them: scores, losses and weights after the best pair's number of epochs, the
        curves of all that was trained.
    epochs : int or None
        Those of the best pair; None where there is none, as every alpha has a fit that failed. Then the
        arrays are those of the last round.
    rounds : tuple of int
        After how many epochs each round ended.
    """

    arrays: Arrays
    epochs: int | None
    rounds: tuple[int, ...]


def settle(
    train: Train,
    evidence_of: Callable[[Arrays], Evidence],
    n_alphas: int,
    first: int,
    most: int,
    *,
    looks_early: bool = True,
) -> Settled:
    """Train all alphas in rounds of twice as many epochs, until the best pair of alpha and epochs is passed.

    Parameters
    ----------
    train : callable
        See `Train`.
    evidence_of : callable
        Takes arrays, and makes evidence of them.
    n_alphas : int
    first : int
        Epochs from which on training ends if it has settled; before them it has to have settled long ago.
    most : int
        Epochs that are trained at most.
    looks_early : bool
        Whether it may end before `first`: not where a schedule may still change what is learnt.
    """
    rounds, rows = Rounds(train, n_alphas), np.arange(n_alphas)
    for epochs in _schedule(first, most):
        rounds.go_on(rows, epochs)
        evidence = evidence_of(rounds.arrays_at(epochs))
        assert evidence.loss_map is not None  # networks of ours have curves
        loss_map = evidence.loss_map
        rounds.forget(loss_map.best[1] if loss_map.best else 0)
        has_settled = is_settled if epochs >= first else is_long_settled
        if (looks_early or epochs >= first) and has_settled(loss_map, evidence.margin):
            break
        rows = rows[rounds.ends[-1].can_go_on(rows) & ~cannot_win(loss_map, evidence.level)[rows]]
        if not len(rows):
            break
    ends = tuple(end.epochs for end in rounds.ends)
    return _at_the_best_pair(rounds, loss_map, ends)


def _schedule(first: int, most: int) -> Iterator[int]:
    """Yield after how many epochs each round ends: an eighth of the first number, a quarter, ..., doublings.

    The early ones end trainings that settle at once. And there is mostly a round to go on from to the best
    pair, whose scores and weights are taken by training anew from there.
    """
    epochs = min(first, most)
    yield from sorted({epochs // 8, epochs // 4, epochs // 2} - {0})
    while epochs < most:
        yield epochs
        epochs *= 2
    yield most


def _at_the_best_pair(rounds: Rounds, loss_map: LossMap, ends: tuple[int, ...]) -> Settled:
    """Return the arrays of the best pair's number of epochs.

    For their scores and weights the alphas are trained anew up to it, from the last round before it; those
    that were not trained so long, up to their ends.
    """
    epochs = None if loss_map.best is None else loss_map.best[1]
    until = np.minimum(loss_map.trained_epochs, ends[-1] if epochs is None else epochs)
    until[until == 0] = ends[0]  # where every fit of an alpha failed
    for number in np.unique(until):
        rows = np.flatnonzero(until == number)
        earlier = [end.can_go_on(rows) for end in rounds.ends if end.epochs < number]
        is_fine = earlier[-1] if earlier else np.ones(len(rows), dtype=bool)
        for part in (rows[is_fine], rows[~is_fine]):
            if len(part):
                rounds.go_on(part, int(number), scores=True)
    return Settled(rounds.arrays_at(int(until.max())), epochs, ends)
