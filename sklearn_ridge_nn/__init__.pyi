from . import model_selection as model_selection
from . import training as training
from .diagnosis import AlphaDiagnosis as AlphaDiagnosis
from .diagnosis import bias_variance as bias_variance
from .diagnosis import diagnose as diagnose
from .display import AlphaCurveDisplay as AlphaCurveDisplay
from .display import BiasVarianceDisplay as BiasVarianceDisplay
from .display import LossCurveDisplay as LossCurveDisplay
from .display import WeightDistributionDisplay as WeightDistributionDisplay
from .estimators import RidgeMLPClassifier as RidgeMLPClassifier
from .evidence import BiasVariance as BiasVariance
from .model_selection._shared import RidgeMLPClassifierCV as RidgeMLPClassifierCV
from .network import build_network as build_network

__version__: str
