from ._bias_variance_decomposition import (
    Decomposition as Decomposition,
)
from ._checks import find as find
from ._curve_checks import (
    STILL_FALLING as STILL_FALLING,
    last_fall as last_fall,
    sure_turn as sure_turn,
)
from ._evidence import (
    QUANTILES as QUANTILES,
    Evidence as Evidence,
    check_alphas as check_alphas,
    check_n_splits as check_n_splits,
    mean_curve as mean_curve,
    turning_epoch as turning_epoch,
    words_of as words_of,
)
from ._findings import (
    Finding as Finding,
    Wording as Wording,
    python_wording as python_wording,
)
from ._loss_map import (
    LossMap as LossMap,
    after as after,
    cannot_win as cannot_win,
    is_long_settled as is_long_settled,
    is_settled as is_settled,
)
from ._one_standard_error import (
    best_of as best_of,
    strongest_within_one_standard_error as strongest_within_one_standard_error,
)
from ._paired import (
    PairedComparison as PairedComparison,
    compare_paired as compare_paired,
)
from ._same_rows import better_than as better_than
from ._significance import (
    standard_error as standard_error,
)
from ._trial_checks import LINEAR_MODELS as LINEAR_MODELS
from ._trials import (
    Trial as Trial,
    TrialResult as TrialResult,
    results_of as results_of,
)
from ._verdicts import Comparison as Comparison
from ._written_out import counted as counted, written_out as written_out
