"""From the bytes of a file to its text and structure, in a confined child process."""
