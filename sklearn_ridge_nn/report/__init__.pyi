from ._text import (
    fragment as fragment,
    page as page,
    text as text,
)
