from ._bias_variance_decomposition import (
    Decomposition as Decomposition,
)
from ._evidence import (
    QUANTILES as QUANTILES,
    Evidence as Evidence,
    check_alphas as check_alphas,
    check_n_splits as check_n_splits,
    mean_curve as mean_curve,
    turning_epoch as turning_epoch,
)
from ._findings import (
    STILL_FALLING as STILL_FALLING,
    Finding as Finding,
    Wording as Wording,
    find as find,
    last_fall as last_fall,
    python_wording as python_wording,
)
from ._one_standard_error import (
    best_of as best_of,
    strongest_within_one_standard_error as strongest_within_one_standard_error,
)
from ._significance import (
    standard_error as standard_error,
)
from ._verdicts import Comparison as Comparison
