"""``[logging]``: what TensorBoard shows of a run."""

from pydantic import Field

from train.section import Section


class Logging(Section):
    """What TensorBoard shows of a run."""

    tensorboard: bool = Field(
        True, description="Write scalars, tables and images for TensorBoard."
    )
    every_steps: int = Field(
        50, gt=0, description="Steps between two points of the loss within an epoch."
    )
    image_epochs: int = Field(
        10,
        ge=0,
        description="Epochs between two tables of tags and precision-recall curves; "
        "0: none, and no picture of the first batch.",
    )
    profile: bool = Field(
        False, description="Profile some of the first steps for TensorBoard."
    )
