"""The house itself: floors, tools, and the two plugins that the whole suite runs under."""
