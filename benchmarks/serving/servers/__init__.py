"""What is asked: our service, its predecessor and its peers, each in processes of its own."""
