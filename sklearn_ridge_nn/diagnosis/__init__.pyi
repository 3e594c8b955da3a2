from ._about import (
    classes_in_words as classes_in_words,
    numbers_in_words as numbers_in_words,
)
from ._alpha_diagnosis import AlphaDiagnosis as AlphaDiagnosis
from ._bias_variance import bias_variance as bias_variance
from ._bias_variance_result import BiasVariance as BiasVariance
from ._diagnose import diagnose as diagnose
from ._skore_checks import skore_checks as skore_checks
from ._splits import default_splits as default_splits
from ._study import problem_of as problem_of
