"""The RQ door: functions of ids, a few lines each, that call services; the worker; the scheduler."""
