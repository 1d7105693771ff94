"""How sessions, courses, registrations, plans, reports and errors show themselves."""
