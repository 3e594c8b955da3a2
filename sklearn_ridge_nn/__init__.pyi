from . import model_selection as model_selection, training as training
from .diagnosis import (
    AlphaDiagnosis as AlphaDiagnosis,
    BiasVariance as BiasVariance,
    bias_variance as bias_variance,
    diagnose as diagnose,
    skore_checks as skore_checks,
)
from .display import (
    AlphaCurveDisplay as AlphaCurveDisplay,
    AlphaEpochDisplay as AlphaEpochDisplay,
    BiasVarianceDisplay as BiasVarianceDisplay,
    LossCurveDisplay as LossCurveDisplay,
    WeightDistributionDisplay as WeightDistributionDisplay,
)
from .estimators import (
    RidgeMLPClassifier as RidgeMLPClassifier,
    RidgeMLPRegressor as RidgeMLPRegressor,
)
from .evidence import PairedComparison as PairedComparison
from .export import to_onnx as to_onnx
from .model_selection._shared import (
    RidgeMLPClassifierCV as RidgeMLPClassifierCV,
    RidgeMLPRegressorCV as RidgeMLPRegressorCV,
)
from .network import build_network as build_network
from .preprocessing import (
    DateEncoder as DateEncoder,
    TextEncoder as TextEncoder,
    make_preprocessor as make_preprocessor,
)

__version__: str
