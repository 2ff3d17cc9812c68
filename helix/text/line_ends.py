def plain(text: str) -> str:
    """Line ends of Windows and of old Macs as "\\n", as texts that were typed into a form are kept."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
