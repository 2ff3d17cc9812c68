"""What this process counts itself: answers and their times, and open event streams. `/metrics` shows it.

Several processes serve the pages. Where PROMETHEUS_MULTIPROC_DIR is set (gunicorn.conf.py does), each keeps its
counts in a file there, and whichever process is asked adds them up. The variable is looked at once, when
prometheus_client is imported: so nothing is imported here.
"""
