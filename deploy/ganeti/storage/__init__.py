"""Volumes behind Ganeti's ``ext`` disks: an ExtStorage provider and the agent beside it.

Runs on Ganeti's nodes under the distribution's own Python: standard library only.
"""
