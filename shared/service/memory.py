"""How a process deals with memory: what a big answer took is kept for the next one."""

import ctypes
import gc
from typing import Final

M_TRIM_THRESHOLD: Final = -1  # glibc's malloc.h
M_MMAP_THRESHOLD: Final = -3
KEPT: Final = 16 * 1024 * 1024  # bytes of freed memory that are not given back at once
YOUNG: Final = 10_000  # objects made before the youngest are looked through for cycles
OLDER: Final = 20  # such looks before older ones are


def keep_what_is_freed() -> None:
    """Have buffers of megabytes come from memory the process holds already.

    Left alone, malloc asks the kernel for every one of them and gives it back, and the kernel
    makes each page anew: that costs more than filling them. A C library without these knobs
    goes on as it likes.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, KEPT)
        library.mallopt(M_TRIM_THRESHOLD, KEPT)


def settle() -> None:
    """Let the collector forget what is there now, and look at what comes less often.

    A page of a thousand rows makes thousands of objects, none of them in a cycle.
    """
    gc.collect()
    gc.freeze()  # what is there now stays: no collection needs to look at it again
    gc.set_threshold(YOUNG, OLDER, OLDER)
