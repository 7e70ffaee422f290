"""Download the images of a cohort to this machine: folders, what is wanted, the transfer, the queue and its worker.

`paths` and `folders` say where a file may go, `plan` what is wanted, `transfer` fetches it and accounts for every file
and byte. `jobs` keeps the queue, `worker` runs it in a process of its own. Resuming trusts the disk alone: a file is
there when its size is the one that the source lists, and a file gets its name only when it is whole.

Never writes outside the root that the operator names.
"""

__all__ = [
    "finished",
    "folders",
    "jobs",
    "paths",
    "plan",
    "transfer",
    "worker",
]
