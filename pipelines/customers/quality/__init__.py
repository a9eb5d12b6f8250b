"""The quality report of one import: what was checked, over which rows, and how it went."""

from pipelines.customers.quality.facts import QualityFacts
from pipelines.customers.quality.report import write_report
from pipelines.customers.quality.sample import Sample

__all__ = ["QualityFacts", "Sample", "write_report"]
