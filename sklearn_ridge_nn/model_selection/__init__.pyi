from ._halving import (
    HalvingGridSearchCV as HalvingGridSearchCV,
    HalvingRandomSearchCV as HalvingRandomSearchCV,
)
from ._one_standard_error import one_standard_error as one_standard_error
from ._search import (
    GridSearchCV as GridSearchCV,
    RandomizedSearchCV as RandomizedSearchCV,
)
from ._validation import (
    cross_val_predict as cross_val_predict,
    cross_val_score as cross_val_score,
    cross_validate as cross_validate,
    learning_curve as learning_curve,
    validation_curve as validation_curve,
)
