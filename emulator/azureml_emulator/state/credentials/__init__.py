"""What proves who somebody is: tokens, keys, signatures and certificates."""
