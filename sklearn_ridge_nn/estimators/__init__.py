"""The scikit-learn estimators around the network."""
