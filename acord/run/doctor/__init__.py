"""`acord doctor`: whether this machine can do what a run will ask of it, and what to mend where it cannot."""
