from ._text import (
    fragment as fragment,
)
from ._text import (
    page as page,
)
from ._text import (
    text as text,
)
