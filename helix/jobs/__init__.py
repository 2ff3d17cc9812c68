"""The entry point of background work: RQ jobs, which take ids and call services, the worker and the scheduler."""
