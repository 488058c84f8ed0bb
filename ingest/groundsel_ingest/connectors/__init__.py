"""The sources that Groundsel can read, one a file."""
