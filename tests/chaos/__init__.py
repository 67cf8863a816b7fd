"""Everything fails at once, and an independent checker looks at what is left.

``make chaos`` plays ten seeds, ``make chaos SEED=7`` one of them.
"""
