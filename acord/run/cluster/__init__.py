"""A recipe as jobs of a cluster: which jobs, their scripts, and handing them to the scheduler."""
