"""What is wrong between this tool and a platform, in plain words, and who must mend it.

examination = doctor.examine("uni-moodle")
examination                # problems, warnings, what is well, and what to do
examination.findings       # the same as a DataFrame

findings    verdicts, and how an examination shows itself
addresses   the registration's own facts, and the courses' names and hosts
keys        the tool's key and its keyring
platform    network, clock, token, scopes, the platform's keys
course      one course: roster, line items, results, scores
causes      from an error to its cause, and who must mend it
examining   all of it, in its order
"""

from .examining import examine
from .findings import Examination

__all__ = ["Examination", "examine"]
