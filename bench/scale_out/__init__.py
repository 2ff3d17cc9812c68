"""Several hosts with addresses of their own on one machine, sharing PostgreSQL, Redis and an S3-compatible store.

`python -m bench.scale_out` (as root, on Linux, with iproute2 and PostgreSQL's server programs) prints a table of what
happens: throughput of one web host and of two, a web host stopped under load, a worker host cut off in the middle.
"""
