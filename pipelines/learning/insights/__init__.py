"""What worked: measured beside what was to be expected, shrunk, and offered; it steers nothing before people say so."""
