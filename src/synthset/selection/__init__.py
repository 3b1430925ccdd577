"""What is kept: each step takes what the one before it left, and every dropped image has its
reason."""
