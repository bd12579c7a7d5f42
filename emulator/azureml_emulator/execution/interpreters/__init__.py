"""Which Python runs what: environments as they are declared, and the packages that there are."""
