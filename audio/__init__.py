"""Signal in, numbers out: decoding, resampling, silence, levels, features."""
