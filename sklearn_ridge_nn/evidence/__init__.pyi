from ._bias_variance_decomposition import (
    BiasVariance as BiasVariance,
)
from ._evidence import (
    QUANTILES as QUANTILES,
)
from ._evidence import (
    Evidence as Evidence,
)
from ._evidence import (
    check_alphas as check_alphas,
)
from ._evidence import (
    check_n_splits as check_n_splits,
)
from ._evidence import (
    mean_curve as mean_curve,
)
from ._evidence import (
    turning_epoch as turning_epoch,
)
from ._findings import (
    STILL_FALLING as STILL_FALLING,
)
from ._findings import (
    Finding as Finding,
)
from ._findings import (
    find as find,
)
from ._findings import (
    last_fall as last_fall,
)
from ._one_standard_error import (
    best_of as best_of,
    strongest_within_one_standard_error as strongest_within_one_standard_error,
)
from ._significance import (
    standard_error as standard_error,
)
from ._verdicts import Comparison as Comparison
