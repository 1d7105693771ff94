"""What was read of courses lately, kept on this computer for as long as somebody says.

    forms      what is kept of a course: a roster, results, a gradebook; as JSON, and checked on the way back
    store      one file for each course and form: whole or not there, for its owner alone

    kept/<registration>/<hash>.json.gz

They make reading of many courses go on where it broke off. Nothing else reads or writes them, and nobody has to
believe one: what is damaged, too old, of another version, or not its owner's alone is removed, and read again. They
are personal data: names, e-mail addresses, grades and comments, unless the session was opened with pseudonyms.
"""

from .forms import BOOK, RESULTS, ROSTER, Form
from .store import CourseCache, forget, key

__all__ = ["BOOK", "RESULTS", "ROSTER", "CourseCache", "Form", "forget", "key"]
