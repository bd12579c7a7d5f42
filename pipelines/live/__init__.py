"""The service as it is live: looked at, asked, and brought back to a release of before."""
