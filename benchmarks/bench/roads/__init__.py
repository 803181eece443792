"""The roads that are measured, one a file. Each has run(plan, workplace) -> its part of the JSON."""
