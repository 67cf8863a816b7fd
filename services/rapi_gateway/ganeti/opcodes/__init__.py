"""Requests to RAPI: one builder per operation, one job per request.

Ganeti's versions differ in defaults: 3.1 no longer checks names and addresses, and plugs devices
into running instances unless told otherwise. So whatever differs between 2.16, 3.0 and 3.1 is
always sent, and one body serves all of them.
"""
