"""What other wings use of this one beside its public names."""

from collections.abc import Sequence

from sklearn_ridge_nn.training._progress import Progress
from sklearn_ridge_nn.training._stack_shape import StackShape, search_shape

__all__ = ["Progress", "StackShape", "search_shape", "shape_of_stacks"]


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
