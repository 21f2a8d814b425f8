"""The crash suite: everything is broken at random moments, and nothing may be lost or doubled."""
