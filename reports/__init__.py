from . import exoneration_letter
