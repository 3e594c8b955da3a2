"""What the command says on stderr."""

import pytest

from sklearn_ridge_nn.cli._terminal import say


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("two\n  lines ", "two lines"),
        ("a '" + "x" * 3000 + "'. Rename 'b', don't.", "a '" + "x" * 59 + "...'. Rename 'b', don't."),
        ('none of "' + "x y" * 100 + '"', 'none of "' + ("x y" * 20)[:59] + '..."'),
        ("it's " * 60 + "'b'", "it's " * 60 + "'b'"),
        ("--drop=a\x1b[31m\x00", "--drop=a\\x1b[31m\\x00"),
        ("the column größe 🙂", "the column größe 🙂"),
    ],
)
def test_a_message_is_one_line_that_harms_no_terminal_and_has_an_end(message, line, capsys):
    say(message)
    assert capsys.readouterr().err == f"ridge-nn: {line}\n"
