"""An L2-regularised Keras network as a scikit-learn classifier."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn_ridge_nn.diagnosis._alpha_diagnosis import AlphaDiagnosis
    from sklearn_ridge_nn.diagnosis._bias_variance import bias_variance
    from sklearn_ridge_nn.diagnosis._diagnose import diagnose
    from sklearn_ridge_nn.display._alpha_curve import (
        AlphaCurveDisplay,
        BiasVarianceDisplay,
        LossCurveDisplay,
        WeightDistributionDisplay,
    )
    from sklearn_ridge_nn.estimators._classifier import RidgeMLPClassifier
    from sklearn_ridge_nn.evidence._bias_variance_decomposition import BiasVariance
    from sklearn_ridge_nn.model_selection._ridge_cv import RidgeMLPClassifierCV
    from sklearn_ridge_nn.network._keras_model import build_network

__version__ = "0.2.0.dev0"
_HOMES = {
    "AlphaCurveDisplay": "display._alpha_curve",
    "AlphaDiagnosis": "diagnosis._alpha_diagnosis",
    "BiasVariance": "evidence._bias_variance_decomposition",
    "BiasVarianceDisplay": "display._alpha_curve",
    "LossCurveDisplay": "display._alpha_curve",
    "RidgeMLPClassifier": "estimators._classifier",
    "RidgeMLPClassifierCV": "model_selection._ridge_cv",
    "WeightDistributionDisplay": "display._alpha_curve",
    "bias_variance": "diagnosis._bias_variance",
    "build_network": "network._keras_model",
    "diagnose": "diagnosis._diagnose",
}
__all__ = [
    "AlphaCurveDisplay",
    "AlphaDiagnosis",
    "BiasVariance",
    "BiasVarianceDisplay",
    "LossCurveDisplay",
    "RidgeMLPClassifier",
    "RidgeMLPClassifierCV",
    "WeightDistributionDisplay",
    "bias_variance",
    "build_network",
    "diagnose",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
