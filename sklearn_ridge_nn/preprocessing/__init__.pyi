from ._date_encoder import DateEncoder as DateEncoder
from ._make_preprocessor import (
    MOST_CATEGORIES as MOST_CATEGORIES,
    as_categories as as_categories,
    is_free_text as is_free_text,
    make_preprocessor as make_preprocessor,
    preprocessor_of as preprocessor_of,
)
from ._text_encoder import TextEncoder as TextEncoder
