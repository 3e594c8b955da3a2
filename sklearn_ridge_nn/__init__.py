"""L2-regularised Keras networks as scikit-learn estimators: a classifier and a regressor."""

from typing import Any

import lazy_loader

from sklearn_ridge_nn import _old_modules

__version__ = "0.2.0.dev0"
# The stub beside this file lists what is public; each name is imported when it is first used.
_attribute, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
_old_modules.register()


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _attribute(name)
