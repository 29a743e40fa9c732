"""What the context store finds, how fast, and what that costs in memory and on the disk."""
