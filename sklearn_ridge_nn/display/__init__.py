"""The pictures, in the manner of scikit-learn's Displays."""
