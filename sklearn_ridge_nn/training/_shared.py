"""What other wings use of this one beside its public names."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sklearn_ridge_nn.training._progress import Progress
from sklearn_ridge_nn.training._stack_shape import StackShape, search_shape

if TYPE_CHECKING:
    import numpy as np

    from sklearn_ridge_nn.network import DivergenceError, Task, Trained

__all__ = ["Progress", "StackShape", "search_shape", "shape_of_stacks", "train_by_epochs", "train_watched"]


def train_watched(
    task: "Task",
    classes: "np.ndarray | None",
    after_epoch: "Callable[[int, Callable[[], Trained]], bool]",
    epochs: "Iterable[Trained | DivergenceError] | None" = None,
) -> "Trained":
    """Train a network as `train` does, with a look at it after every epoch: see `_watched`."""
    from sklearn_ridge_nn.training import _watched

    return _watched.train_watched(task, classes, after_epoch, epochs)


def train_by_epochs(
    tasks: "Sequence[Task]", progress: Progress | None = None
) -> "list[list[Trained | DivergenceError]]":
    """Train networks together, and keep the network of every epoch: see `_watched`."""
    from sklearn_ridge_nn.training import _watched

    return _watched.train_by_epochs(tasks, progress)


def shape_of_stacks(n_members: Sequence[int]) -> tuple[int, int]:
    """Return the shape of the first stack that networks make which differ in nothing but alpha and rows.

    Parameters
    ----------
    n_members : sequence of int
        For each stream of minibatches, how many networks see it.

    Returns
    -------
    n_streams, n_per_stream : int
        Streams of the stack, and networks on each.
    """
    from sklearn_ridge_nn.training._grouping import STACK_MEMBERS, arrange, device

    stack = arrange([list(range(n)) for n in n_members], STACK_MEMBERS[device()])[0]
    return len(stack), len(stack[0])
