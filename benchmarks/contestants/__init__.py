"""The same load written three times: by this project, by a bare script, with dlt.

Each is started as a process, asks the same source for the same questions and stores the same rows, so that times and memory
can be compared. ``bare`` and ``dlt_rest`` import nothing of this project.
"""
