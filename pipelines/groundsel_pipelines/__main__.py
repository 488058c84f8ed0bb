"""`python -m groundsel_pipelines` is the command `groundsel`."""

from groundsel_pipelines.command_line import main

main()
