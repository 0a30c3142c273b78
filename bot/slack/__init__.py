"""Floor 2: Slack: the calls, what exists there, and the messages of a plan."""
