"""Measurements of the app, run by ``make bench``; docs/performance.md says what they mean."""
