"""``[optimizer]``: any optimizer of Keras."""

from pydantic import ConfigDict, Field

from train.section import Section


class Optimizer(Section):
    """Any optimizer of Keras by its name; further keys are its own arguments."""

    model_config = ConfigDict(extra="allow")

    name: str = Field("adam", description="Name of a Keras optimizer.")
    learning_rate: float = Field(
        0.002, gt=0, description="Its learning rate; the highest of a schedule."
    )
    global_clipnorm: float = Field(
        0.0,
        ge=0,
        description="Longest gradient, all weights taken together; longer ones are "
        "shortened to it. 0: none is.",
    )
    gradient_accumulation_steps: int = Field(
        1, gt=0, description="Batches whose mean gradient makes one update."
    )
    use_ema: bool = Field(
        False,
        description="Validate and save an exponential moving average of the weights.",
    )
    ema_momentum: float = Field(
        0.999, ge=0, lt=1, description="Its inertia from one batch to the next."
    )
