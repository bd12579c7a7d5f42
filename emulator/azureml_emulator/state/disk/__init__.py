"""The state folder on its disk: the names of its files, how they are written, and the room that is left."""
