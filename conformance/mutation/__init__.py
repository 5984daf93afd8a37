"""Every mutant of the simulator is run through the suite, to see which cases kill it.

In come the mutants, out goes a matrix. A mutant that no case kills is a hole in the suite; a case that kills no mutant
tests nothing, unless ``simulator/killing_none.toml`` says why.
"""
