"""The suite on several runtimes: each in a pytest of its own, and what they found side by side.

In come names of runtimes; out go the runs' evidence, and tables of what differs. A change between two runs is looked
for once more before it is called one.
"""
