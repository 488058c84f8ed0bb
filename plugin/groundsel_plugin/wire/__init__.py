"""The bodies of the REST API: only here do the nouns of the core become JSON, and JSON become them."""
