"""The GPUs of this machine, by NVIDIA's own library if it is there."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

TEXT_BYTES = 96


@dataclass(frozen=True, kw_only=True)
class Gpu:
    name: str
    memory_gb: float
    uuid: str


class _Memory(ctypes.Structure):
    _fields_ = [
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    ]


@cache
def read_gpus() -> tuple[Gpu, ...]:
    """The GPUs, those with the most memory first; none without NVIDIA's library (NVML)."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return ()
    if nvml.nvmlInit_v2() != 0:
        return ()
    count = ctypes.c_uint()
    if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return ()
    found = (_read_gpu(nvml, index) for index in range(count.value))
    return tuple(sorted((gpu for gpu in found if gpu), key=lambda gpu: -gpu.memory_gb))


def _read_gpu(nvml: ctypes.CDLL, index: int) -> Gpu | None:
    device = ctypes.c_void_p()
    name, uuid = (ctypes.create_string_buffer(TEXT_BYTES) for _ in range(2))
    memory = _Memory()
    answers = (
        nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(device)),
        nvml.nvmlDeviceGetName(device, name, ctypes.c_uint(TEXT_BYTES)),
        nvml.nvmlDeviceGetUUID(device, uuid, ctypes.c_uint(TEXT_BYTES)),
        nvml.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)),
    )
    if any(answers):
        return None
    return Gpu(
        name=name.value.decode(errors="replace"),
        memory_gb=memory.total / 1024**3,
        uuid=uuid.value.decode(errors="replace"),
    )
