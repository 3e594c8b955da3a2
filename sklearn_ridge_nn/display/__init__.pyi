from ._alpha_curve import AlphaCurveDisplay as AlphaCurveDisplay
from ._alpha_epoch import AlphaEpochDisplay as AlphaEpochDisplay
from ._axes import (
    ZONES as ZONES,
    as_svg as as_svg,
    pyplot as pyplot,
    use_files_only as use_files_only,
)
from ._bias_variance import BiasVarianceDisplay as BiasVarianceDisplay
from ._importance import importance_figure as importance_figure
from ._loss_curves import LossCurveDisplay as LossCurveDisplay
from ._weights import WeightDistributionDisplay as WeightDistributionDisplay
