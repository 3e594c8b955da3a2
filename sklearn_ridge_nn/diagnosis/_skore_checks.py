"""What a diagnosis says, as checks of skore's reports."""

from __future__ import annotations

import inspect
import sys
from typing import Any, ClassVar

import numpy as np

from sklearn_ridge_nn.diagnosis._alpha_diagnosis import AlphaDiagnosis
from sklearn_ridge_nn.diagnosis._diagnose import diagnose
from sklearn_ridge_nn.diagnosis._study import regularisation_parameter, strengths_to_try

#: Arguments of `diagnose` that a report does not have.
_ARGUMENTS = [name for name in inspect.signature(diagnose).parameters if name not in ("estimator", "X", "y")]


class _Diagnoses:
    """Diagnoses the estimator of a report once for all checks."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.last: tuple[Any, AlphaDiagnosis, int] | None = None

    def of(self, report: Any) -> tuple[AlphaDiagnosis, int]:
        """Return the diagnosis, and the index of the estimator's own alpha."""
        if self.last is None or self.last[0] is not report:
            self.last = (report, *self._diagnosed(report))
        return self.last[1:]

    def _diagnosed(self, report: Any) -> tuple[AlphaDiagnosis, int]:
        params = dict(self.params)
        if hasattr(report, "split_indices"):
            X, y = report.X, report.y
            params.setdefault("cv", list(report.split_indices))
        else:
            X, y = report.X_train, report.y_train
        if X is None or y is None:
            raise _not_applicable("The report has no training rows.")
        try:
            param_name, _ = regularisation_parameter(report.estimator, params.get("param_name"))
            own = float(report.estimator.get_params()[param_name])
        except (TypeError, ValueError) as error:
            raise _not_applicable(str(error)) from error
        alphas = np.union1d(strengths_to_try(params.pop("alphas", None), params.get("param_name")), own)
        diagnosis = diagnose(report.estimator, X, y, alphas=alphas, **params)
        return diagnosis, int(np.flatnonzero(diagnosis.alphas == own)[0])


class _Check:
    """What skore asks of its ``Check``, which is a protocol."""

    report_types: ClassVar[list[str]] = ["estimator", "cross-validation"]
    docs_url: ClassVar[str | None] = None
    slow: ClassVar[bool] = True
    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[str]

    def __init__(self, diagnoses: _Diagnoses) -> None:
        self.diagnoses = diagnoses

    def check_function(self, report: Any) -> str | None:
        """Return what is to be said of a report, or None."""
        raise NotImplementedError


class _VerdictCheck(_Check):
    code = "RIDGE001"
    title = "Strength of the L2 penalty"
    severity = "issue"

    def check_function(self, report: Any) -> str | None:
        """Return what speaks against the estimator's own alpha, or None."""
        diagnosis, own = self.diagnoses.of(report)
        verdict = diagnosis.verdicts[own]
        if verdict not in ("underfit", "overfit"):
            return None
        return (
            f"{diagnosis.short_name} = {diagnosis.alphas[own]:.3g} is {verdict}: {diagnosis.reasons[own]}. "
            f"The smallest mean test loss is that of {diagnosis.best_alpha:.3g}."
        )


class _FindingsCheck(_Check):
    code = "RIDGE002"
    title = "What the validation curve suggests"
    severity = "tip"

    def check_function(self, report: Any) -> str | None:
        """Return the findings that suggest something, or None."""
        diagnosis, own = self.diagnoses.of(report)
        said = [
            f"{finding.sentence} {finding.advice}".strip()
            for finding in diagnosis.findings
            if finding.severity in ("problem", "hint")
        ]
        if diagnosis.verdicts[own] == "undetermined":
            said.insert(
                0,
                f"Whether {diagnosis.short_name} = {diagnosis.alphas[own]:.3g} is as good as the best is "
                f"undetermined: {diagnosis.reasons[own]}.",
            )
        return " ".join(said) or None


def _not_applicable(reason: str) -> Exception:
    """Return what skore understands as "this check does not apply"."""
    kind = getattr(sys.modules.get("skore._checks.utils"), "CheckNotApplicable", ValueError)
    return kind(reason)


def skore_checks(**params: Any) -> list[_Check]:
    """Return checks that bring verdicts and findings of :func:`diagnose` into a report of skore.

    One of them, ``RIDGE001``, is an issue where the alpha of the report's estimator underfits or overfits.
    The other, ``RIDGE002``, is a tip that gathers the findings which suggest something. Both apply to an
    ``EstimatorReport``, whose training rows are diagnosed, and to a ``CrossValidationReport``, which is
    diagnosed on its own splits. skore counts them among the slow ones, for they train a network for every
    alpha and split; both take what they say from the same diagnosis.

    Parameters
    ----------
    **params : object
        Arguments of :func:`diagnose`: ``alphas``, to which the estimator's own alpha is added, ``cv`` (by
        default the report's splits), ``remedies`` and so on.

    Returns
    -------
    list of skore.Check
        For ``report.checks.add``.

    Raises
    ------
    TypeError
        If `diagnose` has no such argument, or takes it from the report.

    See Also
    --------
    diagnose : Takes the estimator and the data themselves.

    Examples
    --------
    >>> from sklearn_ridge_nn import skore_checks
    >>> [check.code for check in skore_checks(alphas=[1e-3, 1e-2, 1e-1])]
    ['RIDGE001', 'RIDGE002']
    """
    for name in params:
        if name not in _ARGUMENTS:
            raise TypeError(
                f"skore_checks passes its arguments on to diagnose, but {name!r} is none that it can pass. "
                f"It can pass {', '.join(_ARGUMENTS)}."
            )
    diagnoses = _Diagnoses(params)
    return [_VerdictCheck(diagnoses), _FindingsCheck(diagnoses)]


skore_checks.__module__ = "sklearn_ridge_nn"
