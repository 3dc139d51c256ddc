"""What the stages cost; each module is a command, run by ``python -m``."""
