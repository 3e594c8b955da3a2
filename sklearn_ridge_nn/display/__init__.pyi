from ._alpha_curve import (
    AlphaCurveDisplay as AlphaCurveDisplay,
    BiasVarianceDisplay as BiasVarianceDisplay,
    LossCurveDisplay as LossCurveDisplay,
    WeightDistributionDisplay as WeightDistributionDisplay,
)
from ._axes import (
    ZONES as ZONES,
    as_svg as as_svg,
    pyplot as pyplot,
    use_files_only as use_files_only,
)
