"""What a diagnosis finds in its loss curves: whether training was too short, or too long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from sklearn_ridge_nn.evidence._evidence import Evidence, mean_curve
from sklearn_ridge_nn.evidence._findings import Answer
from sklearn_ridge_nn.evidence._loss_map import LAST_PART, is_settled
from sklearn_ridge_nn.evidence._significance import lag, standard_error
from sklearn_ridge_nn.evidence._written_out import counted

#: Training has not finished if the last tenth of the epochs still lowered a loss by this share, or if as many
#: epochs at its pace would add this share to the whole fall.
STILL_FALLING, STILL_MOVING = 0.05, 0.4
#: It has hardly begun if it has fallen by less than this share of its start, at more than this pace.
LITTLE_FALLEN, HARDLY_BEGUN = 0.1, 0.6
#: Epochs of a loss curve that are compared, evenly spaced.
MOST_EPOCHS = 200


def diverging_curves(evidence: Evidence) -> Answer:
    """Whether the test loss of the best alpha turns upwards while training goes on."""
    if evidence.test_loss_curve is None or evidence.chosen_epochs < 2:
        return "not applicable", "There are no loss curves over several epochs."
    if evidence.early_stopping:
        return "not applicable", "Each network has the weights of its own best epoch, whatever came after it."
    curves = evidence.by_split(evidence.test_loss_curve)[evidence.best_index].T[: evidence.chosen_epochs]
    if np.isnan(curves).any():
        return "not applicable", f"The curves at {best_of(evidence)} are not complete."
    turn = _turn_of(curves, evidence)
    if turn.epoch == len(curves):
        return (
            "passed",
            f"The mean test loss at {best_of(evidence)} has its minimum, {turn.last:.3g}, in the last of "
            f"{counted(len(curves), 'epoch')}.",
        )
    numbers = (
        f"at {best_of(evidence)} the mean test loss turned at epoch {turn.epoch} of {len(curves)} and rose "
        f"from {turn.smallest:.3g} to {turn.last:.3g} (p = {probability(turn.p_value, evidence.level)}, "
        "allowing for the choice of the epoch)"
    )
    if turn.is_sure:
        return (
            "problem",
            f"The loss curves diverge: {numbers}.",
            f"Train for about {counted(turn.epoch, 'epoch')}, {{epochs}}.",
            {"epochs": turn.epoch},
        )
    return "passed", f"The loss curves do not diverge measurably: {numbers}."


@dataclass(frozen=True)
class Turn:
    """Where a mean test loss turns upwards.

    Attributes
    ----------
    epoch : int
        Of the smallest mean, from 1.
    smallest, last : float
        Means at that epoch and at the last one.
    p_value : float
        Of a loss that has not risen, allowing for the choice of the epoch.
    is_sure : bool
        Whether it has risen significantly, and by more than the margin.
    """

    epoch: int
    smallest: float
    last: float
    p_value: float
    is_sure: bool


def sure_turn(evidence: Evidence, index: int) -> int | None:
    """Return the epoch at which the mean test loss of an alpha surely turned upwards.

    Parameters
    ----------
    evidence : Evidence
    index : int
        Which alpha.

    Returns
    -------
    int or None
        From 1. None without curves, and where the loss did not rise by more than chance and the margin.
    """
    if evidence.test_loss_curve is None:
        return None
    curves = evidence.by_split(evidence.test_loss_curve)[index].T
    curves = curves[: int((~np.isnan(curves).any(axis=1)).cumprod().sum())]
    if len(curves) < 2 or _may_be_chance(curves, evidence):
        return None
    turn = _turn_of(curves, evidence)
    return turn.epoch if turn.is_sure else None


def _may_be_chance(curves: np.ndarray, evidence: Evidence) -> bool:
    """Return whether a rise is too small for `lag` to call it sure, which takes simulations to do so.

    Its p-value is no smaller than that of Student's test of the last epoch against the best one.
    """
    rises = curves[-1] - curves[curves.mean(axis=1).argmin()]
    mean, error = float(rises.mean()), float(standard_error(rises, evidence.test_ratio))
    return mean <= 0 or (error > 0 and float(student.sf(mean / error, len(rises) - 1)) > evidence.level)


def _turn_of(curves: np.ndarray, evidence: Evidence) -> Turn:
    """Return where the mean of curves of shape (n_epochs, n_splits) turns, by `lag`."""
    means = curves.mean(axis=1)
    epoch, last = int(means.argmin()) + 1, float(means[-1])
    if epoch == len(means):
        return Turn(epoch, last, last, p_value=1.0, is_sure=False)
    epochs = np.unique(np.linspace(0, len(curves) - 1, min(len(curves), MOST_EPOCHS)).astype(int))
    behind = lag(curves[np.union1d(epochs, epoch - 1)], -1, evidence.test_ratio, evidence.level)
    smallest = last - behind.mean
    is_sure = behind.p_value < evidence.level and behind.mean > evidence.margin * abs(smallest)
    return Turn(epoch, smallest, last, behind.p_value, bool(is_sure))


def unfinished_training(evidence: Evidence) -> Answer:
    """Whether train and test loss were still falling when training ended."""
    if evidence.train_loss_curve is None or evidence.test_loss_curve is None or evidence.n_epochs < 2:
        return "not applicable", "There are no loss curves over several epochs."
    if evidence.early_stopping:
        return "not applicable", "Each network has the weights of its own best epoch."
    if evidence.rounds:
        return _settled_training(evidence)
    best, n_epochs = evidence.best_index, evidence.chosen_epochs
    test = evidence.by_split(evidence.test_loss_curve)[best][:, :n_epochs]
    train = mean_curve(evidence.train_loss_curve[best])[:n_epochs]
    if np.isnan(train).any() or np.isnan(test).any():
        return "not applicable", f"The curves at {best_of(evidence)} are not complete."
    if n_epochs == 1:
        return "not applicable", "There is a single epoch to look at."
    n_last, fall = last_fall(train)
    pace, fallen = pace_of(train, _start(evidence, train))
    last = "last" if n_last == 1 else f"last {n_last}"
    numbers = (
        f"at {best_of(evidence)} the {last} of {n_epochs} epochs lowered the train loss by {_percent(fall)}"
    )
    falls = test[:, -1 - n_last] - test[:, -1]
    error = float(standard_error(falls, evidence.test_ratio))
    if pace > HARDLY_BEGUN and fallen < LITTLE_FALLEN and falls.mean() > -error:
        return (
            "hint",
            f"Training had hardly begun: {numbers}, and all {n_epochs} of them by {_percent(fallen)}, at "
            "about an even pace.",
            "Train longer, such as {epochs}, or at a higher learning rate. Verdicts say nothing yet.",
            {"epochs": 8 * n_epochs},
        )
    if fall <= STILL_FALLING and pace <= STILL_MOVING:
        return "passed", f"Training was long enough: {numbers}."
    means = test.mean(axis=0)
    pace_of_test, _ = pace_of(means, _start(evidence, means))
    least = evidence.margin * abs(means[-1])
    goes_on = pace_of_test > STILL_MOVING and falls.mean() * n_epochs / n_last > least
    hardly = falls.mean() <= least and not goes_on
    if falls.mean() <= error or hardly:
        moved = "rose" if falls.mean() < -least else "hardly fell any more"
        return "passed", f"Training was long enough: {numbers}, but the test loss {moved}."
    return (
        "hint",
        f"Training had not finished: {numbers}, and the test loss by "
        f"{_percent(falls.mean() / means[-1 - n_last])}.",
        "Train longer, such as {epochs}. Verdicts can change: overfitting comes late.",
        {"epochs": 2 * n_epochs},
    )


def penalty_or_early_stopping(evidence: Evidence) -> Answer:
    """Whether the penalty, stopping in time, or both lower the test loss."""
    loss_map, name = evidence.loss_map, evidence.short_name
    if loss_map is None or evidence.n_epochs < 2 or loss_map.best is None:
        return "not applicable", "There are no loss curves over several epochs."
    if evidence.stronger == "smaller" or evidence.alphas[0] != 0 or not loss_map.best_epochs_per_alpha[0]:
        return "not applicable", f"{name} = 0 has no loss curve to compare with."
    row, epochs = loss_map.best
    pair = f"{name} = {evidence.alphas[row]:.3g} after {counted(epochs, 'epoch')}"
    best = loss_map.per_split[row, :, epochs - 1]
    unpenalised = loss_map.per_split[0, :, loss_map.best_epochs_per_alpha[0] - 1]
    first = counted(int(loss_map.best_epochs_per_alpha[0]), "epoch")
    stopped = f"{name} = 0 stopped at its best, after {first}"
    n_epochs = int(np.flatnonzero(~np.isnan(loss_map.mean).all(axis=0))[-1]) + 1  # some stop earlier
    if loss_map.best_epochs_per_alpha[0] == n_epochs == epochs:
        return (
            "not applicable",
            f"At the best {name}, and at {name} = 0, the loss was smallest after the last of {n_epochs} "
            "epochs, so there was nothing to stop in time.",
        )
    full = np.flatnonzero(~np.isnan(loss_map.mean[:, n_epochs - 1]))
    last = loss_map.per_split[full, :, n_epochs - 1]
    untimed_row = int(last.mean(axis=1).argmin())
    untimed = f"the best {name} after all {n_epochs} epochs, {evidence.alphas[full[untimed_row]]:.3g},"
    by_penalty, penalty_helps = _gain(evidence, unpenalised, best)
    by_stopping, stopping_helps = _gain(evidence, last[untimed_row], best)
    numbers = f"{pair} has a mean test loss of {best.mean():.3g}"
    penalty = f"{stopped}, has {unpenalised.mean():.3g}, {by_penalty}"
    stopping = f"{untimed} has {last[untimed_row].mean():.3g}, {by_stopping}"
    against = f"Against {name} = 0 stopped at its best epoch"
    answers = {
        (True, True): "Both the penalty and stopping in time help",
        (True, False): f"{against} the penalty helps, and with it the epochs hardly matter",
        (False, True): f"Stopping in time helps; {against[0].lower()}{against[1:]} no gain from the penalty "
        "can be shown",
        (False, False): f"{against} no gain from the penalty can be shown, nor from stopping in time with it",
    }
    return "note", f"{answers[penalty_helps, stopping_helps]}: {numbers}; {penalty}; {stopping}."


def _gain(evidence: Evidence, losses: np.ndarray, best: np.ndarray) -> tuple[str, bool]:
    """Return how far losses are behind the best pair's in words, and whether that is sure and matters."""
    assert evidence.loss_map is not None
    if np.array_equal(losses, best):
        return "the same network", False
    family = np.vstack([losses, best, evidence.loss_map.thinned()])
    behind = lag(family, 0, evidence.test_ratio, evidence.level)
    difference = losses - best
    half = behind.mean - behind.low  # of the whole family's interval
    mean = float(difference.mean())
    words = (
        f"{mean:.3g} more ({1 - 2 * evidence.level:.0%} interval {mean - half:.3g} to {mean + half:.3g}, "
        "allowing for the choice of the pair)"
    )
    return words, bool(mean > half and mean > evidence.margin * abs(best.mean()))


def _settled_training(evidence: Evidence) -> Answer:
    """Say whether training in rounds has settled."""
    loss_map = evidence.loss_map
    n_epochs, rounds = evidence.n_epochs, len(evidence.rounds)
    trained = f"{n_epochs} epochs that were trained, in {rounds} round{'s' if rounds > 1 else ''}"
    if loss_map is None or loss_map.best is None:
        return "not applicable", "No value has a loss on every split."
    row, epochs = loss_map.best
    pair = f"{evidence.short_name} = {evidence.alphas[row]:.3g} after {counted(epochs, 'epoch')}"
    is_inside = epochs <= (1 - LAST_PART) * n_epochs
    if is_settled(loss_map, evidence.margin):
        where = "lies inside" if is_inside else "lies at the end of"
        flat = "" if is_inside else "; over their last quarter the loss hardly fell any more"
        return "passed", f"Training was long enough: the best pair, {pair}, {where} the {trained}{flat}."
    what = (
        f"the best pair, {pair}, lies inside the {trained}, but the loss of another {evidence.short_name} "
        "still fell fast enough to get as low"
        if is_inside
        else f"the best pair, {pair}, lies at the end of the {trained}"
    )
    return (
        "hint",
        f"Training had not settled: {what}.",
        "Train longer, {max_epochs}, or at a higher learning rate. Verdicts can change: overfitting comes "
        "late.",
        {"max_epochs": 4 * n_epochs},
    )


def _start(evidence: Evidence, curve: np.ndarray) -> float:
    """Return the loss that a training fell from: that of guessing, where the first epoch's is lower."""
    if evidence.baseline_loss is None:
        return float(curve[0])
    return max(float(curve[0]), float(np.nanmean(evidence.baseline_loss)))


def last_fall(curve: np.ndarray) -> tuple[int, float]:
    """Return the epochs of a curve's last tenth, and the share by which they lowered it."""
    n_last = max(1, len(curve) // 10)
    return n_last, float(1 - curve[-1] / curve[-1 - n_last])


def pace_of(curve: np.ndarray, start: float) -> tuple[float, float]:
    """Return how fast a curve still falls, and how much it has fallen.

    Parameters
    ----------
    curve : ndarray of shape (n_epochs,)
    start : float
        What it fell from.

    Returns
    -------
    pace : float
        What as many epochs again would add to its whole fall at the pace of its last tenth, as a share of
        that fall: 1 is an even pace, 0 standstill. Not below 0.
    fallen : float
        Its whole fall, as a share of the start.

    Examples
    --------
    >>> import numpy as np
    >>> pace, fallen = pace_of(np.linspace(0.995, 0.9, 20), start=1.0)
    >>> round(pace, 3), round(fallen, 3)
    (1.0, 0.1)
    """
    n_last = max(1, len(curve) // 10)
    whole = start - curve[-1]
    if whole <= 0:
        return 0.0, 0.0
    late = (curve[-1 - n_last] - curve[-1]) * len(curve) / n_last
    return max(float(late / whole), 0.0), float(whole / start)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def probability(p_value: float, level: float) -> str:
    """Return a p-value, with the digits that show on which side of the level it is."""
    digits = next((n for n in (2, 3) if f"{p_value:.{n}g}" != f"{level:.{n}g}"), 4)
    return f"{p_value:.{digits}g}"


def best_of(evidence: Evidence) -> str:
    """Return the best alpha in words."""
    return f"{evidence.short_name} = {evidence.best_alpha:.3g}"
