"""Whether what the live service is sent has changed since its validation, or since last month."""
