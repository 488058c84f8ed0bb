"""Documents in: connectors, parsers, sync jobs and their ledger."""
