"""What a release needs of its target, looked at in the order in which one thing depends on another; changes nothing."""
