"""What ties this tool to one platform: addresses, client id, keys and the courses known so far.

`register` stores one: the private key in the keyring first, then the rest in a readable file. A
`Registration` made by hand is stored nowhere, and neither are its courses.

    model    the registration itself
    stored   those that are kept: register, load, saved, forget
    drafts   a key that waits for the platform to answer
    parcel   a registration as one file, its private keys encrypted or left out
    transfer registrations that come from another computer: import_registration
"""

from ..registry import data_dir
from .drafts import Draft, draft
from .model import Registration
from .stored import forget, load, register, saved
from .transfer import import_registration

__all__ = ["Draft", "Registration", "data_dir", "draft", "forget", "import_registration", "load", "register", "saved"]
