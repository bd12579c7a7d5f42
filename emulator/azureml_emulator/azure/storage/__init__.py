"""Files, secrets and the names of places: blobs, what lies in them, datastores, and the key vault."""
