"""Where a training process runs: device, threads, `torchrun` processes, compiler. Knows nothing of the loop."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

_UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Runtime:
    """One of `world` processes, on its device."""

    device: torch.device
    rank: int = 0
    world: int = 1
    bfloat16: bool = False

    @classmethod
    def start(cls, threads: int, precision: str = "auto") -> Runtime:
        """Sets up this process; joins the others when started by `torchrun`.

        Args:
            threads: CPU threads, 0 for all.
            precision: precision of matrix products, see `TrainingConfig`.
        """
        torch.set_num_threads(threads or os.cpu_count() or 1)
        _keep_freed_memory()
        torch.set_flush_denormal(True)  # denormal numbers cost a hundred cycles each and contribute nothing
        world, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
        device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
        if device.type == "cuda":
            torch.cuda.set_device(device)
        if world > 1:
            torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        bfloat16 = precision == "auto" and _multiplies_bfloat16(device)
        return cls(device, int(os.environ.get("RANK", "0")), world, bfloat16)

    def stop(self) -> None:
        """Leaves the process group and restores the processor's settings."""
        torch.set_flush_denormal(False)
        if self.world > 1:
            torch.distributed.destroy_process_group()

    @property
    def leads(self) -> bool:
        """Whether this process writes files and makes decisions."""
        return self.rank == 0

    def agree(self, *values: float) -> list[float]:
        """The leading process's values, in all processes."""
        if self.world == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        torch.distributed.broadcast(tensor, 0)
        return [float(value) for value in tensor]

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean of a tensor over all processes."""
        if self.world == 1:
            return value
        total = value.clone()
        torch.distributed.all_reduce(total)
        return total / self.world

    def precision(self) -> AbstractContextManager[object]:
        """The context of a forward pass: matrix products in bfloat16, or everything in float32."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.bfloat16 else nullcontext()

    def wrap(self, model: nn.Module, cache: Path | None) -> nn.Module:
        """Prepares the model for training: replicated over processes, and compiled where possible.

        Args:
            model: a model on this process's device.
            cache: folder for compiled code, which makes the next start fast; `None` to disable compilation.
        """
        if self.world > 1:
            model = nn.parallel.DistributedDataParallel(model, [self.device.index] if self.device.type == "cuda" else None)
        if cache is not None and (self.device.type == "cuda" or any(map(shutil.which, ("g++", "clang++", "cl")))):
            _open_cache(cache / str(self.rank))
            model = torch.compile(model)  # type: ignore[assignment]
        return model

    def compiled(self, cache: Path) -> None:
        """Records that the first step succeeded, so that the compiled code can be reused."""
        (cache / str(self.rank) / _UNFINISHED).unlink(missing_ok=True)


def _multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16; emulation is hundreds of times slower.

    On x86 this means AVX512-BF16, which processors with AMX also have. Older versions of torch cannot report it.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return hasattr(torch.cpu, "get_capabilities") and bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def _keep_freed_memory() -> None:
    """Keeps glibc from returning freed blocks to the system.

    Every step frees and allocates the same large blocks. By default each of their pages is mapped and zeroed again, which takes
    5 % of the time at 4 rows of 512 and 10 % at 16.
    """
    if sys.platform == "linux":
        trim_threshold, mmap_threshold = -1, -3
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(mmap_threshold, 32 << 20)  # the maximum
            library.mallopt(trim_threshold, 2**31 - 1)


def _open_cache(folder: Path) -> None:
    """Sets the folder for compiled code. A process killed while compiling leaves broken files, so they are deleted."""
    if (folder / _UNFINISHED).exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _UNFINISHED).touch()
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder.resolve())
