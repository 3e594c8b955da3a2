"""The network: what a training is asked for and answers, its arithmetic in NumPy, and the Keras model."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
