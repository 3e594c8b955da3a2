"""``python -m sklearn_ridge_nn`` is the command ``ridge-nn``."""

import sys

from sklearn_ridge_nn.cli import main

sys.exit(main())
