"""What is asked of scores beside their areas: decisions, doubt, calibration, slices."""
