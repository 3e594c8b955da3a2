"""Numbers as people write them."""

import numpy as np
import pytest

from sklearn_ridge_nn.evidence import written_out


@pytest.mark.parametrize("sign", ["", "-", "+"])
@pytest.mark.parametrize("digits", [1, 2, 3, 4])
def test_what_is_written_out_is_the_same_number(sign, digits):
    for value in np.geomspace(1e-9, 1e8, 60):
        text = f"{sign}{value:.{digits}g}"
        assert float(written_out(text).replace(",", "")) == float(text)
        assert "e+" not in written_out(text)


@pytest.mark.parametrize("text", ["1e-05", "1e+12", "x2e+03", "1.2.3e+03", "0.5", "code 1e+0345"])
def test_others_are_left_as_they_are(text):
    assert written_out(text) == text
