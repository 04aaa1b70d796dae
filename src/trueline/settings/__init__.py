"""In: TRUELINE_HOME and TRUELINE_DATABASE_URL. Out: the workspace folder and Django's settings."""
