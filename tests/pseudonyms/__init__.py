"""Sessions that show people under pseudonyms: what they show, what they send, and where their key lives."""
