from ._fit_html import FitReport as FitReport
from ._html import (
    findings_fragment as findings_fragment,
    fragment as fragment,
    page as page,
    table_fragment as table_fragment,
)
from ._text import findings_text as findings_text, text as text
