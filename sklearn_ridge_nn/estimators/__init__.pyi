from ._classifier import (
    BegunFit as BegunFit,
)
from ._classifier import (
    RidgeMLPClassifier as RidgeMLPClassifier,
)
from ._fitted_network import (
    NetworkClassifier as NetworkClassifier,
)
from ._labels import (
    find_classes as find_classes,
)
from ._labels import (
    find_target_type as find_target_type,
)
from ._labels import (
    flatten as flatten,
)
from ._parameters import (
    ALPHAS as ALPHAS,
)
from ._parameters import (
    CONSTRAINTS as CONSTRAINTS,
)
from ._parameters import (
    check_parameters as check_parameters,
)
from ._parameters import (
    layer_sizes as layer_sizes,
)
