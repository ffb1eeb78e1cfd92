"""The runtime that lives in the kernel.

In the order in which the data flows: a cell's text (`syntax`, `magics`) or a control message (`control`, `lanes`)
becomes a `Job` in the `registry`; `runner` runs it in a thread, in names of its own (`namespace`); what it writes goes
through `streams`, `displays`, `figures` and `child_output` into its `output`; `publisher` tells the clients. `kill`
ends it (`victim` in a thread, `task_kill` in asyncio), with the help of the `patches` of the standard library.
`runtime` puts the parts together.
"""
