"""Pages and tables made from evidence. In comes evidence, out goes text; nothing here asks a runtime."""
