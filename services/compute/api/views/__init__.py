"""What the domain's objects look like as JSON; microversions differ here and nowhere else."""
