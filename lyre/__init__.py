"""What every room shares: settings (``lyre.toml``), errors and the console."""
