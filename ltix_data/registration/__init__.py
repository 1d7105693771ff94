"""What ties this tool to one platform: addresses, client id, keys and the courses known so far.

`register` stores one: the private key in the keyring first, then the rest in a readable file. A
`Registration` made by hand is stored nowhere, and neither are its courses.

    model    the registration itself
    stored   those that are kept: register, load, saved, forget
"""

from ..registry import data_dir
from .model import Registration
from .stored import forget, load, register, saved

__all__ = ["Registration", "data_dir", "forget", "load", "register", "saved"]
