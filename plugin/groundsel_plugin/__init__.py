"""The query service: HTTP, the page, and who may see what."""
