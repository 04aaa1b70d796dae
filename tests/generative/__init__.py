"""Generated contract workspaces, and the comparison of two assessments of one."""
