"""The parts of a report. Each answers a question, and reads what it shows and nothing else."""
