"""Two runs compared: what changed between the days, and which of it changed the trades."""
