"""From a verified message to what a channel sends: safe, within its limits, with the slots still in place."""

from pipelines.generation.rendering.channels import personalised, render, require_fitting
from pipelines.generation.rendering.rendered import Rendered

__all__ = ["Rendered", "personalised", "render", "require_fitting"]
