"""Deep linking: a platform asks for content, a tool answers with content items. [LTI Deep Linking 2.0]

    request = Request.from_claims(claims)          what the platform takes
    link = ResourceLink(url=…, title="Quiz 1", line_item=Column("Quiz 1", 10))
    answered = answer(registration, claims, [link])
    # post answered.jwt to answered.return_url as the form field “JWT”

A resource link with a line item is how a gradebook column is made on platforms that let no tool make one
through the grade service.

    parts        columns, pictures, windows, frames, periods
    items        the five types of content items, and types of a platform's own
    request      the settings of a request, typed
    limits       what the platform takes, checked before anything is signed
    responding   the signed answer
"""

from .items import ContentItem, Custom, File, HtmlFragment, Image, Link, ResourceLink
from .parts import Column, Iframe, Period, Picture, Window
from .request import Request
from .responding import Answered, answer

__all__ = [
    "Answered",
    "Column",
    "ContentItem",
    "Custom",
    "File",
    "HtmlFragment",
    "Iframe",
    "Image",
    "Link",
    "Period",
    "Picture",
    "Request",
    "ResourceLink",
    "Window",
    "answer",
]
