"""Every mutant of the simulator is run through the suite, and what caught it is told.

In come the mutants, out goes a matrix. A mutant that no case catches is a hole in the suite; a case that no mutant
fails tests nothing, unless ``simulator/unkilled.toml`` says why.
"""
