"""The words that need nothing else of ours: platforms, names, reasons, releases."""
