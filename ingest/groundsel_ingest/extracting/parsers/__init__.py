"""A parser a file, imported only in the child that runs it: `parse(file, manuscript)` adds what it reads."""
