"""What happens when the night is killed: real processes, real kills, real files."""
