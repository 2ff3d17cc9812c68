"""Prometheus metrics of the web processes: requests with their durations, and open event streams.

With PROMETHEUS_MULTIPROC_DIR (set by gunicorn.conf.py), each process writes its values to a file there, and the process
that serves `/metrics` adds them up. prometheus_client reads the variable on import, so this package imports nothing.
"""
