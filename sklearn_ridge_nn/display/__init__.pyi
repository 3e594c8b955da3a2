from ._alpha_curve import (
    AlphaCurveDisplay as AlphaCurveDisplay,
)
from ._alpha_curve import (
    BiasVarianceDisplay as BiasVarianceDisplay,
)
from ._alpha_curve import (
    LossCurveDisplay as LossCurveDisplay,
)
from ._alpha_curve import (
    WeightDistributionDisplay as WeightDistributionDisplay,
)
from ._axes import (
    ZONES as ZONES,
)
from ._axes import (
    as_svg as as_svg,
)
from ._axes import (
    pyplot as pyplot,
)
from ._axes import (
    use_files_only as use_files_only,
)
