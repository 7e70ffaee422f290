"""SQL that people write themselves, run in a process of its own under limits."""
