from ._html import fragment as fragment, page as page
from ._text import text as text
