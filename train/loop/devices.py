"""What training is computed on: a CPU, a GPU, several, several machines."""

import os
import re
from typing import Any

from lyre.counting import counted
from train.config import Training
from train.engine import tf
from train.errors import TrainError

_CLUSTER = "TF_CONFIG"


def strategy_for(devices: str) -> Any:
    """Return the strategy of TensorFlow for devices named as in the configuration.

    Parameters
    ----------
    devices : str
        ``auto``: every GPU, and the workers that the variable TF_CONFIG names;
        ``cpu``; ``cpu:2``: the CPU as so many devices; ``gpu:0`` or ``gpu:0,gpu:1``.

    Returns
    -------
    tf.distribute.Strategy
        The default one, MirroredStrategy or MultiWorkerMirroredStrategy.

    Raises
    ------
    TrainError
        No such devices, or TensorFlow has begun and cannot be told any more.
    """
    if devices == "auto":
        return _everything()
    parts = re.fullmatch(r"cpu(?::(\d+))?", devices)
    if parts:
        _show_gpus([])
        return _processor(int(parts[1] or 1))
    if re.fullmatch(r"gpu:\d+(,gpu:\d+)*", devices):
        return _gpus([int(number) for number in re.findall(r"\d+", devices)])
    raise TrainError(
        f"{devices!r} names no devices",
        where="training.devices",
        expected="auto, cpu, cpu:2, gpu:0 or gpu:0,gpu:1",
    )


def check(strategy: Any, training: Training) -> None:
    """Refuse what several devices cannot do.

    Raises
    ------
    TrainError
        Keras' loop, which loses or spoils batches there, or float16, whose scaling of
        the loss Keras allows on one device alone.
    """
    if strategy.num_replicas_in_sync == 1:
        return
    if training.loop == "keras":
        raise TrainError(
            "Keras' fit does not share batches rightly among several devices",
            where="training.loop",
            expected="auto or custom",
        )
    if training.precision == "mixed_float16":
        raise TrainError(
            "mixed_float16 works on one device, not on several devices",
            where="training.precision",
            expected="mixed_bfloat16 or float32",
        )


def is_chief(strategy: Any) -> bool:
    """Tell whether this process is the one that writes files."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    has_chief = "chief" in resolver.cluster_spec().jobs
    first = "chief" if has_chief else "worker"
    return bool(resolver.task_type == first and resolver.task_id == 0)


def device_line(strategy: Any) -> str:
    """Say in one line what training is computed on."""
    gpus = tf.config.get_visible_devices("GPU")
    cores = counted(os.cpu_count() or 1, "core")
    if gpus:
        names = ", ".join(gpu.name for gpu in gpus)
        line = f"computing on {len(gpus)} GPU: {names}"
    elif tf.config.list_physical_devices("GPU"):
        line = f"computing on the CPU ({cores}), as asked"
    else:
        line = f"no GPU found: computing on the CPU ({cores})"
    replicas = strategy.num_replicas_in_sync
    return f"{line}, in {counted(replicas, 'replica')}" if replicas > 1 else line


def _everything() -> Any:
    if os.environ.get(_CLUSTER):
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def _processor(number: int) -> Any:
    if number <= 1:
        return tf.distribute.get_strategy()
    (cpu,) = tf.config.list_physical_devices("CPU")
    part = tf.config.LogicalDeviceConfiguration()
    try:
        tf.config.set_logical_device_configuration(cpu, [part] * number)
    except RuntimeError as error:
        if len(tf.config.list_logical_devices("CPU")) < number:
            raise TrainError(
                "TensorFlow has begun already and cannot divide the CPU any more",
                where=f"training.devices = cpu:{number}",
                remedy="train in a fresh process",
            ) from error
    return tf.distribute.MirroredStrategy([f"CPU:{n}" for n in range(number)])


def _gpus(numbers: list[int]) -> Any:
    present = tf.config.list_physical_devices("GPU")
    if not present:
        # The line about devices says so; a smaller machine goes on more slowly.
        return tf.distribute.get_strategy()
    if max(numbers) >= len(present):
        raise TrainError(
            f"there is no gpu:{max(numbers)}",
            where="training.devices",
            expected=f"numbers below {len(present)}",
        )
    _show_gpus([present[number] for number in numbers])
    if len(numbers) == 1:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([f"GPU:{n}" for n in range(len(numbers))])


def _show_gpus(gpus: list[Any]) -> None:
    if tf.config.get_visible_devices("GPU") == gpus:
        return
    try:
        tf.config.set_visible_devices(gpus, "GPU")
    except RuntimeError as error:
        raise TrainError(
            "TensorFlow has begun already and cannot change its GPUs any more",
            where="training.devices",
            remedy="train in a fresh process",
        ) from error
