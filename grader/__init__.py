"""Gradescent's grader: from a stored submission to a verdict that can be trusted."""
