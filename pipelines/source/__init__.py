"""What a run is made of: the commit of the code here, and the copy of it that Azure ML takes."""
