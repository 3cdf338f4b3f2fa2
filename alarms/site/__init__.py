"""A site as the engine sees it: its inventory and what runs there, in columns, and what of its past the rules need.

`survey` puts it together, `running` says which versions of rules run, `labels` calls facts as the inventory does, `reach`
says how much of the past a rule needs, `interleaving` puts events among readings, `profiles` keeps what is usual (`usual`).
"""
