from ._search import (
    GridSearchCV as GridSearchCV,
)
from ._search import (
    RandomizedSearchCV as RandomizedSearchCV,
)
from ._search import (
    cross_val_predict as cross_val_predict,
)
from ._search import (
    cross_val_score as cross_val_score,
)
from ._search import (
    cross_validate as cross_validate,
)
from ._search import (
    one_standard_error as one_standard_error,
)
from ._search import (
    validation_curve as validation_curve,
)
