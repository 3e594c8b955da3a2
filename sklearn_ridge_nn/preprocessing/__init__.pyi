from ._category_cleaner import CategoryCleaner as CategoryCleaner
from ._date_encoder import DateEncoder as DateEncoder
from ._make_preprocessor import (
    MOST_CATEGORIES as MOST_CATEGORIES,
    is_free_text as is_free_text,
    make_preprocessor as make_preprocessor,
    preprocessor_of as preprocessor_of,
)
from ._text_encoder import TextEncoder as TextEncoder
from ._words import (
    MOSTLY as MOSTLY,
    are_dates as are_dates,
    otherwise_written as otherwise_written,
    spelled as spelled,
)
