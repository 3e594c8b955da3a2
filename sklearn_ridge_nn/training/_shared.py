"""What other wings use of this one beside its public names."""

from sklearn_ridge_nn.training._progress import Progress
from sklearn_ridge_nn.training._stack_shape import StackShape, search_shape

__all__ = ["Progress", "StackShape", "search_shape"]
