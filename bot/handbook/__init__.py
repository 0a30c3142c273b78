"""Floor 1: the handbook page as a source: text → blocks → facts → what differs from the policy."""
