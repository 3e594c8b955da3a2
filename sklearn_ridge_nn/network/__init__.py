"""The network: what a training is asked for and answers, its arithmetic in NumPy, and the Keras model."""
