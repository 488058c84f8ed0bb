"""The sub-commands of the core, a file each; every one is registered as an entry point and imports late."""
