"""The journal of an upload: what was about to be sent, and what came back.

One file of JSON lines for each upload, readable by its owner alone. A line is on the disk before what
it tells of is done, so that after a crash, `kill -9` or a power cut the file says for every row: never
sent; sent, with these very bytes, and not answered; or answered so. Rows that are about to leave at the same
time are flushed at the same time; an answer is written at once and flushed with the next of them, for one that
is lost is settled by reading the results. It holds user_ids and grades,
no name, no e-mail address and no token; a comment is part of the bytes that were sent. The user_ids are
the platform's own, also where a session shows pseudonyms: any session can go on with what another began.

    {"upload": id, "kind": "upload", "target": …}                      first, once
    {"plan": [rows]}                                                   second, once
    {"send": row, "body": "…"}                                         before a score is sent
    {"answer": row, "outcome": "confirmed", "reason": ""}              after its answer
    {"outcomes": [[row, outcome, reason, held], …]}                    the results were read back
    {"resumed": time}                                                  more lines follow, by another process

A half line at the end is what a crash left of something not yet done; it is cut off. JSON lines and no
SQLite: JupyterHub homes are often on NFS, where its locks fail.

files          the folder of journals, and the locks that keep two uploads apart
uploads        what a journal tells
writing        taking down what is sent
"""

from .files import folder, is_running, locked, names, path_of
from .uploads import VERSION, Kind, Try, Upload, read
from .writing import Journal

__all__ = [
    "VERSION",
    "Journal",
    "Kind",
    "Try",
    "Upload",
    "folder",
    "is_running",
    "locked",
    "names",
    "path_of",
    "read",
]
