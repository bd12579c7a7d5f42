"""What a workspace is and keeps: its identity, documents, secrets, clock, and the files of its state folder."""
