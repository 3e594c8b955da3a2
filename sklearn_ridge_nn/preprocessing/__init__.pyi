from ._date_encoder import DateEncoder as DateEncoder
from ._make_preprocessor import (
    MOST_CATEGORIES as MOST_CATEGORIES,
    is_free_text as is_free_text,
    make_preprocessor as make_preprocessor,
)
from ._text_encoder import TextEncoder as TextEncoder
