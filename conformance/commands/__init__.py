"""What a user types after ``crio-conformance``: a file for each command, which reads its options and calls the rooms.

In come arguments, out go text and an exit code. What is heavy is imported when the command runs.
"""
