"""How pages are fetched from the web: from allowed addresses only, politely, and only when they have changed."""
