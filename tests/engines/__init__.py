"""Run the assessment on a contract folder, in memory on any engine or through a real workspace."""
