"""The demo organization: texts in `content/`, read into plain values by `read`."""
