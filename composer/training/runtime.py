"""Where a training process runs: device, threads, processes of `torchrun`, compiler. Knows nothing of the loop."""

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
    """One process among `world`, on its device."""

    device: torch.device
    rank: int = 0
    world: int = 1
    bfloat16: bool = False

    @classmethod
    def start(cls, threads: int, precision: str = "auto") -> Runtime:
        """Sets this process up; joins the others when started by `torchrun`.

        Args:
            threads: CPU threads, 0 for all.
            precision: of matrix products, see `TrainingConfig`.
        """
        torch.set_num_threads(threads or os.cpu_count() or 1)
        _keep_freed_memory()
        torch.set_flush_denormal(True)  # denormals cost a hundred cycles each and carry nothing
        world, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
        device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
        if device.type == "cuda":
            torch.cuda.set_device(device)
        if world > 1:
            torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        bfloat16 = precision == "auto" and _multiplies_bfloat16(device)
        return cls(device, int(os.environ.get("RANK", "0")), world, bfloat16)

    def stop(self) -> None:
        """Leaves the process group and the processor as they were found."""
        torch.set_flush_denormal(False)
        if self.world > 1:
            torch.distributed.destroy_process_group()

    @property
    def leads(self) -> bool:
        """Whether this process writes files and decides."""
        return self.rank == 0

    def agree(self, *values: float) -> list[float]:
        """The leading process's values, in all processes."""
        if self.world == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        torch.distributed.broadcast(tensor, 0)
        return [float(value) for value in tensor]

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean over all processes of a tensor that each of them has its own of."""
        if self.world == 1:
            return value
        total = value.clone()
        torch.distributed.all_reduce(total)
        return total / self.world

    def precision(self) -> AbstractContextManager[object]:
        """The context of a forward pass: matrix products in bfloat16, or everything in float32."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.bfloat16 else nullcontext()

    def wrap(self, model: nn.Module, cache: Path | None) -> nn.Module:
        """The model made ready for training steps: replicated over processes, and compiled where that is possible.

        Args:
            model: on this process's device.
            cache: folder for compiled code, which makes the next start fast; None not to compile.
        """
        if self.world > 1:
            model = nn.parallel.DistributedDataParallel(model, [self.device.index] if self.device.type == "cuda" else None)
        if cache is not None and (self.device.type == "cuda" or any(map(shutil.which, ("g++", "clang++", "cl")))):
            _open_cache(cache / str(self.rank))
            model = torch.compile(model)  # type: ignore[assignment]
        return model

    def compiled(self, cache: Path) -> None:
        """Says that the first step is done, so that the compiled code can be trusted."""
        (cache / str(self.rank) / _UNFINISHED).unlink(missing_ok=True)


def _multiplies_bfloat16(device: torch.device) -> bool:
    """Whether there are units for it; a processor without them emulates it, hundreds of times more slowly.

    On x86 that is AVX512-BF16, which processors with AMX have as well; Older versions of torch do not say.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return hasattr(torch.cpu, "get_capabilities") and bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def _keep_freed_memory() -> None:
    """Keeps glibc from handing freed blocks back to the system.

    Every step frees and takes the same large blocks; by default each page of them is then mapped and zeroed anew, which costs
    a twentieth of the time at 4 rows of 512 and a tenth at 16.
    """
    if sys.platform == "linux":
        trim_threshold, mmap_threshold = -1, -3
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(mmap_threshold, 32 << 20)  # the most it takes
            library.mallopt(trim_threshold, 2**31 - 1)


def _open_cache(folder: Path) -> None:
    """Lets torch keep compiled code there. A process killed while compiling leaves broken files, so they are dropped."""
    if (folder / _UNFINISHED).exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _UNFINISHED).touch()
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder.resolve())
