"""An L2-regularised Keras network as a scikit-learn classifier."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn_ridge_nn.estimator import RidgeMLPClassifier
    from sklearn_ridge_nn.estimator_cv import RidgeMLPClassifierCV
    from sklearn_ridge_nn.network import build_network

__version__ = "0.1.0"
__all__ = ["RidgeMLPClassifier", "RidgeMLPClassifierCV", "build_network"]

_HOMES = {
    "RidgeMLPClassifier": "estimator",
    "RidgeMLPClassifierCV": "estimator_cv",
    "build_network": "network",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
