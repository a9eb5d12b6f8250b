"""What is open to everyone because it carries its own proof: readers' links, their banners, and incoming texts."""

from liftline_console.open import banners, readers, texts

OPEN = (readers, banners, texts)
