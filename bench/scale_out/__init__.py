"""Several simulated hosts on one machine, sharing PostgreSQL, Redis and an S3-compatible store.

`python -m bench.scale_out` (as root, on Linux, with iproute2 and PostgreSQL's server programs) prints a table:
throughput of one and two web hosts, a web host stopped under load, a worker host disconnected during its runs.
"""
