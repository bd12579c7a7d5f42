"""What validation found, for people: a page, a summary for a job, and the plots in them."""
