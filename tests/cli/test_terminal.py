"""What the command says on stderr."""

import pytest

from sklearn_ridge_nn.cli._terminal import in_a_sentence, say


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


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "validation_split=0.9 holds 9 of 10 rows. Lower validation_split, set validation_split=0.",
            "--validation-split 0.9 holds 9 of 10 rows. Lower --validation-split, set --validation-split 0.",
        ),
        ("hidden_layer_sizes=(1000, 10) is large", "--hidden-layer-sizes 1000,10 is large"),
        ("hidden_layer_sizes=(8,) and epochs=30.", "--hidden-layer-sizes 8 and --epochs 30."),
        ("with loss='poisson', alpha=1e-05", "with --loss poisson, --alpha 1e-05"),
        ("early_stopping=True needs n_seeds=2", "--early-stopping needs --seeds 2"),
        ("set a smaller batch_size, or n_jobs=1.", "set a smaller --batch-size."),
        ("column 'epochs=30' and \"batch_size\" aren't", "column 'epochs=30' and \"batch_size\" aren't"),
        ("--keep batch_size is named twice", "--keep batch_size is named twice"),
    ],
)  # fmt: skip
def test_what_python_is_told_is_said_as_one_types_it(message, sentence):
    """But for what is quoted, such as the name of a column, and what the command says itself."""
    assert in_a_sentence(message) == sentence
