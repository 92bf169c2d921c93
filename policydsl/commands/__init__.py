"""One module a command: its function `command` is what `policydsl NAME` calls."""
