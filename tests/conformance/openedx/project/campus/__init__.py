"""The part of an LMS that Open edX's LTI consumer asks for: people, courses, a gradebook."""
