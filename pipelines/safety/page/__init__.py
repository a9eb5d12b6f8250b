"""HTML as mail programs show it, without drawing it: what is seen, what is hidden, where links lead."""

from pipelines.safety.page.reading import read_page
from pipelines.safety.page.seen import Hidden, Image, Link, Page

__all__ = ["Hidden", "Image", "Link", "Page", "read_page"]
