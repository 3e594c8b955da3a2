from ._alpha_curve import AlphaCurveDisplay as AlphaCurveDisplay
from ._alpha_epoch import AlphaEpochDisplay as AlphaEpochDisplay
from ._axes import (
    PURPLE as PURPLE,
    ZONES as ZONES,
    as_svg as as_svg,
    axes_for as axes_for,
    pyplot as pyplot,
    use_files_only as use_files_only,
)
from ._bias_variance import BiasVarianceDisplay as BiasVarianceDisplay
from ._importance import importance_figure as importance_figure
from ._loss_curves import LossCurveDisplay as LossCurveDisplay
from ._weights import WeightDistributionDisplay as WeightDistributionDisplay
