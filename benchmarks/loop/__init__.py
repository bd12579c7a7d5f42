"""How long one waits for a release, against an earlier commit of this project: both take turns in one run."""
