"""The audio clips and what was measured in them."""

from ingest.tables.schema import describe

AUDIO_FILES = describe(
    "audio_files",
    "One row per audio file found in the audio folders, with what was measured in it.",
    """
    path VARCHAR Relative to the audio root, with '/'; escaped where the name is not UTF-8. Files of a data set's own folder begin with its name, as if that folder lay in the root.
    dataset VARCHAR Data set in whose own folder the file lies; NULL: in the audio root.
    path_bytes BLOB The name's bytes where they are not UTF-8; NULL otherwise.
    size_bytes BIGINT Size of the file.
    modified_at TIMESTAMPTZ Time of the file's last change.
    content_sha256 VARCHAR SHA-256 of the file's bytes.
    decoder VARCHAR What decoded it: 'libsndfile' or 'ffmpeg'; NULL: nothing did.
    container VARCHAR Container format found in the content.
    codec VARCHAR Audio codec found in the content.
    sample_rate INTEGER Samples a second, Hz.
    channels INTEGER Number of channels.
    bit_rate INTEGER Bits a second, by the header.
    bit_rate_mode VARCHAR 'CBR', 'VBR' or 'ABR'; NULL where unknown.
    header_seconds DOUBLE Length that the header promises, seconds; NULL: no header.
    decoded_seconds DOUBLE Length that was decoded, seconds.
    decoded_samples BIGINT Frames (samples per channel) that were decoded.
    sound_sha256 VARCHAR SHA-256 of the decoded samples, folded: equal sound, equal hash.
    peak DOUBLE Largest absolute sample of all channels; full scale is 1.
    rms DOUBLE Root mean square of the samples; full scale is 1.
    loudest_frame_db DOUBLE Level of the loudest frame of the mono mix, dBFS RMS; -200 for digital silence; NULL: no samples.
    clipped_share DOUBLE Share of samples at full scale, 0 to 1.
    dc_offset DOUBLE Mean of the samples; full scale is 1.
    channel_correlation DOUBLE Correlation of left and right, -1 to 1; NULL for mono.
    bandwidth_hz DOUBLE Highest frequency with content, Hz.
    silence_thresholds_db DOUBLE[] Thresholds for which audio_silences was filled, in order; NULL: not measured.
    status VARCHAR 'ok', 'empty', 'unreadable', 'partial', 'crashed', 'timeout', 'listed' or 'vanished'.
    error VARCHAR What went wrong, or what a vanished clip was; NULL where nothing did.
    scanned_at TIMESTAMPTZ When the file was measured.
    """,  # noqa: E501
)

AUDIO_SILENCES = describe(
    "audio_silences",
    "One row per silent interval of a clip and threshold, those at both ends "
    "included; sound is what lies between, within decoded_seconds.",
    """
    path VARCHAR The clip, in audio_files.
    threshold_db DOUBLE Decibels below the loudest frame at which a frame is silent.
    interval_number BIGINT Order in the clip, from 1.
    start_seconds DOUBLE Start of the silence, seconds from the clip's start.
    end_seconds DOUBLE End of the silence, seconds from the clip's start.
    """,
)

AUDIO_FINGERPRINTS = describe(
    "audio_fingerprints",
    "One row per clip whose acoustic fingerprint was taken.",
    """
    path VARCHAR The clip, in audio_files.
    fingerprint UINTEGER[] Chromaprint's numbers of 32 bits, one for each 1365 samples at 11,025 Hz, of the first 120 s; empty for a clip below 2.6 s.
    """,  # noqa: E501
)
