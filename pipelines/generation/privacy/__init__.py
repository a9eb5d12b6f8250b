"""What keeps people out of prompts and prompts out of people's words: masking and delimiters."""

from pipelines.generation.privacy.delimiting import delimited
from pipelines.generation.privacy.masking import Masked, mask

__all__ = ["Masked", "delimited", "mask"]
