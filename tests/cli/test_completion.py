"""The script that ``--print-completion`` prints, used by a real bash."""

import shutil
import subprocess

import pytest

from sklearn_ridge_nn.cli._main import main


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "ridge-nn.bash"
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr("builtins.print", lambda *words, **_: lines.extend(map(str, words)))
        with pytest.raises(SystemExit) as stopped:
            main(["--print-completion", "bash"])
    assert stopped.value.code == 0
    path.write_text("\n".join(lines))
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["di"], {"diagnose"}),
        (["diagnose", "--rem"], {"--remedies"}),
        (["diagnose", "--dataset", "w"], {"wine"}),
        (["fit", "--lo"], {"--loss"}),
        (["fit", "--ht"], {"--html"}),
        (["fit", "--pat"], {"--patience"}),
        (["diagnose", "--val"], {"--validation-split"}),
        (["explain", "mod"], {"model.skops"}),
    ],
)
def test_bash_completes_commands_options_choices_and_files(script, words, expected, tmp_path):
    (tmp_path / "model.skops").touch()
    (tmp_path / "other.csv").touch()
    commands = f"""
source {script}
COMP_WORDS=(ridge-nn {" ".join(words)})
COMP_CWORD={len(words)}
COMP_LINE="${{COMP_WORDS[*]}}"
COMP_POINT=${{#COMP_LINE}}
function=$(complete -p ridge-nn | sed -E 's/.*-F ([^ ]+).*/\\1/')
$function ridge-nn {words[-1]} {words[-2] if len(words) > 1 else "ridge-nn"}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    run = subprocess.run(["bash", "-c", commands], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert {word.strip() for word in run.stdout.split()} == expected


def test_a_shell_that_is_not_known_is_refused(refused):
    assert "--print-completion must be one of bash, zsh" in refused("--print-completion", "dos")
