"""Which parts a piece has: the table from styles and tags to instruments."""

from collections.abc import Callable

from sample import harmonies as play
from sample import rhythms as beat
from sample.instruments import Samples
from sample.score import Score

Part = Callable[[Score], Samples]

# Style to its parts, each with its level.
PARTS: dict[str, tuple[tuple[Part, float], ...]] = {
    "rock": (
        (beat.rock_drums, 0.8),
        (beat.eighth_bass, 0.7),
        (play.crunch_guitar, 0.45),
    ),
    "pop": ((beat.pop_drums, 0.7), (beat.off_beat_bass, 0.6), (play.bright_stabs, 0.5)),
    "indie": (
        (beat.indie_drums, 0.6),
        (beat.eighth_bass, 0.6),
        (play.jangle_guitar, 0.7),
    ),
    "electronic": (
        (beat.electro_drums, 0.7),
        (beat.synth_bass, 0.6),
        (play.arpeggio, 0.6),
    ),
    "metal": ((beat.metal_drums, 0.7), (play.chug_guitar, 0.6)),
    "hip-hop": ((beat.boom_bap, 0.9), (beat.sub_bass, 0.7), (play.rhodes, 0.25)),
    "folk": ((play.finger_picking, 0.8),),
    "jazz": (
        (beat.swing_ride, 0.5),
        (beat.walking_bass, 0.8),
        (play.comping_piano, 0.4),
        (play.trumpet, 0.35),
    ),
    "punk": (
        (beat.punk_drums, 0.75),
        (beat.eighth_bass, 0.6),
        (play.punk_guitar, 0.55),
    ),
    "house": (
        (beat.house_drums, 0.8),
        (beat.off_beat_bass, 0.6),
        (play.house_stabs, 0.6),
    ),
    "ambient": ((play.pad, 0.8), (play.sparkles, 0.2)),
    "soul": (
        (beat.soul_drums, 0.6),
        (beat.dub_bass, 0.6),
        (play.held_organ, 0.35),
        (play.horns, 0.5),
    ),
    "rnb": ((beat.slow_jam, 0.8), (beat.sub_bass, 0.6), (play.rhodes, 0.5)),
    "blues": (
        (beat.shuffle, 0.6),
        (beat.shuffle_bass, 0.7),
        (play.blues_lead, 0.55),
    ),
    "country": (
        (beat.train_beat, 0.6),
        (beat.boom_chick_bass, 0.8),
        (play.twang_guitar, 0.5),
        (play.fiddle, 0.3),
    ),
    "classical": ((play.strings, 0.7),),
    "reggae": ((beat.one_drop, 0.7), (beat.dub_bass, 0.9), (play.skank, 0.7)),
    "funk": ((beat.funk_drums, 0.7), (beat.slap_bass, 0.7), (play.clavinet, 0.7)),
    "drum and bass": (
        (beat.break_beat, 0.8),
        (beat.reese_bass, 0.6),
        (play.pad, 0.2),
    ),
}

# True tags that add a part of their own, whatever the style.
TAG_PARTS: dict[str, tuple[Part, float]] = {
    "guitar": (play.lead_guitar, 0.8),
    "piano": (play.piano_chords, 0.8),
    "acoustic": (play.strummed_guitar, 0.8),
    "dance": (beat.four_on_the_floor, 0.8),
    "happy": (play.glockenspiel, 0.8),
    "sad": (play.sad_violin, 0.7),
}

# A genre tag on a song of another style adds the part that is typical of the genre.
GUEST_PARTS: dict[str, tuple[Part, float]] = {
    "rock": (play.crunch_guitar, 0.4),
    "pop": (play.bright_stabs, 0.4),
    "electronic": (play.arpeggio, 0.45),
    "metal": (play.chug_guitar, 0.5),
    "hip-hop": (beat.boom_bap, 0.8),
    "folk": (play.finger_picking, 0.6),
    "jazz": (beat.swing_ride, 0.5),
    "punk": (play.punk_guitar, 0.5),
    "house": (play.house_stabs, 0.55),
    "ambient": (play.pad, 0.6),
    "soul": (play.horns, 0.55),
    "rnb": (beat.slow_jam, 0.6),
    "blues": (play.blues_lead, 0.55),
    "country": (play.twang_guitar, 0.55),
    "classical": (play.strings, 0.55),
    "reggae": (play.skank, 0.6),
    "funk": (play.clavinet, 0.6),
    "drum and bass": (beat.break_beat, 0.7),
}
