"""The local server behind the studio, DAW scripts and agents: an HTTP interface to the commands of Cantilena.

`engine` is the only module that calls composing. `worker` runs it in a process, `jobs` queues and reports, `store` keeps
versions, `guard` refuses strangers, `app` is the HTTP interface, `mcp` the interface for agents.
"""
