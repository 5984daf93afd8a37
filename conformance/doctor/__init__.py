"""What can run on this machine, and what each thing that is missing takes: a file for each concern.

In comes what ``--runtime`` names; out come findings, each with the sentence with which a run would refuse. These are
the sentences of the rooms that refuse, asked for here; nothing stays, and nothing of the machine is changed.
"""
