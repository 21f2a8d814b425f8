"""The promises of a unit of work, one file for each group of its repositories."""
